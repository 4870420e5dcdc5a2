/** A reading: one value of a patient, measured at an instant. Each kind of reading has one standard unit, to which it is brought before any rule sees it. */
import { type GlucoseUnit, glucoseInMmolPerL, type PressureUnit, pressureInMmHg } from './units.ts';

export const readingKinds = ['blood-pressure', 'fasting-glucose', 'random-glucose', 'heart-rate', 'weight', 'temperature'] as const;
export type ReadingKind = (typeof readingKinds)[number];

export const glucoseKinds = ['fasting-glucose', 'random-glucose'] as const satisfies readonly ReadingKind[];

/** Who or what has measured. */
export const readingContexts = ['device', 'self-report', 'clinic'] as const;
export type ReadingContext = (typeof readingContexts)[number];

/** A meter that shows HI or LO says only that the value lies beyond its range. */
export const comparators = ['<', '<=', '>=', '>'] as const;
export type Comparator = (typeof comparators)[number];

/** A reading as it was sent, in one of the units that its kind allows. */
export type Measured =
  | { kind: 'blood-pressure'; systolic: number; diastolic: number; unit: PressureUnit }
  | { kind: 'fasting-glucose' | 'random-glucose'; value: number; unit: GlucoseUnit; comparator?: Comparator | undefined }
  | { kind: 'heart-rate'; value: number; unit: '/min' }
  | { kind: 'weight'; value: number; unit: 'kg' }
  | { kind: 'temperature'; value: number; unit: 'Cel' };

/** Values in standard units. A blood pressure has the two pressures and no `value`; every other kind has a `value` and no pressures. */
export interface StandardValues {
  systolic: number | null;
  diastolic: number | null;
  value: number | null;
}

export const standardUnits = {
  'blood-pressure': 'mmHg',
  'fasting-glucose': 'mmol/L',
  'random-glucose': 'mmol/L',
  'heart-rate': '/min',
  weight: 'kg',
  temperature: 'Cel',
} as const satisfies Record<ReadingKind, string>;

/** Writes values as people do: a number, or a blood pressure as `148/92`. */
export const valueText = ({ systolic, diastolic, value }: StandardValues): string | number => value ?? `${systolic}/${diastolic}`;

const toSingleValue = (value: number): StandardValues => ({ systolic: null, diastolic: null, value });

export function toStandardUnits(measured: Measured): StandardValues {
  switch (measured.kind) {
    case 'blood-pressure': {
      const { systolic, diastolic, unit } = measured;
      return { systolic: pressureInMmHg(systolic, unit), diastolic: pressureInMmHg(diastolic, unit), value: null };
    }
    case 'fasting-glucose':
    case 'random-glucose':
      return toSingleValue(glucoseInMmolPerL(measured));
    case 'heart-rate':
    case 'weight':
    case 'temperature':
      return toSingleValue(measured.value);
  }
}

/** The type of the fact behind which the readings of somebody unknown wait for an identity review. No pathway hears of it. */
export type HeldReadingsFact = 'readings-held';
