/** Checks the chains where they stand: every entry against its seal, every seal against the one before, every checkpoint against its signature. */
import { createPublicKey } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { createChainCheck, hashEntry, type Keys, type Verification } from './chain.ts';
import { type CheckpointRow, chains, listAuditKeys, toCheckpoint } from './checkpoints.ts';
import { toChainName } from './entries.ts';
import { listSealed } from './export.ts';

const PAGE = 500;

export async function loadAuditKeys(db: Database): Promise<Keys> {
  const keys = await listAuditKeys(db);
  return new Map(keys.map(({ keyId, publicJwk }) => [keyId, createPublicKey({ key: publicJwk, format: 'jwk' })]));
}

/** Names the first piece that does not fit. Entries that are not sealed yet are left aside. */
export async function verifyDatabase(db: Database, keys: Keys): Promise<Verification> {
  const check = createChainCheck(keys);
  const { rows } = await sql<{ chain: string }>`${chains}`.execute(db);
  for (const { chain } of rows) {
    const broken = await verifyChain(db, chain, check);
    if (broken) return broken;
  }
  return (await findUnsealed(db)) ?? check.whole();
}

async function verifyChain(db: Database, chain: string, check: ReturnType<typeof createChainCheck>): Promise<Verification | undefined> {
  const institutionId = toChainName(chain);
  const broken = (flaw: Exclude<ReturnType<typeof check.entry>, undefined>, seq: number): Verification => ({
    whole: false,
    flaw,
    line: null,
    institutionId,
    seq,
  });
  const { rows } = await sql<{ last: string }>`
    select greatest((select max(seq) from audit_seal where chain = ${chain}), (select max(seq) from audit_checkpoint where chain = ${chain})) as last`.execute(
    db,
  );
  const last = Number(rows[0]?.last ?? 0);
  for (let from = 1; from <= last; from += PAGE) {
    const to = Math.min(from + PAGE - 1, last);
    const entries = await listSealed(db, chain, from, to);
    const checkpoints = await listCheckpoints(db, chain, from, to);
    for (let seq = from, at = 0; seq <= to; seq += 1) {
      const entry = entries[at];
      // Before the first one of a chain nothing says that it should be there but the number.
      if (!entry || entry.seq !== seq) return broken('missing', seq);
      at += 1;
      const flaw = check.entry(entry);
      if (flaw) return broken(flaw === 'changed' && fitsElsewhere(entry, entries) ? 'moved' : flaw, seq);
      for (const row of checkpoints) {
        const wrong = Number(row.seq) === seq ? check.checkpoint(toCheckpoint(row)) : undefined;
        if (wrong) return broken(wrong, seq);
      }
    }
  }
  return undefined;
}

type Sealed = Awaited<ReturnType<typeof listSealed>>[number];

/** Whether the seal of this place is that of another entry: the two were exchanged. */
const fitsElsewhere = ({ seq, previousHash, hash }: Sealed, entries: readonly Sealed[]): boolean =>
  entries.some(({ previousHash: _, hash: __, ...other }) => hashEntry(previousHash, { ...other, seq }) === hash);

const listCheckpoints = (db: Database, chain: string, from: number, to: number): Promise<CheckpointRow[]> =>
  db
    .selectFrom('audit_checkpoint')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>=', String(from))
    .where('seq', '<=', String(to))
    .execute();

/** An entry that neither has a seal nor waits for one was put in behind the trigger's back. */
async function findUnsealed(db: Database): Promise<Verification | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from audit
    where not exists (select from audit_seal where audit_id = id) and not exists (select from audit_unsealed where audit_id = id)
      and not exists (select from audit_backlog where id between next_id and last_id)
    limit 1`.execute(db);
  return rows.length === 0 ? undefined : { whole: false, flaw: 'missing', line: null, institutionId: null, seq: null };
}
