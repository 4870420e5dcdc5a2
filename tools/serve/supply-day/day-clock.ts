/**
 * The instants of the demonstration's supply day. All are told as minutes before and after one moment, at which the vehicle stands at its third stop.
 * A round belongs to one local date, so shortly after midnight and shortly before the next one its minutes are shortened to what the date has left.
 */
import { addDays, type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';

const MINUTE_MS = 60_000;

/** How long before the moment the round departs, and how long after it the last stop is planned. */
export const MINUTES_SINCE_DEPARTURE = 30;
const MINUTES_TO_LAST_STOP = 150;

/** A date that has just begun gives the round this long to get to its third stop; the API takes instants that lie five minutes ahead. */
const SHORTEST_ROUND_MS = 2 * MINUTE_MS;

/** A cycle of a steriliser needs a Bowie-Dick test and labels of its own date before it. */
const SHORTEST_MORNING_MS = 5 * MINUTE_MS;

export interface CycleInstants {
  testStartedAt: string;
  testEndedAt: string;
  labelledAt: string;
  startedAt: string;
}

export interface DayClock {
  /** The round's date. */
  on: LocalDate;
  /** An instant of the round, by the minutes before the moment. All lie on its date, in the order of the minutes. */
  ofRound(minutesBefore: number): string;
  /** A planned arrival, by the minutes after the moment. All lie on the round's date. */
  planned(minutesAfter: number): string;
  /** An instant of the department, which works over midnight. */
  ofDepartment(minutesBefore: number): string;
  /** The test, the labels and the start of a cycle, all on one local date and about as long ago as told. */
  ofCycle(minutesBefore: number): CycleInstants;
}

/** `now` is in milliseconds. */
export function createDayClock(now: number): DayClock {
  const on = localDateOf(now);
  const midnight = startOf(on);
  const moment = Math.max(now, midnight + SHORTEST_ROUND_MS);
  const lengthBefore = Math.min(MINUTE_MS, (moment - midnight) / MINUTES_SINCE_DEPARTURE);
  const lengthAfter = Math.min(MINUTE_MS, (startOf(addDays(on, 1)) - 1 - moment) / MINUTES_TO_LAST_STOP);
  const before = (minutes: number): number => moment - minutes * MINUTE_MS;
  return {
    on,
    ofRound: (minutes) => toText(moment - minutes * lengthBefore),
    planned: (minutes) => toText(moment + minutes * lengthAfter),
    ofDepartment: (minutes) => toText(before(minutes)),
    ofCycle: (minutes) => cycleStartingAbout(before(minutes)),
  };
}

function cycleStartingAbout(wanted: number): CycleInstants {
  const sinceMidnight = wanted - startOf(localDateOf(wanted));
  // A cycle cannot begin with the date: it then began with the last minutes of the date before.
  const startedAt = sinceMidnight < SHORTEST_MORNING_MS ? wanted - sinceMidnight - MINUTE_MS : wanted;
  const morning = Math.min(40 * MINUTE_MS, startedAt - startOf(localDateOf(startedAt)));
  return {
    testStartedAt: toText(startedAt - morning),
    testEndedAt: toText(startedAt - morning / 2),
    labelledAt: toText(startedAt - morning / 4),
    startedAt: toText(startedAt),
  };
}

const toText = (at: number): string => new Date(Math.round(at)).toISOString();
