/** Second factors: one for each person, with recovery codes, each of which counts once. */
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export interface StoredSecondFactor {
  sealedSecret: string;
  isActive: boolean;
}

export async function findSecondFactor(db: Database, personId: string): Promise<StoredSecondFactor | undefined> {
  const row = await db
    .selectFrom('second_factor')
    .select(['sealed_secret', 'active_at'])
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return row && { sealedSecret: row.sealed_secret, isActive: row.active_at !== null };
}

export interface NewSecondFactor {
  personId: string;
  sealedSecret: string;
  recoveryHashes: readonly Buffer[];
  at: Date;
}

/** In place of one that was never confirmed. @returns false where one is active, which stays */
export async function beginSecondFactor(trx: Trx, { personId, sealedSecret, recoveryHashes, at }: NewSecondFactor): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('second_factor')
    .values({ person_id: personId, sealed_secret: sealedSecret, begun_at: at })
    .onConflict((conflict) =>
      conflict
        .column('person_id')
        .doUpdateSet({ sealed_secret: sealedSecret, begun_at: at, last_step: '0' })
        .where('second_factor.active_at', 'is', null),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute();
  await trx
    .insertInto('recovery_code')
    .values(recoveryHashes.map((hash) => ({ code_hash: hash, person_id: personId })))
    .execute();
  return true;
}

export async function activateSecondFactor(db: Database, personId: string, at: Date): Promise<void> {
  await db.updateTable('second_factor').set({ active_at: at }).where('person_id', '=', personId).where('active_at', 'is', null).execute();
}

/** @returns false where a code of this step, or of a later one, was taken before */
export async function useStep(db: Database, personId: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('second_factor')
    .set({ last_step: String(step) })
    .where('person_id', '=', personId)
    .where('last_step', '<', String(step))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns false for a code that is none of theirs, or was used before */
export async function useRecoveryCode(
  db: Database,
  { personId, codeHash, at }: { personId: string; codeHash: Buffer; at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('recovery_code')
    .set({ used_at: at })
    .where('code_hash', '=', codeHash)
    .where('person_id', '=', personId)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns false where there is no active one */
export async function removeSecondFactor(trx: Trx, personId: string): Promise<boolean> {
  await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute();
  const { numDeletedRows } = await trx
    .deleteFrom('second_factor')
    .where('person_id', '=', personId)
    .where('active_at', 'is not', null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
