/** The lines of a recall: found from the loads, written with their holders, never removed. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { PartChange } from '../../domain/recall/events.ts';
import { bornLineOf, holderKey, type LineEnd, type LineHolder, type PartHolder, type SupplyPlaces } from '../../domain/recall/holders.ts';
import type { Holder } from '../../domain/sterile-supply/vocabulary.ts';
import type { Trx } from '../kit/transaction.ts';
import { insertAlerts, type NewAlert } from '../sterile-supply/alerts.ts';
import { crewOfHolder } from './stop-use.ts';

export interface LineToWrite {
  packId: string;
  loadId: string;
  packStatus: string;
  holder: LineHolder;
  end: LineEnd | null;
  endedAt: Date | null;
  /** A round will stop at the holder's within the time for the pickup. */
  stopComing: boolean;
  /** The driver and the courier, where a round holds it. */
  crew: string[];
}

export interface RecallKey {
  id: string;
  steriliserId: string;
  outOfServiceAt: Date | null;
  drill: boolean;
}

interface FoundPack {
  id: string;
  load_id: string;
  status: string;
  opened: boolean;
  holder_type: Holder['type'] | null;
  holder_id: string | null;
  stop_coming: boolean;
  crew: string[];
  earlier_end: LineEnd | null;
  earlier_ended_at: Date | null;
}

/**
 * The packs of these loads that have no line in the recall yet, locked. A pack that a closed recall of the same steriliser and failure has accounted for
 * is born ended in this one too. Two statements: where the packs are is read once nobody else can move them.
 */
export async function findNewLines(
  trx: Trx,
  recall: RecallKey,
  { loadIds, places, at, pickupSeconds }: { loadIds: readonly string[]; places: SupplyPlaces; at: Date; pickupSeconds: number },
): Promise<LineToWrite[]> {
  if (loadIds.length === 0) return [];
  await sql`
    select id from pack where id in (select pack_id from load_pack where load_id = any(${[...loadIds]}::uuid[])) order by id for update`.execute(
    trx,
  );
  const { rows } = await sql<FoundPack>`
    select pack.id, load_pack.load_id, pack.status, pack.opened_at is not null as opened, custody.holder_type, custody.holder_id,
      earlier."end" as earlier_end, earlier.ended_at as earlier_ended_at,
      custody.holder_type = 'round' or exists (
        select from round_stop as stop join supply_round as round on round.id = stop.round_id
        where custody.holder_type = 'centre' and stop.institution_id = custody.holder_id and stop.status = 'scheduled'
          and stop.moved_to_round_id is null and round.status not in ('closed', 'cancelled')
          and stop.arrive_at between ${at}::timestamptz and ${at}::timestamptz + make_interval(secs => ${pickupSeconds})) as stop_coming,
      ${crewOfHolder({ type: sql`custody.holder_type`, id: sql`custody.holder_id` })} as crew
    from load_pack join pack on pack.id = load_pack.pack_id
      left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
      left join lateral (
        select line."end", line.ended_at from recall_line as line join recall on recall.id = line.recall_id
        where line.pack_id = pack.id and line.state = 'ended' and recall.status = 'closed' and recall.steriliser_id = ${recall.steriliserId}
          and recall.out_of_service_at = ${recall.outOfServiceAt}::timestamptz and not recall.drill and not ${recall.drill}::boolean
        order by line.ended_at desc limit 1
      ) as earlier on true
    where load_pack.load_id = any(${[...loadIds]}::uuid[])
      and not exists (select from recall_line as line where line.recall_id = ${recall.id} and line.pack_id = pack.id)
    order by pack.id`.execute(trx);
  return rows.map((row) => {
    const custody = row.holder_type && row.holder_id ? { type: row.holder_type, id: row.holder_id } : null;
    const { holder, end } = bornLineOf({ status: row.status, opened: row.opened, custody }, places);
    const ended = row.earlier_end ?? end;
    return {
      packId: row.id,
      loadId: row.load_id,
      packStatus: row.status,
      holder,
      end: ended,
      endedAt: ended === null ? null : (row.earlier_ended_at ?? at),
      stopComing: row.stop_coming ?? false,
      crew: row.crew,
    };
  });
}

export interface LinesToWrite {
  lines: readonly LineToWrite[];
  loadIds: readonly string[];
  alerts: readonly NewAlert[];
  at: Date;
  actor: unknown;
  /** Parts of the statement, which write the row of the recall itself and what goes with it. */
  writes: readonly RawBuilder<unknown>[];
}

/** Writes the recall, its lines and loads, tells the holders anew, alerts, and drops what was allocated of the packs. One statement. */
export async function writeLines(trx: Trx, recall: RecallKey, { lines, loadIds, alerts, at, actor, writes }: LinesToWrite): Promise<void> {
  const rows = lines.map(({ packId, holder, end, endedAt }) => ({
    id: uuid(),
    pack_id: packId,
    holder_type: holder.type,
    holder_id: holder.id,
    end,
    ended_at: endedAt?.toISOString() ?? null,
  }));
  await sql`
    with ${sql.join(writes)}, alert as (${insertAlerts(alerts)}), loads as (
      insert into recall_load (recall_id, load_id) select ${recall.id}, load_id from unnest(${[...loadIds]}::uuid[]) as load_id on conflict do nothing
    ), given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (id uuid, pack_id text, holder_type text, holder_id text, "end" text, ended_at timestamptz)
    ), written as (
      insert into recall_line (id, recall_id, pack_id, holder_type, holder_id, state, "end", ended_at, ended_by)
      select id, ${recall.id}, pack_id, holder_type, holder_id, case when "end" is null then 'open' else 'ended' end, "end", ended_at,
        case when "end" is null then null else ${JSON.stringify(actor)}::jsonb end
      from given on conflict (recall_id, pack_id) do nothing
    ), told as (
      insert into recall_holder (recall_id, holder_type, holder_id, told_at)
      select distinct ${recall.id}::uuid, holder_type, holder_id, ${at}::timestamptz from given where "end" is null
      on conflict (recall_id, holder_type, holder_id) do update set told_at = excluded.told_at, acknowledged_at = null, acknowledged_by = null
    )
    update pack set status = 'released', status_since = ${at}, slip_line_id = null, allocated_institution_id = null, consignment_id = null
    where not ${recall.drill}::boolean and status = 'allocated' and id in (select pack_id from given)`.execute(trx);
}

/** What the new lines mean for the parts of a recall: `open` counts the new lines alone. */
export function partsOfNewLines(lines: readonly LineToWrite[]): PartChange[] {
  const parts = new Map<string, PartChange>();
  for (const { holder, end, stopComing } of lines) {
    if (end !== null || !isPartHolder(holder)) continue;
    const key = holderKey(holder);
    const known = parts.get(key);
    parts.set(key, { holder, open: (known?.open ?? 0) + 1, gained: true, stopComing: stopComing || (known?.stopComing ?? false) });
  }
  return [...parts.values()];
}

export const isPartHolder = (holder: LineHolder): holder is PartHolder => holder.type !== 'none';

/** How many lines of each of these holders are open. One statement. */
export async function countOpenLines(trx: Trx, parts: readonly { recallId: string; holder: PartHolder }[]): Promise<Map<string, number>> {
  const rows = parts.map(({ recallId, holder }) => ({ recall_id: recallId, holder_type: holder.type, holder_id: holder.id }));
  const counted = await sql<{ recall_id: string; holder_type: PartHolder['type']; holder_id: string; open: number }>`
    select given.recall_id, given.holder_type, given.holder_id, count(line.id)::int as open
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (recall_id uuid, holder_type text, holder_id text)
      left join recall_line as line on line.recall_id = given.recall_id and line.holder_type = given.holder_type
        and line.holder_id = given.holder_id and line.state = 'open'
    group by 1, 2, 3`.execute(trx);
  return new Map(counted.rows.map((row) => [partKey(row.recall_id, { type: row.holder_type, id: row.holder_id }), row.open]));
}

export const partKey = (recallId: string, holder: PartHolder): string => `${recallId} ${holderKey(holder)}`;
