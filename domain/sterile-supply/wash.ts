/** Whether a washer's batch is disinfected: by the rows of the norm, temperature and time both reached. A0 is shown beside it and decides nothing. */
import type { DisinfectionRow, NormRules } from './norm-rules.ts';

export interface WashRecord {
  temperatureC: number;
  seconds: number;
  /** Used after disinfection without being sterilised, which asks for more. */
  directUse: boolean;
}

export interface WashVerdict {
  result: 'pass' | 'fail';
  /** The hottest row that is reached; null: none. */
  row: DisinfectionRow | null;
  /** In seconds at the reference temperature. */
  a0: number;
}

export function judgeWash({ temperatureC, seconds, directUse }: WashRecord, { disinfectionRows, a0 }: NormRules): WashVerdict {
  const rows = disinfectionRows[directUse ? 'directUse' : 'toBeSterilised'];
  const row = rows.find((one) => temperatureC >= one.temperatureC && seconds >= one.seconds) ?? null;
  return {
    result: row ? 'pass' : 'fail',
    row,
    a0: Math.round(10 ** ((temperatureC - a0.referenceTemperatureC) / a0.zKelvin) * seconds),
  };
}

/** A row as records and answers name it: `90 °C, 60 s`. */
export const toRowWords = ({ temperatureC, seconds }: DisinfectionRow): string => `${temperatureC} °C, ${seconds} s`;
