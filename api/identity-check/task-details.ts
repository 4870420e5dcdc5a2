/** What somebody has to know to answer an identity check: the resident whom it is about, and the commands that answer it. */
import { listChecks } from '../../db/identity-check/checks.ts';
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import type { IdentityCheckKind } from '../../domain/identity-check/events.ts';
import { decidesOnResidents } from '../../domain/residents/resident-triggers.ts';
import type { Caller } from '../kit/auth.ts';
import type { TaskDetails } from '../kit/pathway-api.ts';

export const completedBy: Readonly<Record<IdentityCheckKind, readonly string[]>> = {
  death: ['confirm-death', 'refute-death'],
  'death-retraction': ['confirm-retraction'],
  merger: ['confirm', 'reject'],
  'merger-retraction': ['confirm-retraction', 'reject'],
  // It is completed by what was found out.
  move: [],
};

/** Whoever has proposed something does not confirm it. A reported death may be confirmed by its reporter. */
export async function describeCheckTasks(
  db: Database,
  tasks: readonly TaskRow[],
  { personId, roles }: Caller,
): Promise<ReadonlyMap<string, TaskDetails>> {
  const checks = new Map((await listChecks(db, [...new Set(tasks.map(({ pathwayId }) => pathwayId))])).map((check) => [check.id, check]));
  return new Map(
    tasks.flatMap((task): [string, TaskDetails][] => {
      const check = checks.get(task.pathwayId);
      if (!check) return [];
      const { kind, patientId, mergerId, openedBy, measuredKind, measuredAt } = check;
      const mayAnswer = decidesOnResidents(roles) && (kind === 'death' || openedBy !== personId);
      if (kind === 'move') return [[task.id, { allowed: [], isCompletable: true, subject: { type: 'patient', id: patientId } }]];
      const subject = mergerId === null ? { type: 'patient', id: patientId } : { type: 'merger', id: mergerId };
      // A value that was measured after the death that is said to have happened speaks against it.
      const about = measuredAt === null ? {} : { contradictedBy: measuredKind, measuredAt: measuredAt.toISOString() };
      return [[task.id, { allowed: mayAnswer ? completedBy[kind] : [], subject, about }]];
    }),
  );
}
