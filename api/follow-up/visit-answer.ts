/** What a visit of a person has led to, or would lead to: one answer over all of its parts. */
import { z } from '@hono/zod-openapi';
import type { VisitOutcome } from '../../db/follow-up/visit-outcome.ts';
import { toSurroundings } from '../../db/messages/surroundings.ts';
import { presentationOf } from '../../domain/follow-up/episodes.ts';
import type { RecordVisit } from '../../domain/follow-up/events.ts';
import { itemsDue } from '../../domain/follow-up/items.ts';
import { type Enrolment, type FollowUpState, protocolOf, visitsOf } from '../../domain/follow-up/state.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';
import { readingContexts, readingKinds, standardUnits, valueText } from '../../domain/readings/reading.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import { RoleSchema, StoredUrgencySchema, TaskKindSchema } from '../kit/codes.ts';
import { DateOnly, Instant, toIso } from '../kit/schemas.ts';
import { BecauseSchema, Title, toBecause, VisitActionSchema } from './resource.ts';
import { TargetSchema } from './visit-indicators.ts';

const WindowSchema = z.strictObject({ opensOn: DateOnly, dueOn: DateOnly });
export const ProtocolNameSchema = z.strictObject({ id: z.string(), version: z.number().int(), title: Title });

export const PersonPlanSchema = z
  .strictObject({
    ...WindowSchema.shape,
    agreedOn: DateOnly.nullable(),
    enrolmentIds: z.array(z.string()),
    items: z.array(z.strictObject({ code: z.string(), title: Title })),
    stage: z.enum(['planned', 'open', 'overdue']),
    mode: z.enum(['clinic', 'home', 'phone']),
  })
  .openapi('VisitPlan');

/** A blood pressure is a text such as 148/92, every other value a number. */
export const ValueSchema = z.union([z.string(), z.number()]);
const EpisodeSchema = z.strictObject({ id: z.string().nullable(), rule: z.string(), dueAt: Instant.nullable() });
export const PersonTaskSchema = z.strictObject({
  id: z.string().nullable(),
  kind: TaskKindSchema,
  role: RoleSchema,
  urgency: StoredUrgencySchema,
  emergency: z.boolean(),
  dueAt: Instant.nullable(),
  about: z.record(z.string(), z.unknown()),
});

/** Ids of what does not exist yet are null: everywhere with `dryRun`, else for what a pathway that begins in this moment is about to open. */
export const VisitAnswerSchema = z
  .strictObject({
    id: z.string().nullable(),
    parts: z.array(
      z.strictObject({
        enrolmentId: z.string(),
        protocol: ProtocolNameSchema,
        class: z.number().int().nullable(),
        action: VisitActionSchema.nullable(),
        target: TargetSchema.nullable(),
        nextVisit: WindowSchema.nullable(),
        because: z.array(BecauseSchema),
      }),
    ),
    visitPlan: PersonPlanSchema.nullable(),
    referral: z
      .strictObject({
        id: z.string().nullable(),
        status: z.string(),
        urgency: z.enum(['routine', 'same-day', 'urgent']),
        reasons: z.array(BecauseSchema),
      })
      .nullable(),
    episodes: z.array(EpisodeSchema),
    readings: z.array(
      z.strictObject({
        id: z.string().nullable(),
        kind: z.enum(readingKinds),
        value: ValueSchema,
        unit: z.string(),
        measuredAt: Instant,
        from: z.enum(readingContexts),
      }),
    ),
    tasks: z.array(PersonTaskSchema),
    messages: z.array(z.strictObject({ to: z.strictObject({ type: z.string(), id: z.string() }), channel: z.string(), text: z.string() })),
  })
  .openapi('PatientVisit');

export type VisitAnswer = z.infer<typeof VisitAnswerSchema>;

export const protocolName = (state: FollowUpState, enrolment: Enrolment): z.infer<typeof ProtocolNameSchema> => {
  const { id, version, title } = protocolOf(state, enrolment);
  return { id, version, title };
};

export function personPlan(state: FollowUpState): z.infer<typeof PersonPlanSchema> | null {
  const { plan } = state;
  if (!plan) return null;
  const { opensOn, dueOn, agreedOn = null, enrolmentIds, stage, mode = 'clinic' } = plan;
  const items = state.enrolments
    .filter(({ id }) => enrolmentIds.includes(id))
    .flatMap((enrolment) => itemsDue(protocolOf(state, enrolment), enrolment.phase, visitsOf(state, enrolment.id), dueOn));
  const byCode = new Map(items.map(({ code, title }) => [code, { code, title }]));
  return { opensOn, dueOn, agreedOn, enrolmentIds, items: [...byCode.values()], stage, mode };
}

/** What the decision itself says, whether it is stored or only would be made. */
export type DecidedVisit = Pick<VisitAnswer, 'parts' | 'visitPlan' | 'referral' | 'episodes' | 'tasks'>;

export const nothingDecided: DecidedVisit = { parts: [], visitPlan: null, referral: null, episodes: [], tasks: [] };

export function describeDecidedVisit(state: FollowUpState, input: RecordVisit, pathwayId: string): DecidedVisit {
  const named = [{ enrolmentId: input.enrolmentId, visitId: input.visitId }, ...(input.furtherParts ?? [])];
  const judged = named.flatMap((part) => {
    const enrolment = state.enrolments.find(({ id }) => id === part.enrolmentId);
    return enrolment ? [{ enrolment, last: enrolment.last?.visitId === part.visitId ? enrolment.last : null }] : [];
  });
  const started = state.referrals.find(({ id }) => id === input.referralId);
  const reasons = judged.flatMap(({ last }) => (last && last.referral !== 'none' ? last.because.slice(0, 1) : []));
  const episodes = state.episodes.filter(({ id }) => id === input.referralId || id === input.visitId);
  return {
    parts: judged.map(({ enrolment, last }) => ({
      enrolmentId: enrolment.id,
      protocol: protocolName(state, enrolment),
      class: last?.class ?? null,
      // A part that was entered late decides nothing, but a crisis value in it is looked at.
      action: last?.action ?? (input.crises?.length ? 'confirm-reading' : null),
      target: last?.target ?? null,
      nextVisit: last?.nextVisit ?? null,
      because: toBecause(last?.because ?? input.crises ?? []),
    })),
    visitPlan: personPlan(state),
    referral: started ? { id: started.id, status: 'draft', urgency: started.urgency, reasons: toBecause(reasons) } : null,
    episodes: episodes.map(({ id, rule, clock }) => ({ id, rule, dueAt: toIso(instantOf(clock, 100)) })),
    tasks: episodes.map((episode) => {
      const { name, urgency } = presentationOf(episode);
      const dueAt = toIso(instantOf(episode.clock, 100));
      return { id: `${pathwayId}.episode-${episode.id}`, kind: name, role: episode.role, urgency, emergency: false, dueAt, about: {} };
    }),
  };
}

/** The text as it goes out. */
export function messageAnswer({
  pathwayId,
  type,
  id,
  channel,
  template,
  parameters,
  surroundings,
}: VisitOutcome['messages'][number]): VisitAnswer['messages'][number] {
  const audience = type === 'patient' ? 'patient' : 'person';
  const rendered = isMessageTemplate(template)
    ? renderMessage({
        template,
        kind: 'follow-up',
        parameters: { referralId: pathwayId, ...parameters },
        audience,
        language: 'zh',
        ...(surroundings ? { around: toSurroundings(surroundings) } : {}),
      }).body
    : '';
  return { to: { type, id }, channel, text: rendered };
}

export const readingAnswer = (
  reading: Omit<VisitOutcome['readings'][number], 'id'> & { id: string | null },
): VisitAnswer['readings'][number] => ({
  id: reading.id,
  kind: reading.kind,
  value: valueText(reading, reading.comparators),
  unit: standardUnits[reading.kind],
  measuredAt: reading.measuredAt.toISOString(),
  from: reading.context,
});

/** Nothing of it exists yet. */
export const withoutIds = ({ referral, episodes, tasks, ...answer }: VisitAnswer): VisitAnswer => ({
  ...answer,
  id: null,
  referral: referral && { ...referral, id: null },
  episodes: episodes.map((episode) => ({ ...episode, id: null })),
  tasks: tasks.map((task) => ({ ...task, id: null })),
});
