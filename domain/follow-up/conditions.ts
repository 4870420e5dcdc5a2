/** This file says whether a rule's condition holds at a visit, and by what evidence. */

import { isAtLeast, isAtMost } from '../readings/reading.ts';
import { daysBetween, type LocalDate, localDateOf } from '../time/local-date.ts';
import { isControlled, isMeasured } from './classify.ts';
import type { Because } from './evaluation.ts';
import { type BloodPressureUsed, bloodPressureOf, glucoseOf, glucoseText, vitalSignOf } from './measured-values.ts';
import type { Condition, Protocol } from './protocol.ts';
import type { GlucoseField, PatientFacts, Visit } from './visit.ts';

/** A visit, with what its evaluation needs of the visits before it. */
export interface EvaluatedVisit {
  protocol: Protocol;
  patient: PatientFacts;
  visit: Visit;
  pressure: BloodPressureUsed | null;
  /** The earlier visits since the last reviewed outcome of a referral, oldest first. */
  since: readonly Visit[];
  controlled: boolean | null;
  uncontrolledInARow: number;
}

export type Evidence = Because['evidence'];

/**
 * Counts the visits off target in a row, up to the present one and with it. A visit without a measurement neither counts nor ends the row. Of several
 * measured visits of one day the last one counts.
 */
export function countUncontrolled(protocol: Protocol, patient: PatientFacts, since: readonly Visit[], visit: Visit): number {
  let count = 0;
  let countedOn: LocalDate | undefined;
  for (const one of [visit, ...since.toReversed()]) {
    const controlled = isControlled(protocol, patient, one);
    if (controlled === null || localDateOf(one.visitedAt) === countedOn) continue;
    if (controlled) break;
    countedOn = localDateOf(one.visitedAt);
    count++;
  }
  return isMeasured(protocol, visit) ? count : 0;
}

/**
 * Returns the dates with a raised value, up to the date of this visit and within the days before it; none when the value of this visit is
 * not raised.
 */
function findRaisedDates(
  { visit, since }: EvaluatedVisit,
  { systolic, diastolic, withinDays }: Condition & { kind: 'raised-on-dates' },
): LocalDate[] {
  const isRaised = (one: Visit): boolean => {
    const pressure = bloodPressureOf(one);
    return pressure !== null && (pressure.systolic >= systolic || pressure.diastolic >= diastolic);
  };
  if (!isRaised(visit)) return [];
  const today = localDateOf(visit.visitedAt);
  const dates = [...since, visit].filter(isRaised).map(({ visitedAt }) => localDateOf(visitedAt));
  return [...new Set(dates)].filter((date) => withinDays === null || daysBetween(date, today) <= withinDays);
}

/** Returns the evidence for a condition that holds, null for one that does not. */
export function evidenceOf(when: Condition, given: EvaluatedVisit): Evidence | null {
  const { visit, patient, pressure, since } = given;
  const [fastingGlucose, randomGlucose] = [glucoseOf(visit, 'fastingGlucose'), glucoseOf(visit, 'randomGlucose')];
  const findGlucose = (isKnown: typeof isAtLeast, holds: (value: number) => boolean): Evidence | null => {
    const isReached = (field: GlucoseField, value: number | null) =>
      value !== null && isKnown(visit.glucoseComparators?.[field]) && holds(value);
    if (isReached('fastingGlucose', fastingGlucose)) return glucoseEvidence(visit, { fastingGlucose });
    return isReached('randomGlucose', randomGlucose) ? glucoseEvidence(visit, { randomGlucose }) : null;
  };
  const [heartRate, temperature] = [vitalSignOf(visit, 'heartRate'), vitalSignOf(visit, 'temperature')];
  switch (when.kind) {
    case 'blood-pressure-at-least':
      return pressure && (pressure.systolic >= when.systolic || pressure.diastolic >= when.diastolic) ? { ...pressure } : null;
    case 'glucose-at-least':
      return findGlucose(isAtLeast, (value) => value >= when.mmolPerL);
    case 'glucose-at-most':
      return findGlucose(isAtMost, (value) => value <= when.mmolPerL);
    case 'heart-rate-above':
      return heartRate !== null && heartRate > when.perMinute ? { heartRate } : null;
    case 'temperature-above':
      return temperature !== null && temperature > when.celsius ? { temperature } : null;
    case 'symptom': {
      const found = visit.symptoms.filter((code) => (when.anyOf as readonly string[]).includes(code));
      return found.length > 0 ? { symptoms: found.join(', ') } : null;
    }
    case 'pregnant':
      return patient.pregnant ? { pregnant: true } : null;
    case 'pregnant-blood-pressure-at-least':
      return patient.pregnant && pressure && (pressure.systolic >= when.systolic || pressure.diastolic >= when.diastolic)
        ? { pregnant: true, ...pressure }
        : null;
    case 'pregnant-fasting-glucose-at-least':
      return patient.pregnant && fastingGlucose !== null && fastingGlucose >= when.mmolPerL
        ? { pregnant: true, ...glucoseEvidence(visit, { fastingGlucose }) }
        : null;
    case 'new-complication':
      return visit.newComplication ? { newComplication: true } : null;
    case 'adverse-reaction-hard-to-control': {
      if (visit.hardToControl) return { hardToControl: true };
      const countReports = (reaction: string) => 1 + since.filter(({ adverseReactions }) => adverseReactions.includes(reaction)).length;
      const again = visit.adverseReactions.find((reaction) => countReports(reaction) >= when.times);
      return again === undefined ? null : { adverseReaction: again, times: countReports(again) };
    }
    case 'adverse-reaction':
      return visit.adverseReactions.length > 0 ? { adverseReactions: [...new Set(visit.adverseReactions)].join(', ') } : null;
    case 'uncontrolled-in-a-row': {
      const count = given.uncontrolledInARow;
      return count >= when.from && (when.to === null || count <= when.to) ? { ...measurementsOf(visit), uncontrolledInARow: count } : null;
    }
    case 'controlled':
      return given.controlled === true ? measurementsOf(visit) : null;
    case 'not-measured':
      return isMeasured(given.protocol, visit) ? null : { notMeasuredReason: visit.notMeasuredReason };
    case 'raised-on-dates': {
      const dates = findRaisedDates(given, when);
      return dates.length >= when.from && (when.to === null || dates.length <= when.to)
        ? { ...measurementsOf(visit), dates: dates.join(', ') }
        : null;
    }
  }
}

/** Returns the values that a visit was classified by. */
export function measurementsOf(visit: Visit): Evidence {
  const [pressure, fastingGlucose] = [bloodPressureOf(visit), glucoseOf(visit, 'fastingGlucose')];
  return { ...pressure, ...glucoseEvidence(visit, { fastingGlucose }) };
}

/** What was measured, and how it lies to the value that is given. */
const glucoseEvidence = (visit: Visit, values: Partial<Record<GlucoseField, number | null>>): Evidence =>
  Object.fromEntries(
    (['fastingGlucose', 'randomGlucose'] as const).flatMap((field) => {
      const value = values[field];
      return value === null || value === undefined ? [] : [[field, glucoseText(visit, field, value)]];
    }),
  );
