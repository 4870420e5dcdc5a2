/** Which pathway still has to hear of which fact. A delivery is settled by what the pathway has written, never by what was sent. */
import { sql } from 'kysely';
import { retractingFacts, type Subject } from '../../domain/kit/facts.ts';
import { deciders } from '../../domain/kit/registry.ts';
import type { Database } from './database.ts';
import { afterBackoff, afterSeconds, type LeasedQueue, selectDueRows } from './leased-queue.ts';
import { queueCadences } from './queue-cadences.ts';
import type { FactTable } from './tables.ts';
import type { Trx } from './transaction.ts';

/** What of a decider says to which facts its pathways listen. */
export interface Listener<Type extends string = string> {
  kind: string;
  facts: readonly Type[];
}

const findListeningKinds = (type: string, listeners: readonly Listener[]) =>
  sql`any(${listeners.filter(({ facts }) => facts.includes(type)).map(({ kind }) => kind)}::text[])`;

/**
 * The open pathways that listen to a type, and those that are being created at this moment: whoever gave the creating command, which is stored by now,
 * could not know of the fact. Columns: pathway_id, patient_id, creating_command_id.
 */
export function listeningPathways(type: string, listeners: readonly Listener[] = deciders) {
  const kinds = findListeningKinds(type, listeners);
  return sql`
    select id as pathway_id, patient_id, null::uuid as creating_command_id from pathway where status = 'open' and kind = ${kinds}
    union all
    select pathway_id, input ->> 'patientId', id from command
    where pathway_id is not null and acked_at is null and outcome is null and pathway_kind = ${kinds}
      and not exists (select from pathway where pathway.id = command.pathway_id and pathway.patient_id is not null)`;
}

/** The open pathways that listen to a type and hold a subject. Column: pathway_id. */
export const pathwaysHolding = (subject: Subject, type: string, listeners: readonly Listener[] = deciders) => sql`
  select pathway.id as pathway_id from pathway_subject join pathway on pathway.id = pathway_subject.pathway_id
  where subject_type = ${subject.type} and subject_id = ${subject.id} and status = 'open' and kind = ${findListeningKinds(type, listeners)}`;

/**
 * Owes a fact to the pathways of these records that listen to its type. Whoever calls this holds the lock of the resident, so that the deliveries of
 * one pathway are numbered in the order in which facts took effect.
 */
export async function oweDeliveries(
  trx: Trx,
  { factId, type, recordIds }: { factId: string; type: FactTable['type']; recordIds: readonly string[] },
): Promise<void> {
  await sql`
    insert into fact_delivery (fact_id, pathway_id, creating_command_id)
    select ${factId}::uuid, pathway_id, creating_command_id from (${listeningPathways(type)}) as listening
    where patient_id = any(${[...recordIds]}::text[])
    on conflict do nothing`.execute(trx);
}

/** A pathway that has ended decides on these all the same: the relay begins a new run of it. */
const isRetracting = sql`fact.type = any(${[...retractingFacts]}::text[])`;

/**
 * Settles deliveries that are needed no more: the pathway has decided on the fact, has ended, or was refused its creation. Returns how many.
 * The key of the decision is the `stepKey` of domain/kit/pathway.ts.
 */
export async function settleDeliveries(db: Database): Promise<number> {
  const { numAffectedRows } = await sql`
    update fact_delivery as delivery set settled_at = now()
    where settled_at is null and (
      exists (select from decision where decision.key = delivery.pathway_id::text || ':' || delivery.fact_id::text)
      or exists (select from pathway where pathway.id = delivery.pathway_id and pathway.status = 'ended')
        and not exists (select from fact where fact.id = delivery.fact_id and ${isRetracting})
      or exists (select from command where command.id = delivery.creating_command_id and command.outcome ->> 'ok' = 'false')
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}

export interface DueDelivery {
  factId: string;
  pathwayId: string;
  pathwayKind: string;
  /** The type of the fact, which is also the name of the Signal. */
  type: FactTable['type'];
  input: unknown;
  /** The number of tries so far, this one included. */
  attempts: number;
}

const queue: LeasedQueue = {
  table: 'fact_delivery',
  key: ['fact_id', 'pathway_id'],
  doneAt: 'settled_at',
  together: ['pathway_id'],
  order: ['seq'],
};

/** A pathway that is being created has no workflow yet, and one that was refused its creation has nothing to decide about. */
const isDue = sql`waiting.next_attempt_at <= now()
  and exists (select from pathway where pathway.id = waiting.pathway_id and pathway.version > 0
    and (pathway.status = 'open' or exists (select from fact where fact.id = waiting.fact_id and ${isRetracting})))`;

/**
 * Leases the deliveries that are due, so that two relays do not bring the same: of each pathway only the first one that is not settled, so that facts
 * reach it in order. The lease ends with the next attempt.
 */
export async function leaseDueDeliveries(db: Database, { limit }: { limit: number }): Promise<DueDelivery[]> {
  const { rows } = await sql<DueDelivery>`
    update fact_delivery as delivery
    set attempts = delivery.attempts + 1, next_attempt_at = ${afterBackoff(sql`delivery.attempts`, queueCadences.facts.retry)}
    from fact, pathway
    where fact.id = delivery.fact_id and pathway.id = delivery.pathway_id
      and (delivery.fact_id, delivery.pathway_id) in (${selectDueRows(queue, { due: isDue, first: ['next_attempt_at', 'seq'], limit })})
    returning delivery.fact_id as "factId", delivery.pathway_id as "pathwayId", pathway.kind as "pathwayKind", fact.type, fact.input,
      delivery.attempts`.execute(db);
  return rows;
}

/** Notes that Temporal has the Signal. Whether the pathway has decided is another question. */
export async function markDelivered(db: Database, { factId, pathwayId }: DueDelivery): Promise<void> {
  await sql`
    update fact_delivery set delivered_at = coalesce(delivered_at, now()) where fact_id = ${factId} and pathway_id = ${pathwayId}`.execute(
    db,
  );
}

/** Makes a delivery that could not be sent due again soon: the wait that grows is for pathways that do not decide, not for a server that was away. */
export async function retryDelivery(db: Database, { factId, pathwayId }: DueDelivery): Promise<void> {
  await sql`
    update fact_delivery set next_attempt_at = ${afterSeconds(queueCadences.factsNotSent.retrySeconds)}
    where fact_id = ${factId} and pathway_id = ${pathwayId} and settled_at is null`.execute(db);
}
