/** A call to a resident that reached nobody: no visit, only an outcome for each open call, and for what was told all the same. */
import { v7 as uuid } from 'uuid';
import { tellEpisodesOfCall } from '../../db/discharge/tell-contacts.ts';
import { loadSheetRows } from '../../db/follow-up/sheet.ts';
import { loadVisitOutcome } from '../../db/follow-up/visit-outcome.ts';
import { recordVisitReadings } from '../../db/follow-up/visit-readings.ts';
import { reportDeath } from '../../db/identity-check/deaths.ts';
import { reportMove } from '../../db/identity-check/moves.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { findTask } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { type BookedCall, bookCall, CALL_BACK, callParameters, findPathwayToCallFor } from '../../db/messages/book-call.ts';
import { listOpenCalls, type OpenCall, reportCalls } from '../../db/messages/calls-of-person.ts';
import { loadMessageConfiguration } from '../../db/messages/configuration.ts';
import { withSurroundings } from '../../db/messages/surroundings.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { mayCallAt } from '../../domain/messages/call-window.ts';
import { findSameRequest } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { toIso } from '../kit/schemas.ts';
import { checkMessageReport } from '../messages/message-task.ts';
import type { CallOrVisit, Visited } from './patient-visit-body.ts';
import { describeReadings, expectReadings } from './visit-alarms.ts';
import { messageAnswer, nothingDecided, personPlan, type VisitAnswer } from './visit-answer.ts';
import { refuseImpossibleTimes, visitOf } from './visit-form.ts';

const TOLD_ON_TELEPHONE = '电话中告知 / said on the telephone';

type CallRequest = OperationRequest<unknown, unknown, CallOrVisit, Visited>;

/** Nothing was seen, so only the calls have an outcome; what was told all the same becomes readings. */
export async function reportCallAlone(request: CallRequest): Promise<Reply> {
  const { deps, body, actor, requestId, resource } = request;
  const { patient, followUp: record } = resource;
  const { outcome, callAt, taskIds } = body.call as NonNullable<CallOrVisit['call']>;
  if (outcome === 'reached') throw new Error('A call that reached the person is a visit.');
  const receivedAt = record ? pathwayNow(record) : Date.now();
  const told = toldVisit(body, receivedAt);
  if (told) refuseImpossibleTimes('', told, patient, receivedAt);
  const calls = await listOpenCalls(deps.db, patient.id, taskIds);
  // A repeated request gets its first answer, though its calls are closed by now and its time has come.
  const isRepeated = !body.dryRun && (await findSameRequest(request)) !== undefined;
  if (!isRepeated) {
    refuseUnknownCalls(taskIds, calls);
    await checkCallAt(deps.db, calls, callAt);
  }
  const booked = callAt !== undefined && calls.length === 0 && !isRepeated ? await findBooking(request, callAt) : undefined;
  const visitPlan = record ? personPlan(record.state) : null;
  const messages = booked ? [await describeBooking(deps.db, booked)] : [];
  const answer: VisitAnswer = { id: null, ...nothingDecided, visitPlan, readings: [], messages };
  if (body.dryRun) return { status: 200, body: { ...answer, ...(told ? expectReadings(told, 'all', receivedAt) : {}) } };
  return runOnce(request, async (trx) => {
    const at = new Date();
    await reportCalls(trx, {
      patientId: patient.id,
      taskIds,
      outcome,
      callAt: callAt ? new Date(callAt) : null,
      personId: actor.personId,
      at,
    });
    await tellEpisodesOfCall(
      trx,
      { patientId: patient.id, institutionId: actor.institutionId, at, id: uuid() },
      { channel: 'phone', outcome },
    );
    if (booked) await bookCall(trx, booked);
    const kept = told ? await keepTold(trx, request, told, new Date(receivedAt)) : undefined;
    // Somebody who was called without a task may have died too. Told again it is the same question.
    if (outcome === 'dead')
      await reportDeath(trx, { patientId: patient.id, diedOn: null, heardFrom: TOLD_ON_TELEPHONE }, { actor, requestId });
    if (outcome === 'moved') await reportMove(trx, { patientId: patient.id, heardFrom: TOLD_ON_TELEPHONE }, { actor, requestId });
    await auditWrite(trx, {
      actor,
      action: `task.${outcome}`,
      targetType: 'patient',
      targetId: patient.id,
      patientId: patient.id,
      requestId,
    });
    const { tasks } = await loadSheetRows(trx, patient.id, actor.institutionId);
    const asked = tasks.filter(({ kind }) => kind === 'confirm-death' || kind === 'confirm-move');
    return {
      status: 201,
      body: {
        ...answer,
        ...kept,
        tasks: [
          ...(kept?.tasks ?? []),
          ...asked.map(({ id, kind, role, urgency, emergency, dueAt, about }) => ({
            id,
            kind,
            role,
            urgency,
            emergency,
            dueAt: toIso(dueAt === null ? null : new Date(dueAt)),
            about: about ?? {},
          })),
        ],
      },
    };
  });
}

/** What was told although the call was no visit: by telephone and just now, unless the form says otherwise. */
const toldVisit = ({ form, visitedAt, mode }: CallOrVisit, now: number): Visit | undefined =>
  form && visitOf({ ...form, visitedAt: visitedAt ?? new Date(now).toISOString(), mode: mode ?? 'phone' });

/** Stores every value that was told, and answers what it leads to. */
async function keepTold(
  trx: Trx,
  { actor, requestId, resource: { patient } }: CallRequest,
  visit: Visit,
  receivedAt: Date,
): Promise<Pick<VisitAnswer, 'readings' | 'episodes' | 'tasks'>> {
  const visitId = uuid();
  await recordVisitReadings(trx, { patientId: patient.id, visitId, visit, receivedAt, by: { actor, requestId }, keeps: 'all' });
  return describeReadings(await loadVisitOutcome(trx, { visitId, patientId: patient.id, taskIds: [] }));
}

/** Throws Problem 422 when nobody can call then. */
async function findBooking({ deps, resource: { patient } }: CallRequest, callAt: string): Promise<BookedCall> {
  const pathway = await findPathwayToCallFor(deps.db, patient.id);
  if (!pathway)
    throw invalidRequestProblem('call.callAt', {
      zh: '该居民没有可预约电话的随访或转诊',
      en: 'there is nothing yet to call the resident about',
    });
  const { quietHours } = await loadMessageConfiguration(deps.db);
  const now = Date.now() + pathway.offsetMs;
  if (!mayCallAt(Date.parse(callAt), { urgency: 'routine', emergency: false, now, usefulUntil: null }, quietHours))
    throw invalidRequestProblem('call.callAt', {
      zh: '须在今后 30 天内，且不在免打扰时段',
      en: 'lies within the next 30 days, and not in quiet hours',
    });
  return { pathwayId: pathway.id, patientId: patient.id, callAt: new Date(callAt), offsetMs: pathway.offsetMs };
}

async function describeBooking(db: Database, { pathwayId, patientId, callAt }: BookedCall): Promise<VisitAnswer['messages'][number]> {
  const message = { type: 'patient', id: patientId, channel: 'phone', template: CALL_BACK, parameters: callParameters(callAt) } as const;
  const [resolved] = await withSurroundings(db, [message]);
  return messageAnswer({ ...(resolved ?? message), pathwayId });
}

/** Throws Problem 422. */
function refuseUnknownCalls(taskIds: readonly string[] | undefined, calls: readonly OpenCall[]): void {
  for (const [index, id] of (taskIds ?? []).entries())
    if (!calls.some(({ taskId }) => taskId === id))
      throw invalidRequestProblem(`call.taskIds.${index}`, { zh: '不是该居民未结束的电话任务', en: 'is no open call of the resident' });
}

/** Throws Problem 422. */
async function checkCallAt(db: Database, calls: readonly OpenCall[], callAt: string | undefined): Promise<void> {
  if (callAt === undefined) return;
  for (const { taskId } of calls) {
    const task = await findTask(db, taskId, new Date());
    if (task?.message) await checkMessageReport(db, task, task.message, { outcome: 'call-later', callAt });
  }
}
