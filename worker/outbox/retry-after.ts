/** The Retry-After header (RFC 9110, 10.2.3): seconds or a date. */

/** A longer wait is cut to an hour: a mistyped date must not silence a channel for a year, and asking once an hour disturbs nobody. */
const LONGEST_SECONDS = 3_600;

/** Seconds to wait from `nowMs` on, at least 0; undefined where the header is missing or unreadable. */
export function retryAfterSeconds(header: string | null, nowMs: number): number | undefined {
  const value = header?.trim();
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}
