/** Seals the audit: lays each institution's hash chain over what was written, in batches and after the fact. */
import { sql } from 'kysely';
import type { ActingFor, Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { firstPreviousHash, hashEntry } from './chain.ts';
import { chainOf, type EntryRow, entryColumns, toChainedEntry } from './entries.ts';

/** A batch is some milliseconds of hashing; the transaction stays far below the statements' time-out. */
const BATCH = 500;

/** Resolves with how many entries it sealed. Whoever seals at once takes turns, so no chain has a gap or a number twice. */
export async function sealBatch(trx: Trx): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('carepath audit seal', 0))`.execute(trx);
  const backlog = await takeBacklog(trx);
  // What is older comes first, so that a chain goes with the time.
  const rows = backlog.length > 0 ? backlog : await takeUnsealed(trx);
  if (rows.length === 0) return 0;
  const ends = await findEnds(trx, [...new Set(rows.map(chainOf))]);
  const seals = rows.map((row) => {
    const chain = chainOf(row);
    const { seq, hash: previousHash } = ends.get(chain) ?? { seq: 0, hash: firstPreviousHash };
    const link = { seq: seq + 1, hash: hashEntry(previousHash, toChainedEntry(row, chain, seq + 1)) };
    ends.set(chain, link);
    return {
      audit_id: row.id,
      chain,
      seq: String(link.seq),
      previous_hash: Buffer.from(previousHash, 'hex'),
      hash: Buffer.from(link.hash, 'hex'),
    };
  });
  await trx.insertInto('audit_seal').values(seals).execute();
  return rows.length;
}

/** The worker's part that seals and signs when nobody asks for it. */
export const auditSealer: ActingFor = { system: true, part: 'audit-sealer' };

/** Seals everything that is visible, for whoever asks for it. Resolves with how many entries it sealed. */
export async function sealAudit(db: Database, actor: ActingFor = auditSealer): Promise<number> {
  for (let sealed = 0; ; ) {
    const batch = await inTransaction(db, actor, sealBatch);
    sealed += batch;
    if (batch === 0) return sealed;
  }
}

/** Entries of before there was a chain, in the order of their ids. */
async function takeBacklog(trx: Trx): Promise<EntryRow[]> {
  const backlog = await trx.selectFrom('audit_backlog').selectAll().executeTakeFirst();
  if (!backlog) return [];
  const { rows } = await sql<EntryRow>`
    select ${entryColumns} from audit where id between ${backlog.next_id}::bigint and ${backlog.last_id}::bigint order by id limit ${BATCH}`.execute(
    trx,
  );
  const last = rows.at(-1);
  if (last && rows.length === BATCH)
    await trx
      .updateTable('audit_backlog')
      .set({ next_id: String(BigInt(last.id) + 1n) })
      .execute();
  else await trx.deleteFrom('audit_backlog').execute();
  return rows;
}

async function takeUnsealed(trx: Trx): Promise<EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    with taken as (
      delete from audit_unsealed where audit_id in (select audit_id from audit_unsealed order by audit_id limit ${BATCH}) returning audit_id)
    select ${entryColumns} from audit where id in (select audit_id from taken) order by id`.execute(trx);
  return rows;
}

interface End {
  seq: number;
  hash: string;
}

async function findEnds(trx: Trx, chains: readonly string[]): Promise<Map<string, End>> {
  const { rows } = await sql<{ chain: string; seq: string; hash: Buffer }>`
    select asked.chain, last.seq, last.hash from unnest(${[...chains]}::text[]) as asked (chain)
    cross join lateral (select seq, hash from audit_seal where chain = asked.chain order by seq desc limit 1) as last`.execute(trx);
  return new Map(rows.map(({ chain, seq, hash }) => [chain, { seq: Number(seq), hash: hash.toString('hex') }]));
}
