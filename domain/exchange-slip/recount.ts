/** What a recount changes of what earlier counts have shown. */
import type { DiscrepancyResolution, DiscrepancyStatus } from '../sterile-supply/vocabulary.ts';
import type { CountFinding } from './count.ts';

export interface EarlierFinding {
  id: string;
  kind: string;
  subjectType: string;
  subjectId: string;
  status: DiscrepancyStatus;
}

export interface RecountPlan {
  /** What has no discrepancy yet, or only one that is closed. */
  opened: CountFinding[];
  /** What shows no more: it has resolved itself. */
  resolved: { id: string; resolution: DiscrepancyResolution }[];
  /** What still shows, with what it shows now. */
  kept: { id: string; evidence: Record<string, unknown> }[];
}

const keyOf = (kind: string, type: string, id: string): string => `${kind} ${type} ${id}`;

/** `changedLineIds`: a difference that was closed, of a line that was counted as before, is settled and not opened anew. */
export function planRecount(
  findings: readonly CountFinding[],
  earlier: readonly EarlierFinding[],
  changedLineIds: ReadonlySet<string>,
): RecountPlan {
  const wanted = new Map(findings.map((finding) => [keyOf(finding.kind, finding.subject.type, finding.subject.id), finding]));
  const live = earlier.filter(({ status }) => status !== 'closed');
  const keyOfEarlier = ({ kind, subjectType, subjectId }: EarlierFinding) => keyOf(kind, subjectType, subjectId);
  const liveKeys = new Set(live.map(keyOfEarlier));
  const closedKeys = new Set(earlier.filter(({ status }) => status === 'closed').map(keyOfEarlier));
  const opened = [...wanted].flatMap(([key, finding]) =>
    liveKeys.has(key) || (closedKeys.has(key) && !changedLineIds.has(finding.lineId)) ? [] : [finding],
  );
  const resolved = live
    .filter((one) => one.status !== 'resolved' && !wanted.has(keyOfEarlier(one)))
    .map(({ id, kind }) => ({ id, resolution: kind === 'count' ? ('found' as const) : ('explained' as const) }));
  const kept = live.flatMap((one) => {
    const finding = wanted.get(keyOfEarlier(one));
    return finding ? [{ id: one.id, evidence: finding.evidence }] : [];
  });
  return { opened, resolved, kept };
}
