/** Patients whom an episode hands on: the command of the other pathway is stored with the decision, and its refusal is told to the episode. */
import { createHash } from 'node:crypto';
import type { HandedOver } from '../../domain/discharge/handed-over.ts';
import { toEnrol } from '../../domain/follow-up/enrol-input.ts';
import type { Enrol } from '../../domain/follow-up/events.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { educationPlans } from '../follow-up/education-plans.ts';
import { loadEnrolmentInput } from '../follow-up/enrolments.ts';
import { findProtocol, loadCurrentCalendar, loadCurrentRiskModel } from '../follow-up/protocols.ts';
import type { RefusedCommand } from '../kit/commands.ts';
import { longFormOf } from '../kit/documents.ts';
import { publishFact } from '../kit/publish-facts.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { findAcceptedPlan } from '../referral/accepted-plan.ts';

/** Nobody has asked for it: the plan of the hospital did. */
const byItself: Omit<Actor, 'institutionId'> = { personId: 'carepath', role: 'gp' };

/**
 * The id of what the patient is handed over to, as an id of version 7 of that instant. It follows from the episode, so that a step that is tried again names
 * the same.
 */
export function idOfHandOver(episodeId: string, { to, at, discharge }: Pick<HandedOver, 'to' | 'at' | 'discharge'>): string {
  const hash = createHash('sha256').update(`${episodeId} ${to} ${discharge}`).digest('hex');
  const time = at.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
}

/** What an episode shows of it; null as well when the follow-up has refused. */
export const shownHandOver = (episodeId: string, handedOver: HandedOver | null): { to: HandedOver['to']; id: string } | null =>
  handedOver === null || handedOver.answer === 'refused'
    ? null
    : { to: handedOver.to, id: handedOver.enrolmentId ?? idOfHandOver(episodeId, handedOver) };

interface ToFollowUp {
  episodeId: string;
  patientId: string;
  hospitalId: string;
  /** The id of a protocol, as the plan names it. */
  protocol: string;
  handedOver: HandedOver;
  requestId: string;
}

/** Stores the command by which the centre enrols the patient, on the day of the hand-over. */
export async function enrolAfterDischarge(trx: Trx, asked: ToFollowUp): Promise<void> {
  const { episodeId, patientId, handedOver, requestId } = asked;
  const [ground, protocol, calendar, riskModel, managementPlan] = await Promise.all([
    loadEnrolmentInput(trx, patientId),
    findProtocol(trx, asked.protocol),
    loadCurrentCalendar(trx),
    loadCurrentRiskModel(trx),
    findAcceptedPlan(trx, patientId),
  ]);
  const { patient, open, configuration, configurationVersion } = ground;
  const enrolmentId = idOfHandOver(episodeId, handedOver);
  if (!patient || protocol?.status !== 'published') return tellRefused(trx, { ...asked, enrolmentId, code: 'invalid-request' });
  const input = toEnrol({
    enrolmentId,
    patientId,
    centreId: patient.homeInstitutionId,
    patient,
    protocol: protocol.document,
    calendar,
    riskModel,
    education: educationPlans[protocol.document.id] ?? [],
    configuration: configuration.followUp,
    configurationVersion,
    startedOn: localDateOf(handedOver.at),
    package: 'basic',
    handedOverBy: { episodeId, hospitalId: asked.hospitalId },
    ...(managementPlan ? { managementPlan } : {}),
  });
  // The first enrolment begins the person's follow-up; every other one joins it.
  await storeEnrolment(trx, { pathwayId: open?.pathwayId ?? enrolmentId, input, requestId });
}

const storeEnrolment = (trx: Trx, { pathwayId, input, requestId }: { pathwayId: string; input: Enrol; requestId: string }): Promise<void> =>
  storeRelayedCommand(trx, {
    key: `hand-over:${input.enrolmentId}:${pathwayId}`,
    operation: 'createEnrolment',
    requestId,
    pathwayId,
    pathwayKind: 'follow-up',
    name: 'enrol',
    actor: { ...byItself, institutionId: input.centreId },
    input,
  });

/** Called in the transaction of the refusal of any command of a follow-up. */
export async function answerRefusedEnrolment(trx: Trx, command: RefusedCommand, code: ErrorCode): Promise<void> {
  if (command.name !== 'enrol') return;
  const input = await longFormOf(trx, command.input as Enrol);
  const { handedOverBy, enrolmentId, patientId } = input;
  if (!handedOverBy) return;
  const { open } = await loadEnrolmentInput(trx, patientId);
  // Somebody else has begun the follow-up meanwhile, so this enrolment joins it.
  if (code === 'already-exists' && open && open.pathwayId !== command.pathwayId)
    return storeEnrolment(trx, { pathwayId: open.pathwayId, input, requestId: command.requestId });
  const known = code === 'already-enrolled' ? await findEnrolmentOfDisease(trx, command.pathwayId, input.protocol.disease) : null;
  await tellRefused(trx, { ...handedOverBy, enrolmentId, code, known, at: command.at });
}

async function findEnrolmentOfDisease(trx: Trx, pathwayId: string, disease: string): Promise<string | null> {
  const row = await trx.selectFrom('pathway').select('state').where('id', '=', pathwayId).executeTakeFirst();
  if (!row) return null;
  const { enrolments, protocols } = await longFormOf(trx, row.state as FollowUpState);
  return enrolments.find(({ status, protocol }) => status !== 'ended' && protocols[protocol]?.disease === disease)?.id ?? null;
}

interface RefusedHandOver {
  episodeId: string;
  hospitalId: string;
  enrolmentId: string;
  code: ErrorCode;
  /** The enrolment that the patient has already. */
  known?: string | null;
  at?: Date;
}

const tellRefused = (
  trx: Trx,
  { episodeId, hospitalId, enrolmentId, code, known = null, at = new Date() }: RefusedHandOver,
): Promise<void> =>
  publishFact(trx, {
    type: 'hand-over-refused',
    messageId: `hand-over-refused:${enrolmentId}`,
    addressee: { type: 'pathway', pathwayId: episodeId },
    institutionId: hospitalId,
    occurredAt: at,
    input: { enrolmentId: known, code },
  });
