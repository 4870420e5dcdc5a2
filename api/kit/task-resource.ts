/** A task as callers see it. */
import { z } from '@hono/zod-openapi';
import { withContactId } from '../../db/directory/patients.ts';
import type { Database } from '../../db/kit/database.ts';
import { findTask, type TaskMessage, type TaskRow } from '../../db/kit/tasks.ts';
import { taskOfChannel } from '../../db/messages/open-task.ts';
import { loadSurroundings, type StoredSurroundings } from '../../db/messages/surroundings.ts';
import { undeliveredOutcomes } from '../../domain/interfaces/undelivered.ts';
import { wordsOf } from '../../domain/kit/event-words.ts';
import { shortNumberOf } from '../../domain/messages/short-number.ts';
import { taskTitleOf } from '../../domain/messages/task-title.ts';
import { ageOn, localDateOf } from '../../domain/time/local-date.ts';
import { toShanghaiMinute } from '../../domain/time/shanghai.ts';
import { nextRung } from '../../domain/time/sla-clock.ts';
import { patientTextOf } from '../messages/patient-text.ts';
import type { Caller } from './auth.ts';
import { ClockSchema, clockResource } from './clock-resource.ts';
import { ChannelSchema, PathwayKindSchema, RoleSchema, StoredUrgencySchema, TaskKindSchema } from './codes.ts';
import type { Reply } from './operation.ts';
import type { PathwayApi, TaskDetails, TaskNotice } from './pathway-api.ts';
import { everyPathwayApi, pathwayApiOf } from './registry.ts';
import { DateOnly, Instant, NamedPlaceSchema, SexSchema, toIso } from './schemas.ts';
import { mayTakeOn } from './task-access.ts';

const timeCodes = ['emergency', 'overdue', 'paused', 'share-of-budget', 'due-at'];

export const TaskSchema = z
  .strictObject({
    id: z.string(),
    /** The same as `name`, which is older. */
    kind: TaskKindSchema,
    name: TaskKindSchema,
    title: z.strictObject({ zh: z.string(), en: z.string() }),
    /** the short number that messages print */
    number: z.string(),
    /** what a client opens to do the task */
    subject: z.strictObject({ type: z.string(), id: z.string() }),
    pathwayId: z.string(),
    pathwayKind: PathwayKindSchema,
    status: z.enum(['open', 'done', 'withdrawn']),
    role: RoleSchema,
    institutionId: z.string(),
    departmentId: z.string().nullable(),
    owner: z.strictObject({ personId: z.string(), name: z.string().nullable() }).nullable(),
    patient: z.strictObject({ id: z.string(), name: z.string(), birthDate: DateOnly, sex: SexSchema, age: z.number().int() }).nullable(),
    /** the institutions that it goes from and to, of what goes from one to another */
    from: NamedPlaceSchema.nullable(),
    to: NamedPlaceSchema.nullable(),
    /** what it is about, in codes and numbers */
    about: z.looseObject({}),
    /** the roles that were called about it because its time was running out, in order */
    escalatedTo: z.array(z.strictObject({ role: RoleSchema, at: Instant })),
    urgency: StoredUrgencySchema,
    emergency: z.boolean(),
    openedAt: Instant,
    dueAt: Instant.nullable(),
    overdue: z.boolean(),
    shareUsed: z.number(),
    pausedSince: Instant.nullable(),
    /** the present instant on the clock of its pathway, on which its instants are */
    now: Instant,
    clock: ClockSchema,
    /** when somebody is reminded next, and what is said then; null when nobody is any more, and while the clock is paused */
    nextRung: z.strictObject({ at: Instant, zh: z.string(), en: z.string() }).nullable(),
    /** what the caller may do: claim, release, complete or reschedule the task, then the commands of its pathway */
    allowed: z.array(z.string()),
    /** why it stands where it stands, the weightiest first; then what its pathway has to say of it */
    why: z.array(
      z
        .strictObject({
          code: z.enum([...timeCodes, ...everyPathwayApi.flatMap(({ notices }) => notices?.codes ?? [])]),
          zh: z.string(),
          en: z.string(),
        })
        .openapi('TaskReason'),
    ),
    version: z.number().int(),
    /** what to tell the patient, and what has been tried; of a call, of a letter, and of the question whether what was said on the telephone is true */
    message: z
      .strictObject({
        id: z.string(),
        channel: ChannelSchema,
        text: z.string(),
        phone: z.string().nullable(),
        contacts: z.array(z.strictObject({ id: z.string(), name: z.string(), relation: z.string(), phone: z.string() })),
        attempts: z.array(
          z.strictObject({
            attempt: z.number().int(),
            channel: ChannelSchema,
            startedAt: Instant,
            result: z.string().nullable(),
            detail: z.string().nullable(),
          }),
        ),
      })
      .openapi('TaskMessage')
      .nullable(),
    outcome: z.string().nullable(),
    note: z.string().nullable(),
  })
  .openapi('Task');

type TaskResource = z.infer<typeof TaskSchema>;

export const taskAnswer = { 200: { description: 'The task', schema: TaskSchema } };

/** Tasks as a caller sees them, in the same order. Each pathway whose tasks are among them is asked once for its notices and once for its details. */
export async function taskResources(db: Database, tasks: readonly TaskRow[], caller: Caller): Promise<TaskResource[]> {
  const messageIds = tasks.flatMap(({ message }) => message?.id ?? []);
  const [notices, details, texts] = await Promise.all([
    findOfEachPathway(tasks, (api, ofKind) => api.notices?.find(db, ofKind)),
    findOfEachPathway(tasks, (api, ofKind) => api.describeTasks?.(db, ofKind, caller)),
    loadSurroundings(db, messageIds),
  ]);
  return tasks.map((task) => taskResource(task, { notices: notices.get(task.id) ?? [], details: details.get(task.id), texts, caller }));
}

export async function taskReply(db: Database, id: string, caller: Caller): Promise<Reply> {
  const task = await findTask(db, id, new Date());
  if (!task) throw new Error(`The task ${id} has gone; tasks are never deleted.`);
  const [body] = await taskResources(db, [task], caller);
  return { status: 200, body, headers: { etag: `"${task.version}"` } };
}

async function findOfEachPathway<Found>(
  tasks: readonly TaskRow[],
  find: (api: PathwayApi, ofKind: readonly TaskRow[]) => Promise<ReadonlyMap<string, Found>> | undefined,
): Promise<ReadonlyMap<string, Found>> {
  const byKind = [...Map.groupBy(tasks, ({ pathwayKind }) => pathwayKind)];
  const found = await Promise.all(byKind.map(([kind, ofKind]) => find(pathwayApiOf(kind), ofKind)));
  return new Map(found.flatMap((one) => [...(one ?? [])]));
}

interface Surroundings {
  notices: readonly TaskNotice[];
  details: TaskDetails | undefined;
  /** What the texts of messages are made of, by the message's id. */
  texts: ReadonlyMap<string, StoredSurroundings>;
  caller: Caller;
}

const taskResource = (task: TaskRow, { notices, details, texts, caller }: Surroundings): TaskResource => ({
  id: task.id,
  kind: task.name,
  name: task.name,
  title: taskTitleOf(task.pathwayKind, task.name),
  number: shortNumberOf(task.pathwayId),
  subject: details?.subject ?? { type: task.pathwayKind, id: task.pathwayId },
  pathwayId: task.pathwayId,
  pathwayKind: task.pathwayKind,
  status: task.status,
  role: task.role,
  institutionId: task.institutionId,
  departmentId: task.departmentId,
  owner: task.ownerId ? { personId: task.ownerId, name: task.ownerName } : null,
  patient: patientOf(task),
  from: details?.from ?? null,
  to: details?.to ?? null,
  about: { ...details?.about, ...task.about, ...(task.deliverySeq === null ? {} : { waysOut: undeliveredOutcomes }) },
  escalatedTo: task.escalatedTo.map(({ role, at }) => ({ role, at })),
  urgency: task.urgency,
  emergency: task.emergency,
  openedAt: task.openedAt.toISOString(),
  dueAt: toIso(task.dueAt),
  overdue: task.overdue,
  shareUsed: task.shareUsed,
  pausedSince: toIso(task.pausedSince),
  now: task.now.toISOString(),
  clock: clockResource(task.clock, { institutionId: task.institutionId, role: task.role, personId: task.ownerId }, task.now.getTime()),
  nextRung: nextRungOf(task),
  allowed: allowedOn(task, details, caller),
  why: [...timesOf(task), ...notices],
  version: task.version,
  message: task.message && messageOf(task.pathwayId, task.message, texts.get(task.message.id)),
  outcome: task.outcome,
  note: task.note,
});

/** The row of a task names its patient by a foreign key, so that the patient's own row is there. */
function patientOf({ patientId, patientName, patientBirthDate, patientSex, now }: TaskRow): TaskResource['patient'] {
  if (patientId === null || patientName === null || patientBirthDate === null || patientSex === null) return null;
  const age = ageOn(patientBirthDate, localDateOf(now.getTime()));
  return { id: patientId, name: patientName, birthDate: patientBirthDate, sex: patientSex, age };
}

/** Nobody is reminded on a clock that is paused, or after its last rung. */
function nextRungOf({ status, pathwayKind, clock }: TaskRow): TaskResource['nextRung'] {
  const next = status === 'open' ? nextRung(clock) : undefined;
  if (!next) return null;
  const { zh, en } = wordsOf(pathwayKind, `rung-${next.percent}`);
  const at = toShanghaiMinute(next.at);
  return { at: new Date(next.at).toISOString(), zh: `${at} 提醒：${zh}`, en: `reminder at ${at}: ${en}` };
}

function allowedOn(task: TaskRow, details: TaskDetails | undefined, caller: Caller): string[] {
  if (task.status !== 'open') return [];
  const taken = mayTakeOn({ resource: task, caller });
  const mayRelease = task.ownerId !== null && (task.ownerId === caller.personId || caller.roles.includes('head'));
  return [
    ...(task.ownerId === null && taken ? ['claim'] : []),
    ...(mayRelease ? ['release'] : []),
    ...(taken && (task.message !== null || task.deliverySeq !== null || details?.isCompletable === true) ? ['complete'] : []),
    ...(taken && task.institutionId === caller.institutionId && isReschedulable(task, details) ? ['reschedule'] : []),
    ...(details?.allowed ?? []),
  ];
}

/** An urgent call has a time of its own. */
const isReschedulable = ({ name, urgency, emergency }: TaskRow, details: TaskDetails | undefined): boolean =>
  details?.isReschedulable === true || (name === taskOfChannel.phone && urgency === 'routine' && !emergency);

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

function messageOf(
  pathwayId: string,
  message: TaskMessage,
  surroundings: StoredSurroundings | undefined,
): NonNullable<TaskResource['message']> {
  const { id, channel, phone, contacts, attempts } = message;
  return { id, channel, text: patientTextOf(pathwayId, message, surroundings), phone, contacts: contacts.map(withContactId), attempts };
}
