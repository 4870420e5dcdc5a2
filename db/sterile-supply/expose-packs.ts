/** Packs that lay in a room whose climate did not conform: they are exposed for good, their dates come nearer, never further away. */
import { type RawBuilder, sql } from 'kysely';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from './act.ts';
import { loadNormRules } from './norm-rules.ts';

/** Call it after packs have arrived at a centre, in the same transaction. One statement; nothing happens where no breach is open. */
export async function exposeArrivals(act: Act, packIds: readonly string[], institutionId: string): Promise<void> {
  if (packIds.length === 0) return;
  const found = sql`
    select breach.id as breach_id, pack_id, greatest(breach.started_at, ${act.happenedAt}::timestamptz) as exposed_at
    from climate_breach as breach cross join unnest(${[...packIds]}::text[]) as pack_id
    where breach.institution_id = ${institutionId} and (breach.ended_at is null or breach.ended_at > ${act.happenedAt}::timestamptz)`;
  await exposePacks(act, found);
}

/** Everything that lay at the centre of these breaches while they lasted. One statement. */
export async function exposeThoseInBreaches(act: Pick<Act, 'trx' | 'recordedAt'>, breachIds: readonly string[]): Promise<void> {
  if (breachIds.length === 0) return;
  const found = sql`
    select breach.id as breach_id, custody.thing_id as pack_id, min(greatest(breach.started_at, custody.since)) as exposed_at
    from climate_breach as breach join custody on custody.thing_type = 'pack' and custody.holder_type = 'centre'
      and custody.holder_id = breach.institution_id
      and tstzrange(custody.since, custody.until) && tstzrange(breach.started_at, breach.ended_at)
    where breach.id = any(${[...breachIds]}::uuid[])
    group by 1, 2`;
  await exposePacks(act, found);
}

/** `found` selects breach_id, pack_id and exposed_at. What was opened or has ended before is past harm, and is left out. */
async function exposePacks({ trx, recordedAt }: { trx: Trx; recordedAt: Date }, found: RawBuilder<unknown>): Promise<void> {
  const { expiryDays } = loadNormRules(localDateOf(recordedAt.getTime()));
  const days = Object.fromEntries(Object.entries(expiryDays).map(([packaging, { exposed }]) => [packaging, exposed]));
  await sql`
    with found as (${found}), exposed as (
      insert into breach_pack (breach_id, pack_id, exposed_at)
      select breach_id, found.pack_id, exposed_at from found join pack on pack.id = found.pack_id
      where pack.status not in ('opened', 'ended')
      order by breach_id, found.pack_id
      on conflict (breach_id, pack_id) do nothing
      returning pack_id
    )
    update pack set exposed = true,
      expires_on = least(expires_on, sterilised_on + (${JSON.stringify(days)}::jsonb ->> packaging)::integer)
    where id in (select pack_id from exposed) and status not in ('opened', 'ended')`.execute(trx);
}
