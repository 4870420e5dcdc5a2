/** How long a medicine that was handed out lasts: never longer than its quantity, in exact fractions. */
import type { Dose } from './dose-text.ts';
import { dividedBy, type Fraction, floorOf, fraction, fractionOf, times } from './fraction.ts';
import { doseUnits } from './medicine-units.ts';

/** What was handed out. With a pack, `value` counts packs of `packSize` in `packUnit`: 2 盒 of 14 片. */
export interface Quantity {
  value: number;
  unit: string;
  packSize?: number | undefined;
  packUnit?: string | undefined;
}

/** What one of a form holds: 5 mg per 片. */
export interface Strength {
  value: number;
  unit: string;
  per: string;
}

export type Supply = { days: number } | { reviewReason: 'unit-mismatch' | 'quantity-too-small' };

/** Whole days for which the quantity covers the dose. Where the units do not lead to each other, or it covers no day, somebody has to look. */
export function computeSupply(dose: Dose, quantity: Quantity, strength?: Strength): Supply {
  const handedOut = contentsOf(quantity);
  const covered = handedOut && convert(handedOut, toUnit(dose.unit), strength);
  if (!covered) return { reviewReason: 'unit-mismatch' };
  const days = floorOf(dividedBy(covered, dose.perDay));
  return days < 1 ? { reviewReason: 'quantity-too-small' } : { days };
}

interface Measured {
  amount: Fraction;
  unit: string;
}

/** The same unit in every way in which it is written. Others, such as 盒, are as they are. */
function toUnit(written: string): string {
  const plain = written.trim().toLowerCase().replace('\u00b5', 'μ');
  return Object.entries(doseUnits).find(([form]) => form === plain)?.[1] ?? plain;
}

function measure(value: number, unit: string): Measured | undefined {
  const amount = fractionOf(value);
  return amount && amount.numerator > 0n ? { amount, unit: toUnit(unit) } : undefined;
}

function contentsOf({ value, unit, packSize, packUnit }: Quantity): Measured | undefined {
  if (packSize === undefined && packUnit === undefined) return measure(value, unit);
  if (packSize === undefined || packUnit === undefined) return undefined;
  const [packs, pack] = [measure(value, unit), measure(packSize, packUnit)];
  return packs && pack && { amount: times(packs.amount, pack.amount), unit: pack.unit };
}

/** Directly, or through what one of a form holds, in either direction. */
function convert(given: Measured, unit: string, strength: Strength | undefined): Fraction | undefined {
  const direct = scale(given, unit);
  if (direct || !strength) return direct;
  const held = measure(strength.value, strength.unit);
  const per = toUnit(strength.per);
  if (!held) return undefined;
  const forms = scale(given, per);
  if (forms) return scale({ amount: times(forms, held.amount), unit: held.unit }, unit);
  const inUnitsOfStrength = scale(given, held.unit);
  return inUnitsOfStrength && scale({ amount: dividedBy(inUnitsOfStrength, held.amount), unit: per }, unit);
}

/** Micrograms in one of the unit. */
const masses: Readonly<Record<string, bigint>> = { g: 1_000_000n, mg: 1_000n, μg: 1n };

function scale({ amount, unit }: Measured, to: string): Fraction | undefined {
  if (unit === to) return amount;
  const [from, into] = [masses[unit], masses[to]];
  return from && into ? times(amount, fraction(from, into)) : undefined;
}
