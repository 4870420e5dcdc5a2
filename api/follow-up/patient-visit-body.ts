/** The body of a visit or a call, and of whom it is. */
import { z } from '@hono/zod-openapi';
import type { Patient } from '../../db/directory/patients.ts';
import type { EnrolmentRecord } from '../../db/follow-up/enrolments.ts';
import { toMessage } from '../kit/field-words.ts';
import { DateOnly, DayOrInstant, Id, Instant } from '../kit/schemas.ts';
import { ChangedFactsSchema, VisitFormSchema } from './visit-form.ts';

/** What came of a call. Only one that reached the person is a visit. */
const CallSchema = z.strictObject({
  outcome: z.enum(['reached', 'no-answer', 'call-later', 'wrong-number', 'refused', 'moved', 'dead']),
  /** When to call again; with call-later and with nothing else. */
  callAt: Instant.optional(),
  /** The tasks that the call was for; all open calls of the resident where it is left out. */
  taskIds: z.array(Id).min(1).max(50).optional(),
});

export const NewPatientVisit = z
  .strictObject({
    visitedAt: Instant.optional(),
    mode: VisitFormSchema.shape.mode.optional(),
    form: VisitFormSchema.omit({ visitedAt: true, mode: true }).optional(),
    call: CallSchema.optional(),
    /** What has changed about the resident; absent when nothing has. */
    person: ChangedFactsSchema.optional(),
    /** The date that was agreed on for the next visit. */
    nextOn: DateOnly.optional(),
    consent: z.strictObject({ given: z.boolean(), recordedAt: DayOrInstant }).optional(),
    /** Only these take their part; all active ones where it is left out. */
    enrolmentIds: z.array(Id).min(1).max(20).optional(),
    late: z.boolean().default(false),
    /** Answers what would happen and writes nothing. */
    dryRun: z.boolean().default(false),
    allowSecondSameDay: z.boolean().default(false),
  })
  .superRefine(({ call, ...body }, context) => {
    const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!call || call.outcome === 'reached')
      for (const field of ['visitedAt', 'mode', 'form'] as const)
        if (body[field] === undefined) complain([field], toMessage({ zh: '缺少此项', en: 'is missing' }));
    if (call && (call.outcome === 'call-later') !== (call.callAt !== undefined))
      complain(
        ['call', 'callAt'],
        toMessage({ zh: 'call-later 须有此项，其他结果不得有', en: 'belongs to call-later, and to nothing else' }),
      );
  })
  .openapi('NewPatientVisit', {
    example: {
      visitedAt: '2026-03-02T01:00:00Z',
      mode: 'clinic',
      form: { bloodPressures: [{ systolic: 138, diastolic: 86 }], fastingGlucose: { value: 6.4, unit: 'mmol/L' } },
    },
  });
export type CallOrVisit = z.output<typeof NewPatientVisit>;
/** A visit that was made, which has all that a visit has. */
export type VisitBody = Omit<CallOrVisit, 'visitedAt' | 'mode' | 'form'> & {
  [Name in 'visitedAt' | 'mode' | 'form']: NonNullable<CallOrVisit[Name]>;
};

export interface Visited {
  patient: Patient;
  /** Undefined for somebody in no follow-up. */
  followUp: EnrolmentRecord | undefined;
}
