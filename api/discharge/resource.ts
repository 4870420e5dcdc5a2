/** An episode as a caller sees it. */
import { z } from '@hono/zod-openapi';
import { type EpisodeRecord, findEpisode } from '../../db/discharge/episodes.ts';
import { shownHandOver } from '../../db/discharge/hand-overs.ts';
import { allowedCommands, sideOf, sidesOf } from '../../domain/discharge/allowed-commands.ts';
import {
  contactChannels,
  contactOutcomes,
  dutyNames,
  dutyStates,
  endReasons,
  episodeStatuses,
  inStayDutyNames,
  inStayStates,
} from '../../domain/discharge/codes.ts';
import { dischargeEvents, type EpisodeCommandName } from '../../domain/discharge/events.ts';
import { readmissionOf } from '../../domain/discharge/later-stay.ts';
import { missingInformation } from '../../domain/discharge/orders.ts';
import { informationParts } from '../../domain/discharge/plan.ts';
import { isWritten } from '../../domain/discharge/plan-input.ts';
import { riskLevels, scoreCodes } from '../../domain/discharge/risk-model.ts';
import { admissionTypes, dispositions } from '../../domain/discharge/standing.ts';
import { type DischargeState, type Duty, ownerOf } from '../../domain/discharge/state.ts';
import type { Caller } from '../kit/auth.ts';
import { ClockSchema, clockResource } from '../kit/clock-resource.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { DateOnly, Instant, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import {
  ConversationSchema,
  conversationResource,
  OrderStateSchema,
  orderResource,
  TriageSchema,
  triageResource,
} from './order-resource.ts';
import { EpisodeReasonSchema, LinkRecipientSchema, OwnerSchema, ownerResource, toReasons } from './parts.ts';

const NullableInstant = Instant.nullable();
const NullableDate = DateOnly.nullable();

const DutySchema = z
  .strictObject({
    duty: z.enum(dutyNames),
    state: z.enum(dutyStates),
    /** done after it was due */
    late: z.boolean(),
    opensOn: NullableDate,
    dueOn: NullableDate,
    /** of what is due within hours */
    dueAt: NullableInstant,
    owner: OwnerSchema,
    doneAt: NullableInstant,
    because: z.array(EpisodeReasonSchema),
  })
  .openapi('EpisodeDuty');

const ScoreSchema = z
  .strictObject({
    score: z.enum(scoreCodes),
    /** null while a part is missing */
    points: z.number().int().nullable(),
    min: z.number().int(),
    max: z.number().int(),
    missing: z.array(z.string()),
    level: z.enum(riskLevels),
  })
  .openapi('RiskScore');

const WarningSchema = z
  .strictObject({ code: z.enum(['long-supply', 'medicine-missing', 'disposition-unknown']), orderId: z.string().nullable() })
  .openapi('PlanWarning');

export const EpisodeSchema = z
  .strictObject({
    id: z.string(),
    version: z.number().int(),
    now: Instant,
    status: z.enum(episodeStatuses),
    endReason: z.enum(endReasons).nullable(),
    patientId: z.string(),
    hospitalId: z.string(),
    centreId: z.string(),
    visitNumber: z.string(),
    noticedAt: Instant,
    stay: z.strictObject({
      admittedAt: NullableInstant,
      dischargedAt: NullableInstant,
      departmentId: z.string().nullable(),
      admissionType: z.enum(admissionTypes).nullable(),
      planned: z.boolean().nullable(),
      disposition: z.enum(dispositions).nullable(),
    }),
    inStay: z.array(
      z.strictObject({ duty: z.enum(inStayDutyNames), state: z.enum(inStayStates), dueAt: NullableInstant, doneAt: NullableInstant }),
    ),
    plan: z.strictObject({
      state: z.enum(['none', 'draft', 'active']),
      template: z.string().nullable(),
      informationComplete: z.boolean(),
      missing: z.array(z.enum(informationParts)),
      warnings: z.array(WarningSchema),
    }),
    risk: z.strictObject({
      level: z.enum(riskLevels),
      source: z.enum(['scores', 'override', 'disposition']),
      scores: z.array(ScoreSchema),
    }),
    duties: z.array(DutySchema),
    contact: z.strictObject({
      rung: z.number().int().nullable(),
      dueOn: NullableDate,
      attempts: z.array(
        z.strictObject({
          at: Instant,
          rung: z.number().int(),
          channel: z.enum(contactChannels),
          outcome: z.enum(contactOutcomes),
          counted: z.boolean(),
        }),
      ),
    }),
    readmission: z
      .strictObject({ episodeId: z.string(), daysAfter: z.number().int(), planned: z.boolean(), within30: z.boolean() })
      .nullable()
      .openapi({ description: 'the later stay of the same person' }),
    handedOver: z
      .strictObject({ to: z.enum(['follow-up', 'down-referral']), id: z.string() })
      .nullable()
      .openapi({ description: 'the enrolment or the referral that goes on with the patient' }),
    orders: z.array(OrderStateSchema),
    results: z
      .array(z.strictObject({ number: z.string(), name: z.string(), reportedAt: Instant, toldAt: Instant.nullable() }))
      .openapi({ description: 'reported in the stay' }),
    conversations: z.array(ConversationSchema),
    triages: z.array(TriageSchema),
    links: z
      .array(z.strictObject({ id: z.string(), to: LinkRecipientSchema, expiresAt: Instant }))
      .openapi({ description: 'that still open the arrangements' }),
    clocks: z.array(ClockSchema),
    allowed: z.array(z.enum(dischargeEvents.commands)),
  })
  .openapi('Episode');

type EpisodeResource = z.infer<typeof EpisodeSchema>;

/** The operation of each command: what the policy says of it. */
export const operationOf = {
  'record-plan': 'recordDischargePlan',
  'record-contact': 'recordDischargeContact',
  'record-visit': 'recordDischargeVisit',
  reconcile: 'reconcileMedicines',
  brief: 'briefPatient',
  'tell-results': 'tellStayResults',
  educate: 'educatePatient',
  'add-order': 'addDischargeOrder',
  'change-order': 'changeDischargeOrder',
  'report-orders': 'reportDischargeOrders',
  'answer-conversation': 'answerDischargeConversation',
  triage: 'judgeDischargeTriage',
  'report-result': 'reportPendingResult',
  'tell-result': 'tellPendingResult',
  'set-risk': 'setDischargeRisk',
  'send-link': 'sendPatientLink',
  'revoke-link': 'revokePatientLink',
  withdraw: 'withdrawEpisode',
  reopen: 'reopenEpisode',
} as const satisfies Record<EpisodeCommandName, OperationId>;

const dutyResource = (state: DischargeState, duty: Duty): z.infer<typeof DutySchema> => ({
  duty: duty.duty,
  state: duty.state,
  late: duty.late,
  opensOn: duty.opensOn,
  dueOn: duty.dueOn,
  dueAt: toIso(duty.dueAt),
  owner: ownerResource(state, duty.owner),
  doneAt: toIso(duty.doneAt),
  because: toReasons(duty.because),
});

function planResource(state: DischargeState): EpisodeResource['plan'] {
  const { plan, discharges, status, orders, missingMedicines } = state;
  const missing = missingInformation(state);
  if (!plan) return { state: 'none', template: null, informationComplete: false, missing, warnings: [] };
  const isActive = discharges > 0 && status !== 'admitted';
  const medicines = missingMedicines.map(() => ({ code: 'medicine-missing' as const, orderId: null }));
  const long = orders.filter(({ isLongSupply }) => isLongSupply).map(({ id }) => ({ code: 'long-supply' as const, orderId: id }));
  return {
    state: isWritten(plan) ? (isActive ? 'active' : 'draft') : stateOfSentPlan(state, plan.template),
    template: plan.template,
    informationComplete: missing.length === 0,
    missing,
    warnings: [...long, ...medicines, ...unknownDisposition(state)],
  };
}

/** What the hospital's system has sent is a draft until the ward has written its plan; orders alone are none after the discharge. */
const stateOfSentPlan = ({ status }: DischargeState, template: string | null): 'none' | 'draft' =>
  status === 'admitted' || template !== null ? 'draft' : 'none';

/** Where somebody has gone to is not known, so they are taken to be at home. */
const unknownDisposition = ({ standing }: DischargeState): EpisodeResource['plan']['warnings'] =>
  standing?.status === 'discharged' && standing.disposition === null ? [{ code: 'disposition-unknown', orderId: null }] : [];

/** `caller`: what they may do stands in `allowed`. */
export function episodeResource(record: EpisodeRecord, { institutionId, roles }: Caller): EpisodeResource {
  const { id, version, state } = record;
  const { status, standing } = state;
  if (status === null || standing === null) throw new Error('A decided episode has a status and a stay.');
  const now = pathwayNow(record);
  const side = sideOf(state, institutionId);
  return {
    id,
    version,
    now: new Date(now).toISOString(),
    status,
    endReason: state.endReason,
    patientId: state.patientId,
    hospitalId: state.hospitalId,
    centreId: state.centreId,
    visitNumber: state.visitNumber,
    noticedAt: new Date(state.noticedAt).toISOString(),
    stay: {
      admittedAt: toIso(standing.admittedAt),
      dischargedAt: toIso(standing.dischargedAt),
      departmentId: state.departmentId,
      admissionType: standing.admissionType,
      planned: standing.admissionType === null ? null : standing.admissionType === 'elective',
      disposition: standing.disposition,
    },
    inStay: state.inStay.map(({ duty, state: of, dueAt, doneAt }) => ({ duty, state: of, dueAt: toIso(dueAt), doneAt: toIso(doneAt) })),
    plan: planResource(state),
    risk: state.risk,
    duties: state.duties.map((duty) => dutyResource(state, duty)),
    contact: {
      rung: state.ladder.rung,
      dueOn: state.ladder.dueOn,
      attempts: state.attempts.map(({ at, rung, channel, outcome, counted }) => ({
        at: new Date(at).toISOString(),
        rung,
        channel,
        outcome,
        counted,
      })),
    },
    readmission: readmissionOf(state),
    handedOver: shownHandOver(id, state.handedOver),
    orders: state.orders.map((order) => orderResource(record, order)),
    results: state.results.map(({ number, orderId, reportedAt, toldAt }) => ({
      number,
      name: String(record.texts[`order:${orderId}`]?.title ?? number),
      reportedAt: new Date(reportedAt).toISOString(),
      toldAt: toIso(toldAt),
    })),
    conversations: state.conversations.map(conversationResource),
    triages: state.triages.map(triageResource),
    links: state.links.flatMap(({ id: linkId, to, expiresAt }) =>
      record.linkIds.includes(linkId) && expiresAt > now ? [{ id: linkId, to, expiresAt: new Date(expiresAt).toISOString() }] : [],
    ),
    clocks: state.clocks.map(({ clock, owner }) => {
      const { institutionId: at, role } = ownerOf(state, owner);
      return clockResource(clock, { institutionId: at, role, personId: null }, now);
    }),
    allowed: allowedCommands(state).filter((name) => side !== undefined && sidesOf[name].includes(side) && mayDo(operationOf[name], roles)),
  };
}

export const episodeReply = (record: EpisodeRecord, caller: Caller, status: number): Reply => ({
  status,
  body: episodeResource(record, caller),
  headers: { etag: `"${record.version}"` },
});

/** The answer to a command that has happened. */
export async function renderEpisode({ deps, caller }: Asking, { pathwayId }: AnsweredCommand): Promise<Reply> {
  const record = await findEpisode(deps.db, pathwayId);
  if (!record) throw new Error('A decided episode has its row.');
  return episodeReply(record, caller, 200);
}
