/** How a medicine is taken, by what is coded of it, else by its text. A dose that is read wrongly does harm; one that is not read is looked at. */
import { readDose } from '../../../domain/discharge/dose-text.ts';
import { type Fraction, fractionOf, isEqual, isMore, times } from '../../../domain/discharge/fraction.ts';
import type { DoseUnit } from '../../../domain/discharge/medicine-units.ts';
import type { GivenDose } from '../../../domain/discharge/order.ts';
import type { LocalDate } from '../../../domain/time/local-date.ts';
import { lastOf, readPeriod } from './dates.ts';
import { daysOf, isExact, unitOf } from './quantities.ts';
import type { Dosage, Quantity } from './schemas.ts';
import { timesPerDay } from './timing.ts';

export interface ReadDosage {
  dose: GivenDose;
  /** As it was written, for whoever looks at it. */
  written: string | null;
  startOn?: LocalDate;
  untilOn?: LocalDate;
  isRead: boolean;
  arePeriodsRead: boolean;
}

interface Days {
  /** The day on which the message was written. */
  writtenOn: LocalDate;
  /** The day of the discharge, as far as the message says it. */
  dischargedOn: LocalDate | undefined;
}

const unread = (written: string | null): ReadDosage => ({ dose: { read: null }, written, isRead: false, arePeriodsRead: true });

/** Several are one after another or beside each other; which of them is a matter for a pharmacist. */
export function readDosages(dosages: readonly Dosage[], days: Days): ReadDosage {
  const texts = dosages.flatMap(({ text }) => (text === undefined || text.trim() === '' ? [] : [text.trim()]));
  const written = texts.length === 0 ? null : texts.join('；');
  const [only] = dosages;
  if (!only || dosages.length > 1) return unread(written);
  const bounds = readBounds(only, days);
  const dose = doseOf(only);
  if (!bounds) return { ...unread(written), arePeriodsRead: false };
  return dose ? { dose, written, isRead: true, arePeriodsRead: true, ...bounds } : { ...unread(written), ...bounds };
}

type CodedDosage = { asNeeded: true } | { asNeeded: false; unit: DoseUnit; perDay: Fraction };

function doseOf(dosage: Dosage): GivenDose | undefined {
  const coded = readCoded(dosage);
  if (coded === 'unclear') return undefined;
  const text = dosage.text?.trim() ?? '';
  const ofText = readDose(text);
  if (!coded) {
    if (!ofText) return undefined;
    return ofText.asNeeded ? { asNeeded: true } : toDose(ofText.dose.unit, ofText.dose.perDay);
  }
  if (ofText ? !isSameDose(coded, ofText) : CHANGES.test(text)) return undefined;
  return coded.asNeeded ? { asNeeded: true } : toDose(coded.unit, coded.perDay);
}

/** Words of a dose that is not the same all the time, which a coded dose beside them does not tell. */
const CHANGES =
  /减量|减半|递减|加量|递增|逐渐|首剂|首次|随后|之后|然后|前[\d一二两三四五六七八九十]+[天日周]|taper|then\b|reduce|increase|decrease|first\b/i;

const isSameDose = (coded: CodedDosage, read: NonNullable<ReturnType<typeof readDose>>): boolean =>
  coded.asNeeded || read.asNeeded
    ? coded.asNeeded === read.asNeeded
    : coded.unit === read.dose.unit && isEqual(coded.perDay, read.dose.perDay);

/** One whose fraction is too long to be written as numbers is for a person to read. */
function toDose(unit: DoseUnit, perDay: Fraction): GivenDose | undefined {
  const [numerator, denominator] = [Number(perDay.numerator), Number(perDay.denominator)];
  return [numerator, denominator].every(Number.isSafeInteger) ? { read: { unit, numerator, denominator } } : undefined;
}

/** Undefined where nothing is coded of how much and how often, so that the text alone says it; unclear where it is, and cannot be read. */
function readCoded(dosage: Dosage): CodedDosage | 'unclear' | undefined {
  const { timing, doseAndRate = [], asNeededBoolean, asNeededCodeableConcept } = dosage;
  if (asNeededBoolean === true || asNeededCodeableConcept !== undefined) return { asNeeded: true };
  const isTimed = timing !== undefined && (timing.code !== undefined || timing.event !== undefined || hasFrequency(timing.repeat));
  if (!isTimed && doseAndRate.length === 0) return undefined;
  const [only] = doseAndRate;
  // What is coded in part leaves the rest to the text, which then has to say all of it.
  if (!isTimed || !only) return dosage.text === undefined ? 'unclear' : undefined;
  if (doseAndRate.length > 1 || Object.keys(only).some((name) => name.startsWith('rate'))) return 'unclear';
  const amount = amountOf(only);
  const often = timing && timesPerDay(timing);
  return amount && often ? { asNeeded: false, unit: amount.unit, perDay: times(amount.value, often) } : 'unclear';
}

const hasFrequency = (repeat: object | undefined): boolean =>
  repeat !== undefined && Object.keys(repeat).some((name) => name !== 'boundsPeriod' && name !== 'boundsDuration');

/** Of a range the upper end counts, as in a text. */
function amountOf({
  doseQuantity,
  doseRange,
}: NonNullable<Dosage['doseAndRate']>[number]): { value: Fraction; unit: DoseUnit } | undefined {
  if (doseQuantity && doseRange) return undefined;
  if (doseQuantity) return measure(doseQuantity);
  const [low, high] = [doseRange?.low && measure(doseRange.low), doseRange?.high && measure(doseRange.high)];
  if (!high || !low || low.unit !== high.unit || isMore(low.value, high.value)) return undefined;
  return high;
}

function measure(quantity: Quantity): { value: Fraction; unit: DoseUnit } | undefined {
  const unit = unitOf(quantity);
  const value = isExact(quantity) ? fractionOf(quantity.value ?? 0) : undefined;
  return unit && value ? { value, unit } : undefined;
}

/** Undefined where it cannot be read. What is taken already goes on: what was handed out begins with the discharge. */
function readBounds({ timing }: Dosage, { writtenOn, dischargedOn }: Days): Pick<ReadDosage, 'startOn' | 'untilOn'> | undefined {
  const { boundsPeriod, boundsDuration } = timing?.repeat ?? {};
  if (timing?.repeat && 'boundsRange' in timing.repeat) return undefined;
  if (boundsPeriod && boundsDuration) return undefined;
  if (boundsPeriod) {
    const period = readPeriod(boundsPeriod);
    if (!period) return undefined;
    const { startOn, endOn } = period;
    const isLater = startOn !== undefined && startOn > (dischargedOn ?? writtenOn);
    return { ...(isLater ? { startOn } : {}), ...(endOn === undefined ? {} : { untilOn: endOn }) };
  }
  if (!boundsDuration) return {};
  const days = daysOf(boundsDuration);
  return days === undefined || dischargedOn === undefined ? undefined : { untilOn: lastOf(dischargedOn, days) };
}
