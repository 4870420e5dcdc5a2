/**
 * Quiet hours are the part of each day in Asia/Shanghai in which no message goes to a patient. Pure; instants are in milliseconds.
 * The file caps.ts decides which messages have to wait for their end.
 */
import { DAY_MS, startOfDay } from '../time/shanghai.ts';

export interface QuietHours {
  /** Quiet begins so many minutes after local midnight, and that minute is quiet. */
  fromMinute: number;
  /**
   * Quiet ends so many minutes after local midnight, and that minute is no longer quiet. A value below `fromMinute` means the next morning,
   * an equal one that there are no quiet hours.
   */
  untilMinute: number;
}

/** 21:00 to 08:00; an alliance may agree on others. */
export const defaultQuietHours: QuietHours = { fromMinute: 21 * 60, untilMinute: 8 * 60 };

const MINUTE_MS = 60_000;

export function isQuiet(at: number, { fromMinute, untilMinute }: QuietHours): boolean {
  const minute = (at - startOfDay(at)) / MINUTE_MS;
  return fromMinute <= untilMinute ? minute >= fromMinute && minute < untilMinute : minute >= fromMinute || minute < untilMinute;
}

/** Returns the first instant from `at` on that is not quiet: `at` itself, or the end of the quiet hours that it falls into. */
export function endOfQuiet(at: number, quiet: QuietHours): number {
  if (!isQuiet(at, quiet)) return at;
  const today = startOfDay(at) + quiet.untilMinute * MINUTE_MS;
  return today > at ? today : today + DAY_MS;
}
