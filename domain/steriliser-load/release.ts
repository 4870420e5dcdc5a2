/** Release: what stands against it, and what the matrix of physical record, chemical and biological indicators makes of a load and of its packs. */
import type { Refusal } from '../kit/pathway.ts';
import type { NormRules } from '../sterile-supply/norm-rules.ts';
import type { LoadStatus, RejectReason } from '../sterile-supply/vocabulary.ts';
import type { BiologicalStatus } from './indicators.ts';

/** What of a load its release is judged by. */
export interface ReleaseGround {
  unloaded: boolean;
  physical: 'pass' | 'fail' | null;
  /** Of the chemical indicators of the load; empty when it has none. */
  chemical: readonly ChemicalIndicator[];
  /** Who started, ended and unloaded it. */
  handledBy: readonly (string | null)[];
  wetPacks: number;
  reviewed: boolean;
  inRecall: boolean;
}

export interface ChemicalIndicator {
  status: 'placed' | 'pass' | 'fail';
  class: number | null;
}

/** The first guard that fails; undefined: it may be released. */
export function findReleaseRefusal(
  ground: ReleaseGround,
  releaserId: string,
  rules: Pick<NormRules, 'wetPacksForReview'>,
): Refusal | undefined {
  if (!ground.unloaded) return { code: 'transition-not-allowed', state: 'ended', allowed: ['unload', 'reject'] };
  if (ground.handledBy.includes(releaserId)) return { code: 'same-person' };
  if (ground.physical !== 'pass') return { code: 'physical-failed' };
  // An indicator that was placed and not read is no pass.
  if (ground.chemical.some(({ status }) => status !== 'pass')) return { code: 'ci-failed' };
  if (ground.wetPacks >= rules.wetPacksForReview && !ground.reviewed) return { code: 'load-review-required' };
  if (ground.inRecall) return { code: 'in-recall' };
  return undefined;
}

/** An implant may leave before its biological indicator only on a form, and only when an indicator of the class that the norm names has passed. */
export function findEmergencyRefusal(
  { chemical, handledBy }: Pick<ReleaseGround, 'chemical' | 'handledBy'>,
  releaserId: string,
  rules: Pick<NormRules, 'emergencyIndicatorClass'>,
): Refusal | undefined {
  const passed = chemical.some((indicator) => indicator.class === rules.emergencyIndicatorClass && indicator.status === 'pass');
  if (!passed || chemical.some(({ status }) => status === 'fail')) return { code: 'ci-failed' };
  return handledBy.includes(releaserId) ? { code: 'same-person' } : undefined;
}

/** The outcome of one pack at the unloading: undefined when it is dry and its outer indicator passed. */
export function findFlawOfPack({ outerCi, wet }: { outerCi: 'pass' | 'fail'; wet: boolean }): RejectReason | undefined {
  if (wet) return 'wet';
  return outerCi === 'fail' ? 'outer-ci-failed' : undefined;
}

/** Everything that the status of a load follows from, from its start on. */
export interface LoadFacts {
  purpose: 'packs' | 'requalification';
  ended: boolean;
  rejected: boolean;
  physical: 'pass' | 'fail' | null;
  released: boolean;
  /** When the emergency form was signed, in milliseconds; null without one. */
  emergencyAt: number | null;
  hasImplant: boolean;
  biological: readonly BiologicalResult[];
  /** A chemical indicator of the load failed: with what is known now it would not have been released. */
  chemicalFailed: boolean;
}

export interface BiologicalResult {
  status: BiologicalStatus;
  /** In milliseconds; null before the reading. */
  readAt: number | null;
}

/** The status of a load that has started. The same facts give the same status, in whatever order they became known. */
export function statusOfLoad(facts: LoadFacts): LoadStatus {
  const { rejected, biological, physical, ended, released, purpose } = facts;
  const failed = biological.some(({ status }) => status === 'fail');
  // That an indicator grows in a cycle which visibly went wrong says nothing new of the steriliser.
  if (rejected && (!failed || physical !== 'pass')) return 'rejected';
  if (failed) return 'failed';
  if (!ended) return 'running';
  const confirmed = biological.length > 0 && biological.every(({ status }) => status === 'pass');
  if (purpose === 'requalification') return confirmed && physical === 'pass' ? 'confirmed' : 'ended';
  if (!released || facts.chemicalFailed) return 'ended';
  if (confirmed) return 'confirmed';
  if (!facts.hasImplant) return 'released';
  return formStands(facts) ? 'released-early' : 'quarantined';
}

/** An invalid reading takes back what was released early; a form that is signed in the knowledge of it stands. */
const formStands = ({ emergencyAt, biological }: LoadFacts): boolean =>
  emergencyAt !== null && !biological.some(({ status, readAt }) => status === 'invalid' && (readAt ?? 0) > emergencyAt);

const givenOut: readonly LoadStatus[] = ['released', 'released-early', 'confirmed'];

/** Whether a reading takes back what was released: packs that were used meanwhile have to be decided on. */
export const takesBack = (before: LoadStatus, after: LoadStatus): boolean =>
  givenOut.includes(before) && (after === 'quarantined' || after === 'ended');
