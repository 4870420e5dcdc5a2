/** Who a message says that the patient is, beside the numbers in PID-3 that the register looks for: a wrong number is seen by this. */
import { wrongValueError } from './hl7-error.ts';
import { findSegment, type Message, placeOf, type Segment, valueAt } from './message.ts';
import { nameOf, repetitionsOf } from './names-and-phones.ts';

export interface ReadPerson {
  /** PID-7 as far as it is given: YYYY, YYYY-MM or YYYY-MM-DD; '' where it is not. */
  birthDate: string;
  /** PID-8; null where the message says nothing that could contradict. */
  sex: 'male' | 'female' | null;
  /** PID-5, the legal name before others; undefined where there is none. */
  name?: string | undefined;
  /** PID-3 of a type of national numbers, or the older PID-19. */
  identityNumber?: string | undefined;
}

const SEXES: Record<string, 'male' | 'female'> = { M: 'male', F: 'female' };

/** Throws Hl7Error (AE) for a birth date that nobody can read: it might be another one than the register has. */
export function readPerson(message: Message, pid: Segment | undefined = findSegment(message, 'PID')): ReadPerson {
  return {
    birthDate: pid ? birthDateOf(message, pid) : '',
    sex: SEXES[valueAt(message, pid, { field: 8 }).toUpperCase()] ?? null,
    name: pid && nameOf(message, pid, 5),
    identityNumber: pid && identityNumberOf(message, pid),
  };
}

function birthDateOf(message: Message, pid: Segment): string {
  const written = valueAt(message, pid, { field: 7 });
  if (written === '') return '';
  const [, year, month, day] = /^(\d{4})(?:[-/.]?(\d{2})(?:[-/.]?(\d{2}))?)?/.exec(written) ?? [];
  const isDate = year !== undefined && isBetween(month, 12) && isBetween(day, 31);
  if (!isDate) throw wrongValueError('102', placeOf(pid, { field: 7 }), { zh: '不是日期，如 19580417', en: 'is no date such as 19580417' });
  return [year, month, day].filter(Boolean).join('-');
}

const isBetween = (part: string | undefined, most: number): boolean => part === undefined || (Number(part) >= 1 && Number(part) <= most);

/** Types of HL7 table 0203 for a national number; 01 is the identity card of WS 364. */
const NATIONAL = ['NI', 'NNCHN', 'CZ', 'SS', '01'];

function identityNumberOf(message: Message, pid: Segment): string | undefined {
  const typed = repetitionsOf(message, pid, 3).find((repetition) =>
    NATIONAL.includes(valueAt(message, pid, { field: 3, repetition, component: 5 }).toUpperCase()),
  );
  const national = typed === undefined ? '' : valueAt(message, pid, { field: 3, repetition: typed });
  return national || valueAt(message, pid, { field: 19 }) || undefined;
}
