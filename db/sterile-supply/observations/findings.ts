/** Discrepancies out of observations: opened where something does not fit, reopened when it does not fit again, resolved once it is explained. */
import { sql } from 'kysely';
import type { DiscrepancyKind, DiscrepancyStatus } from '../../../domain/sterile-supply/vocabulary.ts';
import { type NewDiscrepancy, openDiscrepancies } from '../../discrepancy/open.ts';
import { reopenDiscrepancies, resolveDiscrepancies } from '../../discrepancy/resolve-by-itself.ts';
import type { Act } from '../act.ts';

/** Something that does not fit, and the scans that show it. */
export interface Problem extends NewDiscrepancy {
  scanIds: readonly string[];
}

/** Kinds that an older scan can explain: somebody brought the pack, the step was done, the signature was given. */
const explainable: readonly DiscrepancyKind[] = ['duplicate', 'protocol', 'signature'];

interface KnownDiscrepancy {
  id: string;
  kind: string;
  type: string;
  subjectId: string;
  status: DiscrepancyStatus;
  evidence: { scanIds?: string[]; explainedByScans?: boolean };
}

const keyOf = (kind: string, { type, id }: { type: string; id: string }): string => `${kind} ${type} ${id}`;
const keyOfKnown = ({ kind, type, subjectId }: KnownDiscrepancy): string => keyOf(kind, { type, id: subjectId });

/**
 * Makes the discrepancies about the subjects equal to what observations say of them: every problem has one that is not closed, unless people have closed
 * one about the very same scans; what is explained by now is resolved. Resolves with the ids of the discrepancies by the scan that shows them.
 */
export async function settleProblems(
  act: Act,
  subjects: readonly { type: 'pack' | 'stop'; id: string }[],
  problems: readonly Problem[],
): Promise<Map<string, string[]>> {
  const known = await lockKnown(act, [...subjects, ...problems.map(({ subject }) => subject)]);
  const idOfProblem = new Map<Problem, string>();
  const settledBefore = (problem: Problem): KnownDiscrepancy | undefined =>
    known.find(
      (one) =>
        one.status === 'closed' &&
        keyOfKnown(one) === keyOf(problem.kind, problem.subject) &&
        problem.scanIds.every((id) => one.evidence.scanIds?.includes(id)),
    );
  for (const problem of problems) {
    const settled = settledBefore(problem);
    if (settled) idOfProblem.set(problem, settled.id);
  }
  const standing = problems.filter((problem) => !idOfProblem.has(problem));
  const ids = await openDiscrepancies(
    act,
    standing.map(({ scanIds, evidence, ...discrepancy }) => ({ ...discrepancy, evidence: { ...evidence, scanIds } })),
  );
  standing.forEach((problem, n) => {
    if (ids[n] !== undefined) idOfProblem.set(problem, ids[n]);
  });
  const reopening = known.filter(({ id, status, evidence }) => status === 'resolved' && evidence.explainedByScans && ids.includes(id));
  await reopenDiscrepancies(
    act,
    reopening.map(({ id, evidence: { explainedByScans: _, ...evidence } }) => ({ id, evidence })),
  );
  const keys = new Set(problems.map(({ kind, subject }) => keyOf(kind, subject)));
  const explained = known.filter(
    (one) => explainable.includes(one.kind as DiscrepancyKind) && isOpen(one) && one.evidence.scanIds && !keys.has(keyOfKnown(one)),
  );
  await resolveDiscrepancies(
    act,
    explained.map(({ id, evidence }) => ({ id, resolution: 'explained' as const, evidence: { ...evidence, explainedByScans: true } })),
  );
  return idsByScan(idOfProblem);
}

const isOpen = ({ status }: KnownDiscrepancy): boolean => status === 'open' || status === 'acknowledged' || status === 'investigating';

async function lockKnown(act: Act, subjects: readonly { type: string; id: string }[]): Promise<KnownDiscrepancy[]> {
  if (subjects.length === 0) return [];
  const { rows } = await sql<KnownDiscrepancy>`
    select id, kind, subject_type as type, subject_id as "subjectId", status, evidence from discrepancy
    where (subject_type, subject_id) in (
      select row ->> 'type', row ->> 'id' from jsonb_array_elements(${JSON.stringify(subjects)}::jsonb) as row)
    order by id for update`.execute(act.trx);
  return rows;
}

function idsByScan(idOfProblem: ReadonlyMap<Problem, string>): Map<string, string[]> {
  const byScan = new Map<string, string[]>();
  for (const [{ scanIds }, id] of idOfProblem)
    for (const scanId of scanIds) byScan.set(scanId, [...new Set([...(byScan.get(scanId) ?? []), id])]);
  return byScan;
}
