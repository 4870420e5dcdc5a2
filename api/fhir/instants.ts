/** FHIR lets an instant have any zone. What is none stays as it is, for a schema to complain of. */
import { addDays, addMonths, startOf } from '../../domain/time/local-date.ts';

export function inUtc(text: string | undefined): string | undefined {
  const at = text === undefined ? undefined : findInstant(text);
  return at === undefined ? text : new Date(at).toISOString();
}

/** In milliseconds; undefined for what is no instant, or one that does not exist. */
function findInstant(text: string): number | undefined {
  if (!/T([01]\d|2[0-3]):.*(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/.test(text) || !isDay(text.slice(0, 10))) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** Date would turn the 30th of February into a day in March. */
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && addDays(text, 0) === text;

/**
 * Reads one end of a FHIR Period in milliseconds: an instant, or a day, month or year, which begins with its first moment in Shanghai and ends with its last.
 * NaN for what does not exist.
 */
export function endOfPeriod(text: string, end: 'start' | 'end'): number {
  const instant = findInstant(text);
  if (instant !== undefined) return instant;
  const [, year = '', month, day] = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(text) ?? [];
  const first = `${year}-${month ?? '01'}-${day ?? '01'}`;
  if (!isDay(first)) return Number.NaN;
  if (end === 'start') return startOf(first);
  const next = day ? addDays(first, 1) : addMonths(first, month ? 1 : 12);
  return startOf(next) - 1;
}
