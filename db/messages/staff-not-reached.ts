/** Staff whom no gateway reaches: somebody who answers for them has a task with a deadline, one a person, until they say what they did or a message arrives. */
import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration } from './configuration.ts';
import { insertTask, REACH_STAFF } from './open-task.ts';

interface Ground {
  pathwayId: string;
  at: Date;
  institutionId: string;
  role: 'head' | 'office';
}

/**
 * Opens the task, once a person: of a head where they work, else of the office of the alliance. What belongs to no pathway, as a digest, hangs on the oldest
 * matter that waits there.
 */
export async function askForStaff(
  trx: Trx,
  messageId: string,
  { emergency, now }: { emergency: boolean; now: RawBuilder<Date> },
): Promise<void> {
  // Two messages to one person may fail at the same instant: the second one has to see the task of the first.
  await sql`
    select pg_advisory_xact_lock(hashtextextended('carepath staff not reached ' || recipient_id, 0)) from message where id = ${messageId}`.execute(
    trx,
  );
  const { rows } = await sql<Ground>`
    with unreached as (
      select message.recipient_id as person_id, message.pathway_id, held.institution_id
      from message cross join lateral (
        select institution_id from post where post.person_id = message.recipient_id order by institution_id limit 1) as held
      where message.id = ${messageId} and message.recipient_type = 'person' and not exists (
        select from task join message as told on told.id = task.message_id
        where task.name = ${REACH_STAFF} and task.status = 'open' and told.recipient_id = message.recipient_id)
    )
    select pathway.id as "pathwayId", ${now} + pathway.clock_offset_ms * interval '1 millisecond' as at, answering.institution_id as "institutionId",
      answering.role
    from unreached
      cross join lateral (
        select post.role, post.institution_id from post join person on person.id = post.person_id and person.active
        where post.person_id <> unreached.person_id and (post.role = 'head' and post.institution_id = unreached.institution_id or post.role = 'office')
        order by post.role = 'office', post.institution_id limit 1) as answering
      join pathway on pathway.id = coalesce(unreached.pathway_id, (
        select task.pathway_id from task where task.institution_id = unreached.institution_id and task.status = 'open' order by task.opened_at limit 1))`.execute(
    trx,
  );
  const [ground] = rows;
  if (!ground) return;
  const rules = await loadMessageConfiguration(trx);
  await insertTask(
    trx,
    { ...ground, patientId: null },
    {
      id: `staff-${messageId}`,
      name: REACH_STAFF,
      messageId,
      roles: [ground.role],
      seconds: emergency ? rules.callSeconds.urgent : rules.confirmSeconds,
      standing: { urgency: emergency ? 'urgent' : 'routine', emergency: false, usefulUntil: null },
    },
  );
}

/** The message has arrived after all. */
export async function closeStaffTask(trx: Trx, messageId: string): Promise<void> {
  await sql`
    update task set status = 'withdrawn', closed_by = 'message-arrived', version = version + 1,
      closed_at = now() + clock_offset_ms * interval '1 millisecond'
    where message_id = ${messageId} and name = ${REACH_STAFF} and status = 'open'`.execute(trx);
}
