/** A visit's values, the targets they are held against, and whether the person is controlled. */

import { meanHalfUp } from '../readings/units.ts';
import { ageOn, localDateOf } from '../time/local-date.ts';
import type { Measure, Protocol, TargetBand, TargetGroup } from './protocol.ts';
import type { PatientFacts, Visit } from './visit.ts';

export type BloodPressureUsed = { systolic: number; diastolic: number; readings: number };

/** The mean of the last two, half up; readings from home never classify. */
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

/** The targets of a person on the day of a visit. */
export function targetOf({ targets }: Protocol, patient: PatientFacts, visitedAt: number): { band: TargetBand; age: number } {
  const age = ageOn(patient.birthDate, localDateOf(visitedAt));
  const bands = targets.find((group) => groupHolds(group, patient))?.bands ?? [];
  const band = bands.find(({ ageFrom, ageBelow }) => ageFrom <= age && (ageBelow === null || age < ageBelow));
  if (!band) throw new Error(`No target at the age of ${age}.`); // a validated protocol covers every age
  return { band, age };
}

const hasMeasure = (visit: Visit, measure: Measure): boolean =>
  measure === 'blood-pressure' ? bloodPressureOf(visit) !== null : visit.fastingGlucose !== null;

/** Whether it counts as a visit of the protocol: at least one of the values that it classifies by was taken. */
export const isMeasured = ({ classifiedBy }: Pick<Protocol, 'classifiedBy'>, visit: Visit): boolean =>
  classifiedBy.some((measure) => hasMeasure(visit, measure));

/** What a visit lacks to be judged. Random glucose can show a crisis, so a visit with it is judged; it is never classified by it. */
export const missingMeasures = (protocol: Protocol, visit: Visit): readonly Measure[] =>
  protocol.classifiedBy.length === 0 ||
  isMeasured(protocol, visit) ||
  visit.notMeasuredReason !== null ||
  (protocol.classifiedBy.includes('fasting-glucose') && visit.randomGlucose !== null)
    ? []
    : protocol.classifiedBy;

/** Controlled: every value taken is below its target. null: nothing to tell by. */
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
