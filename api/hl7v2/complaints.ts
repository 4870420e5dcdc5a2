/** A problem of the API as complaints of HL7: the same code and words, the place in the message instead of the path in the body. */
import type { Language } from '../../domain/kit/errors.ts';
import type { Complaint, Condition, Place } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { ReadMessage } from '../../interop/hl7v2/kit/read-message.ts';
import type { ProblemBody } from '../kit/problem.ts';

/** Codes of the catalogue that the standard has a condition of its own for; 207 is its only one for "refused by the application". */
const conditionOf: Record<string, Condition> = {
  'not-found': '204',
  'patient-mismatch': '204',
  'already-exists': '205',
  'idempotency-key-reused': '205',
};

/** `language`: the one that the problem is written in. */
export function complaintsOf(problem: unknown, read: ReadMessage | undefined, language: Language): Complaint[] {
  const { code, title, errors } = problem as ProblemBody;
  if (errors && errors.length > 0)
    return errors.map(({ path, message }) => ({
      condition: isGiven(read, path) ? '102' : '101',
      place: placeFor(read, path),
      code,
      words: inBothLanguages(`${path}: ${message}`),
    }));
  const state = (problem as { state?: string }).state;
  const about = state === undefined ? title : `${title} ${language === 'zh' ? '当前状态' : 'Present state'}: ${state}`;
  return [{ condition: conditionOf[code] ?? '207', place: placeOfRefusal(code, read), code, words: inBothLanguages(about) }];
}

/** The text is in the sender's language already, so both languages get it. */
const inBothLanguages = (text: string): Complaint['words'] => ({ zh: text, en: text });

const isGiven = (read: ReadMessage | undefined, path: string): boolean => {
  const [member = ''] = path.split('.');
  return read === undefined || Object.hasOwn(read.body, member) || lookedUp.has(member);
};

/** Taken from other fields than the body's. */
const lookedUp = new Set(['patientId', 'toInstitutionId', 'toDepartmentId', 'direction']);

const placeFor = (read: ReadMessage | undefined, path: string): Place | null =>
  read?.places[path] ?? read?.places[path.split('.')[0] ?? ''] ?? null;

function placeOfRefusal(code: string, read: ReadMessage | undefined): Place | null {
  switch (code) {
    case 'patient-mismatch':
      return read?.patient[0]?.place ?? null;
    case 'idempotency-key-reused':
      return { segment: 'MSH', sequence: 1, field: 10 };
    case 'transition-not-allowed':
      return read?.placerNumber?.place.segment === 'SCH'
        ? { segment: 'MSH', sequence: 1, field: 9 }
        : { segment: 'ORC', sequence: 1, field: 1 };
    default:
      return read?.placerNumber?.place ?? null;
  }
}
