/** The units that devices and people use, and how their values are brought to mmol/L and mmHg before anything is compared. */

export const glucoseUnits = ['mmol/L', 'mg/dL'] as const;
export const pressureUnits = ['mmHg', 'kPa'] as const;
export type GlucoseUnit = (typeof glucoseUnits)[number];
export type PressureUnit = (typeof pressureUnits)[number];

const MG_PER_DL_IN_A_MMOL_PER_L = 18.0182;
const MMHG_IN_A_KPA = 7.50062;

/** A trace is added because a number such as 6.95 has no exact binary form and would otherwise be rounded down. */
const roundHalfUp = (value: number, decimals: 0 | 1): number => Math.floor(value * 10 ** decimals + 0.5 + 1e-9) / 10 ** decimals;

/** Returns mmol/L with one decimal, as the visit form writes it: 126 mg/dL is 7.0. */
export const glucoseInMmolPerL = ({ value, unit }: { value: number; unit: GlucoseUnit }): number =>
  roundHalfUp(unit === 'mg/dL' ? value / MG_PER_DL_IN_A_MMOL_PER_L : value, 1);

/** Returns whole mmHg. */
export const pressureInMmHg = (value: number, unit: PressureUnit): number => roundHalfUp(unit === 'kPa' ? value * MMHG_IN_A_KPA : value, 0);

/** Returns the same pressure in kPa, so exactly that it is this number of mmHg again. */
export const kPaOf = (mmHg: number): number => mmHg / MMHG_IN_A_KPA;

/** Returns the mean as a whole number; a half is rounded up. */
export const meanHalfUp = (values: readonly number[]): number =>
  roundHalfUp(values.reduce((sum, value) => sum + value, 0) / values.length, 0);
