/** A reading: one value of a patient, measured at an instant. Each kind of reading has one standard unit, to which it is brought before any rule sees it. */
import { type GlucoseUnit, glucoseInMmolPerL, type PressureUnit, pressureInMmHg } from './units.ts';

export const readingKinds = ['blood-pressure', 'fasting-glucose', 'random-glucose', 'heart-rate', 'weight', 'temperature'] as const;
export type ReadingKind = (typeof readingKinds)[number];

export const glucoseKinds = ['fasting-glucose', 'random-glucose'] as const satisfies readonly ReadingKind[];

/** Who or what has measured. */
export const readingContexts = ['device', 'self-report', 'clinic'] as const;
export type ReadingContext = (typeof readingContexts)[number];

/** A meter that shows HI or LO says only that the value lies beyond its range (FHIR R4, Quantity.comparator). */
export const comparators = ['<', '<=', '>=', '>'] as const;
export type Comparator = (typeof comparators)[number];

interface Compared {
  comparator?: Comparator | undefined;
}

/** A reading as it was sent, in one of the units that its kind allows. */
export type Measured =
  | {
      kind: 'blood-pressure';
      systolic: number;
      diastolic: number;
      unit: PressureUnit;
      systolicComparator?: Comparator | undefined;
      diastolicComparator?: Comparator | undefined;
    }
  | ({ kind: 'fasting-glucose' | 'random-glucose'; value: number; unit: GlucoseUnit } & Compared)
  | ({ kind: 'heart-rate'; value: number; unit: '/min' } & Compared)
  | ({ kind: 'weight'; value: number; unit: 'kg' } & Compared)
  | ({ kind: 'temperature'; value: number; unit: 'Cel' } & Compared);

/** How the true values lie to those that are given; nothing for one that was measured exactly. */
export type Comparators = { [Field in keyof StandardValues]?: Comparator | undefined };

/** The parts of a reading, or of the text of one, that say so. */
export interface CarriesComparators extends Compared {
  systolicComparator?: Comparator | undefined;
  diastolicComparator?: Comparator | undefined;
}

export const comparatorsOf = (measured: CarriesComparators | null | undefined): Comparators => ({
  ...(measured?.systolicComparator && { systolic: measured.systolicComparator }),
  ...(measured?.diastolicComparator && { diastolic: measured.diastolicComparator }),
  ...(measured?.comparator && { value: measured.comparator }),
});

export const hasComparator = (measured: CarriesComparators): boolean => Object.keys(comparatorsOf(measured)).length > 0;

/** The value is at least, or at most, the one that is given. */
export const isAtLeast = (comparator: Comparator | undefined): boolean => comparator !== '<' && comparator !== '<=';
export const isAtMost = (comparator: Comparator | undefined): boolean => comparator !== '>' && comparator !== '>=';

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

/** Writes values as people do: a number, a blood pressure as `148/92`, a value beyond the range of the meter as `>33.3`. */
export function valueText({ systolic, diastolic, value }: StandardValues, comparators: Comparators = {}): string | number {
  if (value === null) return `${comparators.systolic ?? ''}${systolic}/${comparators.diastolic ?? ''}${diastolic}`;
  return comparators.value === undefined ? value : `${comparators.value}${value}`;
}

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

/** The values as rules see them. */
export const toComparedValues = (measured: Measured): StandardValues & { comparators: Comparators } => ({
  ...toStandardUnits(measured),
  comparators: comparatorsOf(measured),
});

/** The type of the fact behind which the readings of somebody unknown wait for an identity review. No pathway hears of it. */
export type HeldReadingsFact = 'readings-held';

/** The type of the fact by which a system takes a reading back. No pathway hears of it: what the reading has raised is taken back with it. */
export type ReadingInErrorFact = 'entered-in-error';
