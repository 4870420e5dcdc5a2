/** Dates of orders as FHIR has them, as days in Shanghai. */
import { addDays, type LocalDate, localDateOf } from '../../../domain/time/local-date.ts';
import { endOfPeriod } from '../instants.ts';

/** A day, the last one of a month or year for the end; undefined for what does not exist. Instants count by their day in Shanghai. */
export function dayOf(text: string, end: 'start' | 'end'): LocalDate | undefined {
  const at = endOfPeriod(text.trim(), end);
  return Number.isNaN(at) ? undefined : localDateOf(at);
}

export interface ReadPeriod {
  startOn?: LocalDate;
  endOn?: LocalDate;
}

/** Undefined where one of its ends cannot be read, or it ends before it begins. */
export function readPeriod({ start, end }: { start?: string | undefined; end?: string | undefined }): ReadPeriod | undefined {
  const [startOn, endOn] = [start === undefined ? undefined : dayOf(start, 'start'), end === undefined ? undefined : dayOf(end, 'end')];
  if ((start !== undefined && startOn === undefined) || (end !== undefined && endOn === undefined)) return undefined;
  if (startOn !== undefined && endOn !== undefined && endOn < startOn) return undefined;
  return { ...(startOn === undefined ? {} : { startOn }), ...(endOn === undefined ? {} : { endOn }) };
}

/** The last day of so many, the first one counted. */
export const lastOf = (startOn: LocalDate, days: number): LocalDate => addDays(startOn, days - 1);
