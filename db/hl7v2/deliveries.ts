/** Steps of referrals that an institution's own system has to be told of as HL7 v2, in order, until it has answered. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { afterSeconds, type LeasedQueue, selectDueRows } from '../kit/leased-queue.ts';
import { queueCadences } from '../kit/queue-cadences.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';

export type Endpoints = ReadonlyMap<string, string>;

/** Replaces what was configured before. What is owed to an institution that has no endpoint any more is dropped. Throws for an unknown institution. */
export async function setEndpoints(db: Database, endpoints: Endpoints): Promise<void> {
  await inTransaction(db, { system: true, part: 'hl7v2-sender' }, async (trx) => {
    const ids = [...endpoints.keys()];
    await sql`delete from hl7v2_endpoint where institution_id <> all(${ids}::text[])`.execute(trx);
    for (const [institution_id, url] of endpoints)
      await trx
        .insertInto('hl7v2_endpoint')
        .values({ institution_id, url })
        .onConflict((conflict) => conflict.column('institution_id').doUpdateSet({ url }))
        .execute();
    await sql`
      update hl7v2_delivery set settled_at = now(), outcome = 'dropped'
      where settled_at is null and institution_id <> all(${ids}::text[])`.execute(trx);
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
  pathwayId: string;
  pathwayKind: string;
  version: number;
  institutionId: string;
  url: string;
  attempts: number;
}

const queue: LeasedQueue = {
  table: 'hl7v2_delivery',
  key: ['seq'],
  doneAt: 'settled_at',
  together: ['pathway_id', 'institution_id'],
  order: ['seq'],
};

/** Leased, so that two senders do not take the same; of each referral and institution only the first, so that steps arrive in order. */
export async function leaseDueMessages(db: Database, { limit }: { limit: number }): Promise<DueDelivery[]> {
  const { rows } = await sql<DueDelivery>`
    update hl7v2_delivery as delivery
    set attempts = delivery.attempts + 1, next_attempt_at = ${afterSeconds(queueCadences.hl7v2.leaseSeconds)}
    from hl7v2_endpoint
    where hl7v2_endpoint.institution_id = delivery.institution_id
      and delivery.seq in (${selectDueRows(queue, { due: sql`waiting.next_attempt_at <= now()`, limit })})
    returning delivery.pathway_id as "pathwayId", (select kind from pathway where id = delivery.pathway_id) as "pathwayKind", delivery.version, delivery.institution_id as "institutionId", hl7v2_endpoint.url, delivery.attempts`.execute(
    db,
  );
  return rows;
}

export async function settleMessage(
  db: Database,
  { pathwayId, version, institutionId }: DueDelivery,
  outcome: 'accepted' | 'refused' | 'dropped',
  detail: string | null = null,
): Promise<void> {
  await sql`
    update hl7v2_delivery set settled_at = now(), outcome = ${outcome}, detail = ${detail}
    where pathway_id = ${pathwayId} and version = ${version} and institution_id = ${institutionId} and settled_at is null`.execute(db);
}

export async function retryMessage(db: Database, { pathwayId, version, institutionId }: DueDelivery, seconds: number): Promise<void> {
  await sql`
    update hl7v2_delivery set next_attempt_at = ${afterSeconds(seconds)}
    where pathway_id = ${pathwayId} and version = ${version} and institution_id = ${institutionId} and settled_at is null`.execute(db);
}
