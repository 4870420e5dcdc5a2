/** Breaches of the climate as they are read, and their review: it frees or rejects the packs that wait for it. */
import { sql } from 'kysely';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { type Act, refuseTransition } from './act.ts';
import { appendLedger } from './ledger.ts';
import { loadNormRules } from './norm-rules.ts';

export interface ClimateBreachRecord {
  id: string;
  institutionId: string;
  startedAt: Date;
  endedAt: Date | null;
  standing: boolean;
  version: number;
  createdAt: Date;
  packIds: string[];
  /** Packs that wait for a review. */
  waiting: number;
  reviewAccept: boolean | null;
  reviewReason: string | null;
  reviewedBy: { personId: string; institutionId: string; role: string } | null;
}

const columns = sql`
  breach.id, breach.institution_id as "institutionId", breach.started_at as "startedAt", breach.ended_at as "endedAt", breach.standing,
  breach.version, date_trunc('milliseconds', breach.created_at) as "createdAt",
  array(select pack_id from breach_pack where breach_id = breach.id order by pack_id) as "packIds",
  (select count(*)::int from breach_pack where breach_id = breach.id and accepted is null) as waiting,
  breach.review_accept as "reviewAccept", breach.review_reason as "reviewReason", breach.reviewed_by as "reviewedBy"`;

/** `institutionId`: of a caller who sees one centre only; null: of all. */
export async function findClimateBreach(db: Database, id: string, institutionId: string | null): Promise<ClimateBreachRecord | undefined> {
  const { rows } = await sql<ClimateBreachRecord>`
    select ${columns} from climate_breach as breach
    where breach.id = ${id}::uuid and (${institutionId}::text is null or breach.institution_id = ${institutionId})`.execute(db);
  return rows[0];
}

export interface BreachesQuestion {
  institutionId: string | null;
  limit: number;
  before?: { startedAt: string; id: string } | undefined;
}

/** The newest first; one more than asked for says that there are more. */
export async function listClimateBreaches(
  db: Database,
  { institutionId, limit, before }: BreachesQuestion,
): Promise<ClimateBreachRecord[]> {
  const { rows } = await sql<ClimateBreachRecord>`
    select ${columns} from climate_breach as breach
    where (${institutionId}::text is null or breach.institution_id = ${institutionId})
      and (${before?.id ?? null}::uuid is null or (breach.started_at, breach.id) < (${before?.startedAt ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    order by breach.started_at desc, breach.id desc limit ${limit + 1}`.execute(db);
  return rows;
}

/**
 * One review a breach, and a new one where packs have come since. What waits for it is freed, or rejected as compromised. Cotton has its shorter date
 * and waits for nobody. Throws ActRefused `transition-not-allowed` where nothing is left to review.
 */
export async function reviewBreach(act: Act, breachId: string, { accept, reason }: { accept: boolean; reason: string }): Promise<void> {
  const { trx, actor, recordedAt } = act;
  const breach = await trx
    .selectFrom('climate_breach')
    .select(['review_accept', 'institution_id'])
    .where('id', '=', breachId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const waiting = await trx
    .selectFrom('breach_pack')
    .select('pack_id')
    .where('breach_id', '=', breachId)
    .where('accepted', 'is', null)
    .execute();
  if (breach.review_accept !== null && waiting.length === 0) throw refuseTransition('reviewed', []);
  const { climateReviewPackagings } = loadNormRules(localDateOf(recordedAt.getTime()));
  const packIds = waiting.map(({ pack_id }) => pack_id);
  await sql`select id from pack where id = any(${packIds}::text[]) order by id for update`.execute(trx);
  await sql`update breach_pack set accepted = ${accept}, reviewed_at = ${recordedAt} where breach_id = ${breachId}::uuid and accepted is null`.execute(
    trx,
  );
  await trx
    .updateTable('climate_breach')
    .set({ review_accept: accept, review_reason: reason, reviewed_by: JSON.stringify(actor), reviewed_at: recordedAt })
    .where('id', '=', breachId)
    .execute();
  const rejected = accept ? [] : await rejectExposed(act, packIds, climateReviewPackagings);
  await appendLedger(act, [
    {
      thing: { type: 'centre', id: breach.institution_id },
      event: 'climate-reviewed',
      institutionId: breach.institution_id,
      details: { breachId, accept },
    },
    ...rejected.map(({ id, from }) => ({
      thing: { type: 'pack' as const, id },
      event: 'compromised',
      from,
      to: 'rejected',
      institutionId: breach.institution_id,
      because: [{ rule: 'carepath', clause: 'sterile supply 3', evidence: { breachId } }],
    })),
  ]);
  await followRecalls(
    act,
    rejected.map(({ id }) => id),
  );
}

async function rejectExposed({ trx, happenedAt }: Act, packIds: readonly string[], packagings: readonly string[]) {
  const { rows } = await sql<{ id: string; from: string }>`
    update pack set status = 'rejected', reject_reason = 'compromised', status_since = ${happenedAt}, slip_line_id = null, allocated_institution_id = null
    from (select id, status from pack where id = any(${[...packIds]}::text[])) as before
    where pack.id = before.id and before.status not in ('opened', 'rejected', 'ended') and pack.packaging = any(${[...packagings]}::text[])
    returning pack.id, before.status as "from"`.execute(trx);
  return rows;
}
