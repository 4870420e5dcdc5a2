/** Steps of referrals that an institution's own system has to be told of as HL7 v2, in order, until it has answered. */
import { sql } from 'kysely';
import type { Trouble } from '../../domain/interfaces/undelivered.ts';
import type { ActingFor, Database } from '../kit/database.ts';
import { afterSeconds, type LeasedQueue, selectDueRows } from '../kit/leased-queue.ts';
import { queueCadences } from '../kit/queue-cadences.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { loadInterfaceConfiguration } from './configuration.ts';
import { changeUndeliveredTask, closeUndeliveredTask } from './undelivered-tasks.ts';

const SENDER = { system: true, part: 'hl7v2-sender' } as const;

export type Endpoints = ReadonlyMap<string, string>;

/** Replaces what was configured before. What is owed to an institution that has no endpoint any more is dropped. Throws for an unknown institution. */
export async function setEndpoints(db: Database, endpoints: Endpoints): Promise<void> {
  await inTransaction(db, SENDER, async (trx) => {
    const ids = [...endpoints.keys()];
    await sql`delete from hl7v2_endpoint where institution_id <> all(${ids}::text[])`.execute(trx);
    for (const [institution_id, url] of endpoints)
      await trx
        .insertInto('hl7v2_endpoint')
        .values({ institution_id, url })
        .onConflict((conflict) => conflict.column('institution_id').doUpdateSet({ url }))
        .execute();
    const { rows } = await sql<{ seq: string }>`
      update hl7v2_delivery set settled_at = now(), outcome = 'dropped', detail = 'no-endpoint'
      where settled_at is null and institution_id <> all(${ids}::text[]) returning seq`.execute(trx);
    for (const { seq } of rows) await closeUndeliveredTask(trx, seq, 'no-endpoint');
  });
}

/** The decision that is being committed: its version is the pathway's. Owed only to institutions that have an endpoint. */
export async function oweMessage(trx: Trx, pathwayId: string, institutionId: string): Promise<void> {
  await sql`
    insert into hl7v2_delivery (pathway_id, version, institution_id)
    select pathway.id, pathway.version, hl7v2_endpoint.institution_id from pathway, hl7v2_endpoint
    where pathway.id = ${pathwayId} and hl7v2_endpoint.institution_id = ${institutionId}`.execute(trx);
}

export interface DueDelivery {
  seq: string;
  pathwayId: string;
  pathwayKind: string;
  version: number;
  institutionId: string;
  url: string;
  attempts: number;
  controlId: string | null;
  /** 1; more after a person has had a refused message sent anew. */
  sending: number;
}

const queue: LeasedQueue = {
  table: 'hl7v2_delivery',
  key: ['seq'],
  doneAt: 'settled_at',
  together: ['pathway_id', 'institution_id'],
  order: ['seq'],
};

export interface Lease {
  /** The most messages for each institution. */
  limit: number;
  /** Institutions whose system has enough on its way. */
  busy?: readonly string[];
}

/**
 * Leased, so that two senders do not take the same; of each referral and institution only the first, so that steps arrive in order. Of each institution so
 * many, and first what was never sent: a system that stands still holds up no other, and a message that is not answered holds up no other referral.
 */
export async function leaseDueMessages(db: Database, { limit, busy = [] }: Lease): Promise<DueDelivery[]> {
  const due = sql`waiting.next_attempt_at <= now() and waiting.institution_id = endpoint.institution_id`;
  const { rows } = await sql<DueDelivery>`
    update hl7v2_delivery as delivery
    set attempts = delivery.attempts + 1, next_attempt_at = ${afterSeconds(queueCadences.hl7v2.leaseSeconds)}
    from hl7v2_endpoint
    where hl7v2_endpoint.institution_id = delivery.institution_id
      and delivery.seq in (
        select chosen.seq from hl7v2_endpoint as endpoint
          cross join lateral (${selectDueRows(queue, { due, first: ['attempts', 'seq'], limit })}) as chosen
        where endpoint.institution_id <> all(${[...busy]}::text[]))
    returning delivery.seq, delivery.pathway_id as "pathwayId", (select kind from pathway where id = delivery.pathway_id) as "pathwayKind", delivery.version, delivery.institution_id as "institutionId", hl7v2_endpoint.url, delivery.attempts, delivery.control_id as "controlId", delivery.sending`.execute(
    db,
  );
  return rows;
}

/** Before a message leaves for the first time: its answer may come by another connection. */
export async function noteControlId(db: Database, { seq }: Pick<DueDelivery, 'seq'>, controlId: string): Promise<void> {
  await sql`update hl7v2_delivery set control_id = ${controlId} where seq = ${seq} and settled_at is null`.execute(db);
}

/** The message is done with: answered, or there is none for this institution. A task of it closes by itself. False when it was done with before. */
export async function settleMessage(
  db: Database,
  { seq }: Pick<DueDelivery, 'seq'>,
  outcome: 'accepted' | 'dropped',
  acting: ActingFor = SENDER,
): Promise<boolean> {
  return inTransaction(db, acting, (trx) => settleDelivery(trx, seq, outcome));
}

async function settleDelivery(trx: Trx, seq: string, outcome: 'accepted' | 'dropped'): Promise<boolean> {
  const { rows } = await sql`
    update hl7v2_delivery set settled_at = now(), outcome = ${outcome} where seq = ${seq} and settled_at is null returning seq`.execute(
    trx,
  );
  await closeUndeliveredTask(trx, seq, outcome === 'accepted' ? 'answered' : 'needless');
  return rows.length > 0;
}

/**
 * The message goes again after so many seconds. From the first failure on it is known when a person is to hear of it: sooner where its receiver has refused
 * it. Whoever was told and closed the task without a way out is told again.
 */
export async function retryMessage(
  db: Database,
  { seq }: Pick<DueDelivery, 'seq'>,
  seconds: number,
  trouble: Trouble,
  acting: ActingFor = SENDER,
): Promise<void> {
  const { unansweredForSeconds: unanswered, refusedForSeconds } = await loadInterfaceConfiguration(db);
  const refusedAt = trouble.kind === 'refused' ? afterSeconds(refusedForSeconds) : sql`null`;
  await inTransaction(db, acting, async (trx) => {
    const { rows } = await sql`
      update hl7v2_delivery as delivery
      set next_attempt_at = ${afterSeconds(seconds)}, trouble = ${JSON.stringify(trouble)}::jsonb,
        people_at = least(coalesce(people_at, owed_at + (case state ->> 'urgency' when 'urgent' then ${unanswered.urgent}::float8
          when 'same-day' then ${unanswered['same-day']} else ${unanswered.routine} end) * interval '1 second'), ${refusedAt}),
        told_at = case when exists (select from task where task.pathway_id = delivery.pathway_id and delivery_seq = delivery.seq and task.status = 'open') then told_at end
      from pathway
      where pathway.id = delivery.pathway_id and seq = ${seq} and settled_at is null returning seq`.execute(trx);
    if (rows.length > 0) await changeUndeliveredTask(trx, seq, trouble);
  });
}

/**
 * What a system answers by a connection of its own, or in a batch: `accepted` ends the delivery, a trouble keeps it. Resolves with false when no message of
 * ours for this institution has the control id.
 */
export async function noteLateAnswer(
  db: Database,
  { institutionId, controlId }: { institutionId: string; controlId: string },
  answer: { accepted: true } | { trouble: Pick<Trouble, 'kind' | 'code' | 'condition' | 'place'> },
  acting: ActingFor,
): Promise<boolean> {
  const delivery = await db
    .selectFrom('hl7v2_delivery')
    .select(['seq', 'settled_at as settledAt', 'trouble'])
    .where('institution_id', '=', institutionId)
    .where('control_id', '=', controlId)
    .executeTakeFirst();
  if (!delivery) return false;
  if ('accepted' in answer) await settleMessage(db, delivery, 'accepted', acting);
  else await reopenRefused(db, delivery, { ...answer.trouble, controlId }, acting);
  return true;
}

/** A message that was only stored (CA) and is refused afterwards is owed again. One that a person has closed stays closed. */
async function reopenRefused(
  db: Database,
  { seq, trouble }: { seq: string; trouble: unknown },
  refusal: Omit<Trouble, 'messageType'>,
  acting: ActingFor,
): Promise<void> {
  const { messageType = null } = (trouble ?? {}) as Partial<Trouble>;
  await sql`
    update hl7v2_delivery set settled_at = null, outcome = null, owed_at = now(), people_at = null
    where seq = ${seq} and outcome = 'accepted'`.execute(db);
  await retryMessage(db, { seq }, queueCadences.hl7v2.retry.capSeconds, { ...refusal, messageType }, acting);
}
