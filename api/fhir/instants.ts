/** FHIR lets an instant have any zone. What is none stays as it is, for a schema to complain of. */
import { addDays } from '../../domain/time/local-date.ts';

export function inUtc(text: string | undefined): string | undefined {
  if (text === undefined || !/T.*(Z|[+-]\d\d:\d\d)$/.test(text)) return text;
  const at = new Date(text);
  // Date would turn the 30th of February into a day in March.
  const date = text.slice(0, 10);
  return addDays(date, 0) === date && !Number.isNaN(at.getTime()) ? at.toISOString() : text;
}
