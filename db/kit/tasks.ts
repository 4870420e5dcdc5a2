/** Tasks, and who holds them. */
import { type RawBuilder, sql } from 'kysely';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { SlaClock } from '../../domain/time/sla-clock.ts';
import type { PatientContact } from '../directory/tables.ts';
import type { Database } from './database.ts';
import { contactPhone } from './resident-of-message.ts';
import type { TaskEscalation } from './tables.ts';
import type { Trx } from './transaction.ts';
import type { Place, WorklistSort } from './worklist-order.ts';

export type { Place } from './worklist-order.ts';

export interface TaskRow {
  id: string;
  name: string;
  pathwayId: string;
  pathwayKind: string;
  role: string;
  institutionId: string;
  departmentId: string | null;
  patientId: string | null;
  patientName: string | null;
  /** YYYY-MM-DD */
  patientBirthDate: string | null;
  patientSex: 'male' | 'female' | 'other' | 'unknown' | null;
  ownerId: string | null;
  ownerName: string | null;
  status: 'open' | 'done' | 'withdrawn';
  urgency: string;
  emergency: boolean;
  openedAt: Date;
  dueAt: Date | null;
  overdue: boolean;
  /** 1 = the whole budget */
  shareUsed: number;
  pausedSince: Date | null;
  version: number;
  /** The message of a call, of a letter, or of the question whether what was said on the telephone is true. */
  message: TaskMessage | null;
  /** The message that another system does not take. */
  deliverySeq: string | null;
  outcome: string | null;
  note: string | null;
  about: Record<string, unknown> | null;
  escalatedTo: TaskEscalation[];
  clock: SlaClock;
  /** The instant on the pathway's own clock. */
  now: Date;
}

export interface TaskMessage {
  id: string;
  channel: string;
  template: string;
  recipientType: RecipientType;
  parameters: Record<string, string | number | boolean | null>;
  phone: string | null;
  contacts: PatientContact[];
  attempts: { attempt: number; channel: string; startedAt: string; result: string | null; detail: string | null }[];
}

/** Every column of a task among `tasks`, seen at an instant; the pathway's own clock may have been pushed forward. */
export const seenAt = (at: Date, tasks: RawBuilder<unknown>) => sql`
  select task.id, task.name, task.pathway_id as "pathwayId", task.pathway_kind as "pathwayKind", task.role, task.institution_id as "institutionId",
    task.department_id as "departmentId", task.patient_id as "patientId", patient.name as "patientName", patient.birth_date as "patientBirthDate", patient.sex as "patientSex", task.owner_id as "ownerId", person.name as "ownerName",
    task.status, task.urgency, task.emergency, task.opened_at as "openedAt", task.due_at as "dueAt", task.version,
    coalesce(task.due_at <= clock.now, false) as overdue,
    round(greatest(0, case when task.due_at is null then - task.paused_share_negated
      else 1 - extract(epoch from task.due_at - clock.now) * 1000 / (task.clock ->> 'budgetMs')::numeric end)::numeric, 6)::float8 as "shareUsed",
    case when task.due_at is null then to_timestamp((task.clock -> 'pauses' -> -1 ->> 'from')::numeric / 1000) end as "pausedSince",
    task.delivery_seq::text as "deliverySeq", task.outcome, task.note, task.about, task.escalated_to as "escalatedTo", task.clock, clock.now,
    case when task.message_id is not null then (
      select json_build_object('id', message.id, 'channel', message.channel, 'template', message.template, 'parameters', message.parameters, 'recipientType', message.recipient_type,
        'phone', case when message.recipient_type = 'contact' then ${contactPhone}
          when patient.phone_key is distinct from patient.wrong_phone_key then patient.phone end, 'contacts', coalesce(patient.contacts, '[]'),
        'attempts', (select coalesce(json_agg(json_build_object('attempt', attempt, 'channel', message_attempt.channel,
          'startedAt', to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'result', result, 'detail', detail) order by attempt), '[]')
          from message_attempt where message_id = message.id))
      from message where message.id = task.message_id) end as message
  from ${tasks}
    left join patient on patient.id = task.patient_id
    left join person on person.id = task.owner_id
    cross join lateral (select ${at}::timestamptz + task.clock_offset_ms * interval '1 millisecond' as now) as clock`;

export async function findTask(db: Database, id: string, at: Date): Promise<TaskRow | undefined> {
  const { rows } = await sql<TaskRow>`${seenAt(at, sql`task`)} where task.id = ${id}`.execute(db);
  return rows[0];
}

/** Those of the ids that there are, in no order. */
export async function findTasks(db: Database, ids: readonly string[], at: Date): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`${seenAt(at, sql`task`)} where task.id = any(${[...ids]}::text[])`.execute(db);
  return rows;
}

/** Where the task stands, as the function worklist_place of the database has it. */
export function placeOf(task: TaskRow, sort: WorklistSort = 'rank'): Place {
  const dueEpoch = task.dueAt ? task.dueAt.getTime() / 1_000 : Number.MAX_VALUE;
  switch (sort) {
    case 'rank':
      return [task.emergency ? 0 : 1, task.overdue ? 0 : 1, -task.shareUsed, dueEpoch, task.id];
    case 'dueAt':
      return [task.dueAt ? 0 : 1, 0, task.dueAt ? 0 : -task.shareUsed, dueEpoch, task.id];
    case 'openedAt':
      return [0, 0, 0, task.openedAt.getTime() / 1_000, task.id];
  }
}

export type ClaimResult = 'claimed' | 'already-claimed' | 'closed';

/** One statement decides: of twenty requests at once one gets it, even if all are one person's; a repeated request has its Idempotency-Key. */
export async function claimTask(trx: Trx, id: string, personId: string, at: Date): Promise<ClaimResult> {
  const { numUpdatedRows } = await trx
    .updateTable('task')
    .set((eb) => ({ owner_id: personId, claimed_at: at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'open')
    .where('owner_id', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return 'claimed';
  const { status } = await trx.selectFrom('task').select('status').where('id', '=', id).executeTakeFirstOrThrow();
  return status === 'open' ? 'already-claimed' : 'closed';
}

/** Claims those of the tasks that nobody holds. They are locked in one order, so that two who claim the same tasks wait for each other. */
export async function claimTasks(trx: Trx, ids: readonly string[], personId: string, at: Date): Promise<ReadonlyMap<string, ClaimResult>> {
  const standing = await trx
    .selectFrom('task')
    .select(['id', 'status', 'owner_id as ownerId'])
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .orderBy('id')
    .forUpdate()
    .execute();
  const results = standing.map(({ id, status, ownerId }) => {
    const result: ClaimResult = status !== 'open' ? 'closed' : ownerId === null ? 'claimed' : 'already-claimed';
    return [id, result] as const;
  });
  const free = results.flatMap(([id, result]) => (result === 'claimed' ? [id] : []));
  await trx
    .updateTable('task')
    .set((eb) => ({ owner_id: personId, claimed_at: at, version: eb('version', '+', 1) }))
    .where('id', '=', sql<string>`any(${free}::text[])`)
    .execute();
  return new Map(results);
}

/** @returns false when somebody else holds it by now, or it is closed */
export async function releaseTask(trx: Trx, id: string, ownerId: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('task')
    .set((eb) => ({ owner_id: null, claimed_at: null, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'open')
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
