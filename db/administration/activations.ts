/** Links by which people activate their account: each opens once, for 72 hours, and a newer one ends those before. */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

const VALID_FOR_MS = 72 * 3_600_000;

export interface NewActivation {
  token: string;
  expiresAt: Date;
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The token is nowhere but in the answer. */
export async function createActivation(trx: Trx, personId: string, now: Date): Promise<NewActivation> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + VALID_FOR_MS);
  await endActivations(trx, personId, now);
  await trx
    .insertInto('activation')
    .values({ token_hash: hashOf(token), person_id: personId, created_at: now, expires_at: expiresAt })
    .execute();
  return { token, expiresAt };
}

export async function endActivations(trx: Trx, personId: string, now: Date): Promise<void> {
  await trx.updateTable('activation').set({ ended_at: now }).where('person_id', '=', personId).where('ended_at', 'is', null).execute();
}

/** The person whom a token stands for at this moment; undefined for one that is unknown, used or late, or whose person has left. */
export async function findActivated(db: Database, token: string, now: Date): Promise<string | undefined> {
  const row = await db
    .selectFrom('activation')
    .innerJoin('person', 'person.id', 'activation.person_id')
    .select('activation.person_id as personId')
    .where('token_hash', '=', hashOf(token))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .where('person.active', '=', true)
    .executeTakeFirst();
  return row?.personId;
}

/** Of two who use one token at once the second finds it used. @returns false then */
export async function useActivation(trx: Trx, token: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('activation')
    .set({ ended_at: now })
    .where('token_hash', '=', hashOf(token))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
