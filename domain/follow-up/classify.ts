/** This file compares a visit's values with the person's targets and says whether the person is controlled. */

import { ageOn, localDateOf } from '../time/local-date.ts';
import { bendTargets } from './management-plan.ts';
import { bloodPressureOf, glucoseOf, hasToldMeasure } from './measured-values.ts';
import type { Measure, Protocol, TargetBand, TargetGroup } from './protocol.ts';
import type { PatientFacts, Visit } from './visit.ts';

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

/** Returns the targets of a person on the day of a visit, as the protocol has them and as the management plan of a hospital bends them. */
export function targetOf(
  { targets, plan }: Protocol,
  patient: PatientFacts,
  visitedAt: number,
): { band: TargetBand; own: TargetBand; age: number } {
  const age = ageOn(patient.birthDate, localDateOf(visitedAt));
  const bands = targets.find((group) => groupHolds(group, patient))?.bands ?? [];
  const band = bands.find(({ ageFrom, ageBelow }) => ageFrom <= age && (ageBelow === null || age < ageBelow));
  // A validated protocol covers every age, so this is a defect.
  if (!band) throw new Error(`No target at the age of ${age}.`);
  return { band: bendTargets(band, plan, visitedAt), own: band, age };
}

const hasMeasure = (visit: Visit, measure: Measure): boolean =>
  measure === 'blood-pressure' ? bloodPressureOf(visit) !== null : glucoseOf(visit, 'fastingGlucose') !== null;

/** Says whether a visit counts as one of the protocol, which needs at least one of the values that the protocol classifies by. */
export const isMeasured = ({ classifiedBy }: Pick<Protocol, 'classifiedBy'>, visit: Visit): boolean =>
  classifiedBy.some((measure) => hasMeasure(visit, measure));

/**
 * Returns the values without which a visit cannot be evaluated. A visit with random glucose alone is evaluated, because it can show a
 * crisis, but it is never classified by it. A value that the person took at home or told is no measurement, but it says why there is none.
 */
export const missingMeasures = (protocol: Protocol, visit: Visit): readonly Measure[] =>
  protocol.classifiedBy.length === 0 ||
  isMeasured(protocol, visit) ||
  visit.notMeasuredReason !== null ||
  protocol.classifiedBy.some((measure) => hasToldMeasure(visit, measure)) ||
  (protocol.classifiedBy.includes('fasting-glucose') && visit.randomGlucose !== null)
    ? []
    : protocol.classifiedBy;

/** A person is controlled when every value taken is below its target. Returns null when no value was taken that has a target. */
export function isControlled(protocol: Protocol, patient: PatientFacts, visit: Visit): boolean | null {
  if (!isMeasured(protocol, visit)) return null;
  const { band } = targetOf(protocol, patient, visit.visitedAt);
  const pressure = protocol.classifiedBy.includes('blood-pressure') ? bloodPressureOf(visit) : null;
  const glucose = protocol.classifiedBy.includes('fasting-glucose') ? glucoseOf(visit, 'fastingGlucose') : null;
  const held = [
    [pressure?.systolic, band.systolic],
    [pressure?.diastolic, band.diastolic],
    [glucose, band.fastingGlucose],
  ].flatMap(([value, target]) => (value == null || target == null ? [] : value < target));
  return held.length === 0 ? null : held.every((below) => below);
}
