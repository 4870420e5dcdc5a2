/** Reads instants as HL7 v2 writes them: YYYYMMDDHHMM[SS[.S…]][+/-ZZZZ]. */
import { SHANGHAI_ZONE } from '../../../domain/time/shanghai.ts';

const pattern = /^(\d{4})(\d{2})(\d{2})([01]\d|2[0-3])([0-5]\d)(?:([0-5]\d)(?:\.\d{1,4})?)?(?:([+-])(\d{2})(\d{2}))?$/;

/**
 * Returns the beginning of a day in the alliance's zone, or the instant where the text has one; undefined for a text that is neither. A signed paper has a
 * date and no hour.
 */
export const parseDayOrTimestamp = (text: string): string | undefined => parseTimestamp(/^\d{8}$/.test(text) ? `${text}0000` : text);

/** Returns the instant as RFC 3339 in UTC; undefined for a text that is no instant, or one less exact than a minute. */
export function parseTimestamp(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '00', sign, zoneHour, zoneMinute] = match;
  // Where a system writes no zone it means the alliance's own.
  const zone = sign ? `${sign}${zoneHour}:${zoneMinute}` : SHANGHAI_ZONE;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(at.getTime())) return undefined;
  // Date would have turned the 30th of February into a day in March.
  const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return exists ? at.toISOString() : undefined;
}
