/** The task of a message that another system does not take: opened when its time has come, closed when the message is answered after all, or by a person. */
import { sql } from 'kysely';
import { type Trouble, UNDELIVERED_ROLES, UNDELIVERED_TASK, type UndeliveredOutcome } from '../../domain/interfaces/undelivered.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { loadInterfaceConfiguration } from './configuration.ts';

/** So many tasks are opened at a time: when a system is away for a day there are many. */
const AT_A_TIME = 100;

/** Opens the tasks whose time has come. Any number of senders may ask at once. Returns how many it has opened. */
export async function tellPeople(db: Database): Promise<number> {
  const isWaiting = await db
    .selectFrom('hl7v2_delivery')
    .select('seq')
    .where('settled_at', 'is', null)
    .where('told_at', 'is', null)
    .where('people_at', '<=', sql<Date>`now()`)
    .limit(1)
    .executeTakeFirst();
  if (!isWaiting) return 0;
  const { handleWithinSeconds: budget } = await loadInterfaceConfiguration(db);
  return inTransaction(db, { system: true, part: 'hl7v2-sender' }, async (trx) => {
    const { rows } = await sql`
      with chosen as (
        select seq from hl7v2_delivery
        where settled_at is null and told_at is null and people_at <= now()
        order by people_at, seq limit ${AT_A_TIME} for update skip locked
      ), told as (
        update hl7v2_delivery set told_at = now() from chosen where hl7v2_delivery.seq = chosen.seq returning hl7v2_delivery.*
      ), keepers as (
        select min(post.institution_id) as institution_id from post join person on person.id = post.person_id and person.active
        where post.role = ${UNDELIVERED_ROLES.office}
      ), due as (
        select told.*, pathway.patient_id, coalesce(pathway.state ->> 'urgency', 'routine') as urgency,
          coalesce((pathway.state ->> 'emergency')::boolean, false) as emergency, keepers.institution_id as keeper,
          now() + pathway.clock_offset_ms * interval '1 millisecond' as at,
          case pathway.state ->> 'urgency' when 'urgent' then ${budget.urgent}::integer when 'same-day' then ${budget['same-day']}
            else ${budget.routine} end as seconds,
          (select count(*) from task where task.pathway_id = told.pathway_id and delivery_seq = told.seq) as before
        from told join pathway on pathway.id = told.pathway_id cross join keepers
      )
      insert into task (id, pathway_id, name, role, institution_id, patient_id, urgency, emergency, clock, opened_at, due_at, about, escalated_to, delivery_seq)
      select concat(pathway_id, '.undelivered-', seq, '-', before + 1), pathway_id, ${UNDELIVERED_TASK},
        case when keeper is null then ${UNDELIVERED_ROLES.without} else ${UNDELIVERED_ROLES.office} end, coalesce(keeper, institution_id), patient_id,
        urgency, emergency,
        jsonb_build_object('id', ${UNDELIVERED_TASK}::text, 'name', ${UNDELIVERED_TASK}::text, 'budgetMs', seconds::bigint * 1000,
          'startedAt', floor(extract(epoch from at) * 1000)::bigint, 'pauses', '[]'::jsonb, 'rungs', '[]'::jsonb),
        at, at + seconds * interval '1 second',
        trouble || jsonb_build_object('toInstitutionId', institution_id, 'attempts', attempts, 'owedAt', to_char(owed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        '[]', seq
      from due on conflict do nothing returning id`.execute(trx);
    return rows.length;
  });
}

/** What a person reads of the message follows what came of the last attempt. */
export async function changeUndeliveredTask(trx: Trx, seq: string, trouble: Trouble): Promise<void> {
  await sql`
    update task set about = about || ${JSON.stringify(trouble)}::jsonb || jsonb_build_object('attempts', attempts),
      version = task.version + case when about @> ${JSON.stringify(trouble)}::jsonb then 0 else 1 end
    from hl7v2_delivery where seq = ${seq} and task.pathway_id = hl7v2_delivery.pathway_id and task.delivery_seq = seq and task.status = 'open'`.execute(
    trx,
  );
}

/** Nobody need see to it any more. */
export async function closeUndeliveredTask(trx: Trx, seq: string, by: string): Promise<void> {
  await sql`
    update task set status = 'withdrawn', closed_by = ${by}, version = version + 1, closed_at = now() + clock_offset_ms * interval '1 millisecond'
    where pathway_id = (select pathway_id from hl7v2_delivery where seq = ${seq}) and delivery_seq = ${seq} and status = 'open'`.execute(
    trx,
  );
}

export interface UndeliveredReport {
  taskId: string;
  deliverySeq: string;
  outcome: UndeliveredOutcome;
  note: string | null;
  personId: string;
}

/**
 * What a person has done about it. Sent again, it goes at once, and a refused one under a control id of its own, because its receiver may give the answer
 * that it gave to the old one; otherwise later messages of its referral go on. False when the task was closed before.
 */
export async function reportUndelivered(trx: Trx, { taskId, deliverySeq, outcome, note, personId }: UndeliveredReport): Promise<boolean> {
  // First the message, then its task: the order in which the sender locks them.
  await sql`select from hl7v2_delivery where seq = ${deliverySeq} for update`.execute(trx);
  const { rows } = await sql`
    update task set status = 'done', outcome = ${outcome}, note = ${note}, closed_by = ${outcome}, owner_id = ${personId},
      claimed_at = coalesce(claimed_at, now()), closed_at = now() + clock_offset_ms * interval '1 millisecond', version = version + 1
    where id = ${taskId} and status = 'open' returning id`.execute(trx);
  if (rows.length === 0) return false;
  await (outcome === 'send-again'
    ? sql`
        update hl7v2_delivery set attempts = 0, next_attempt_at = now(), owed_at = now(), people_at = null, told_at = null,
          sending = sending + case when trouble ->> 'kind' = 'refused' then 1 else 0 end,
          control_id = case when trouble ->> 'kind' = 'refused' then null else control_id end
        where seq = ${deliverySeq} and settled_at is null`
    : sql`
        update hl7v2_delivery set settled_at = now(), outcome = 'dropped', detail = ${outcome} where seq = ${deliverySeq} and settled_at is null`
  ).execute(trx);
  return true;
}
