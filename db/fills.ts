/** What a migration leaves to be filled in: some rows at a time and each in a transaction of its own, so that the service can run meanwhile. */
import { sql } from 'kysely';
import type { Database } from './kit/database.ts';
import { inTransaction } from './kit/transaction.ts';
import { foldReferralChanges } from './referral/month-figures.ts';

/** A step locks these referrals for as long as it takes, some tenths of a second: commands of them wait for it. */
const REFERRALS_A_STEP = 500;

/** Fills what is not filled yet, from where an earlier call was broken off. Nothing reads it before: the code that does so starts after the migrations. */
export async function finishFills(db: Database): Promise<void> {
  let after = await findPlace(db);
  while (after !== undefined) after = await fillReferralParts(db, after);
  for (let changes = 1; changes > 0; ) changes = await foldReferralChanges(db);
}

interface Place {
  after: string | null;
}

/** Undefined when the fill is finished. */
async function findPlace(db: Database): Promise<Place | undefined> {
  const { rows } = await sql<Place>`select after from fill where name = 'referral-parts' and finished_at is null`.execute(db);
  return rows[0];
}

/** Resolves with the place to go on from, or with undefined behind the last. */
async function fillReferralParts(db: Database, { after }: Place): Promise<Place | undefined> {
  return inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    // A decision that is being committed has its referral locked and counts it itself: what it has written is seen by the statement after this.
    const { rows } = await sql<{ id: string }>`
      select id from referral where ${after === null} or id > ${after}::uuid order by id limit ${REFERRALS_A_STEP} for no key update`.execute(
      trx,
    );
    const last = rows.at(-1);
    await sql`select count_referrals(${rows.map(({ id }) => id)}::uuid[])`.execute(trx);
    await sql`update fill set after = coalesce(${last?.id ?? null}::uuid, after), finished_at = ${last ? null : new Date()}
      where name = 'referral-parts'`.execute(trx);
    return last && { after: last.id };
  });
}
