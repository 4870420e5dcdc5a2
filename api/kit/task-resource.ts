/** A task as callers see it. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { findTask, type TaskMessage, type TaskRow } from '../../db/kit/tasks.ts';
import { toShanghaiMinute } from '../../domain/time/shanghai.ts';
import { patientTextOf } from '../messages/patient-text.ts';
import type { Reply } from './operation.ts';
import type { TaskNotice } from './pathway-api.ts';
import { everyPathwayApi, pathwayApiOf } from './registry.ts';
import { toIso } from './schemas.ts';

const timeCodes = ['emergency', 'overdue', 'paused', 'share-of-budget', 'due-at'];

export const TaskSchema = z
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
    /** why it stands where it stands, the weightiest first; then what its pathway has to say of it */
    why: z.array(
      z.strictObject({
        code: z.enum([...timeCodes, ...everyPathwayApi.flatMap(({ notices }) => notices?.codes ?? [])]),
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

type TaskResource = z.infer<typeof TaskSchema>;

export const taskAnswer = { 200: { description: 'The task', schema: TaskSchema } };

/** Tasks as callers see them, in the same order. Each pathway whose tasks are among them is asked once for its notices. */
export async function taskResources(db: Database, tasks: readonly TaskRow[]): Promise<TaskResource[]> {
  const notices = await findNotices(db, tasks);
  return tasks.map((task) => taskResource(task, notices.get(task.id) ?? []));
}

export async function taskReply(db: Database, id: string): Promise<Reply> {
  const task = await findTask(db, id, new Date());
  if (!task) throw new Error(`The task ${id} has gone; tasks are never deleted.`);
  const [body] = await taskResources(db, [task]);
  return { status: 200, body, headers: { etag: `"${task.version}"` } };
}

async function findNotices(db: Database, tasks: readonly TaskRow[]): Promise<ReadonlyMap<string, readonly TaskNotice[]>> {
  const found = await Promise.all(
    [...Map.groupBy(tasks, ({ pathwayKind }) => pathwayKind)].map(([kind, ofKind]) => pathwayApiOf(kind).notices?.find(db, ofKind)),
  );
  return new Map(found.flatMap((notices) => [...(notices ?? [])]));
}

const taskResource = (task: TaskRow, notices: readonly TaskNotice[]): TaskResource => ({
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
  dueAt: toIso(task.dueAt),
  overdue: task.overdue,
  shareUsed: task.shareUsed,
  pausedSince: toIso(task.pausedSince),
  why: [...timesOf(task), ...notices],
  version: task.version,
  message: task.message && messageOf(task.pathwayId, task.message),
  outcome: task.outcome,
  note: task.note,
});

function timesOf({ emergency, overdue, shareUsed, dueAt, pausedSince }: TaskRow): TaskResource['why'] {
  const why: TaskResource['why'] = [];
  const percent = Math.floor(shareUsed * 100);
  if (emergency) why.push({ code: 'emergency', zh: '急诊绿色通道', en: 'emergency, green channel' });
  if (overdue && dueAt)
    why.push({
      code: 'overdue',
      zh: `已超时（应于 ${toShanghaiMinute(dueAt)} 前完成）`,
      en: `overdue (was due at ${toShanghaiMinute(dueAt)})`,
    });
  if (pausedSince)
    why.push({
      code: 'paused',
      zh: `计时已暂停（自 ${toShanghaiMinute(pausedSince)}）`,
      en: `clock paused since ${toShanghaiMinute(pausedSince)}`,
    });
  why.push({ code: 'share-of-budget', zh: `已用时限的 ${percent}%`, en: `${percent} % of the time is used` });
  if (dueAt && !overdue)
    why.push({ code: 'due-at', zh: `应于 ${toShanghaiMinute(dueAt)} 前完成`, en: `due at ${toShanghaiMinute(dueAt)}` });
  return why;
}

function messageOf(pathwayId: string, message: TaskMessage): NonNullable<TaskResource['message']> {
  const { id, channel, phone, contacts, attempts } = message;
  return { id, channel, text: patientTextOf(pathwayId, message), phone, contacts, attempts };
}
