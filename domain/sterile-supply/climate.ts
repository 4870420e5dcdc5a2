/**
 * The climate of a shelf: when a breach begins and ends, by the instants at which it was measured. One reading outside may be an open door, so a breach
 * begins with the second one in a row, and ends with the second one inside.
 */
import type { NormRules } from './norm-rules.ts';

export interface ClimateReading {
  /** In milliseconds. */
  measuredAt: number;
  temperatureC: number;
  humidityPercent: number;
}

export type ClimateRules = Pick<NormRules, 'storageClimate' | 'climateBreach'>;

/** Temperature and humidity both have to lie below what the norm allows. */
export const isInside = (
  { temperatureC, humidityPercent }: Pick<ClimateReading, 'temperatureC' | 'humidityPercent'>,
  { storageClimate }: Pick<NormRules, 'storageClimate'>,
): boolean => temperatureC < storageClimate.belowTemperatureC && humidityPercent < storageClimate.belowHumidityPercent;

/** A time outside the climate; it has begun before the readings when `startedAt` is null, and lasts when `endedAt` is. */
export interface Breach {
  startedAt: number | null;
  endedAt: number | null;
}

/**
 * The breaches that readings show. `breached`: a breach was there before the first of them. Readings that follow the first of their kind sooner than
 * the rule allows keep the row going and do not complete it.
 */
export function findBreaches(readings: readonly ClimateReading[], breached: boolean, rules: ClimateRules): Breach[] {
  const { readingsInARow, minutesApart } = rules.climateBreach;
  const breaches: Breach[] = breached ? [{ startedAt: null, endedAt: null }] : [];
  let inBreach = breached;
  // The readings in a row that speak against the present state, each far enough from the one before.
  let counted: number[] = [];
  for (const reading of [...readings].sort((a, b) => a.measuredAt - b.measuredAt)) {
    if (isInside(reading, rules) !== inBreach) {
      counted = [];
      continue;
    }
    const last = counted.at(-1);
    if (last !== undefined && reading.measuredAt - last < minutesApart * 60_000) continue;
    counted.push(reading.measuredAt);
    if (counted.length < readingsInARow) continue;
    const open = breaches.at(-1);
    if (inBreach && open) open.endedAt = reading.measuredAt;
    else breaches.push({ startedAt: reading.measuredAt, endedAt: null });
    inBreach = !inBreach;
    counted = [];
  }
  return breaches;
}
