/** The rests of short deliver lines: what a centre asked for and did not get joins its next slip. */
import { sql } from 'kysely';
import type { ShortLine } from '../../domain/exchange-slip/lines.ts';
import type { DeliverOutcome } from '../../domain/exchange-slip/outcomes.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

/** No line of a slip that still counts carries on the line. */
const notCarriedOn = sql`not exists (
  select from slip_line as next join exchange_slip as slip on slip.id = next.slip_id
  where next.carries_on = line.id and slip.status <> 'cancelled')`;

const isShort = sql`line.direction = 'deliver' and line.outcome = 'short' and line.declared > coalesce(line.delivered, 0)`;

/**
 * Appends the rests of these slips to the open slip of their centre. A centre that has none gets them as soon as it writes one. One statement; may be
 * called again.
 */
export async function appendRests(trx: Trx, slipIds: readonly string[]): Promise<void> {
  await sql`with ${insertRests(slipIds)} select`.execute(trx);
}

/** The same as parts of a statement, which may write outcomes of some of the lines itself. */
export const insertRests = (slipIds: readonly string[], outcomes: readonly DeliverOutcome[] = []) => sql`
  open as materialized (
    -- The slip cannot be frozen meanwhile, and one that has just been frozen takes nothing any more.
    select id, institution_id from exchange_slip
    where status in ('draft', 'submitted') and institution_id in (select institution_id from exchange_slip where id = any(${[...slipIds]}::uuid[]))
    order by id for no key update
  ), line as (
    select slip_line.id, slip_id, position, direction, set_type_id, declared, coalesce(row ->> 'outcome', outcome) as outcome,
      coalesce((row ->> 'delivered')::int, delivered) as delivered
    from slip_line left join jsonb_array_elements(${JSON.stringify(outcomes)}::jsonb) as row on (row ->> 'id')::uuid = slip_line.id
    where slip_id = any(${[...slipIds]}::uuid[])
  ), rest as (
    insert into slip_line (id, slip_id, position, direction, set_type_id, declared, carries_on)
    select gen_random_uuid(), open.id,
      (select coalesce(max(position), 0) from slip_line as last where last.slip_id = open.id)
        + row_number() over (partition by open.id order by line.slip_id, line.position),
      'deliver', line.set_type_id, line.declared - coalesce(line.delivered, 0), line.id
    from line
      join exchange_slip as short on short.id = line.slip_id
      join open on open.institution_id = short.institution_id
    where open.id <> short.id and ${isShort} and ${notCarriedOn}
  )`;

/** The short lines of a centre whose rest no slip carries on yet, in the order in which they were asked for. */
export async function findRests(db: Database, institutionId: string): Promise<ShortLine[]> {
  const { rows } = await sql<ShortLine>`
    select line.id, line.set_type_id as "setTypeId", line.declared, coalesce(line.delivered, 0) as delivered
    from slip_line as line join exchange_slip as short on short.id = line.slip_id
    where short.institution_id = ${institutionId} and short.status <> 'cancelled' and ${isShort} and ${notCarriedOn}
    order by short.created_at, short.id, line.position`.execute(db);
  return rows;
}
