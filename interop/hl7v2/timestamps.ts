/** Instants as HL7 writes them: YYYYMMDDHHMM[SS[.S…]][+/-ZZZZ]. */

const pattern = /^(\d{4})(\d{2})(\d{2})([01]\d|2[0-3])([0-5]\d)(?:([0-5]\d)(?:\.\d{1,4})?)?(?:([+-])(\d{2})(\d{2}))?$/;

/** The alliance's zone, meant where a system writes none; no summer time since 1991. */
const SHANGHAI = '+08:00';

/** RFC 3339 in UTC; undefined for what is no instant, or less exact than a minute. */
export function instantFrom(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '00', sign, zoneHour, zoneMinute] = match;
  const zone = sign ? `${sign}${zoneHour}:${zoneMinute}` : SHANGHAI;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(at.getTime())) return undefined;
  // The 30th of February would have become a day in March.
  const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return exists ? at.toISOString() : undefined;
}
