/** What is known of a centre, its sets and its rounds when it writes a slip. */
import { sql } from 'kysely';
import type { SlipGround } from '../../domain/exchange-slip/judge.ts';
import type { NewSlipLine } from '../../domain/exchange-slip/lines.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';

export interface GroundQuestion {
  institutionId: string;
  roundId: string | null;
  lines: readonly NewSlipLine[];
  /** The slip itself, where it is there already. */
  slipId: string | null;
  at: number;
}

/** A round may be unknown, or not stop at the centre; then `round` is null although one was asked for. */
export async function loadSlipGround(db: Database, { institutionId, roundId, lines, slipId, at }: GroundQuestion): Promise<SlipGround> {
  const setTypeIds = [...new Set(lines.map(({ setTypeId }) => setTypeId))];
  const setInstanceIds = lines.flatMap((line) => line.setInstanceIds);
  const { rows } = await sql<Omit<SlipGround, 'noticeSeconds' | 'institutionId'>>`
    select
      (select jsonb_build_object('id', round.id, 'status', round.status, 'stop', jsonb_build_object('id', stop.id,
          'arriveAt', (extract(epoch from stop.arrive_at) * 1000)::float8, 'failed', stop.status = 'failed',
          'stowed', stop.status in ('signed', 'left') or exists (select from stop_step where stop_id = stop.id and step = 'soiled-stowed')))
        from supply_round as round join round_stop as stop on stop.round_id = round.id
        where round.id = ${roundId}::uuid and stop.institution_id = ${institutionId} and stop.moved_to_round_id is null
        order by stop.status = 'failed', stop.arrive_at limit 1) as round,
      (select (extract(epoch from min(stop.arrive_at)) * 1000)::float8
        from round_stop as stop join supply_round as round on round.id = stop.round_id
        where stop.institution_id = ${institutionId} and round.status = 'planned' and stop.status = 'scheduled' and stop.moved_to_round_id is null
          and stop.arrive_at > ${new Date(at)}) as "nextArrivalAt",
      (select id from exchange_slip where institution_id = ${institutionId} and status in ('draft', 'submitted') and id is distinct from ${slipId}::uuid
        limit 1) as "otherOpenSlipId",
      array(select id from set_type where low_use and id = any(${setTypeIds}::text[])) as "lowUseSetTypeIds",
      array(select id from set_instance where id = any(${setInstanceIds}::text[]) and ownership = 'centre-owned'
        and owner_institution_id <> ${institutionId} order by id) as "foreignSetInstanceIds"`.execute(db);
  const [ground] = rows;
  if (!ground) throw new Error('A query without a table gives one row.');
  return { institutionId, noticeSeconds: loadNormRules(localDateOf(at)).lowUseNoticeSeconds, ...ground };
}

/** Whoever writes or reopens slips of these centres waits for each other, so that the second sees the first one's slip. One statement. */
export async function lockCentres(trx: Trx, institutionIds: readonly string[]): Promise<void> {
  const keys = [...new Set(institutionIds)].sort().map((id) => `carepath slips of ${id}`);
  await sql`select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(${keys}::text[]) as key`.execute(trx);
}

/** The same for the centres of these stops. */
export async function lockCentresOfStops(trx: Trx, stopIds: readonly string[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended('carepath slips of ' || institution_id, 0))
    from (select distinct institution_id from round_stop where id = any(${[...stopIds]}::uuid[]) order by institution_id) as centre`.execute(
    trx,
  );
}
