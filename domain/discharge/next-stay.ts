/** Which stay of a person follows on which, as the episodes of the earlier ones have to know it. */
import type { LaterStay, VisitStanding } from './standing.ts';

export interface KnownStay {
  episodeId: string;
  hospitalId: string;
  standing: VisitStanding;
  /** The admission, else when anything was first written of the stay, in milliseconds. */
  beganAt: number;
}

/**
 * Returns the stay that begins next after one, of all that stand; null when there is none, and of a stay that was cancelled. Two that began at one instant
 * stand in the order in which they became known.
 */
export function findNextStay(stay: KnownStay, stays: readonly KnownStay[]): LaterStay | null {
  const standing = stays.filter((one) => one.standing.status !== 'cancelled').toSorted((one, other) => one.beganAt - other.beganAt);
  const at = standing.indexOf(stay);
  const next = at < 0 ? undefined : standing[at + 1];
  if (!next || next.standing.status === 'cancelled') return null;
  const { episodeId, hospitalId, beganAt: admittedAt } = next;
  return { episodeId, hospitalId, admittedAt, planned: next.standing.admissionType === 'elective', status: next.standing.status };
}
