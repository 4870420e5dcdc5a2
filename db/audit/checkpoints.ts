/** Checkpoints: how far each chain has come and by which hash, signed by a key that is not in the database. */
import type { KeyObject } from 'node:crypto';
import { sql } from 'kysely';
import type { ActingFor, Database } from '../kit/database.ts';
import { inTransaction } from '../kit/transaction.ts';
import { type Checkpoint, signCheckpoint } from './chain.ts';
import { toChainName } from './entries.ts';
import { auditSealer } from './seal.ts';

export interface AuditKey {
  keyId: string;
  privateKey: KeyObject;
  publicJwk: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

/**
 * Signs the end of each chain that has gone on since its last checkpoint under this key. Resolves with the checkpoints, which the caller writes down
 * somewhere else too: whoever holds the database alone could leave them out.
 */
export async function makeCheckpoints(db: Database, key: AuditKey, now: Date, actor: ActingFor = auditSealer): Promise<Checkpoint[]> {
  return inTransaction(db, actor, async (trx) => {
    await sql`insert into audit_key (key_id, public_jwk) values (${key.keyId}, ${JSON.stringify(key.publicJwk)}::jsonb) on conflict do nothing`.execute(
      trx,
    );
    const { rows } = await sql<{ chain: string; seq: string; hash: Buffer }>`
      select ended.chain, ended.seq, ended.hash from (${chains}) as each (chain)
      cross join lateral (select chain, seq, hash from audit_seal where audit_seal.chain = each.chain order by seq desc limit 1) as ended
      where not exists (
        select from audit_checkpoint as made where made.chain = ended.chain and made.key_id = ${key.keyId} and made.seq >= ended.seq)`.execute(
      trx,
    );
    const checkpoints = rows.map(({ chain, seq, hash }) => ({
      chain,
      checkpoint: signCheckpoint(
        { institutionId: toChainName(chain), seq: Number(seq), hash: hash.toString('hex'), at: now.toISOString(), keyId: key.keyId },
        key.privateKey,
      ),
    }));
    if (checkpoints.length > 0)
      await trx
        .insertInto('audit_checkpoint')
        .values(
          checkpoints.map(({ chain, checkpoint: { seq, hash, at, keyId, signature } }) => ({
            chain,
            seq: String(seq),
            hash: Buffer.from(hash, 'hex'),
            at,
            key_id: keyId,
            signature: Buffer.from(signature, 'base64url'),
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    return checkpoints.map(({ checkpoint }) => checkpoint);
  });
}

/** Every chain that has an entry, one step in the index for each. */
export const chains = sql`
  with recursive each as (
    (select chain from audit_seal order by chain limit 1)
    union all
    select (select chain from audit_seal where audit_seal.chain > each.chain order by chain limit 1) from each where each.chain is not null)
  select chain from each where chain is not null`;

export type PublicAuditKey = Pick<AuditKey, 'keyId' | 'publicJwk'>;

/** The keys that have signed, the newest first. */
export async function listAuditKeys(db: Database): Promise<PublicAuditKey[]> {
  const rows = await db.selectFrom('audit_key').select(['key_id', 'public_jwk']).orderBy('since', 'desc').execute();
  return rows.map(({ key_id, public_jwk }) => ({ keyId: key_id, publicJwk: public_jwk }));
}

export interface CheckpointRow {
  chain: string;
  seq: string;
  hash: Buffer;
  at: Date;
  key_id: string;
  signature: Buffer;
}

export const toCheckpoint = ({ chain, seq, hash, at, key_id, signature }: CheckpointRow): Checkpoint => ({
  institutionId: toChainName(chain),
  seq: Number(seq),
  hash: hash.toString('hex'),
  at: at.toISOString(),
  keyId: key_id,
  signature: signature.toString('base64url'),
});
