/** A reading: one measured value of a person at an instant. What devices and people send is brought to one unit a kind before it is judged. */
import { type GlucoseUnit, glucoseInMmolPerL, type PressureUnit, pressureInMmHg } from './units.ts';

export const readingKinds = ['blood-pressure', 'fasting-glucose', 'random-glucose', 'heart-rate', 'weight', 'temperature'] as const;
export type ReadingKind = (typeof readingKinds)[number];

export const glucoseKinds = ['fasting-glucose', 'random-glucose'] as const satisfies readonly ReadingKind[];

/** Of the others no episode is made. */
export const isWatched = (kind: ReadingKind): boolean =>
  kind === 'blood-pressure' || (glucoseKinds as readonly ReadingKind[]).includes(kind);

/** Who or what took it. */
export const readingContexts = ['device', 'self-report', 'clinic'] as const;
export type ReadingContext = (typeof readingContexts)[number];

/** As sent. */
export type Measured =
  | { kind: 'blood-pressure'; systolic: number; diastolic: number; unit: PressureUnit }
  | { kind: 'fasting-glucose' | 'random-glucose'; value: number; unit: GlucoseUnit }
  | { kind: 'heart-rate'; value: number; unit: '/min' }
  | { kind: 'weight'; value: number; unit: 'kg' }
  | { kind: 'temperature'; value: number; unit: 'Cel' };

/** In mmHg; mmol/L, /min, kg or Cel. Of a blood pressure `value` is null, of all others the two pressures are. */
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

const single = (value: number): StandardValues => ({ systolic: null, diastolic: null, value });

export function inStandardUnits(measured: Measured): StandardValues {
  switch (measured.kind) {
    case 'blood-pressure': {
      const { systolic, diastolic, unit } = measured;
      return { systolic: pressureInMmHg(systolic, unit), diastolic: pressureInMmHg(diastolic, unit), value: null };
    }
    case 'fasting-glucose':
    case 'random-glucose':
      return single(glucoseInMmolPerL(measured));
    case 'heart-rate':
    case 'weight':
    case 'temperature':
      return single(measured.value);
  }
}
