/** A call to a resident that reached nobody: no visit, only an outcome for each open call. */
import { loadSheetRows } from '../../db/follow-up/sheet.ts';
import { reportDeath } from '../../db/identity-check/deaths.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { findTask } from '../../db/kit/tasks.ts';
import { listOpenCalls, type OpenCall, reportCalls } from '../../db/messages/calls-of-person.ts';
import { runOnce } from '../kit/once.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { toIso } from '../kit/schemas.ts';
import { checkMessageReport } from '../messages/message-task.ts';
import type { CallOrVisit, Visited } from './patient-visit-body.ts';
import { nothingDecided, personPlan, type VisitAnswer } from './visit-answer.ts';

const TOLD_ON_TELEPHONE = '电话中告知 / said on the telephone';

/** Nothing was seen or told, so only the calls have an outcome. */
export async function reportCallAlone(request: OperationRequest<unknown, unknown, CallOrVisit, Visited>): Promise<Reply> {
  const { deps, body, actor, requestId, resource } = request;
  const { patient, followUp: record } = resource;
  const { outcome, callAt, taskIds } = body.call as NonNullable<CallOrVisit['call']>;
  if (outcome === 'reached') throw new Error('A call that reached the person is a visit.');
  const calls = await listOpenCalls(deps.db, patient.id, taskIds);
  refuseUnknownCalls(taskIds, calls);
  await checkCallAt(deps.db, calls, callAt);
  const visitPlan = record ? personPlan(record.state) : null;
  const answer: VisitAnswer = { id: null, ...nothingDecided, visitPlan, readings: [], messages: [] };
  if (body.dryRun) return { status: 200, body: answer };
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
    // Somebody who was called without a task may have died too. Told again it is the same question.
    if (outcome === 'dead')
      await reportDeath(trx, { patientId: patient.id, diedOn: null, heardFrom: TOLD_ON_TELEPHONE }, { actor, requestId });
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
        tasks: asked.map(({ id, kind, role, urgency, emergency, dueAt, about }) => ({
          id,
          kind,
          role,
          urgency,
          emergency,
          dueAt: toIso(dueAt === null ? null : new Date(dueAt)),
          about: about ?? {},
        })),
      },
    };
  });
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
