/** When an appointment begins and ends, wherever the versions of the standard let it stand: TQ1, the older SCH-11, or the service itself (AIS). */
import { type Place, wrongValueError } from '../kit/hl7-error.ts';
import { findSegment, type Message, placeOf, type Segment, type ValueAt, valueAt } from '../kit/message.ts';
import { parseTimestamp } from '../kit/timestamps.ts';

interface Found {
  /** An instant where it is one, else as it is written, for the API to refuse. */
  value: string;
  place: Place;
}

export interface AppointmentTimes {
  startsAt: Found | undefined;
  endsAt: Found | undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  S: 1_000,
  SEC: 1_000,
  M: 60_000,
  MIN: 60_000,
  MINUTE: 60_000,
  MINUTES: 60_000,
  H: 3_600_000,
  HR: 3_600_000,
  HOUR: 3_600_000,
  HOURS: 3_600_000,
  D: 86_400_000,
  DAY: 86_400_000,
};

/** Throws Hl7Error (AE) where two places are at odds. */
export function readAppointmentTimes(message: Message): AppointmentTimes {
  const [tq1, sch, ais] = [findSegment(message, 'TQ1'), findSegment(message, 'SCH'), findSegment(message, 'AIS')];
  const timeAt = (segment: Segment | undefined, at: ValueAt): Found[] => {
    const text = valueAt(message, segment, at);
    return segment && text !== '' ? [{ value: parseTimestamp(text) ?? text, place: placeOf(segment, at) }] : [];
  };
  const starts = [...timeAt(tq1, { field: 7 }), ...timeAt(sch, { field: 11, component: 4 })];
  const startsAt = oneOf(starts) ?? timeAt(ais, { field: 4 })[0];
  const endsAt =
    oneOf([...timeAt(tq1, { field: 8 }), ...timeAt(sch, { field: 11, component: 5 })]) ?? endByLength(message, startsAt, { tq1, sch, ais });
  return { startsAt, endsAt };
}

function oneOf(found: readonly Found[]): Found | undefined {
  const [first] = found;
  const other = found.find(({ value }) => value !== first?.value);
  if (other)
    throw wrongValueError('102', other.place, { zh: '就诊时间在两处不一致', en: 'the time differs from the one that stands before it' });
  return first;
}

/** A length with its unit: `30^min`, `M30`, or a number beside a field of units. Minutes where the message names no unit. */
function endByLength(
  message: Message,
  startsAt: Found | undefined,
  { tq1, sch, ais }: Record<'tq1' | 'sch' | 'ais', Segment | undefined>,
): Found | undefined {
  const at = (segment: Segment | undefined, field: number, component = 1) => valueAt(message, segment, { field, component });
  const places: [segment: Segment | undefined, at: ValueAt, amount: () => string, unit: () => string][] = [
    [tq1, { field: 6 }, () => at(tq1, 6), () => at(tq1, 6, 2)],
    [sch, { field: 11, component: 3 }, () => at(sch, 11, 3).slice(1), () => at(sch, 11, 3).slice(0, 1)],
    [sch, { field: 9 }, () => at(sch, 9), () => at(sch, 10)],
    [ais, { field: 7 }, () => at(ais, 7), () => at(ais, 8)],
  ];
  const start = startsAt === undefined ? Number.NaN : Date.parse(startsAt.value);
  for (const [segment, where, readAmount, readUnit] of places) {
    const amount = readAmount();
    if (!segment || amount === '') continue;
    const end = new Date(start + Number(amount) * (UNITS_MS[(readUnit() || 'MIN').toUpperCase()] ?? Number.NaN));
    return { value: Number.isNaN(end.getTime()) ? amount : end.toISOString(), place: placeOf(segment, where) };
  }
  return undefined;
}
