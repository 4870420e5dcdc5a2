/** A medicine that is handed out at a discharge: how long it lasts, until when it is asked for again, and of what class it is. */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, laterOf } from '../time/local-date.ts';
import { citeNumber } from './cite.ts';
import { type Dose, type ReadDose, readDose } from './dose-text.ts';
import { computeDueDate } from './due-date.ts';
import type { DischargeGround } from './duties.ts';
import { type Fraction, fraction, fractionOf, times, toNumber } from './fraction.ts';
import { type DoseUnit, doseUnits } from './medicine-units.ts';
import type { CodedDose, GivenDose, GivenMedicine, MedicineInHand, OrderDates, ReviewReason, SupplyInHand } from './order.ts';
import { ownerOf } from './owners.ts';
import { type DischargeRules, type MedicineClass, numberOf } from './rules.ts';
import { computeSupply, type Quantity } from './supply.ts';

export interface DispensedMedicine {
  on: LocalDate;
  /** Left out: as much as before. */
  quantity?: { value: number; unit: string } | undefined;
}

const positive = (value: number): Fraction | undefined => {
  const read = fractionOf(value);
  return read && read.numerator > 0n ? read : undefined;
};

const unitOf = (written: string): DoseUnit | undefined => {
  const plain = written.trim().toLowerCase().replace('\u00b5', 'μ');
  return Object.entries(doseUnits).find(([form]) => form === plain)?.[1];
};

/** Returns undefined for a dose that nobody but a person can read. */
function readGivenDose(dose: GivenDose): ReadDose | undefined {
  if (typeof dose === 'string') return readDose(dose);
  if ('asNeeded' in dose) return { asNeeded: true };
  if ('read' in dose) return dose.read ? { asNeeded: false, dose: readCodedDose(dose.read) } : undefined;
  const [amount, unit, perDay] = [positive(dose.amount), unitOf(dose.unit), positive(dose.perDay)];
  return amount && unit && perDay ? { asNeeded: false, dose: { unit, perDay: times(amount, perDay) } } : undefined;
}

const readCodedDose = ({ unit, numerator, denominator }: CodedDose): Dose => ({
  unit,
  perDay: fraction(BigInt(numerator), BigInt(denominator)),
});

/** What a state keeps of a dose. One whose fraction is too long to be written as numbers is for a person to read. */
export function codeDose(dose: GivenDose): GivenDose {
  const read = readGivenDose(dose);
  if (!read) return { read: null };
  if (read.asNeeded) return { asNeeded: true };
  const [numerator, denominator] = [Number(read.dose.perDay.numerator), Number(read.dose.perDay.denominator)];
  return { read: [numerator, denominator].every(Number.isSafeInteger) ? { unit: read.dose.unit, numerator, denominator } : null };
}

/** As many packs as are handed out again are of the size of the first ones. */
function withPack(quantity: { value: number; unit: string }, before: Quantity | undefined): Quantity {
  const isSamePack = before?.packSize !== undefined && quantity.unit.trim() === before.unit.trim();
  return isSamePack ? { ...quantity, packSize: before.packSize, packUnit: before.packUnit } : quantity;
}

type ReadSupply = { supply: SupplyInHand } | { reviewReason: ReviewReason };

const lasting = (startOn: LocalDate, days: number): ReadSupply => ({
  supply: { startOn, days, endOn: addDays(startOn, days - 1) },
});

/** The supply in hand after all that was handed out: each begins when the one before is used up, or on the day on which it was handed out. */
function readSupply(dose: Dose, medicine: GivenMedicine, dischargedOn: LocalDate, dispensed: readonly DispensedMedicine[]): ReadSupply {
  const suffices = (quantity: Quantity | undefined, startOn: LocalDate): ReadSupply => {
    if (!quantity) {
      const days = Math.floor(medicine.expectedSupplyDays ?? 0);
      return days < 1 ? { reviewReason: 'quantity-too-small' } : lasting(startOn, days);
    }
    const computed = computeSupply(dose, quantity, medicine.strength);
    return 'days' in computed ? lasting(startOn, computed.days) : computed;
  };
  let read = suffices(medicine.quantity, medicine.startOn ?? dischargedOn);
  let quantity = medicine.quantity;
  for (const { on, quantity: given } of dispensed) {
    quantity = given ? withPack(given, quantity) : quantity;
    read = suffices(quantity, 'supply' in read ? laterOf(addDays(read.supply.endOn, 1), on) : on);
  }
  return read;
}

export interface DatedMedicine {
  given: GivenMedicine;
  dispensed: readonly DispensedMedicine[];
}

type MedicineDates = Omit<OrderDates, 'owner'> & { isHospitals: boolean };

const undated = (reviewReason: ReviewReason, medicine: MedicineInHand | null, isLongSupply = false): MedicineDates => ({
  opensOn: null,
  dueOn: null,
  isHospitals: false,
  unconfirmed: false,
  because: [],
  reviewReasons: [reviewReason],
  medicine,
  isLongSupply,
});

/** Dates the next refill, or the last question of all, whether it was taken. */
export function dateMedicine(ground: DischargeGround, { given, dispensed }: DatedMedicine): MedicineDates {
  const { rules, calendar, dischargedOn, today } = ground;
  const read = readGivenDose(given.dose);
  if (!read) return undated('dose-not-parsed', null);
  if (read.asNeeded) return dateAsNeeded(ground);
  const { dose } = read;
  const found = readSupply(dose, given, dischargedOn, dispensed);
  const medicine: MedicineInHand = {
    unit: dose.unit,
    perDay: toNumber(dose.perDay),
    asNeeded: false,
    supply: 'supply' in found ? found.supply : null,
    isRefill: 'supply' in found && expectsRefill(given, found.supply.endOn),
  };
  if (!('supply' in found)) return undated(found.reviewReason, medicine);
  const { days, endOn } = found.supply;
  const usual = given.longTerm ? 'long-supply-long-term-days' : 'long-supply-days';
  const isLongSupply = days > numberOf(rules, usual) || days > numberOf(rules, 'long-supply-long-term-days');
  if (days > numberOf(rules, 'long-supply-review-days')) return undated('long-supply', medicine, isLongSupply);
  const dayAfter = addDays(dischargedOn, 1);
  const dated = { reviewReasons: [], medicine, isLongSupply };
  if (medicine.isRefill) {
    const { dueOn, ...due } = computeDueDate(calendar, { dueOn: laterOf(endOn, dayAfter), opensOn: dayAfter, dischargedOn, today });
    const opensOn = laterOf(addWorkingDays(calendar, dueOn, -numberOf(rules, 'refill-opens-working-days')), dayAfter);
    const because = [citeNumber(rules, 'refill-opens-working-days', { supplyDays: days, supplyEndOn: endOn })];
    return { ...dated, opensOn, dueOn, ...due, because };
  }
  const opensOn = laterOf(given.untilOn ?? endOn, dayAfter);
  const due = computeDueDate(calendar, { dueOn: addDays(opensOn, numberOf(rules, 'course-days')), opensOn, dischargedOn, today });
  return { ...dated, opensOn, ...due, because: [citeNumber(rules, 'course-days', { supplyDays: days, supplyEndOn: endOn })] };
}

function dateAsNeeded({ rules, calendar, dischargedOn, today }: DischargeGround): MedicineDates {
  const opensOn = addDays(dischargedOn, numberOf(rules, 'taken-from-day'));
  const dueOn = addDays(dischargedOn, numberOf(rules, 'as-needed-to-day'));
  const due = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today });
  const medicine: MedicineInHand = { unit: '', perDay: 0, asNeeded: true, supply: null, isRefill: false };
  return { opensOn, ...due, because: [citeNumber(rules, 'as-needed-to-day')], reviewReasons: [], medicine, isLongSupply: false };
}

/** More of the medicine is asked for when it is taken for long, or for longer than it lasts. */
const expectsRefill = ({ longTerm, untilOn }: GivenMedicine, supplyEndOn: LocalDate): boolean =>
  longTerm === true || (untilOn !== undefined && untilOn > supplyEndOn);

/** The first day on which "taken" closes a medicine; undefined where nobody knows how long it lasts. */
export function takenFrom(
  rules: DischargeRules,
  dischargedOn: LocalDate,
  given: GivenMedicine,
  medicine: MedicineInHand | null,
): LocalDate | undefined {
  if (given.longTerm || medicine?.asNeeded) return addDays(dischargedOn, numberOf(rules, 'taken-from-day'));
  return given.untilOn ?? medicine?.supply?.endOn;
}

export const medicineOwner = (isHospitals: boolean) => ownerOf({ role: 'gp', medicine: true }, isHospitals);

/** The classes that are known of a medicine, else those whose names its name holds. */
export function classesOf(
  { medicineClasses }: DischargeRules,
  { title, medicine }: { title: string; medicine?: GivenMedicine | undefined },
): readonly MedicineClass[] {
  if (medicine?.classes) return medicine.classes;
  const name = title.normalize('NFKC').toLowerCase();
  return medicineClasses.filter(({ names }) => names.some((part) => name.includes(part.toLowerCase()))).map((rule) => rule.class);
}

/** Whoever stops it is spoken to within hours: as the order says, else by its name, because messages of other systems cannot say it. */
export function isHighAlert(rules: DischargeRules, order: { title: string; medicine?: GivenMedicine | undefined }): boolean {
  if (!order.medicine) return false;
  const classes = classesOf(rules, order);
  return order.medicine.highAlert ?? rules.medicineClasses.some((rule) => rule.highAlert && classes.includes(rule.class));
}
