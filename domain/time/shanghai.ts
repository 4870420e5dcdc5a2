/**
 * Time in Asia/Shanghai, the one zone of the alliance. Fixed at +08:00: there has been no summer time since 1991, and no table of zones has
 * to be the same years later for a replay. Instants are Dates or milliseconds.
 */

/** The end of an instant in RFC 3339. */
export const SHANGHAI_ZONE = '+08:00';
export const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

export const DAY_MS = 24 * 3_600_000;

/** A Date whose UTC fields are what a wall clock in Shanghai shows; an invalid Date for what is no instant. */
export const toShanghaiClock = (at: Date | number): Date => new Date(new Date(at).getTime() + SHANGHAI_OFFSET_MS);

const toText = (at: Date | number): string => toShanghaiClock(at).toISOString().replace('T', ' ');

/** 2026-03-01 08:00 */
export const toShanghaiMinute = (at: Date | number): string => toText(at).slice(0, 16);

/** 2026-03-01 08:00:00 */
export const toShanghaiSecond = (at: Date | number): string => toText(at).slice(0, 19);

/** The midnight at or before an instant in milliseconds. */
export const startOfDay = (at: number): number => Math.floor((at + SHANGHAI_OFFSET_MS) / DAY_MS) * DAY_MS - SHANGHAI_OFFSET_MS;

/** The first instant of a month YYYY-MM; `later` months after it. */
export function startOfMonth(month: string, later = 0): Date {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + later, 1) - SHANGHAI_OFFSET_MS);
}
