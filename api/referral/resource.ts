/** The referral as a caller may see it. */
import { z } from '@hono/zod-openapi';
import { findReferral, type OpenTask, type ReferralRecord } from '../../db/referral/referrals.ts';
import { readingKinds } from '../../domain/readings/reading.ts';
import { type AllowedContext, allowedTriggers } from '../../domain/referral/allowed-triggers.ts';
import { runningClocks } from '../../domain/referral/clocks.ts';
import { checkOutcomes, partyOf, type ReferralClock, type ReferralState, roleOf } from '../../domain/referral/state.ts';
import { businessStatusWords, legEndWords, referralStatuses, referralStatusWords } from '../../domain/referral/status-words.ts';
import { businessStatusOf, type ReferralStatus, type ReferralTrigger, referralTriggers } from '../../domain/referral/transitions.ts';
import type { Caller } from '../kit/auth.ts';
import { ClockSchema, clockResource } from '../kit/clock-resource.ts';
import { codeList, codesOf } from '../kit/code-list.ts';
import { UrgencySchema } from '../kit/codes.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { DateOnly, Instant, NamedPatientSchema, NamedPersonSchema, NamedPlaceSchema, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { isFormer } from './access.ts';
import { ManagementPlanSchema } from './management-plan.ts';

const NullableInstant = Instant.nullable();

export const ConsentSchema = z.strictObject({ given: z.boolean(), recordedAt: Instant });

const SummarySchema = z
  .strictObject({
    diseases: z.array(
      z.strictObject({
        code: z.string(),
        zh: z.string(),
        en: z.string(),
        lastValues: z.array(
          z.strictObject({
            kind: z.enum(readingKinds),
            value: z.union([z.number(), z.string()]),
            unit: z.string(),
            measuredAt: Instant,
            overTarget: z.boolean().nullable(),
          }),
        ),
        target: z.strictObject({
          systolic: z.number().nullable(),
          diastolic: z.number().nullable(),
          fastingGlucose: z.number().nullable(),
        }),
        offTargetSince: DateOnly.nullable(),
      }),
    ),
    medicines: z.array(z.string()),
    text: z.string(),
  })
  .openapi('ReferralSummary');

const ReferralStatusSchema = codesOf('ReferralStatus', referralStatuses, referralStatusWords);

export const ReferralSchema = z
  .strictObject({
    id: z.string(),
    status: ReferralStatusSchema,
    businessStatus: codeList('BusinessStatus', businessStatusWords).nullable(),
    statusReason: z.string().nullable(),
    version: z.number().int(),
    direction: z.enum(['up', 'down']),
    urgency: UrgencySchema,
    emergency: z.boolean(),
    patientId: z.string(),
    patient: NamedPatientSchema.nullable(),
    initiator: z.strictObject({
      institutionId: z.string(),
      personId: z.string(),
      institution: NamedPlaceSchema.nullable(),
      person: NamedPersonSchema.nullable(),
    }),
    legs: z.array(
      z.strictObject({
        n: z.number().int(),
        institutionId: z.string(),
        departmentId: z.string().nullable(),
        institution: NamedPlaceSchema.nullable(),
        department: NamedPlaceSchema.nullable(),
        from: Instant,
        to: NullableInstant,
        endReason: codeList('LegEnd', legEndWords).nullable(),
      }),
    ),
    informationRequest: z.strictObject({ askedAt: Instant, question: z.string().nullable() }).nullable(),
    appointment: z.strictObject({ startsAt: Instant, endsAt: Instant, slotId: z.string().nullable() }).nullable(),
    reviewedAt: NullableInstant,
    closedAt: NullableInstant,
    sentAt: NullableInstant,
    now: Instant,
    clocks: z.array(ClockSchema),
    allowed: z.array(z.enum(referralTriggers)),
    reason: z.string().nullable(),
    /** The words of whoever wrote it; of a referral that a visit has started what the follow-up knows, its words in `text`. */
    summary: z.union([z.string(), SummarySchema]).nullable(),
    consent: ConsentSchema.nullable(),
    managementPlan: ManagementPlanSchema.nullable(),
    replaces: z.string().nullable(),
    /** What the two-week check has found; null before it is answered. */
    checkOutcome: z.enum(checkOutcomes).nullable(),
  })
  .openapi('Referral');

export type Referral = z.infer<typeof ReferralSchema>;

export const recipientTaskClaimed = (state: ReferralState, openTasks: readonly OpenTask[]): boolean =>
  openTasks.some(({ id, ownerId }) => ownerId !== null && state.clock !== null && id.includes(`.${state.clock.id}-`));

function clockOf(state: ReferralState, clock: ReferralClock, openTasks: readonly OpenTask[], now: number): Referral['clocks'][number] {
  const task = openTasks.find(({ id }) => id.includes(`.${clock.id}-`));
  const owner = {
    institutionId: partyOf(state, clock.side).institutionId,
    role: roleOf(state, clock.side),
    personId: task?.ownerId ?? null,
  };
  return clockResource(clock, owner, now);
}

/** The operation of each trigger: what the policy says of it. */
export const operationOf = {
  'send-referral-package': 'sendReferralPackage',
  'send-acceptance': 'sendAcceptance',
  'send-decline': 'sendDecline',
  'request-cancellation': 'requestCancellation',
  'schedule-visit': 'scheduleVisit',
  'send-interim-note': 'sendInterimNote',
  'send-outcome': 'sendOutcome',
  'reschedule-visit': 'rescheduleVisit',
  'report-no-show': 'reportNoShow',
  'cancel-appointment': 'cancelAppointment',
  'confirm-cancellation': 'confirmCancellation',
  withdraw: 'withdraw',
  'review-result': 'reviewResult',
  'answer-check': 'answerCheck',
  'record-consent': 'recordConsent',
  'refer-onward': 'referOnward',
  reroute: 'rerouteReferral',
  'request-information': 'requestInformation',
  'answer-information': 'answerInformation',
  reopen: 'reopenReferral',
} as const satisfies Record<ReferralTrigger, OperationId>;

/** The triggers open to the caller: by the machine, and by the policy for their posts. */
export const openTriggers = (state: ReferralState, caller: Caller, context: AllowedContext): ReferralTrigger[] =>
  allowedTriggers(state, caller, context).filter((trigger) => mayDo(operationOf[trigger], caller.roles));

const summaryOf = ({ summary, summaryData }: ReferralRecord): Referral['summary'] =>
  summaryData ? { ...summaryData, text: summary ?? '' } : summary;

/** Null where the directory no longer has it. */
export function placeOf({ names }: Pick<ReferralRecord, 'names'>, id: string | null): z.infer<typeof NamedPlaceSchema> | null {
  const found = id === null ? undefined : names[id];
  return id === null || found === undefined ? null : { id, ...found };
}

function personOf({ names }: Pick<ReferralRecord, 'names'>, id: string): z.infer<typeof NamedPersonSchema> | null {
  const found = names[id];
  return found === undefined ? null : { id, name: found.zh };
}

export function referralResource(record: ReferralRecord, caller: Caller): Referral {
  const { state, openTasks } = record;
  const now = pathwayNow(record);
  const status = state.status as ReferralStatus;
  const former = isFormer(state, caller);
  return {
    id: record.id,
    status: status.split('/')[0] as Referral['status'],
    businessStatus: businessStatusOf(status),
    statusReason: former ? null : record.statusReason,
    version: record.version,
    direction: state.direction,
    urgency: state.urgency,
    emergency: state.emergency,
    patientId: state.patientId,
    patient: record.patient,
    initiator: {
      institutionId: state.initiator.institutionId,
      personId: state.initiator.personId,
      institution: placeOf(record, state.initiator.institutionId),
      person: personOf(record, state.initiator.personId),
    },
    legs: state.legs
      .filter((leg) => !former || leg.institutionId === caller.institutionId)
      .map(({ n, institutionId, departmentId, from, to, endReason }) => ({
        n,
        institutionId,
        departmentId,
        institution: placeOf(record, institutionId),
        department: placeOf(record, departmentId),
        from: new Date(from).toISOString(),
        to: toIso(to),
        endReason,
      })),
    informationRequest:
      state.informationAskedAt === null || former
        ? null
        : { askedAt: new Date(state.informationAskedAt).toISOString(), question: record.informationQuestion },
    appointment:
      state.appointment && !former
        ? {
            startsAt: new Date(state.appointment.startsAt).toISOString(),
            endsAt: new Date(state.appointment.endsAt).toISOString(),
            slotId: state.appointment.slotId,
          }
        : null,
    reviewedAt: former ? null : toIso(state.reviewedAt),
    closedAt: former ? null : toIso(state.closedAt),
    sentAt: toIso(state.sentAt),
    now: new Date(now).toISOString(),
    clocks: former ? [] : runningClocks(state).map((clock) => clockOf(state, clock, openTasks, now)),
    allowed: openTriggers(state, caller, { claimed: recipientTaskClaimed(state, openTasks), at: now }),
    reason: former ? null : record.reason,
    summary: former ? null : summaryOf(record),
    consent: former ? null : (record.consent as Referral['consent']),
    managementPlan: former ? null : (record.managementPlan as Referral['managementPlan']),
    replaces: former ? null : state.replacesId,
    checkOutcome: former ? null : state.checkOutcome,
  };
}

export const referralReply = (record: ReferralRecord, caller: Caller, status: number): Reply => ({
  status,
  body: referralResource(record, caller),
  headers: { etag: `"${record.version}"` },
});

/** The answer to a command on a referral that has happened. */
export async function renderReferral({ deps, caller }: Asking, { pathwayId, name }: AnsweredCommand): Promise<Reply> {
  const record = await findReferral(deps.db, pathwayId);
  if (!record) throw new Error('A decided referral has its row.');
  return referralReply(record, caller, name === 'create' ? 201 : 200);
}
