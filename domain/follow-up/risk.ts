/** The risk of the person is scored again at each visit and after each year without one. A new tier stands in the timeline with its reasons. */
import type { Reason } from '../kit/pathway.ts';
import { addMonths, ageOn, localDateOf, startOf } from '../time/local-date.ts';
import type { EvaluationInput } from './evaluation.ts';
import type { FollowUpEntry } from './events.ts';
import { bloodPressureOf, glucoseOf } from './measured-values.ts';
import type { Protocol } from './protocol.ts';
import { type RiskFacts, type RiskScore, scoreRisk, type TierName, tierRhythm } from './risk-tier.ts';
import type { FollowUpState, Risk } from './state.ts';
import type { Visit } from './visit.ts';

const tierOf = ({ risk }: Pick<FollowUpState, 'risk'>): TierName | null => risk && (risk.set ?? risk.scored);

/** Returns the rhythm of the person's tier; undefined for a disease whose visits the tier does not bring nearer. */
export function rhythmFor(state: FollowUpState, { disease }: Protocol): EvaluationInput['tier'] {
  const { riskModel } = state;
  const tier = tierOf(state);
  return riskModel && tier && riskModel.diseases.includes(disease) ? tierRhythm(riskModel, tier) : undefined;
}

/** Returns the instant at which the year since the last scoring is over. */
export const riskReviewAt = ({ at }: Risk): number => startOf(addMonths(localDateOf(at), 12));

export interface RiskUpdate {
  state: FollowUpState;
  /** The change of the tier; null when it stays. */
  change: { from: TierName | null; to: TierName; because: Reason[] } | null;
}

/** Scores the person anew: with the values and the form of a visit, or without a visit when only time has passed. */
export function rescoreRisk(state: FollowUpState, at: number, visit?: Visit, said: RiskFacts = {}): RiskUpdate {
  const { riskModel, risk, person } = state;
  if (!riskModel) return { state, change: null };
  const facts: RiskFacts = {
    ...risk?.facts,
    ...said,
    ...(visit && measuredIn(visit)),
    age: ageOn(person.birthDate, localDateOf(at)),
    sex: person.sex,
  };
  const score = scoreRisk(riskModel, facts, risk?.scored ?? undefined);
  const isEnough = riskModel.scorings.length - score.missing.length >= riskModel.leastKnown;
  const scored = risk?.scored || isEnough ? score.tier : null;
  const next: Risk = {
    facts,
    score: score.score,
    missing: score.missing,
    scored,
    set: scored === (risk?.scored ?? null) ? (risk?.set ?? null) : null,
    at,
  };
  return compareTiers(state, { ...state, risk: next }, reasonsOf(score, riskModel.version));
}

/** Sets the tier that a clinician has chosen. With null it follows the score again. */
export function setTier(state: FollowUpState, tier: TierName | null, at: number): RiskUpdate {
  const { risk, riskModel } = state;
  if (!riskModel) return { state, change: null };
  const known: Risk = risk ?? { facts: {}, score: 0, missing: [], scored: null, set: null, at };
  const reason: Reason = {
    rule: `risk-tier/${riskModel.version}`,
    clause: tier === null ? 'by the score again' : 'set by a clinician',
    evidence: { score: known.score, scored: known.scored, tier },
  };
  return compareTiers(state, { ...state, risk: { ...known, set: tier } }, [reason]);
}

function compareTiers(before: FollowUpState, after: FollowUpState, because: Reason[]): RiskUpdate {
  const [from, to] = [tierOf(before), tierOf(after)];
  return { state: after, change: to === null || to === from ? null : { from, to, because } };
}

const reasonsOf = ({ because }: RiskScore, version: number): Reason[] =>
  because.map((reason) => ({ ...reason, evidence: { ...reason.evidence, model: version } }));

function measuredIn(visit: Visit): RiskFacts {
  const [pressure, fastingGlucose] = [bloodPressureOf(visit), glucoseOf(visit, 'fastingGlucose')];
  return {
    ...(pressure ? { systolic: pressure.systolic } : {}),
    ...(fastingGlucose === null ? {} : { fastingGlucose }),
  };
}

export const tierEntryOf = ({ from, to, because }: NonNullable<RiskUpdate['change']>): FollowUpEntry => ({
  event: 'tier-changed',
  from,
  to,
  because,
});

/** Says whether a specialist has to be asked about a person of the tier. */
export const asksForSpecialist = ({ riskModel }: FollowUpState, tier: TierName): boolean =>
  riskModel?.tiers.some((one) => one.tier === tier && one.actions.includes('specialist-consultation')) ?? false;
