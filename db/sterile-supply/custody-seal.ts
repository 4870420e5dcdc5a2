/** Seals the ledger: lays the hash chain over what was recorded, in batches and after the fact, so that no act waits for another one's hash. */
import { sql } from 'kysely';
import { toEpcisEvent } from '../../domain/sterile-supply/epcis.ts';
import type { ActingFor, Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { firstPrevious, type Link, linkEvent } from './custody-chain.ts';
import { toRecordedEvent } from './recorded-events.ts';

/** A batch is some milliseconds of hashing; the transaction stays far below the statements' time-out. */
const BATCH = 500;

/**
 * Seals one batch, in the order of the ledger's positions. What becomes visible later, although its position is lower, gets the next numbers: the
 * chain has no gap and no number twice, whoever seals at once. Resolves with how many entries it sealed.
 */
export async function sealBatch(trx: Trx): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('carepath custody seal', 0))`.execute(trx);
  const rows = await trx
    .selectFrom('supply_event')
    .selectAll()
    .where('id', 'in', (unsealed) => unsealed.selectFrom('custody_unsealed').select('event_id').orderBy('position').limit(BATCH))
    .orderBy('position')
    .execute();
  if (rows.length === 0) return 0;
  const last = await trx.selectFrom('custody_seal').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  let before: Pick<Link, 'seq' | 'hash'> = last ? { seq: Number(last.seq), hash: last.hash } : { seq: 0, hash: firstPrevious };
  const seals = rows.map((row) => {
    const link = linkEvent(toEpcisEvent(toRecordedEvent(row)), before.seq + 1, before.hash);
    before = link;
    return { seq: String(link.seq), event_id: row.id, previous: link.previous, hash: link.hash };
  });
  await trx.insertInto('custody_seal').values(seals).execute();
  await trx
    .deleteFrom('custody_unsealed')
    .where(
      'event_id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.length;
}

const scanRelay: ActingFor = { system: true, part: 'scan-relay' };

/** Seals everything that is visible, for whoever asks for it. Resolves with how many entries it sealed. */
export async function sealLedger(db: Database, actor: ActingFor = scanRelay): Promise<number> {
  for (let sealed = 0; ; ) {
    const batch = await inTransaction(db, actor, sealBatch);
    sealed += batch;
    if (batch < BATCH) return sealed;
  }
}
