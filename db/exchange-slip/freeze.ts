/** Slips join a round when it is confirmed, and leave it again when it does not come. */
import { type RawBuilder, sql } from 'kysely';
import type { Act } from '../sterile-supply/act.ts';
import { lockCentresOfStops } from './ground.ts';
import { appendRests } from './rests.ts';
import { publishSlipFacts, type SlipOfFact, slipFact } from './slip-facts.ts';

/**
 * Freezes every submitted slip of a centre at which the round stops, unless the slip waits for another round that is still planned. It may be called again,
 * such as when a stop is added: `joining` are then the parts of the statement that write the stop, of which `added` gives the row. Returns the ids of
 * what it has frozen. One statement.
 */
export async function freezeSlips(act: Act, roundId: string, joining: readonly RawBuilder<unknown>[] = []): Promise<string[]> {
  const stops = sql`
    select id, institution_id, arrive_at from round_stop where round_id = ${roundId} and status <> 'failed' and moved_to_round_id is null
    ${joining.length > 0 ? sql`union all select id, institution_id, arrive_at from added` : sql``}`;
  const waiting = sql`waiting as (
    select exchange_slip.id, stop.id as stop_id from exchange_slip
    join lateral (
      select id from (${stops}) as stop where institution_id = exchange_slip.institution_id order by arrive_at, id limit 1
    ) as stop on true
    where exchange_slip.status = 'submitted' and (exchange_slip.round_id is null or exchange_slip.round_id = ${roundId}
      or not exists (select from supply_round where id = exchange_slip.round_id and status = 'planned'))
    order by exchange_slip.id for update of exchange_slip
  )`;
  const { rows } = await sql<SlipOfFact>`
    with ${sql.join([...joining, waiting])}
    update exchange_slip set status = 'frozen', round_id = ${roundId}, stop_id = waiting.stop_id, frozen_at = ${act.recordedAt}
    from waiting where exchange_slip.id = waiting.id
    returning exchange_slip.id, exchange_slip.institution_id as "institutionId"`.execute(act.trx);
  await publishSlipFacts(
    act,
    rows.map((slip) => slipFact(act, slip, 'slip-frozen', { roundId })),
  );
  return rows.map(({ id }) => id);
}

interface FrozenSlip extends SlipOfFact {
  /** The slip of the centre that is not frozen yet. */
  openSlipId: string | null;
}

/**
 * The stops failed before anything was stowed, or their round was cancelled: their frozen slips wait for the next one. A centre has one open slip at
 * most, so where it has written another one meanwhile, the frozen one ends, and all that it asked for joins the open one. What becomes of the packs that
 * were allocated is said by whoever calls this. Returns the ids of the slips. Three statements, four where slips are merged.
 */
export async function unfreezeSlips(act: Act, stopIds: readonly string[]): Promise<string[]> {
  if (stopIds.length === 0) return [];
  await lockCentresOfStops(act.trx, stopIds);
  const frozen = await lockFrozen(act, stopIds);
  const reopened = frozen.filter(({ openSlipId, id }) => openSlipId === id);
  const merged = frozen.filter(({ openSlipId, id }) => openSlipId !== id);
  await writeUnfrozen(act, stopIds, { reopenedIds: reopened.map(({ id }) => id), merged });
  if (merged.length > 0)
    await appendRests(
      act.trx,
      merged.map(({ id }) => id),
    );
  await publishSlipFacts(act, [
    ...reopened.map((slip) => slipFact(act, slip, 'slip-unfrozen')),
    ...merged.map((slip) => slipFact(act, slip, 'slip-closed')),
  ]);
  return frozen.map(({ id }) => id);
}

/** `openSlipId` is the slip that stays open: the centre's open one, else the oldest of these. */
async function lockFrozen({ trx }: Act, stopIds: readonly string[]): Promise<FrozenSlip[]> {
  const { rows } = await sql<FrozenSlip>`
    select id, institution_id as "institutionId", coalesce(
      (select open.id from exchange_slip as open where open.institution_id = exchange_slip.institution_id and open.status in ('draft', 'submitted')),
      (select oldest.id from exchange_slip as oldest
       where oldest.institution_id = exchange_slip.institution_id and oldest.status = 'frozen' and oldest.stop_id = any(${[...stopIds]}::uuid[])
       order by oldest.created_at, oldest.id limit 1)
    ) as "openSlipId"
    from exchange_slip where status = 'frozen' and stop_id = any(${[...stopIds]}::uuid[]) order by id for update`.execute(trx);
  return rows;
}

/**
 * Reopened slips are submitted again. Merged ones end short of everything, and what they wanted collected joins the slip that stays open. A slip that was
 * meant for a round which does not come there waits for whichever comes next.
 */
async function writeUnfrozen(
  { trx, recordedAt }: Act,
  stopIds: readonly string[],
  { reopenedIds, merged }: { reopenedIds: readonly string[]; merged: readonly FrozenSlip[] },
): Promise<void> {
  const mergedIds = merged.map(({ id }) => id);
  await sql`
    with freed as (
      update exchange_slip set round_id = null from round_stop as stop
      where stop.id = any(${[...stopIds]}::uuid[]) and exchange_slip.round_id = stop.round_id and exchange_slip.institution_id = stop.institution_id
        and exchange_slip.status in ('draft', 'submitted')
    ), reopened as (
      update exchange_slip set status = 'submitted', round_id = null, stop_id = null, frozen_at = null where id = any(${reopenedIds}::uuid[])
    ), ended as (
      update exchange_slip set status = 'closed', closed_at = ${recordedAt} where id = any(${mergedIds}::uuid[])
    ), ended_line as (
      update slip_line set outcome = case direction when 'deliver' then 'short' else 'not-collected' end,
        delivered = case direction when 'deliver' then 0 end, short_reason = case direction when 'deliver' then 'stop-failed' end
      where slip_id = any(${mergedIds}::uuid[])
    )
    insert into slip_line (id, slip_id, position, direction, set_type_id, declared, set_instance_ids, special)
    select gen_random_uuid(), (pair ->> 'openSlipId')::uuid,
      (select coalesce(max(position), 0) from slip_line as last where last.slip_id = (pair ->> 'openSlipId')::uuid)
        + row_number() over (partition by pair ->> 'openSlipId' order by line.slip_id, line.position),
      'collect', line.set_type_id, line.declared, line.set_instance_ids, line.special
    from jsonb_array_elements(${JSON.stringify(merged)}::jsonb) as pair join slip_line as line on line.slip_id = (pair ->> 'id')::uuid
    where line.direction = 'collect' and line.declared > 0`.execute(trx);
}
