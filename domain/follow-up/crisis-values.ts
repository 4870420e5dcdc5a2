/** Crisis values of a visit that its own protocol does not refer for: told by the person, or of a kind that another protocol judges. */
import {
  type Comparators,
  type Measured,
  type ReadingKind,
  type StandardValues,
  toComparedValues,
  valueText,
} from '../readings/reading.ts';
import { canTakePart, type EpisodeRule, isCrisisRule, type ReadingProtocol } from '../readings/reading-protocol.ts';
import { citeRule } from './cite-rule.ts';
import type { Because, Evaluation } from './evaluation.ts';
import { toldValuesOf } from './measured-values.ts';
import type { Visit } from './visit.ts';

/** Returns the rules of the readings' protocol whose crisis threshold the value alone reaches. */
export const findCrisisRules = (
  value: StandardValues & { kind: ReadingKind; comparators?: Comparators },
  protocol: ReadingProtocol,
): EpisodeRule[] => protocol.episodes.filter((rule) => isCrisisRule(rule) && canTakePart(rule.when, value));

/** Returns a reason for each value that reaches a crisis threshold of the readings' protocol. */
export function findCrises(values: readonly Measured[], protocol: ReadingProtocol): Because[] {
  return values.flatMap((measured) => {
    const { kind } = measured;
    const standard = toComparedValues(measured);
    const { systolic, diastolic, value, comparators } = standard;
    const evidence = { kind, ...(value === null ? { systolic, diastolic } : { value: valueText(standard, comparators) }) };
    return findCrisisRules({ kind, ...standard }, protocol).map((rule) => citeRule(protocol, rule, evidence));
  });
}

/**
 * Returns the visits that there would have been if the values that the person told had been measured: one for each pressure, because each of them
 * is judged for a crisis. None when nothing was told.
 */
export function listVisitsAsIfMeasured(visit: Visit): Visit[] {
  if (toldValuesOf(visit).length === 0) return [];
  const { glucoseAtHome: _, ...rest } = visit;
  const mode = visit.mode === 'phone' ? 'home' : visit.mode;
  const told = visit.bloodPressures.filter(({ atHome }) => atHome || visit.mode === 'phone');
  const alone = told.length > 0 ? told.map((one) => [{ ...one, atHome: false }]) : [[]];
  return alone.map((bloodPressures) => ({ ...rest, mode, bloodPressures }));
}

/** A visit with a crisis value ends in the urgent referral, or in the confirmation of the reading. */
export function withCrisis(evaluation: Evaluation, crises: readonly Because[], isReferredUrgently: boolean): Evaluation {
  if (evaluation.action === 'refer-urgent') return evaluation;
  if (isReferredUrgently) return { ...evaluation, action: 'refer-urgent', missing: [] };
  if (crises.length === 0) return evaluation;
  return { ...evaluation, action: 'confirm-reading', missing: [], because: [...crises, ...evaluation.because] };
}
