/** Stretches of the audit's chains, as a file that can be checked alone. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { type ChainedEntry, type Link, writeLine } from './chain.ts';
import { chains, toCheckpoint } from './checkpoints.ts';
import { type EntryRow, entryColumns, toChainedEntry, toStoredChain } from './entries.ts';

export interface ExportQuestion {
  /** One institution, or `alliance`; every chain without it. */
  institutionId?: string | undefined;
  from: Date;
  to: Date;
}

/** The part of a chain from the first to the last entry that was written in the period, with all that lies between and none left out. */
interface Stretch {
  chain: string;
  first: number;
  last: number;
}

const PAGE = 500;

/**
 * Gives the lines of the export, each with its end: the entries of one chain after the other, each stretch up to its next checkpoint if there is one, and
 * every checkpoint behind the entry that it speaks of.
 */
export async function* writeExport(db: Database, question: ExportQuestion): AsyncGenerator<string> {
  for (const stretch of await findStretches(db, question)) yield* writeStretch(db, stretch);
}

/** Transactions end within seconds of one another, so whatever was written in the period lies within a minute of it. */
const SLACK_MS = 60_000;

async function findStretches(db: Database, { institutionId, from, to }: ExportQuestion): Promise<Stretch[]> {
  const asked = institutionId === undefined ? chains : sql`select ${toStoredChain(institutionId)}`;
  const { rows } = await sql<{ chain: string; first: string; last: string }>`
    select chain, first, coalesce(
        (select seq from audit_checkpoint where audit_checkpoint.chain = part.chain and seq >= part.last order by seq limit 1), last) as last
    from (
      select chain, audit_entries_before(chain, ${new Date(from.getTime() - SLACK_MS)}::timestamptz) + 1 as first,
        audit_entries_before(chain, ${new Date(to.getTime() + SLACK_MS)}::timestamptz) as last
      from (${asked}) as each (chain)) as part
    where last >= first order by chain`.execute(db);
  return rows.map(({ chain, first, last }) => ({ chain, first: Number(first), last: Number(last) }));
}

async function* writeStretch(db: Database, { chain, first, last }: Stretch): AsyncGenerator<string> {
  const checkpoints = await db
    .selectFrom('audit_checkpoint')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>=', String(first))
    .where('seq', '<=', String(last))
    .orderBy('seq')
    .orderBy('at')
    .execute();
  for (let from = first; from <= last; from += PAGE) {
    const entries = await listSealed(db, chain, from, Math.min(from + PAGE - 1, last));
    for (const entry of entries) {
      yield `${writeLine(entry)}\n`;
      for (const row of checkpoints) if (Number(row.seq) === entry.seq) yield `${writeLine(toCheckpoint(row))}\n`;
    }
  }
}

/** The entries of a chain with these numbers and the links that were laid to them, in order. What is missing is left out. */
export async function listSealed(db: Database, chain: string, from: number, to: number): Promise<(ChainedEntry & Link)[]> {
  const { rows } = await sql<EntryRow & { seq: string; previous_hash: Buffer; hash: Buffer }>`
    select audit_seal.seq, audit_seal.previous_hash, audit_seal.hash, ${entryColumns}
    from audit_seal join audit on audit.id = audit_seal.audit_id
    where audit_seal.chain = ${chain} and audit_seal.seq between ${from} and ${to} order by audit_seal.seq`.execute(db);
  return rows.map((row) => ({
    ...toChainedEntry(row, chain, Number(row.seq)),
    previousHash: row.previous_hash.toString('hex'),
    hash: row.hash.toString('hex'),
  }));
}
