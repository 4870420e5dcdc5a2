/** Shapes that several operations share. Requests are strict: an unknown field is refused. */

import { z } from '@hono/zod-openapi';
import { errorCodes, problemWords } from '../../domain/kit/errors.ts';
import type { Reason } from '../../domain/kit/pathway.ts';
import { reasonValues, reasonWords, withoutRepetitions } from '../../domain/kit/reason-words.ts';
import { toOwnId } from '../../domain/kit/uuid.ts';
import { startOf } from '../../domain/time/local-date.ts';
import { codesOf } from './code-list.ts';
import { ActorRoleSchema } from './codes.ts';
import { toMessage } from './field-words.ts';

/** Far outside a lifetime it is a slip of the pen, and clocks that count from it could not be written as RFC 3339 any more. */
const isInLivingMemory = (instant: string): boolean => instant >= '1900' && instant < '2200';

export const Instant = z.iso
  .datetime(toMessage({ zh: '须为时刻，如 2026-03-01T08:00:00Z', en: 'an instant such as 2026-03-01T08:00:00Z' }))
  .refine(isInLivingMemory, toMessage({ zh: '须为 1900 至 2199 年间的时刻', en: 'an instant from 1900 to 2199' }))
  .openapi({ example: '2026-03-01T08:00:00Z' });
export const DateOnly = z.iso
  .date(toMessage({ zh: '须为日期，如 1956-03-01', en: 'a date such as 1956-03-01' }))
  .openapi({ example: '1956-03-01' });
/** An instant, or a day of which it is the beginning in Shanghai: what was signed on paper has a date and no hour. */
export const DayOrInstant = z.union(
  [Instant, DateOnly.transform((date) => new Date(startOf(date)).toISOString()).refine(isInLivingMemory)],
  toMessage({
    zh: '须为时刻或日期，如 2026-03-01T08:00:00Z 或 2026-03-01',
    en: 'an instant or a date such as 2026-03-01T08:00:00Z or 2026-03-01',
  }),
);
export const Month = z
  .string()
  .regex(/^(19|20|21)\d\d-(0[1-9]|1[0-2])$/, toMessage({ zh: '须为月份，如 2026-03', en: 'a month such as 2026-03' }))
  .openapi({ example: '2026-03' });
/** A UUID in capital letters is the same id. */
export const Id = z.string().min(1).max(100).overwrite(toOwnId);
export const Text = (max: number) => z.string().trim().min(1).max(max);

/** The patient of an item of a list. */
export const NamedPatientSchema = z.strictObject({ id: z.string(), name: z.string(), birthDate: DateOnly }).openapi('NamedPatient');

/** An institution or a department beside its id. */
export const NamedPlaceSchema = z.strictObject({ id: z.string(), zh: z.string(), en: z.string() }).openapi('NamedPlace');
export type NamedPlace = z.infer<typeof NamedPlaceSchema>;

/** A member of staff beside their id. */
export const NamedPersonSchema = z.strictObject({ id: z.string(), name: z.string() }).openapi('NamedPerson');

export const SexSchema = z.enum(['male', 'female', 'other', 'unknown']).openapi('Sex');

/** What finds items by what messages print and people say: a short number, a name, a telephone number. */
export const SearchText = Text(100).openapi({ description: '编号、姓名或电话 / A short number, a name or a telephone number' });

/** Yes or no in a query. */
export const Flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const PageQuery = { limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().min(1).max(500).optional() };
export const pageOf = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

export const ActorSchema = z
  .union([
    z
      .strictObject({ personId: z.string(), name: z.string().nullable(), institutionId: z.string(), role: ActorRoleSchema })
      .openapi({ title: 'person' }),
    z.strictObject({ system: z.literal(true) }).openapi({ title: 'system' }),
  ])
  .openapi('Actor');

const EvidenceValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const ReasonSchema = z
  .strictObject({
    rule: z.string(),
    clause: z.string(),
    /** the document that the clause is from; null for what is the pathway's own */
    source: z.string().nullable(),
    evidence: z.record(z.string(), EvidenceValue),
    /** the reason as a sentence, and what it was judged by with names and units, for whoever reads it */
    zh: z.string(),
    en: z.string(),
    values: z.array(
      z.strictObject({ code: z.string(), zh: z.string(), en: z.string(), value: EvidenceValue, unit: z.string().nullable() }),
    ),
  })
  .openapi('Reason');

type StoredReason = Pick<z.infer<typeof ReasonSchema>, 'rule' | 'clause' | 'evidence'>;

/** Reasons of a pathway of this kind as their readers see them, each once. */
export const reasonResources = <R extends StoredReason>(kind: string, reasons: readonly R[]) =>
  withoutRepetitions(reasons).map((reason) => ({ ...reason, ...reasonWords(kind, reason), values: reasonValues(reason) }));

/** Reasons as a timeline has them, which keeps the source with the evidence. */
export const timelineReasons = (kind: string, reasons: readonly Reason[]): z.infer<typeof ReasonSchema>[] =>
  reasonResources(
    kind,
    reasons.map((reason) => ({ ...reason, source: reason.source ?? sourceInEvidence(reason) })),
  );

const sourceInEvidence = ({ evidence: { source } }: Reason): string | null => (typeof source === 'string' ? source : null);

export const ProblemCodeSchema = codesOf('ProblemCode', errorCodes, problemWords());

export const ProblemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: ProblemCodeSchema,
    requestId: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** What some operation or other answers: a resource, a problem, or a text. */
const AnyAnswer = z
  .custom<unknown>((value) => value !== undefined)
  .openapi({ type: ['object', 'string', 'null'], description: 'What the command was answered with: the body of its own operation' });

/** What a command answers that was stored but not decided in time. */
export const PendingSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(['pending', 'done', 'refused']),
    response: z.strictObject({ status: z.number().int(), body: AnyAnswer }).optional(),
  })
  .openapi('Command');
export const pendingAnswer = { description: 'Stored; the answer is at Location', schema: PendingSchema };

export const toIso = (at: number | Date | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toISOString();
