/** The worklist, and taking a task on. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import {
  carryingRoles,
  claimTask,
  findTask,
  type Place,
  placeOf,
  releaseTask,
  type TaskMessage,
  type TaskRow,
  worklist,
} from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import {
  type ConfirmOutcome,
  confirmOutcomes,
  messageConfiguration,
  type Report,
  reportCall,
  reportConfirmation,
  reportLetter,
  taskOfChannel,
  usefulUntil,
} from '../../db/messages/tasks.ts';
import { findReferral } from '../../db/referral/referrals.ts';
import { completedBy } from '../../domain/follow-up/tasks.ts';
import { type CallOutcome, callOutcomes, type LetterOutcome, letterOutcomes } from '../../domain/messages/channels.ts';
import { isQuiet } from '../../domain/messages/quiet-hours.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';
import { shanghaiMinute } from '../../domain/time/shanghai.ts';
import { openTriggers, pathwayNow, recipientTaskClaimed } from '../referral/resource.ts';
import { actOnReferral, renderReferral } from '../referral/routes.ts';
import type { Caller } from './auth.ts';
import { checkedFirst, isReply, once } from './commands.ts';
import { decodeCursor, page } from './cursor.ts';
import { type Operation, type OperationRequest, operation, type Reply } from './operation.ts';
import { invalid, Problem } from './problem.ts';
import { Instant, iso, PageQuery, pageOf, pendingAnswer, Text } from './schemas.ts';

const tag = 'worklist';

const TaskSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    pathwayId: z.string(),
    pathwayKind: z.string(),
    status: z.enum(['open', 'done', 'withdrawn']),
    role: z.string(),
    institutionId: z.string(),
    departmentId: z.string().nullable(),
    owner: z.strictObject({ personId: z.string(), name: z.string().nullable() }).nullable(),
    patient: z.strictObject({ id: z.string(), name: z.string().nullable() }).nullable(),
    urgency: z.string(),
    emergency: z.boolean(),
    openedAt: z.string(),
    dueAt: z.string().nullable(),
    overdue: z.boolean(),
    shareUsed: z.number(),
    pausedSince: z.string().nullable(),
    /** why it stands where it stands, the weightiest first */
    why: z.array(
      z.strictObject({
        code: z.enum(['emergency', 'overdue', 'paused', 'share-of-budget', 'due-at', 'no-follow-up']),
        zh: z.string(),
        en: z.string(),
      }),
    ),
    version: z.number().int(),
    /** what to tell the patient, and what has been tried; of a call, of a letter, and of the question whether what was said on the telephone is true */
    message: z
      .strictObject({
        id: z.string(),
        channel: z.string(),
        text: z.string(),
        phone: z.string().nullable(),
        contacts: z.array(z.strictObject({ name: z.string(), relation: z.string(), phone: z.string() })),
        attempts: z.array(
          z.strictObject({
            attempt: z.number().int(),
            channel: z.string(),
            startedAt: z.string(),
            result: z.string().nullable(),
            detail: z.string().nullable(),
          }),
        ),
      })
      .nullable(),
    outcome: z.string().nullable(),
    note: z.string().nullable(),
  })
  .openapi('Task');

/** Nobody would hear of this person again. */
const noFollowUp = {
  code: 'no-follow-up' as const,
  zh: '该居民未纳入任何随访，请先纳入随访',
  en: 'the resident is in no follow-up: enrol them, or nobody will ask for them again',
};

function whyOf({ emergency, overdue, shareUsed, dueAt, pausedSince, inFollowUp }: TaskRow): z.infer<typeof TaskSchema>['why'] {
  const why: z.infer<typeof TaskSchema>['why'] = [];
  const percent = Math.floor(shareUsed * 100);
  if (emergency) why.push({ code: 'emergency', zh: '急诊绿色通道', en: 'emergency, green channel' });
  if (overdue && dueAt)
    why.push({
      code: 'overdue',
      zh: `已超时（应于 ${shanghaiMinute(dueAt)} 前完成）`,
      en: `overdue (was due at ${shanghaiMinute(dueAt)})`,
    });
  if (pausedSince)
    why.push({
      code: 'paused',
      zh: `计时已暂停（自 ${shanghaiMinute(pausedSince)}）`,
      en: `clock paused since ${shanghaiMinute(pausedSince)}`,
    });
  why.push({ code: 'share-of-budget', zh: `已用时限的 ${percent}%`, en: `${percent} % of the time is used` });
  if (dueAt && !overdue) why.push({ code: 'due-at', zh: `应于 ${shanghaiMinute(dueAt)} 前完成`, en: `due at ${shanghaiMinute(dueAt)}` });
  if (inFollowUp === false) why.push(noFollowUp);
  return why;
}

/** As it is read out or printed: to the patient. */
export function textOf(pathwayId: string, { template, parameters }: Pick<TaskMessage, 'template' | 'parameters'>): string {
  if (!isMessageTemplate(template)) return '';
  return renderMessage({ template, parameters: { referralId: pathwayId, ...parameters }, audience: 'patient', language: 'zh' }).body;
}

function asMessage(pathwayId: string, message: TaskMessage): NonNullable<z.infer<typeof TaskSchema>['message']> {
  const { id, channel, phone, contacts, attempts } = message;
  return { id, channel, text: textOf(pathwayId, message), phone, contacts, attempts };
}

const asTask = (task: TaskRow): z.infer<typeof TaskSchema> => ({
  id: task.id,
  name: task.name,
  pathwayId: task.pathwayId,
  pathwayKind: task.pathwayKind,
  status: task.status,
  role: task.role,
  institutionId: task.institutionId,
  departmentId: task.departmentId,
  owner: task.ownerId ? { personId: task.ownerId, name: task.ownerName } : null,
  patient: task.patientId ? { id: task.patientId, name: task.patientName } : null,
  urgency: task.urgency,
  emergency: task.emergency,
  openedAt: task.openedAt.toISOString(),
  dueAt: iso(task.dueAt),
  overdue: task.overdue,
  shareUsed: task.shareUsed,
  pausedSince: iso(task.pausedSince),
  why: whyOf(task),
  version: task.version,
  message: task.message && asMessage(task.pathwayId, task.message),
  outcome: task.outcome,
  note: task.note,
});

const Cursor = z.strictObject({ at: z.iso.datetime(), place: z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]) });

const getWorklist = operation({
  id: 'getWorklist',
  method: 'get',
  path: '/v1/worklist',
  tag,
  summary: '待办列表：急诊、超时、已用时限、截止时间 / What to do first',
  query: z.strictObject({
    ...PageQuery,
    mine: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional(),
  }),
  answers: { 200: { description: 'Open tasks, the most pressing first', schema: pageOf(TaskSchema) } },
  async handle({ deps, caller, actor, query, requestId }) {
    const cursor = decodeCursor(query.cursor, Cursor);
    // All pages show the order of the first one's instant: nothing is skipped because time went on.
    const at = cursor ? new Date(cursor.at) : new Date();
    const rows = await worklist(deps.db, {
      ...caller,
      at,
      limit: query.limit,
      after: cursor?.place as Place | undefined,
      mine: query.mine,
    });
    const shown = page(rows, query.limit, (row) => ({ at: at.toISOString(), place: placeOf(row) }), asTask);
    const patientIds = shown.items.flatMap(({ patient }) => (patient ? [patient.id] : []));
    await auditRead(deps.db, { actor, action: 'worklist.read', targetType: 'task', targetId: null, patientIds, requestId });
    return { status: 200, body: shown };
  },
});

const ById = z.object({ id: z.string().regex(/^[0-9a-f-]{36}\.[a-z0-9-]{1,60}$/) });

async function find({ deps, params, caller }: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<TaskRow | undefined> {
  const task = await findTask(deps.db, params.id, new Date());
  return task && (task.institutionId === caller.institutionId || (caller.roles.includes('office') && task.overdue)) ? task : undefined;
}

/** A task is for its role; a head of department may step in. */
const may = ({ resource, caller }: { resource: TaskRow; caller: Caller }): boolean =>
  caller.roles.includes(resource.role) ||
  caller.roles.includes('head') ||
  (resource.message !== null && carryingRoles.some((role) => caller.roles.includes(role)));

async function taskReply(trx: Parameters<typeof findTask>[0], id: string): Promise<Reply> {
  const task = await findTask(trx, id, new Date());
  if (!task) throw new Error(`The task ${id} has gone; tasks are never deleted.`);
  return { status: 200, body: asTask(task), headers: { etag: `"${task.version}"` } };
}

const taskAnswer = { 200: { description: 'The task', schema: TaskSchema } };

function checkVersion({ ifVersion }: OperationRequest<{ id: string }, unknown, unknown, TaskRow>, task: TaskRow | undefined): void {
  if (ifVersion !== undefined && task && ifVersion !== task.version) throw new Problem('version-changed');
}

const refusal = (
  request: OperationRequest<unknown, unknown, unknown, TaskRow>,
  code: 'task-already-claimed' | 'task-closed' | 'task-not-yours',
): Problem => new Problem(code, { members: { taskId: request.resource.id } });

const claim = operation({
  id: 'claimTask',
  method: 'post',
  path: '/v1/tasks/{id}/claim',
  tag,
  summary: '领取任务 / Claim a task',
  params: ById,
  body: z.strictObject({}),
  answers: taskAnswer,
  find,
  may,
  async handle(request) {
    const { caller, resource } = request;
    return once(request as OperationRequest, async (trx) => {
      checkVersion(request, request.ifVersion === undefined ? undefined : await findTask(trx, resource.id, new Date()));
      const result = await claimTask(trx, resource.id, caller.personId, new Date());
      if (result !== 'claimed') throw refusal(request, result === 'closed' ? 'task-closed' : 'task-already-claimed');
      await audit(trx, request, 'task.claim');
      return taskReply(trx, resource.id);
    });
  },
});

const release = operation({
  id: 'releaseTask',
  method: 'post',
  path: '/v1/tasks/{id}/release',
  tag,
  summary: '退回任务 / Release a task',
  params: ById,
  body: z.strictObject({}),
  answers: taskAnswer,
  find,
  async handle(request) {
    const { caller, resource } = request;
    return once(request as OperationRequest, async (trx) => {
      const task = await findTask(trx, resource.id, new Date());
      checkVersion(request, task);
      if (task?.status !== 'open') throw refusal(request, 'task-closed');
      const owner = task.ownerId;
      // A head of department gives back what somebody on leave still holds.
      const may = owner !== null && (owner === caller.personId || caller.roles.includes('head'));
      if (!may || !(await releaseTask(trx, resource.id, owner))) throw refusal(request, 'task-not-yours');
      await audit(trx, request, 'task.release');
      return taskReply(trx, resource.id);
    });
  },
});

async function audit(trx: Trx, request: OperationRequest<unknown, unknown, unknown, TaskRow>, action: WriteAction): Promise<void> {
  const { actor, resource, requestId } = request;
  await auditWrite(trx, {
    actor,
    action,
    targetType: 'task',
    targetId: resource.id,
    patientId: resource.patientId,
    requestId,
  });
}

const complete = operation({
  id: 'completeTask',
  method: 'post',
  path: '/v1/tasks/{id}/complete',
  tag,
  summary: '完成任务 / Complete a task',
  params: ById,
  body: z.strictObject({
    note: Text(2_000).optional(),
    result: Text(8_000).optional(),
    outcome: z
      .enum([...callOutcomes, ...letterOutcomes, ...confirmOutcomes])
      .optional()
      .openapi({
        description: 'Of a call, of a letter, or whether what was said on the telephone is true',
      }),
    callAt: Instant.optional().openapi({ description: 'When to call again; with call-later' }),
  }),
  answers: {
    200: { description: 'Done: the referral; of a call or a letter the task', schema: z.looseObject({ id: z.string() }) },
    202: pendingAnswer,
  },
  find,
  may,
  async handle(request) {
    const { resource, caller, deps, body } = request;
    if (resource.message) return completeMessageTask(request as MessageTaskRequest);
    if (body.outcome !== undefined || body.callAt !== undefined)
      throw invalid(body.outcome === undefined ? 'callAt' : 'outcome', {
        zh: '只有电话、信件和核实任务有此项',
        en: 'only a call, a letter or a confirmation has one',
      });
    const ofFollowUp = completedBy[resource.name];
    if (ofFollowUp) {
      if (resource.status !== 'open') throw refusal(request, 'task-closed');
      throw new Problem('task-done-by-trigger', { members: { pathwayId: resource.pathwayId, allowed: ofFollowUp } });
    }
    const record = await findReferral(deps.db, resource.pathwayId);
    if (!record) throw new Problem('not-found');
    const isStillToDo = async () => {
      checkVersion(request, resource);
      if (resource.status !== 'open') throw refusal(request, 'task-closed');
    };
    const earlier = await checkedFirst(request as OperationRequest, isStillToDo, () => renderReferral(request, record.id, 200));
    if (isReply(earlier)) return earlier;
    // The version asked for is the task's; the pathway has one of its own.
    const acting: OperationRequest = { ...(request as OperationRequest), ifVersion: undefined };
    if (resource.name === 'check-referral') return actOnReferral(acting, record, 'answer-check', { note: body.note ?? body.result });
    if (resource.name === 'first-follow-up') {
      if (body.result === undefined)
        throw invalid('result', {
          zh: '首次随访须填写结果，结果将回传医院',
          en: 'the first follow-up goes back to the hospital with its result',
        });
      // As it stands when it is done: the last time that the task says so.
      const said = async (reply: Reply) =>
        (await findTask(deps.db, resource.id, new Date()))?.inFollowUp === false
          ? { ...reply, body: { ...(reply.body as object), notices: [noFollowUp] } }
          : reply;
      return actOnReferral(acting, record, 'send-outcome', { outcome: body.result, note: body.note }, said);
    }
    // The work itself completes every other task: accepting, scheduling, reviewing.
    const allowed = openTriggers(record.state, caller, {
      claimed: recipientTaskClaimed(record.state, record.openTasks),
      at: pathwayNow(record),
    });
    throw new Problem('task-done-by-trigger', { members: { pathwayId: resource.pathwayId, allowed } });
  },
});

interface MessageTaskBody {
  note?: string | undefined;
  result?: string | undefined;
  outcome?: string | undefined;
  callAt?: string | undefined;
}
type MessageTaskRequest = OperationRequest<{ id: string }, unknown, MessageTaskBody, TaskRow & { message: TaskMessage }>;

const outcomesOf = ({ name }: TaskRow): readonly string[] => {
  if (name === taskOfChannel.phone) return callOutcomes;
  return name === taskOfChannel.paper ? letterOutcomes : confirmOutcomes;
};

/** Throws Problem 422. */
async function checkReport({ deps, resource, body }: MessageTaskRequest): Promise<void> {
  const allowed = outcomesOf(resource);
  if (body.outcome === undefined || !allowed.includes(body.outcome))
    throw invalid('outcome', { zh: `须为以下之一：${allowed.join('、')}`, en: `one of ${allowed.join(', ')}` });
  if (body.result !== undefined) throw invalid('result', { zh: '请改用 outcome 和 note', en: 'use outcome and note' });
  if (allowed === confirmOutcomes && body.note === undefined) throw invalid('note', { zh: '须说明如何核实', en: 'say how you found out' });
  if ((body.outcome === 'call-later') !== (body.callAt !== undefined))
    throw invalid('callAt', { zh: 'call-later 须有此项，其他结果不得有', en: 'belongs to call-later, and to nothing else' });
  if (body.callAt !== undefined) await checkCallAt(deps.db, resource, new Date(body.callAt));
}

const LATEST_CALL_MS = 30 * 86_400_000;

async function checkCallAt(db: Database, { message, emergency }: MessageTaskRequest['resource'], callAt: Date): Promise<void> {
  const ahead = callAt.getTime() - Date.now();
  if (ahead <= 0 || ahead > LATEST_CALL_MS) throw invalid('callAt', { zh: '须在今后 30 天内', en: 'lies within the next 30 days' });
  const { quietHours } = await messageConfiguration(db);
  if (!emergency && isQuiet(callAt.getTime(), quietHours)) throw invalid('callAt', { zh: '在免打扰时段内', en: 'lies in quiet hours' });
  const until = await usefulUntil(db, message.id);
  if (until && callAt >= until)
    throw invalid('callAt', { zh: '届时通知已无意义（就诊时间已到）', en: 'is too late: the appointment begins before' });
}

/** What came of a call, a letter, or a question: the message's attempt ends with it. */
async function completeMessageTask(request: MessageTaskRequest): Promise<Reply> {
  const { resource, caller, body } = request;
  return once(request as OperationRequest, async (trx) => {
    // Inside: a repeated request gets its first answer, though its callAt has passed by now.
    await checkReport(request);
    const task = await findTask(trx, resource.id, new Date());
    checkVersion(request, task);
    const report = { taskId: resource.id, messageId: resource.message.id, note: body.note ?? null, personId: caller.personId };
    if (!(await reported(trx, resource, report, body))) throw refusal(request, 'task-closed');
    await audit(trx, request, `task.${body.outcome as CallOutcome | LetterOutcome | ConfirmOutcome}`);
    return taskReply(trx, resource.id);
  });
}

function reported(
  trx: Trx,
  { name }: TaskRow,
  report: Omit<Report<never>, 'outcome'>,
  { outcome, callAt }: MessageTaskBody,
): Promise<boolean> {
  switch (name) {
    case taskOfChannel.phone:
      return reportCall(trx, { ...report, outcome: outcome as CallOutcome, callAt: callAt ? new Date(callAt) : null, at: new Date() });
    case taskOfChannel.paper:
      return reportLetter(trx, { ...report, outcome: outcome as LetterOutcome });
    default:
      return reportConfirmation(trx, { ...report, outcome: outcome as ConfirmOutcome });
  }
}

export const taskOperations: Operation[] = [getWorklist, claim, release, complete];
