/** An episode as a caller sees it. */
import { z } from '@hono/zod-openapi';
import { type EpisodeRecord, findEpisode } from '../../db/discharge/episodes.ts';
import { allowedCommands, sideOf, sidesOf } from '../../domain/discharge/allowed-commands.ts';
import {
  contactChannels,
  contactOutcomes,
  dutyNames,
  dutyStates,
  endReasons,
  episodeStatuses,
  riskLevels,
} from '../../domain/discharge/codes.ts';
import { dischargeEvents, type EpisodeCommandName } from '../../domain/discharge/events.ts';
import { readmissionOf } from '../../domain/discharge/later-stay.ts';
import { admissionTypes, dispositions } from '../../domain/discharge/standing.ts';
import { type DischargeState, type Duty, type Owner, ownerOf } from '../../domain/discharge/state.ts';
import type { Reason } from '../../domain/kit/pathway.ts';
import type { Caller } from '../kit/auth.ts';
import { ClockSchema, clockResource } from '../kit/clock-resource.ts';
import { RoleSchema } from '../kit/codes.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { DateOnly, Instant, ReasonSchema, reasonResources, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';

const NullableInstant = Instant.nullable();
const NullableDate = DateOnly.nullable();

export const OwnerSchema = z
  .strictObject({ side: z.enum(['hospital', 'centre']), institutionId: z.string(), departmentId: z.string().nullable(), role: RoleSchema })
  .openapi('EpisodeOwner');

/** `source`: the document that the rule is from; null for what is the pathway's own. */
export const EpisodeReasonSchema = z.strictObject({ ...ReasonSchema.shape, source: z.string().nullable() }).openapi('EpisodeReason');

export const toReasons = (reasons: readonly Reason[]): z.infer<typeof EpisodeReasonSchema>[] =>
  reasonResources(
    'discharge',
    reasons.map(({ source = null, ...reason }) => ({ ...reason, source })),
  );

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

const planParts = ['responsibleClinician', 'procedures', 'diagnoses', 'medicines', 'allergies', 'results', 'instructions'] as const;

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
    plan: z.strictObject({
      state: z.enum(['none', 'draft', 'active']),
      template: z.string().nullable(),
      informationComplete: z.boolean(),
      missing: z.array(z.enum(planParts)),
    }),
    risk: z.strictObject({ level: z.enum(riskLevels), source: z.enum(['scores', 'override', 'disposition']) }),
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
} as const satisfies Record<EpisodeCommandName, OperationId>;

const ownerResource = (state: DischargeState, owner: Owner): z.infer<typeof OwnerSchema> => ({
  side: owner.side,
  ...ownerOf(state, owner),
});

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

function planResource({ plan, discharges, status }: DischargeState): EpisodeResource['plan'] {
  if (!plan) return { state: 'none', template: null, informationComplete: false, missing: [...planParts] };
  const missing = planParts.filter((part) => !plan.information[part]);
  const isActive = discharges > 0 && status !== 'admitted';
  return { state: isActive ? 'active' : 'draft', template: plan.template, informationComplete: missing.length === 0, missing };
}

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
    plan: planResource(state),
    risk: { level: state.risk.level, source: state.risk.source },
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
