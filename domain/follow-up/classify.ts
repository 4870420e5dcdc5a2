/** This file compares a visit's values with the person's targets and says whether the person is controlled. */

import { meanHalfUp } from '../readings/units.ts';
import { ageOn, localDateOf } from '../time/local-date.ts';
import type { Measure, Protocol, TargetBand, TargetGroup } from './protocol.ts';
import type { PatientFacts, Visit } from './visit.ts';

export type BloodPressureUsed = { systolic: number; diastolic: number; readings: number };

/** Returns the mean of the last two measurements, rounded half up; null without any. Values from home are left out, because they never classify. */
export function bloodPressureOf({ bloodPressures }: Visit): BloodPressureUsed | null {
  const used = bloodPressures.filter(({ atHome }) => !atHome).slice(-2);
  if (used.length === 0) return null;
  return {
    systolic: meanHalfUp(used.map(({ systolic }) => systolic)),
    diastolic: meanHalfUp(used.map(({ diastolic }) => diastolic)),
    readings: used.length,
  };
}

const groupHolds = (group: TargetGroup, patient: PatientFacts): boolean => {
  switch (group.for) {
    case 'diabetes-or-kidney-disease':
      return patient.diabetes || patient.kidneyDisease;
    case 'tolerates-lower-target':
      return patient.toleratesLowerTarget;
    case 'everyone':
      return true;
  }
};

/** Returns the targets of a person on the day of a visit. */
export function targetOf({ targets }: Protocol, patient: PatientFacts, visitedAt: number): { band: TargetBand; age: number } {
  const age = ageOn(patient.birthDate, localDateOf(visitedAt));
  const bands = targets.find((group) => groupHolds(group, patient))?.bands ?? [];
  const band = bands.find(({ ageFrom, ageBelow }) => ageFrom <= age && (ageBelow === null || age < ageBelow));
  // A validated protocol covers every age, so this is a defect.
  if (!band) throw new Error(`No target at the age of ${age}.`);
  return { band, age };
}

const hasMeasure = (visit: Visit, measure: Measure): boolean =>
  measure === 'blood-pressure' ? bloodPressureOf(visit) !== null : visit.fastingGlucose !== null;

/** Says whether a visit counts as one of the protocol, which needs at least one of the values that the protocol classifies by. */
export const isMeasured = ({ classifiedBy }: Pick<Protocol, 'classifiedBy'>, visit: Visit): boolean =>
  classifiedBy.some((measure) => hasMeasure(visit, measure));

/**
 * Returns the values without which a visit cannot be evaluated. A visit with random glucose alone is evaluated, because it can show a
 * crisis, but it is never classified by it.
 */
export const missingMeasures = (protocol: Protocol, visit: Visit): readonly Measure[] =>
  protocol.classifiedBy.length === 0 ||
  isMeasured(protocol, visit) ||
  visit.notMeasuredReason !== null ||
  (protocol.classifiedBy.includes('fasting-glucose') && visit.randomGlucose !== null)
    ? []
    : protocol.classifiedBy;

/** A person is controlled when every value taken is below its target. Returns null when no value was taken that has a target. */
export function isControlled(protocol: Protocol, patient: PatientFacts, visit: Visit): boolean | null {
  if (!isMeasured(protocol, visit)) return null;
  const { band } = targetOf(protocol, patient, visit.visitedAt);
  const pressure = protocol.classifiedBy.includes('blood-pressure') ? bloodPressureOf(visit) : null;
  const glucose = protocol.classifiedBy.includes('fasting-glucose') ? visit.fastingGlucose : null;
  const held = [
    [pressure?.systolic, band.systolic],
    [pressure?.diastolic, band.diastolic],
    [glucose, band.fastingGlucose],
  ].flatMap(([value, target]) => (value == null || target == null ? [] : value < target));
  return held.length === 0 ? null : held.every((below) => below);
}
