/** The header Retry-After (RFC 9110, 10.2.3), which holds seconds or a date. */

/** A longer wait is cut to an hour. A mistyped date must not silence a channel for a year, and a receiver is not disturbed by one attempt an hour. */
const LONGEST_SECONDS = 3_600;

/** Returns the seconds to wait from `nowMs` on, at least 0; undefined where the header is missing or unreadable. */
export function parseRetryAfterSeconds(header: string | null, nowMs: number): number | undefined {
  const value = header?.trim();
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}
