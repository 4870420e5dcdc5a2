/** The commands on an enrolment: what their bodies hold, how they are checked, what the pathway is asked. Visits: visits.ts. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution } from '../../db/directory/directory.ts';
import { educationPlans } from '../../db/follow-up/education-plans.ts';
import { type EnrolmentGround, type EnrolmentRecord, loadEnrolmentInput } from '../../db/follow-up/enrolments.ts';
import { findProtocol, loadCurrentCalendar, loadCurrentRiskModel } from '../../db/follow-up/protocols.ts';
import { findAcceptedPlan } from '../../db/referral/accepted-plan.ts';
import type { EnrolmentCommandName } from '../../domain/follow-up/allowed-commands.ts';
import { toEnrol } from '../../domain/follow-up/enrol-input.ts';
import type { EnrolmentCommand } from '../../domain/follow-up/events.ts';
import type { HandedPlan, Protocol } from '../../domain/follow-up/protocol.ts';
import type { RiskModel, TierName } from '../../domain/follow-up/risk-tier.ts';
import { type SearchOutcome, searchOutcomes } from '../../domain/follow-up/search-outcomes.ts';
import { pauseReasons } from '../../domain/follow-up/state.ts';
import type { Calendar } from '../../domain/time/calendar.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { CommandRequest, CommandSteps, PathwayCommand } from '../kit/commands.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { withRecordOf } from '../kit/record-of-resident.ts';
import { DateOnly, Id, Text } from '../kit/schemas.ts';
import { renderEnrolment } from './resource.ts';
import { refuseContradictions } from './visit-form.ts';

// --- enrol --------------------------------------------------------------------------

export const NewEnrolment = z
  .strictObject({
    patientId: Id,
    protocol: Id,
    startedOn: DateOnly,
    package: z.enum(['basic', 'personalised']).default('basic'),
    pregnant: z.boolean().optional(),
    toleratesLowerTarget: z.boolean().optional(),
    kidneyDisease: z.boolean().optional(),
  })
  .openapi('NewEnrolment');

type NewEnrolment = z.output<typeof NewEnrolment>;

/** What enrolling has found: the person, the protocol, and what the enrolment will go by. */
interface EnrolmentChecked {
  ground: EnrolmentGround;
  patient: NonNullable<EnrolmentGround['patient']>;
  protocol: Protocol;
  calendar: Calendar;
  riskModel: RiskModel;
  managementPlan: HandedPlan | undefined;
}

export const enrolSteps: CommandSteps<NewEnrolment, undefined, EnrolmentChecked> = {
  async check({ deps, caller, body }) {
    const [ground, protocol, calendar, riskModel, managementPlan] = await Promise.all([
      loadEnrolmentInput(deps.db, body.patientId),
      findProtocol(deps.db, body.protocol),
      loadCurrentCalendar(deps.db),
      loadCurrentRiskModel(deps.db),
      findAcceptedPlan(deps.db, body.patientId),
    ]);
    const { patient } = ground;
    if (!patient || patient.homeInstitutionId !== caller.institutionId)
      throw invalidRequestProblem('patientId', { zh: '没有这位由您机构管理的患者', en: 'no such patient of yours' });
    if (patient.deceased) throw new Problem('patient-died');
    if (patient.mergedIntoId !== null)
      throw invalidRequestProblem('patientId', { zh: `与 ${patient.mergedIntoId} 为同一人`, en: `is a double of ${patient.mergedIntoId}` });
    if (protocol?.status !== 'published')
      throw invalidRequestProblem('protocol', { zh: '没有已发布的此方案', en: 'no such protocol is published' });
    if (body.startedOn > localDateOf(Date.now())) throw invalidRequestProblem('startedOn', { zh: '在将来', en: 'lies in the future' });
    refuseContradictions('', { pregnant: body.pregnant ?? false, sex: patient.sex });
    if (body.startedOn < patient.birthDate) throw invalidRequestProblem('startedOn', { zh: '早于出生日期', en: 'lies before the birth' });
    return { ground, patient, protocol: protocol.document, calendar, riskModel, managementPlan };
  },
  command({ caller, body }, { ground, patient, protocol, calendar, riskModel, managementPlan }) {
    const input = toEnrol({
      enrolmentId: uuid(),
      patientId: body.patientId,
      centreId: caller.institutionId,
      patient,
      said: body,
      protocol,
      calendar,
      riskModel,
      education: educationPlans[protocol.id] ?? [],
      configuration: ground.configuration.followUp,
      configurationVersion: ground.configurationVersion,
      startedOn: body.startedOn,
      package: body.package,
      ...(managementPlan ? { managementPlan } : {}),
    });
    // The first enrolment begins the person's follow-up; every other one joins it.
    const { open } = ground;
    return { kind: 'follow-up', pathwayId: open?.pathwayId ?? uuid(), name: 'enrol', input, texts: {}, seen: open?.version ?? 0 };
  },
  render: renderEnrolment,
};

// --- what else may be asked ---------------------------------------------------------

const patientId = Id.optional();
const WithReason = z.strictObject({ patientId, reason: Text(2_000) });

type Body = Partial<{
  patientId: string | undefined;
  reason: string | undefined;
  package: 'basic' | 'personalised';
  toInstitutionId: string;
  version: number | undefined;
  episodeId: string;
  done: string;
  phase: string;
  tier: TierName | null;
  code: string;
  outcome: SearchOutcome;
  note: string;
  /** The task that is completed so; nobody sends it. */
  step: string;
}>;

export interface CommandForm {
  name: Exclude<EnrolmentCommandName, 'record-visit'>;
  summary: string;
  body: z.ZodType<Body>;
}

export const commandForms: CommandForm[] = [
  {
    name: 'pause',
    summary: '暂停随访 / Pause',
    body: z.strictObject({ patientId, reason: z.enum(pauseReasons) }),
  },
  {
    name: 'change-phase',
    summary: '更换阶段 / Change the phase of the protocol',
    body: z.strictObject({ patientId, phase: Id, reason: Text(2_000) }),
  },
  {
    name: 'change-tier',
    summary: '人工调整风险分层；null 恢复按评分 / Set the risk tier; null goes by the score again',
    body: z.strictObject({ patientId, tier: z.enum(['low', 'middle', 'high']).nullable(), reason: Text(2_000) }),
  },
  {
    name: 'acknowledge-education',
    summary: '居民已收到健康教育内容 / The resident has got a lesson',
    body: z.strictObject({ patientId, code: Id }),
  },
  { name: 'resume', summary: '恢复随访 / Go on', body: z.strictObject({ patientId }) },
  { name: 'withdraw', summary: '退出随访 / Withdraw', body: WithReason },
  { name: 'reopen', summary: '重新纳入 / Reopen', body: WithReason },
  {
    name: 'transfer',
    summary: '转至其他社康中心 / Transfer to another centre',
    body: z.strictObject({ patientId, toInstitutionId: Id, reason: Text(2_000).optional() }),
  },
  {
    name: 'change-package',
    summary: '更换服务包 / Change the package',
    body: z.strictObject({ patientId, package: z.enum(['basic', 'personalised']) }),
  },
  {
    name: 'move-version',
    summary: '换用方案的另一版本 / Move to another version of the protocol',
    body: z.strictObject({ patientId, version: z.number().int().min(1).optional() }),
  },
  {
    name: 'close-episode',
    summary: '处理异常监测事件 / Say what was done about an episode of readings',
    body: z.strictObject({ patientId, episodeId: Id, done: Text(2_000) }),
  },
  {
    name: 'report-search',
    summary: '登记寻访失联居民的结果，或确认失访原因 / Say what has come of looking for the resident, or why they are lost',
    body: z.strictObject({ patientId, outcome: z.enum(searchOutcomes), note: Text(2_000) }),
  },
];

/** Reads what the body names. Throws Problem 422. */
async function toInput(
  { deps, caller, body: given, resource: { id, state } }: CommandRequest<Body, EnrolmentRecord>,
  name: CommandForm['name'],
): Promise<EnrolmentCommand> {
  const body = await withRecordOf(deps.db, given, { state });
  const base: EnrolmentCommand = { enrolmentId: id, ...(body.patientId === undefined ? {} : { patientId: body.patientId }) };
  switch (name) {
    case 'pause':
      return { ...base, pauseReason: body.reason as (typeof pauseReasons)[number] };
    case 'change-package':
      return { ...base, package: body.package as 'basic' | 'personalised' };
    case 'transfer': {
      const to = await findInstitution(deps.db, body.toInstitutionId as string);
      if (to?.kind !== 'community-health-centre')
        throw invalidRequestProblem('toInstitutionId', { zh: '没有这家社康中心', en: 'no such community health centre' });
      if (to.id === caller.institutionId)
        throw invalidRequestProblem('toInstitutionId', { zh: '是您自己的机构', en: 'is your own institution' });
      return { ...base, toInstitutionId: to.id };
    }
    case 'move-version': {
      const [protocolId = ''] = (state.enrolments.find((enrolment) => enrolment.id === id)?.protocol ?? '').split('/');
      const found = await findProtocol(deps.db, protocolId, body.version);
      if (found?.status !== 'published')
        throw invalidRequestProblem('version', { zh: '没有已发布的此版本', en: 'no such version is published' });
      return { ...base, protocol: found.document };
    }
    case 'change-phase': {
      const { protocol } = state.enrolments.find((enrolment) => enrolment.id === id) ?? {};
      const phases = protocol === undefined ? [] : (state.protocols[protocol]?.phases ?? []);
      if (!phases.some((phase) => phase.id === body.phase))
        throw invalidRequestProblem('phase', {
          zh: `须为以下之一：${phases.map((phase) => phase.id).join('、')}`,
          en: `is none of ${phases.map((phase) => phase.id).join(', ')}`,
        });
      return { ...base, phase: body.phase as string };
    }
    case 'change-tier':
      return { ...base, tier: body.tier as TierName | null };
    case 'acknowledge-education': {
      const lessons = state.enrolments.find((enrolment) => enrolment.id === id)?.lessons ?? [];
      if (!lessons.some(({ code }) => code === body.code))
        throw invalidRequestProblem('code', { zh: '未发放此内容', en: 'was not handed out' });
      return { ...base, lesson: body.code as string };
    }
    case 'report-search':
      return { ...base, outcome: body.outcome as SearchOutcome, ...(body.step === undefined ? {} : { step: body.step }) };
    case 'close-episode':
      return { ...base, episodeId: body.episodeId as string };
    case 'resume':
    case 'withdraw':
    case 'reopen':
      return base;
  }
}

export const commandSteps = (name: CommandForm['name']): CommandSteps<Body, EnrolmentRecord, EnrolmentCommand> => ({
  check: (request) => toInput(request, name),
  command: ({ resource, body: { reason, done, note } }, input) => ({
    kind: 'follow-up',
    pathwayId: resource.pathwayId,
    name,
    input,
    texts: { reason, note: done ?? note ?? reason },
    seen: resource.version,
  }),
  render: renderEnrolment,
});

/** The episode closes in the follow-up that has it open. `done`: what was done about it, as its owner writes it. */
export function closeEpisodeCommand(
  { pathwayId, version, enrolmentId }: { pathwayId: string; version: number; enrolmentId: string },
  episodeId: string,
  done: string,
): PathwayCommand {
  const input: EnrolmentCommand = { enrolmentId, episodeId };
  return { kind: 'follow-up', pathwayId, name: 'close-episode', input, texts: { note: done }, seen: version };
}
