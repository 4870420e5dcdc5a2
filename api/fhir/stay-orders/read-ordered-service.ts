/** A ServiceRequest beside the Encounter of a stay as an order of any kind but a medicine. */
import type { GivenOrder } from '../../../domain/discharge/order.ts';
import { type OrderKind, orderKinds } from '../../../domain/discharge/rules.ts';
import { conceptText } from '../concepts.ts';
import { dayOf, readPeriod } from './dates.ts';
import type { EntryReader } from './entry.ts';
import { itemIn, titleOr } from './names.ts';
import { type Concept, OrderedService } from './schemas.ts';

const SNOMED = 'http://snomed.info/sct';
/** The categories that FHIR's own value set of ServiceRequest.category has and a kind of order is. */
const ofSnomed: Readonly<Record<string, OrderKind>> = {
  '108252007': 'retest',
  '363679005': 'retest',
  '409073007': 'education',
};
const ofWords: Readonly<Record<string, OrderKind>> = {
  复诊: 'revisit',
  复查: 'retest',
  待回报: 'pending-result',
  待回报结果: 'pending-result',
  伤口: 'wound',
  伤口护理: 'wound',
  换药: 'wound',
  拆线: 'wound',
  康复: 'rehabilitation',
  宣教: 'education',
  健康教育: 'education',
  器械: 'device',
  接种: 'vaccination',
  疫苗接种: 'vaccination',
  其他: 'other',
};

const kindIn = (word: string): OrderKind | undefined => orderKinds.find((kind) => kind === word) ?? ofWords[word];

/** Every kind that the categories name, by a code or in words. */
function kindsOf(categories: readonly Concept[]): OrderKind[] {
  const words = categories.flatMap(({ text, coding = [] }) => [
    text?.trim(),
    ...coding.flatMap(({ system, code, display }) => (system === SNOMED ? [ofSnomed[code ?? '']] : [code, display?.trim()])),
  ]);
  const named = words.flatMap((word) => (word === undefined ? [] : (kindIn(word) ?? [])));
  return [...new Set(named)];
}

const concept = { text: true, coding: true } as const;

export const readOrderedService: EntryReader<typeof OrderedService> = {
  schema: OrderedService,
  understood: {
    identifier: true,
    status: true,
    intent: true,
    doNotPerform: true,
    subject: true,
    encounter: true,
    authoredOn: true,
    category: concept,
    code: concept,
    occurrenceDateTime: true,
    occurrencePeriod: { start: true, end: true },
    occurrenceTiming: { repeat: { boundsPeriod: { start: true, end: true }, frequency: true, period: true, periodUnit: true } },
    asNeededBoolean: true,
  },
  inForce: ['active'],
  takenBack: ['revoked', 'entered-in-error'],
  intents: ['order', 'original-order', 'reflex-order', 'filler-order', 'instance-order'],
  read(service, { at }) {
    const title = titleOr(conceptText(service.code ?? {}));
    if (typeof title !== 'string') return { held: title.held, at: `${at}.code` };
    const kind = kindOf(service);
    if (kind === undefined || kind === 'medicine') return { held: 'kind-unknown', at: `${at}.category` };
    if (service.asNeededBoolean === true || service.asNeededCodeableConcept)
      return { held: 'date-not-readable', at: `${at}.asNeeded${service.asNeededBoolean === true ? 'Boolean' : 'CodeableConcept'}` };
    const dates = datesOf(service, kind);
    if ('unread' in dates) return { held: 'date-not-readable', at: `${at}.${dates.unread}` };
    const item = itemIn(service.code);
    const number = kind === 'pending-result' ? numberOf(service) : undefined;
    const named = { ...(item === undefined ? {} : { item }), ...(number === undefined ? {} : { number }) };
    return { order: { kind, title, ...named, ...dates }, dose: null, issues: [] };
  },
};

/** Without a category it is an order of no kind that has rules: with a date of its own it is asked for then, else people look at it. */
function kindOf({ category = [] }: OrderedService): OrderKind | undefined {
  if (category.length === 0) return 'other';
  const kinds = kindsOf(category);
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** The number under which the result will be reported. */
const numberOf = ({ identifier = [] }: OrderedService): string | undefined =>
  (identifier.find(({ use }) => use === 'official') ?? identifier.find(({ value }) => value?.trim()))?.value?.trim() || undefined;

type Dates = Pick<GivenOrder, 'opensOn' | 'dueOn' | 'expectedOn' | 'repeat'> | { unread: string };

function datesOf(service: OrderedService, kind: OrderKind): Dates {
  const { occurrenceDateTime, occurrencePeriod, occurrenceTiming } = service;
  const given = Object.entries({ occurrenceDateTime, occurrencePeriod, occurrenceTiming }).filter(([, value]) => value !== undefined);
  if (given.length > 1) return { unread: given[1]?.[0] ?? 'occurrenceDateTime' };
  if (occurrenceDateTime !== undefined) {
    const dueOn = dayOf(occurrenceDateTime, 'end');
    if (dueOn === undefined) return { unread: 'occurrenceDateTime' };
    if (kind === 'pending-result') return { expectedOn: dueOn };
    // A month or a year is a window; a day is the day until which it is to be done.
    const opensOn = occurrenceDateTime.trim().length < 10 ? dayOf(occurrenceDateTime, 'start') : undefined;
    return { dueOn, ...(opensOn === undefined ? {} : { opensOn }) };
  }
  if (occurrencePeriod) {
    const period = readPeriod(occurrencePeriod);
    if (!period) return { unread: 'occurrencePeriod' };
    if (kind === 'pending-result') return period.endOn === undefined ? {} : { expectedOn: period.endOn };
    return {
      ...(period.startOn === undefined ? {} : { opensOn: period.startOn }),
      ...(period.endOn === undefined ? {} : { dueOn: period.endOn }),
    };
  }
  return occurrenceTiming ? (repeatOf(occurrenceTiming) ?? { unread: 'occurrenceTiming' }) : {};
}

const daysIn: Readonly<Record<string, number>> = { d: 1, wk: 7 };

/** Once every so many days from one day until another; anything else is not read. */
function repeatOf({ event, repeat, code }: NonNullable<OrderedService['occurrenceTiming']>): Dates | undefined {
  if (event || code || !repeat?.boundsPeriod) return undefined;
  if (Object.keys(repeat).some((name) => !['boundsPeriod', 'frequency', 'period', 'periodUnit'].includes(name))) return undefined;
  const bounds = readPeriod(repeat.boundsPeriod);
  const everyDays = (repeat.period ?? 0) * (daysIn[repeat.periodUnit ?? ''] ?? 0);
  if (repeat.frequency !== 1 || !Number.isInteger(everyDays) || everyDays < 1 || everyDays > 365) return undefined;
  if (bounds?.startOn === undefined || bounds.endOn === undefined) return undefined;
  return { dueOn: bounds.startOn, repeat: { everyDays, untilOn: bounds.endOn } };
}
