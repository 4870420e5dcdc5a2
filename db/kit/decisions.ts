/** What one commit writes of a pathway: its row, which is its lock, and its decisions. activities/kit/commit.ts gives the order. */
import type { Decision, PathwayEvent } from '../../domain/kit/pathway.ts';
import type { Trx } from './transaction.ts';

export interface LockedPathway {
  version: number;
  /** The last decided state, or null before the first decision. */
  state: unknown;
}

/** Makes the row if it is missing and locks it until the transaction ends: one commit a pathway at a time. */
export async function lockPathway(trx: Trx, { id, kind }: { id: string; kind: string }): Promise<LockedPathway> {
  const [, locked] = await Promise.all([
    trx
      .insertInto('pathway')
      .values({ id, kind })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
    trx.selectFrom('pathway').select(['version', 'state']).where('id', '=', id).forUpdate().executeTakeFirstOrThrow(),
  ]);
  return locked;
}

/** The version that a step has led to; undefined while it has not been decided. */
export async function findDecidedVersion(trx: Trx, key: string): Promise<number | undefined> {
  const row = await trx.selectFrom('decision').select('version').where('key', '=', key).executeTakeFirst();
  return row?.version;
}

export interface NewDecision {
  pathwayId: string;
  version: number;
  /** The key of the step, by which it is decided once. */
  key: string;
  event: PathwayEvent;
  decision: Decision<unknown>;
}

/** Resolves with the decision as it is stored. */
export async function insertDecision(trx: Trx, { pathwayId, version, key, event, decision }: NewDecision): Promise<Decision<unknown>> {
  const stored = await trx
    .insertInto('decision')
    .values({
      pathway_id: pathwayId,
      version,
      key,
      event: JSON.stringify(event),
      decision: JSON.stringify(decision),
      happened_at: new Date(decision.at),
    })
    .returning('decision')
    .executeTakeFirstOrThrow();
  return stored.decision as Decision<unknown>;
}

/** In order, from the version after `version` on. */
export async function listDecisionsAfter(trx: Trx, pathwayId: string, version: number): Promise<Decision<unknown>[]> {
  const rows = await trx
    .selectFrom('decision')
    .select('decision')
    .where('pathway_id', '=', pathwayId)
    .where('version', '>', version)
    .orderBy('version')
    .execute();
  return rows.map(({ decision }) => decision as Decision<unknown>);
}

export interface PathwayProgress {
  version: number;
  state: unknown;
  institutionId: string | null;
  /** Undefined where the step has not changed it: whoever parts two records writes it before the pathway has heard. */
  patientId: string | null | undefined;
  nextDueAt: Date | null;
  /** The instant since which the person who has to act now is late. */
  overdueAt: Date | null;
  /** The instant at which the pathway ended, or null while it goes on. */
  endedAt: Date | null;
}

export async function updatePathway(trx: Trx, id: string, progress: PathwayProgress): Promise<void> {
  await trx
    .updateTable('pathway')
    .set({
      version: progress.version,
      state: JSON.stringify(progress.state),
      status: progress.endedAt ? 'ended' : 'open',
      institution_id: progress.institutionId,
      ...(progress.patientId === undefined ? {} : { patient_id: progress.patientId }),
      next_due_at: progress.nextDueAt,
      overdue_at: progress.overdueAt,
      ended_at: progress.endedAt,
    })
    .where('id', '=', id)
    .execute();
}

/** Ends a pathway whose creation was refused, because nothing of it will ever come due. */
export async function endPathway(trx: Trx, id: string, endedAt: Date): Promise<void> {
  await trx.updateTable('pathway').set({ status: 'ended', ended_at: endedAt }).where('id', '=', id).execute();
}
