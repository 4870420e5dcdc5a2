/**
 * The values of a visit: those that were measured at it, by which the person is classified, and those that the person took at home or told on the
 * telephone. The latter never classify and never count; each of them may show a crisis.
 */
import type { Measured } from '../readings/reading.ts';
import { meanHalfUp } from '../readings/units.ts';
import type { Measure } from './protocol.ts';
import type { GlucoseField, Visit } from './visit.ts';

export type BloodPressureUsed = { systolic: number; diastolic: number; readings: number };

/** Returns the mean of the last two measurements, rounded half up; null when none was taken at the visit. */
export function bloodPressureOf({ mode, bloodPressures }: Pick<Visit, 'mode' | 'bloodPressures'>): BloodPressureUsed | null {
  if (mode === 'phone') return null;
  const used = bloodPressures.filter(({ atHome }) => !atHome).slice(-2);
  if (used.length === 0) return null;
  return {
    systolic: meanHalfUp(used.map(({ systolic }) => systolic)),
    diastolic: meanHalfUp(used.map(({ diastolic }) => diastolic)),
    readings: used.length,
  };
}

const isTold = ({ mode, glucoseAtHome = [] }: Pick<Visit, 'mode' | 'glucoseAtHome'>, field: GlucoseField): boolean =>
  mode === 'phone' || glucoseAtHome.includes(field);

/** Returns the value in mmol/L that was measured at the visit; null when none was. */
export const glucoseOf = (visit: Visit, field: GlucoseField): number | null => (isTold(visit, field) ? null : visit[field]);

/** Returns the heart rate or the temperature that was measured at the visit; null when none was. */
export const vitalSignOf = (visit: Visit, field: 'heartRate' | 'temperature'): number | null =>
  visit.mode === 'phone' ? null : visit[field];

/** Says whether the person has told a value of their own of this kind. */
export const hasToldMeasure = (visit: Visit, measure: Measure): boolean =>
  measure === 'blood-pressure'
    ? visit.bloodPressures.some(({ atHome }) => atHome || visit.mode === 'phone')
    : (visit.fastingGlucose !== null && isTold(visit, 'fastingGlucose')) ||
      (visit.randomGlucose !== null && isTold(visit, 'randomGlucose'));

/** Returns the values that the person took at home or told on the telephone, each of them. */
export function toldValuesOf(visit: Visit): Measured[] {
  const pressures = visit.bloodPressures.filter(({ atHome }) => atHome || visit.mode === 'phone');
  const { fastingGlucose, randomGlucose } = visit;
  return [
    ...pressures.map((one): Measured => ({ kind: 'blood-pressure', systolic: one.systolic, diastolic: one.diastolic, unit: 'mmHg' })),
    ...glucoseReadings({
      ...visit,
      fastingGlucose: isTold(visit, 'fastingGlucose') ? fastingGlucose : null,
      randomGlucose: isTold(visit, 'randomGlucose') ? randomGlucose : null,
    }),
    ...(visit.mode === 'phone' ? vitalSignReadings(visit) : []),
  ];
}

/** Returns the values that were measured at the visit; of several pressures the mean of the last two. */
export function measuredValuesOf(visit: Visit): Measured[] {
  const pressure = bloodPressureOf(visit);
  return [
    ...(pressure
      ? [{ kind: 'blood-pressure', systolic: pressure.systolic, diastolic: pressure.diastolic, unit: 'mmHg' } satisfies Measured]
      : []),
    ...glucoseReadings({ ...visit, fastingGlucose: glucoseOf(visit, 'fastingGlucose'), randomGlucose: glucoseOf(visit, 'randomGlucose') }),
    ...(visit.mode === 'phone' ? [] : vitalSignReadings(visit)),
  ];
}

const glucoseKinds = { fastingGlucose: 'fasting-glucose', randomGlucose: 'random-glucose' } as const;

const glucoseReadings = (visit: Pick<Visit, GlucoseField | 'glucoseComparators'>): Measured[] =>
  (['fastingGlucose', 'randomGlucose'] as const).flatMap((field): Measured[] => {
    const value = visit[field];
    const comparator = visit.glucoseComparators?.[field];
    return value === null ? [] : [{ kind: glucoseKinds[field], value, unit: 'mmol/L', ...(comparator ? { comparator } : {}) }];
  });

/** A glucose as people read it: a number, or a text such as `>33.3`. */
export function glucoseText(visit: Pick<Visit, 'glucoseComparators'>, field: GlucoseField, value: number): number | string {
  const comparator = visit.glucoseComparators?.[field];
  return comparator === undefined ? value : `${comparator}${value}`;
}

const vitalSignReadings = ({ heartRate, temperature }: Pick<Visit, 'heartRate' | 'temperature'>): Measured[] => [
  ...(heartRate === null ? [] : [{ kind: 'heart-rate', value: heartRate, unit: '/min' } satisfies Measured]),
  ...(temperature === null ? [] : [{ kind: 'temperature', value: temperature, unit: 'Cel' } satisfies Measured]),
];
