/**
 * The arithmetic of a count, and what of it has to be cleared up. The count in the decontamination area is the binding one; what the centre declared and
 * what the courier counted say who may have lost something.
 */
import type { Suspect } from '../discrepancy/owner.ts';
import type { CountEvidence } from '../discrepancy/sighting.ts';
import type { DiscrepancyKind } from '../sterile-supply/vocabulary.ts';

export interface CollectLine {
  id: string;
  setTypeId: string;
  declared: number;
  /** The sets that the centre named. */
  setInstanceIds: readonly string[];
  courierCount: number | null;
}

export interface MissingItem {
  itemCode: string;
  quantity: number;
}

export interface IncompleteSet {
  setInstanceId: string | null;
  missingItems: readonly MissingItem[];
}

/** What lay in the box of one line. */
export interface LineCount {
  received: number;
  damaged: number;
  incomplete: readonly IncompleteSet[];
  /** The sets, where they were told by their codes. */
  setInstanceIds: readonly string[];
}

export interface CountedNumbers {
  received: number;
  incomplete: number;
  damaged: number;
  missing: number;
  extra: number;
}

/** So that declared = received + missing - extra, and one of missing and extra is 0. */
export const numbersOf = (
  declared: number,
  { received, damaged, incomplete }: Pick<LineCount, 'received' | 'damaged' | 'incomplete'>,
): CountedNumbers => ({
  received,
  incomplete: incomplete.length,
  damaged,
  missing: Math.max(0, declared - received),
  extra: Math.max(0, received - declared),
});

/**
 * The sets that were declared by their codes and did not come. It can be told where every set that came is told too, or none came; else undefined.
 */
export function missingSets(
  line: Pick<CollectLine, 'setInstanceIds'>,
  count: Pick<LineCount, 'received' | 'setInstanceIds'>,
): string[] | undefined {
  if (count.setInstanceIds.length < count.received) return undefined;
  return line.setInstanceIds.filter((id) => !count.setInstanceIds.includes(id));
}

/** Whether something differs: a number, or another set came than was declared. */
export function differs(line: CollectLine, count: LineCount): boolean {
  const { missing, extra } = numbersOf(line.declared, count);
  return missing > 0 || extra > 0 || (missingSets(line, count) ?? []).length > 0;
}

/** Null where there is nothing to suspect anybody of. */
export function suspectOf(line: CollectLine, count: LineCount, { sealBroken }: { sealBroken: boolean }): Suspect | null {
  if (!differs(line, count) && count.incomplete.length === 0 && count.damaged === 0) return null;
  const lostAfterPickUp = line.courierCount !== null && line.courierCount === line.declared && count.received !== line.declared;
  return sealBroken || lostAfterPickUp ? 'transport' : 'centre';
}

/** A discrepancy that a count has shown. */
export interface CountFinding {
  kind: Extract<DiscrepancyKind, 'count' | 'missing-item' | 'damage' | 'wrong-centre'>;
  subject: { type: 'slip-line' | 'set-instance'; id: string };
  lineId: string;
  suspect: Suspect | null;
  evidence: Record<string, unknown>;
}

/** Each difference, each incomplete and each damaged set; sets that were not told by their codes share the one of their line. */
export function findingsOf(line: CollectLine, count: LineCount, suspect: Suspect | null): CountFinding[] {
  const { received, missing, extra } = numbersOf(line.declared, count);
  const ofLine = { type: 'slip-line' as const, id: line.id };
  const common = { lineId: line.id, suspect };
  const evidence: CountEvidence & Record<string, unknown> = {
    declared: line.declared,
    courierCount: line.courierCount,
    received,
    missing,
    extra,
    missingSetInstanceIds: missingSets(line, count) ?? [],
    foundSetInstanceIds: [],
  };
  const counts: CountFinding[] = differs(line, count) ? [{ ...common, kind: 'count', subject: ofLine, evidence }] : [];
  const known = count.incomplete.filter(({ setInstanceId }) => setInstanceId !== null);
  const unknown = count.incomplete.filter(({ setInstanceId }) => setInstanceId === null);
  const incomplete = known.map(
    ({ setInstanceId, missingItems }): CountFinding => ({
      ...common,
      kind: 'missing-item',
      subject: { type: 'set-instance', id: setInstanceId ?? '' },
      evidence: { missingItems },
    }),
  );
  const unnamed: CountFinding[] =
    unknown.length === 0
      ? []
      : [
          {
            ...common,
            kind: 'missing-item',
            subject: ofLine,
            evidence: { sets: unknown.length, missingItems: unknown.flatMap(({ missingItems }) => missingItems) },
          },
        ];
  const damaged: CountFinding[] =
    count.damaged > 0 ? [{ ...common, kind: 'damage', subject: ofLine, evidence: { sets: count.damaged } }] : [];
  return [...counts, ...incomplete, ...unnamed, ...damaged];
}

/** A set that may be what a count of its type received, although nobody read its code. */
export interface CandidateSet {
  id: string;
  setTypeId: string;
}

/**
 * Which sets were received where their codes were not told: those that were declared, when all came; else those that are known to lie in the centre's
 * boxes, when there are no more of them than were received. Where neither holds nobody can say.
 */
export function receivedSets(line: CollectLine, count: LineCount, candidates: readonly CandidateSet[]): string[] {
  if (count.setInstanceIds.length > 0 || count.received === 0) return [...count.setInstanceIds];
  if (line.setInstanceIds.length > 0)
    return line.setInstanceIds.length <= count.received && count.received === line.declared ? [...line.setInstanceIds] : [];
  const ofType = candidates.filter(({ setTypeId }) => setTypeId === line.setTypeId).map(({ id }) => id);
  return ofType.length <= count.received ? ofType : [];
}
