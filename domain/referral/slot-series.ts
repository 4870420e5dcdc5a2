/** A series of slots: the same times on the same days of the week, some of them reserved for community health centres. */
import { addDays, type LocalDate, startOf, weekdayOf } from '../time/local-date.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface SlotSeries {
  /** 1 is Monday, 7 Sunday. */
  weekdays: readonly number[];
  from: LocalDate;
  /** The last day, which is in the series. */
  to: LocalDate;
  /** HH:MM in Asia/Shanghai. */
  times: readonly string[];
  minutes: number;
  /** From 0 to 1. The number of reserved slots is rounded up. */
  reservedShare: number;
  /** A reserved slot is released so many hours before its start. */
  releaseHours: number;
}

/** Instants are in milliseconds. */
export interface PlannedSlot {
  startsAt: number;
  endsAt: number;
  reserved: boolean;
  releaseAt: number | null;
}

/**
 * Returns the slots in the order of their start. What has begun by `now` is left out. Holidays are not: a department that is closed does not
 * open a series over them. The reserved ones are spread evenly, so that each stretch has its share.
 */
export function planSlotSeries(series: SlotSeries, now: number): PlannedSlot[] {
  const { times, minutes, reservedShare, releaseHours } = series;
  const starts = datesOf(series)
    .flatMap((date) => [...times].sort().map((time) => startOf(date) + msOf(time)))
    .filter((startsAt) => startsAt >= now);
  return starts.map((startsAt, index) => {
    const reserved = countReserved(index + 1, reservedShare) > countReserved(index, reservedShare);
    return {
      startsAt,
      endsAt: startsAt + minutes * MINUTE_MS,
      reserved,
      releaseAt: reserved ? startsAt - releaseHours * HOUR_MS : null,
    };
  });
}

function datesOf({ weekdays, from, to }: SlotSeries): LocalDate[] {
  const dates: LocalDate[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) if (weekdays.includes(weekdayOf(date) || 7)) dates.push(date);
  return dates;
}

function msOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number) as [number, number];
  return hours * HOUR_MS + minutes * MINUTE_MS;
}

/** A product such as 0.07 × 100 comes out a little above 7, which must not be rounded up to 8. */
const ROUNDING_ERROR = 1e-9;
const countReserved = (slots: number, share: number): number => Math.ceil(slots * share - ROUNDING_ERROR);
