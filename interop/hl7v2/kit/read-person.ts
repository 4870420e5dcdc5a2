/** Who a message says that the patient is, beside the numbers in PID-3: a wrong number is seen by this. */
import { findSegment, type Message, type Segment, valueAt } from './message.ts';

export interface ReadPerson {
  /** PID-7 as far as it is given: YYYY, YYYY-MM or YYYY-MM-DD; '' where it is not. */
  birthDate: string;
  /** PID-8; null where the message says nothing that could contradict. */
  sex: 'male' | 'female' | null;
}

const SEXES: Record<string, 'male' | 'female'> = { M: 'male', F: 'female' };

export function readPerson(message: Message, pid: Segment | undefined = findSegment(message, 'PID')): ReadPerson {
  const [, year = '', month, day] = /^(\d{4})(\d{2})?(\d{2})?/.exec(valueAt(message, pid, { field: 7 })) ?? [];
  return {
    birthDate: [year, month, day].filter(Boolean).join('-'),
    sex: SEXES[valueAt(message, pid, { field: 8 })] ?? null,
  };
}
