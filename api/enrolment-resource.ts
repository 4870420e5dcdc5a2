/** An enrolment in follow-up as a caller sees it. */
import { z } from '@hono/zod-openapi';
import { type EnrolmentRecord, findEnrolment } from '../db/enrolments.ts';
import { followUpCommands } from '../domain/follow-up/commands.ts';
import type { Enrolment, FollowUpState } from '../domain/follow-up/state.ts';
import { instantOf } from '../domain/sla-clock.ts';
import type { Caller } from './auth.ts';
import type { OperationRequest, Reply } from './operation.ts';
import { pathwayNow } from './referral-resource.ts';
import { DateOnly, iso, ReasonSchema } from './schemas.ts';

export const BecauseSchema = z.strictObject({ ...ReasonSchema.shape, source: z.string() }).openapi('Because');

const WindowSchema = z.strictObject({ opensOn: DateOnly, dueOn: DateOnly });

export const EnrolmentSchema = z
  .strictObject({
    id: z.string(),
    pathwayId: z.string(),
    version: z.number().int(),
    patientId: z.string(),
    institutionId: z.string(),
    protocol: z.strictObject({ id: z.string(), version: z.number().int(), title: z.strictObject({ zh: z.string(), en: z.string() }) }),
    startedOn: DateOnly,
    package: z.enum(['basic', 'personalised']),
    status: z.enum(['active', 'paused', 'ended']),
    statusReason: z.string().nullable(),
    /** when this protocol wants its next visit */
    nextVisit: WindowSchema.nullable(),
    /** the one visit that the person is asked to next, with all enrolments that share it */
    visitPlan: WindowSchema.extend({ enrolmentIds: z.array(z.string()), stage: z.enum(['planned', 'open', 'overdue']) }).nullable(),
    missedWindows: z.number().int(),
    lastVisit: z
      .strictObject({
        id: z.string(),
        visitedAt: z.string(),
        class: z.number().int().nullable(),
        classes: z.array(z.number().int()),
        classOverride: z.number().int().nullable(),
        target: z.strictObject({
          systolic: z.number().nullable(),
          diastolic: z.number().nullable(),
          fastingGlucose: z.number().nullable(),
        }),
        action: z.enum(['continue', 'adjust', 'refer', 'refer-urgent']),
        referral: z.enum(['none', 'routine', 'urgent']),
        because: z.array(BecauseSchema),
      })
      .nullable(),
    referrals: z.array(
      z.strictObject({ id: z.string(), urgency: z.enum(['routine', 'urgent']), startedAt: z.string(), reviewedAt: z.string().nullable() }),
    ),
    episodes: z.array(z.strictObject({ id: z.string(), rule: z.string(), dueAt: z.string().nullable() })),
    now: z.string(),
    allowed: z.array(z.enum(followUpCommands)),
  })
  .openapi('Enrolment');

type EnrolmentResource = z.infer<typeof EnrolmentSchema>;

/** What may be asked of an enrolment in its state by the centre that runs it. */
function allowedOf(state: FollowUpState, { status }: Enrolment, caller: Caller): EnrolmentResource['allowed'] {
  if (caller.institutionId !== state.centreId) return [];
  const closing = state.episodes.length > 0 ? (['close-episode'] as const) : [];
  switch (status) {
    case 'active':
      return ['record-visit', 'pause', 'withdraw', 'transfer', 'change-package', 'move-version', ...closing];
    case 'paused':
      return ['resume', 'withdraw', 'transfer', 'change-package', 'move-version', ...closing];
    case 'ended':
      return state.deceasedAt === null && !state.over ? ['reopen'] : [];
  }
}

export function enrolmentResource(record: EnrolmentRecord, caller: Caller): EnrolmentResource {
  const { state } = record;
  const enrolment = state.enrolments.find(({ id }) => id === record.id);
  if (!enrolment) throw new Error('An enrolment has its row and its place in the state.');
  const protocol = state.protocols[enrolment.protocol];
  const { last, next } = enrolment;
  const shared = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan : null;
  return {
    id: enrolment.id,
    pathwayId: record.pathwayId,
    version: record.version,
    patientId: state.patientId,
    institutionId: state.centreId,
    protocol: { id: protocol?.id ?? '', version: protocol?.version ?? 0, title: protocol?.title ?? { zh: '', en: '' } },
    startedOn: enrolment.startedOn,
    package: enrolment.package,
    status: enrolment.status,
    statusReason: enrolment.endReason ?? enrolment.pause?.reason ?? null,
    nextVisit: next && { opensOn: next.opensOn, dueOn: next.dueOn },
    visitPlan: shared && { opensOn: shared.opensOn, dueOn: shared.dueOn, enrolmentIds: shared.enrolmentIds, stage: shared.stage },
    missedWindows: enrolment.missed,
    lastVisit: last && {
      id: last.visitId,
      visitedAt: new Date(last.visitedAt).toISOString(),
      class: last.class,
      classes: last.classes,
      classOverride: last.classOverride,
      target: last.target,
      action: last.action,
      referral: last.referral,
      because: last.because,
    },
    referrals: state.referrals.map(({ id, urgency, sentAt, reviewedAt }) => ({
      id,
      urgency,
      startedAt: new Date(sentAt).toISOString(),
      reviewedAt: iso(reviewedAt),
    })),
    episodes: state.episodes.map(({ id, rule, clock }) => ({ id, rule, dueAt: iso(instantOf(clock, 100)) })),
    now: new Date(pathwayNow(record)).toISOString(),
    allowed: allowedOf(state, enrolment, caller),
  };
}

export function enrolmentReply(record: EnrolmentRecord, caller: Caller, status: number): Reply {
  return { status, body: enrolmentResource(record, caller), headers: { etag: `"${record.version}"` } };
}

export const renderEnrolment =
  ({ deps, caller }: Pick<OperationRequest, 'deps' | 'caller'>, id: string, status: number) =>
  async (): Promise<Reply> => {
    const record = await findEnrolment(deps.db, id);
    if (!record) throw new Error('A decided enrolment has its row.');
    return enrolmentReply(record, caller, status);
  };
