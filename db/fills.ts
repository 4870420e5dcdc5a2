/** What a migration leaves to be filled in: some rows at a time and each in a transaction of its own, so that the service can run meanwhile. */
import { sql } from 'kysely';
import type { Database } from './kit/database.ts';
import { inTransaction } from './kit/transaction.ts';
import { foldReferralChanges } from './referral/month-figures.ts';

/** A step locks these referrals for as long as it takes, some tenths of a second: commands of them wait for it. */
const REFERRALS_A_STEP = 500;

/** Does what is not done yet, from where an earlier call was broken off. The code that depends on it starts after the migrations. */
export async function finishFills(db: Database): Promise<void> {
  for (const { name, after } of await db.selectFrom('fill').selectAll().where('finished_at', 'is', null).orderBy('name').execute())
    if (name === 'audit-of-patients') await indexAuditOfPatients(db);
    else await fillReferrals(db, { after });
}

interface Place {
  after: string | null;
}

async function fillReferrals(db: Database, from: Place): Promise<void> {
  for (let place: Place | undefined = from; place; ) place = await fillReferralParts(db, place);
  for (let changes = 1; changes > 0; ) changes = await foldReferralChanges(db);
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

/**
 * Concurrently, which no transaction may do: the audit is written on meanwhile. An attempt that was broken off leaves an index that is never used.
 * A read of twenty patients is twenty entries of the index. They wait in its list of a few pages and are taken in together.
 */
async function indexAuditOfPatients(db: Database): Promise<void> {
  await sql`drop index if exists audit_of_patients`.execute(db);
  await sql`
    create index concurrently audit_of_patients on audit using gin (patient_ids) with (gin_pending_list_limit = 128)
    where patient_ids is not null`.execute(db);
  await sql`update fill set finished_at = now() where name = 'audit-of-patients'`.execute(db);
}
