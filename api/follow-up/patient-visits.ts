/** A visit of a person: one form, of which each enrolment takes its part. Somebody in no follow-up is seen too, and keeps the values. */

import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { tellEpisodesOfVisit } from '../../db/discharge/tell-contacts.ts';
import { type EnrolmentRecord, findEnrolment, findFollowUpOfResident } from '../../db/follow-up/enrolments.ts';
import { answerFirstFollowUps } from '../../db/follow-up/first-follow-up.ts';
import { findVisitMade, findVisitMadeLocked, saveVisitOfPerson, type VisitMade } from '../../db/follow-up/patient-visits.ts';
import { keepCrisesOfRefusedVisit } from '../../db/follow-up/refused-visits.ts';
import { loadVisitOutcome, type VisitOutcome } from '../../db/follow-up/visit-outcome.ts';
import { recordVisitReadings } from '../../db/follow-up/visit-readings.ts';
import type { KeptValues } from '../../db/follow-up/visit-values.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { reachedCall, reportCalls } from '../../db/messages/calls-of-person.ts';
import { resolveMessages } from '../../db/messages/queue-messages.ts';
import { withSurroundings } from '../../db/messages/surroundings.ts';
import { giveConsentToDrafts } from '../../db/referral/consent-to-drafts.ts';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { RecordVisit } from '../../domain/follow-up/events.ts';
import type { Enrolment } from '../../domain/follow-up/state.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { mayRefer } from '../../domain/follow-up/visits.ts';
import { evolve } from '../../domain/kit/pathway.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { findVisiblePatient } from '../directory/access.ts';
import { type AnsweredCommand, type Asking, type CommandRequest, type CommandSteps, runCommand, toRefusalReply } from '../kit/commands.ts';
import { findSameRequest } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, pendingAnswer } from '../kit/schemas.ts';
import { reportCallAlone } from './patient-calls.ts';
import { type CallOrVisit, NewPatientVisit, type VisitBody, type Visited } from './patient-visit-body.ts';
import { keepCrisesOfForm } from './refused-form.ts';
import { describeReadings, expectReadings } from './visit-alarms.ts';
import {
  type DecidedVisit,
  describeDecidedVisit,
  messageAnswer,
  nothingDecided,
  type VisitAnswer,
  VisitAnswerSchema,
  withoutIds,
} from './visit-answer.ts';
import { refuseImpossibleTimes, visitOf } from './visit-form.ts';
import { buildRecordVisit, recordVisitEvent } from './visit-input.ts';

type VisitRequest = CommandRequest<VisitBody, Visited> & Pick<OperationRequest, 'operationId'>;

/** The home centre sees the resident, and so does the centre that runs the follow-up. */
async function findVisited(request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<Visited | undefined> {
  const { deps, params } = request;
  const patient = await findVisiblePatient(request, params.id);
  return patient && { patient, followUp: await findFollowUpOfResident(deps.db, patient.id) };
}

const recordPatientVisit = operation({
  id: 'recordPatientVisit',
  method: 'post',
  path: '/v1/patients/{id}/visits',
  tag: 'follow-up',
  summary:
    '登记居民的一次随访：一张表，各方案各取所需；dryRun 只试算 / Record a visit of a resident in all of its protocols, or try it out',
  params: z.object({ id: Id }),
  body: NewPatientVisit,
  answers: {
    201: { description: 'Recorded, judged and the next visit set', schema: VisitAnswerSchema },
    200: { description: 'What would happen; nothing was written', schema: VisitAnswerSchema },
    202: pendingAnswer,
  },
  find: findVisited,
  may: ({ caller, resource: { patient, followUp } }) =>
    caller.institutionId === patient.homeInstitutionId || caller.institutionId === followUp?.state.centreId,
  async handle(request) {
    const visit = visitRequestOf(request);
    if (!visit) return reportCallAlone(request);
    const parts = chooseParts(visit);
    if (visit.body.dryRun) return tryVisit(visit, parts);
    return parts ? runCommand(steps(parts), visit) : recordWithoutFollowUp(visit);
  },
  keepOfRefused: (request, given, refusedWith) =>
    keepCrisesOfForm(request, { patientId: request.resource.patient.id, receivedAt: nowOf(request.resource) }, given, refusedWith),
});

/** By the clock of the resident. */
const nowOf = ({ followUp: record }: Visited): number => (record ? pathwayNow(record) : Date.now());

/** Undefined for a call that reached nobody. */
function visitRequestOf(request: OperationRequest<unknown, unknown, CallOrVisit, Visited>): VisitRequest | undefined {
  const { visitedAt, mode, form, ...body } = request.body;
  const isVisit = !body.call || body.call.outcome === 'reached';
  return isVisit && visitedAt !== undefined && mode !== undefined && form !== undefined
    ? { ...request, body: { ...body, visitedAt, mode, form } }
    : undefined;
}

export const patientVisitOperations: Operation[] = [recordPatientVisit];

// --- which enrolments take part -----------------------------------------------------------

interface Parts {
  record: EnrolmentRecord;
  enrolments: readonly [Enrolment, ...Enrolment[]];
}

/** Undefined for somebody in no follow-up. Throws Problem 422. */
function chooseParts({ body, resource: { followUp: record } }: Pick<VisitRequest, 'body' | 'resource'>): Parts | undefined {
  const { enrolmentIds, visitedAt } = body;
  const known = record?.state.enrolments ?? [];
  const visitedOn = localDateOf(Date.parse(visitedAt));
  for (const [index, id] of (enrolmentIds ?? []).entries()) {
    const named = known.find((enrolment) => enrolment.id === id);
    if (!named) throw invalidRequestProblem(`enrolmentIds.${index}`, { zh: '该居民没有此随访', en: 'is no enrolment of the resident' });
    if (enrolmentIds?.indexOf(id) !== index) throw invalidRequestProblem(`enrolmentIds.${index}`, { zh: '重复', en: 'is there twice' });
    if (named.startedOn > visitedOn) throw invalidRequestProblem('visitedAt', { zh: '早于纳入随访之日', en: 'lies before the enrolment' });
  }
  const active = known.filter(({ status, startedOn }) => status === 'active' && startedOn <= visitedOn);
  const [first, ...further] = enrolmentIds ? known.filter(({ id }) => enrolmentIds.includes(id)) : active;
  return record && first ? { record, enrolments: [first, ...further] } : undefined;
}

const visitIn = ({ body }: Pick<VisitRequest, 'body'>): Visit => visitOf({ ...body.form, visitedAt: body.visitedAt, mode: body.mode });

const visitMadeIn = ({ body, resource }: Pick<VisitRequest, 'body' | 'resource'>, visit: Visit): VisitMade => ({
  patientId: resource.patient.id,
  visitedAt: new Date(visit.visitedAt),
  mode: visit.mode,
  allowSecondSameDay: body.allowSecondSameDay,
});

// --- somebody in follow-up ----------------------------------------------------------------

const steps = (parts: Parts): CommandSteps<VisitBody, Visited, RecordVisit> => ({
  async check(request) {
    const input = await checkVisit(request, parts);
    await refuseVisitMade(request, visitIn(request));
    return input;
  },
  command: ({ body }, input) => ({
    kind: 'follow-up',
    pathwayId: parts.record.pathwayId,
    name: 'record-visit',
    input,
    texts: {
      form: body.form,
      ...(body.consent ? { referral: { consent: body.consent } } : {}),
      ...(body.call ? { call: { taskIds: body.call.taskIds } } : {}),
    },
    seen: parts.record.version,
  }),
  render: renderPatientVisit,
});

/** Throws Problem 422. */
async function checkVisit(
  request: Pick<VisitRequest, 'body' | 'deps' | 'actor' | 'resource'>,
  { record, enrolments }: Parts,
): Promise<RecordVisit> {
  const { body, deps, actor } = request;
  const { state } = record;
  const visit = visitIn(request);
  const at = pathwayNow(record);
  refuseImpossibleTimes('', visit, state.person, at);
  const { nextOn } = body;
  const input = await buildRecordVisit(deps.db, { state, enrolments, actor, at }, { ...body, visit }, { furtherParts: [] });
  if (nextOn === undefined) return input;
  const verdict = followUp.decide(state, recordVisitEvent(input, actor, at));
  const plan = verdict.ok ? evolve(state, verdict.decision).plan : null;
  if (plan && (nextOn < plan.opensOn || nextOn > plan.dueOn))
    throw invalidRequestProblem('nextOn', {
      zh: `须在 ${plan.opensOn} 至 ${plan.dueOn} 之间`,
      en: `lies within the new window, ${plan.opensOn} to ${plan.dueOn}`,
    });
  return { ...input, nextOn };
}

/** Throws Problem 409 for a visit that is recorded already; the commit finds one that is being recorded at this moment. */
async function refuseVisitMade(request: VisitRequest, visit: Visit): Promise<void> {
  const visitId = await findVisitMade(request.deps.db, visitMadeIn(request, visit));
  // A repeated request finds the visit that it has made itself, and gets its first answer.
  if (visitId === undefined || (await findSameRequest(request))) return;
  throw new Problem('visit-exists', { members: { visitId } });
}

/** The answer to a visit that is recorded. */
export async function renderPatientVisit({ deps }: Asking, { pathwayId, input }: AnsweredCommand): Promise<Reply> {
  const recorded = input as RecordVisit;
  const record = await findEnrolment(deps.db, recorded.enrolmentId);
  if (!record) throw new Error('A decided enrolment has its row.');
  const { patientId } = record.state;
  const decided = describeDecidedVisit(record.state, recorded, pathwayId);
  const taskIds = decided.tasks.flatMap(({ id }) => id ?? []);
  const asked = { visitId: recorded.visitId, patientId, pathwayId, referralId: decided.referral?.id ?? undefined, taskIds };
  const outcome = await loadVisitOutcome(deps.db, asked);
  return { status: 201, body: recordedAnswer(recorded.visitId, decided, outcome) };
}

function recordedAnswer(id: string, decided: DecidedVisit, outcome: VisitOutcome): VisitAnswer {
  const { readings, episodes, tasks } = describeReadings(outcome);
  return {
    id,
    ...decided,
    referral: decided.referral && { ...decided.referral, status: outcome.referralStatus ?? decided.referral.status },
    episodes: [...decided.episodes, ...episodes],
    readings,
    tasks,
    messages: outcome.messages.map(messageAnswer),
  };
}

// --- what would happen --------------------------------------------------------------------

/** Decides as the pathway would, on the state that it has now, and writes nothing. */
async function tryVisit(request: VisitRequest, parts: Parts | undefined): Promise<Reply> {
  const { deps, body, actor, resource } = request;
  const visit = visitIn(request);
  if (!parts) refuseImpossibleTimes('', visit, resource.patient, Date.now());
  if (!parts && isAfterDeath(resource, visit)) return toRefusalReply(request, { code: 'patient-died' });
  const input = parts && (await checkVisit(request, parts));
  const at = parts ? pathwayNow(parts.record) : Date.now();
  const visitId = await findVisitMade(deps.db, visitMadeIn(request, visit));
  if (visitId !== undefined) throw new Problem('visit-exists', { members: { visitId } });
  if (!parts || !input) return { status: 200, body: expectedAnswer(nothingDecided, visit, 'all', [], at) };

  const { state } = parts.record;
  const { pathwayId } = parts.record;
  const verdict = followUp.decide(state, recordVisitEvent(input, actor, at));
  if (!verdict.ok) return toRefusalReply(request, verdict.refusal);
  const decided = describeDecidedVisit(evolve(state, verdict.decision), input, pathwayId);
  const sentAtOnce = mayRefer(actor) && (decided.referral?.urgency === 'urgent' || body.consent?.given === true);
  const referral = decided.referral && { ...decided.referral, status: sentAtOnce ? 'received' : 'draft' };
  const resolved = await withSurroundings(deps.db, await resolveMessages(deps.db, pathwayId, verdict.decision));
  const messages = resolved.map((message) => messageAnswer({ ...message, pathwayId }));
  const keeps = referral?.urgency === 'urgent' ? 'told' : 'told-and-crises';
  return { status: 200, body: expectedAnswer({ ...decided, referral }, visit, keeps, messages, at) };
}

function expectedAnswer(
  decided: DecidedVisit,
  visit: Visit,
  keeps: KeptValues,
  messages: VisitAnswer['messages'],
  at: number,
): VisitAnswer {
  const expected = expectReadings(visit, keeps, at);
  return withoutIds({
    id: null,
    ...decided,
    episodes: [...decided.episodes, ...expected.episodes],
    readings: expected.readings,
    tasks: [...decided.tasks, ...expected.tasks],
    messages,
  });
}

const isAfterDeath = ({ patient: { diedOn } }: Visited, { visitedAt }: Visit): boolean =>
  diedOn !== null && localDateOf(visitedAt) > diedOn;

// --- somebody in no follow-up -------------------------------------------------------------

/** The visit and its values are written at once, because there is no pathway that decides about it. */
async function recordWithoutFollowUp(request: VisitRequest): Promise<Reply> {
  const { body, actor, requestId, resource } = request;
  const { patient } = resource;
  const visit = visitIn(request);
  refuseImpossibleTimes('', visit, patient, Date.now());
  if (isAfterDeath(resource, visit)) throw new Problem('patient-died');
  return runOnce(request, async (trx) => {
    const receivedAt = new Date();
    const made = visitMadeIn(request, visit);
    const known = await findVisitMadeLocked(trx, made);
    const id = uuid();
    const readings = { patientId: patient.id, visit, receivedAt, by: { actor, requestId } };
    if (known !== undefined) {
      await keepCrisesOfRefusedVisit(trx, { ...readings, isDated: true });
      return toRefusalReply(request, { code: 'visit-exists', members: { visitId: known } });
    }
    await saveVisitOfPerson(trx, { ...made, id, institutionId: actor.institutionId, recordedBy: actor, form: body.form });
    await recordVisitReadings(trx, { ...readings, visitId: id, keeps: 'all' });
    const { visitedAt } = made;
    await answerFirstFollowUps(trx, { visitId: id, patientId: patient.id, visitedAt, form: body.form, actor, requestId });
    if (body.consent) await giveConsentToDrafts(trx, { visitId: id, patientId: patient.id, consent: body.consent, actor, requestId });
    if (body.call) await reportCalls(trx, reachedCall(patient.id, body.call.taskIds, actor.personId));
    await tellEpisodesOfVisit(trx, { patientId: patient.id, institutionId: actor.institutionId, at: visitedAt, id }, visit.mode);
    await auditWrite(trx, { actor, action: 'visit.record', targetType: 'visit', targetId: id, patientId: patient.id, requestId });
    const outcome = await loadVisitOutcome(trx, { visitId: id, patientId: patient.id, taskIds: [] });
    return { status: 201, body: recordedAnswer(id, nothingDecided, outcome) };
  });
}
