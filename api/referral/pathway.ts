/** The referral as the generic routes know it. */
import { findPatientsInFollowUp } from '../../db/follow-up/enrolments.ts';
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import { findReferral, type ReferralRecord } from '../../db/referral/referrals.ts';
import { loadSlipSurroundings } from '../../db/referral/slip.ts';
import { buildReferralLetterSubject } from '../../documents/referral-letter.ts';
import { checkOutcomes } from '../../domain/referral/state.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import type { PathwayApi, TaskNotice } from '../kit/pathway-api.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { type CompleteTaskRequest, completeByCommand, refuseCompletion } from '../kit/task-completion.ts';
import { referralBookOperations } from './book.ts';
import { triggerSteps } from './commands.ts';
import { referralIndicators } from './indicators.ts';
import { openTriggers, recipientTaskClaimed, renderReferral } from './resource.ts';
import { referralOperations } from './routes.ts';
import { referralSlipOperations } from './slip.ts';
import { createSlotSeries } from './slot-series.ts';
import { withdrawSlotOperation } from './slot-withdrawal.ts';
import { slotOperations } from './slots.ts';
import { describeReferralTasks } from './task-details.ts';

export const referralApi: PathwayApi = {
  operations: [
    ...referralOperations,
    ...referralSlipOperations,
    ...referralBookOperations,
    ...slotOperations,
    createSlotSeries,
    withdrawSlotOperation,
  ],
  render: renderReferral,
  completeTask,
  taskReport: { outcomes: checkOutcomes, actions: [], roles: [] },
  notices: { codes: ['no-follow-up'], find: findNotices },
  describeTasks: describeReferralTasks,
  indicators: referralIndicators,
  async findLetterSubject(db, pathwayId) {
    const record = await findReferral(db, pathwayId);
    return record && buildReferralLetterSubject(record, await loadSlipSurroundings(db, record), pathwayNow(record));
  },
};

async function completeTask(request: CompleteTaskRequest): Promise<Reply> {
  const { resource: task, caller, deps } = request;
  const record = await findReferral(deps.db, task.pathwayId);
  if (!record) throw new Problem('not-found');
  const claimed = recipientTaskClaimed(record.state, record.openTasks);
  switch (task.name) {
    case 'check-referral':
      return completeCheck(request, record);
    case FIRST_FOLLOW_UP:
      return completeFirstFollowUp(request, record);
    default:
      return refuseCompletion(request, openTriggers(record.state, caller, { claimed, at: pathwayNow(record) }));
  }
}

async function completeCheck(request: CompleteTaskRequest, record: ReferralRecord): Promise<Reply> {
  const { body } = request;
  const steps = triggerSteps('answer-check');
  const note = body.note ?? body.result;
  return completeByCommand(
    request,
    {
      ...steps,
      async check(asked) {
        if (body.outcome === undefined)
          throw invalidRequestProblem('outcome', {
            zh: '须填写患者是否到诊（arrived、not-arrived、unknown）',
            en: 'whether the patient has arrived is needed: arrived, not-arrived or unknown',
          });
        if (note === undefined) throw invalidRequestProblem('note', { zh: '须填写核查情况', en: 'what the check has found is needed' });
        return steps.check(asked);
      },
    },
    { body: { outcome: body.outcome ?? '', note }, resource: record },
  );
}

// --- the first follow-up after hospital ---------------------------------------------------

const FIRST_FOLLOW_UP = 'first-follow-up';

/** Nobody would hear of this person again. */
const noFollowUp: TaskNotice = {
  code: 'no-follow-up',
  zh: '该居民未纳入任何随访，请先纳入随访',
  en: 'the resident is in no follow-up: enrol them, or nobody will ask for them again',
};

async function findNotices(db: Database, tasks: readonly TaskRow[]): Promise<ReadonlyMap<string, readonly TaskNotice[]>> {
  const firstFollowUps = tasks.filter(({ name }) => name === FIRST_FOLLOW_UP);
  if (firstFollowUps.length === 0) return new Map();
  const patientIds = firstFollowUps.flatMap(({ patientId }) => patientId ?? []);
  const followed = await findPatientsInFollowUp(db, patientIds);
  return new Map(firstFollowUps.filter(({ patientId }) => !followed.has(patientId ?? '')).map(({ id }) => [id, [noFollowUp]]));
}

async function completeFirstFollowUp(request: CompleteTaskRequest, record: ReferralRecord): Promise<Reply> {
  const { body, resource: task } = request;
  const { result, note } = body;
  const steps = triggerSteps('send-outcome');
  return completeByCommand(
    request,
    {
      ...steps,
      async check(asked) {
        if (result === undefined)
          throw invalidRequestProblem('result', {
            zh: '首次随访须填写结果，结果将回传医院',
            en: 'the first follow-up goes back to the hospital with its result',
          });
        return steps.check(asked);
      },
      // As it stands when it is done: the last time that the task says so.
      async render(asking: Asking, answered: AnsweredCommand) {
        const reply = await steps.render(asking, answered);
        const notices = (await findNotices(asking.deps.db, [task])).get(task.id);
        return notices ? { ...reply, body: { ...(reply.body as object), notices } } : reply;
      },
    },
    { body: { outcome: result ?? '', note }, resource: record },
  );
}
