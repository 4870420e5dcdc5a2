/** What a migration leaves to be filled in: some rows at a time and each in a transaction of its own, so that the service can run meanwhile. */
import { sql } from 'kysely';
import { localDateOf } from '../domain/time/local-date.ts';
import { fillEpisodeOutcomes } from './discharge/outcomes.ts';
import { foldFollowUpChanges } from './follow-up/month-figures.ts';
import type { Database } from './kit/database.ts';
import { inTransaction } from './kit/transaction.ts';
import { foldReferralChanges } from './referral/month-figures.ts';

/** A step locks these referrals for as long as it takes, some tenths of a second: commands of them wait for it. */
const REFERRALS_A_STEP = 500;

/** Commands of these wait likewise. */
const RESIDENTS_A_STEP = 100;

/** Does what is not done yet, from where an earlier call was broken off. The code that depends on it starts after the migrations. */
export async function finishFills(db: Database): Promise<void> {
  for (const { name, after } of await db.selectFrom('fill').selectAll().where('finished_at', 'is', null).orderBy('name').execute())
    if (name === 'audit-of-patients') await indexAuditOfPatients(db);
    else await fillInSteps(db, stepOf(name), { after });
  await foldAll(db);
}

interface Place {
  after: string | null;
}

/** Resolves with the place to go on from, or with undefined behind the last. */
type Step = (db: Database, place: Place) => Promise<Place | undefined>;

const steps: Readonly<Record<string, Step>> = {
  'follow-up-parts': fillFollowUpParts,
  'referral-parts': fillReferralParts,
  'referral-endings': fillReferralEndings,
  'episode-outcomes': fillEpisodeOutcomes,
};

/** Throws for a fill that this code does not know, which newer code must have ordered. */
function stepOf(name: string): Step {
  const step = steps[name];
  if (!step) throw new Error(`This version does not know the fill ${name}.`);
  return step;
}

async function fillInSteps(db: Database, step: Step, from: Place): Promise<void> {
  for (let place: Place | undefined = from; place; ) place = await step(db, place);
}

async function foldAll(db: Database): Promise<void> {
  for (const fold of [foldReferralChanges, foldFollowUpChanges]) for (let changes = 1; changes > 0; ) changes = await fold(db);
}

/**
 * What enrolments count is known up to the end of next year: once a year that is one year more for everybody. Goes on where another call was broken off.
 */
export async function extendFollowUpHorizon(db: Database, now: Date): Promise<void> {
  const target = Number(localDateOf(now.getTime()).slice(0, 4)) + 1;
  await sql`
    with further as (update follow_up_horizon set target_year = ${target} where target_year < ${target} returning target_year)
    update fill set after = null, finished_at = null where name = 'follow-up-parts' and exists (select from further)`.execute(db);
  const begun = await db
    .selectFrom('fill')
    .select('after')
    .where('name', '=', 'follow-up-parts')
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (begun) await fillInSteps(db, fillFollowUpParts, begun);
}

/** Resident by resident: count_follow_ups keeps each from being counted twice at a time. */
async function fillFollowUpParts(db: Database, { after }: Place): Promise<Place | undefined> {
  return inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select distinct patient_id as id from enrolment where ${after === null} or patient_id > ${after} order by patient_id limit ${RESIDENTS_A_STEP}`.execute(
      trx,
    );
    const last = rows.at(-1);
    await sql`select count_follow_ups(${rows.map(({ id }) => id)}::text[])`.execute(trx);
    await sql`update fill set after = ${last?.id ?? null}, finished_at = ${last ? null : new Date()} where name = 'follow-up-parts'`.execute(
      trx,
    );
    if (!last) await sql`update follow_up_horizon set filled_year = target_year`.execute(trx);
    return last && { after: last.id };
  });
}

/** What the book shows of referrals that ended before there was a row for it. */
async function fillReferralEndings(db: Database, { after }: Place): Promise<Place | undefined> {
  return inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select id from referral where ${after === null} or id > ${after}::uuid order by id limit ${REFERRALS_A_STEP} for no key update`.execute(
      trx,
    );
    const last = rows.at(-1);
    // What a decision of this code has written is newer.
    await sql`
      insert into referral_ending (referral_id, past_appointment, outcome)
      select id, past_appointment, outcome from (
        select pathway.id, nullif(pathway.state -> 'pastAppointment', 'null') as past_appointment,
          (select note from timeline where pathway_id = pathway.id and event = 'send-outcome' order by seq desc limit 1) as outcome
        from pathway where pathway.id = any(${rows.map(({ id }) => id)}::uuid[])
      ) as ended
      where past_appointment is not null or outcome is not null
      on conflict do nothing`.execute(trx);
    await sql`update fill set after = coalesce(${last?.id ?? null}, after), finished_at = ${last ? null : new Date()}
      where name = 'referral-endings'`.execute(trx);
    return last && { after: last.id };
  });
}

async function fillReferralParts(db: Database, { after }: Place): Promise<Place | undefined> {
  return inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    // A decision that is being committed has its referral locked and counts it itself: what it has written is seen by the statement after this.
    const { rows } = await sql<{ id: string }>`
      select id from referral where ${after === null} or id > ${after}::uuid order by id limit ${REFERRALS_A_STEP} for no key update`.execute(
      trx,
    );
    const last = rows.at(-1);
    await sql`select count_referrals(${rows.map(({ id }) => id)}::uuid[])`.execute(trx);
    await sql`update fill set after = coalesce(${last?.id ?? null}, after), finished_at = ${last ? null : new Date()}
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
