/** Readings in the units that devices and people use, brought to mmol/L and mmHg before anything is compared. */

export const glucoseUnits = ['mmol/L', 'mg/dL'] as const;
export const pressureUnits = ['mmHg', 'kPa'] as const;
export type GlucoseUnit = (typeof glucoseUnits)[number];
export type PressureUnit = (typeof pressureUnits)[number];

const MG_PER_DL_IN_A_MMOL_PER_L = 18.0182;
const MMHG_IN_A_KPA = 7.50062;

/** A trace is added because 6.95 and its like have no exact binary form; half is half here. */
const roundHalfUp = (value: number, decimals: 0 | 1): number => Math.floor(value * 10 ** decimals + 0.5 + 1e-9) / 10 ** decimals;

/** To 0.1, as the form writes it: 126 mg/dL is 7.0. */
export const glucoseInMmolPerL = ({ value, unit }: { value: number; unit: GlucoseUnit }): number =>
  roundHalfUp(unit === 'mg/dL' ? value / MG_PER_DL_IN_A_MMOL_PER_L : value, 1);

export const pressureInMmHg = (value: number, unit: PressureUnit): number => roundHalfUp(unit === 'kPa' ? value * MMHG_IN_A_KPA : value, 0);

export const meanHalfUp = (values: readonly number[]): number =>
  roundHalfUp(values.reduce((sum, value) => sum + value, 0) / values.length, 0);
