/** Packs that a round gives back before it departs: their allocation is dropped, and what was loaded already is taken off the vehicle. */
import { type RawBuilder, sql } from 'kysely';
import { followRecalls } from '../recall/follow-recalls.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger, type EntryOfItsOwn, insertLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';

interface GivenBack {
  id: string;
  from: string;
  to: string;
  consignmentId: string | null;
  /** Not before what is taken back: a command of now may come after an act that was told with a later instant. */
  at: Date;
}

/** What was given back, for the ledger, and the packs that were taken off the vehicle, which recalls have to follow once the ledger is written. */
export interface GivenBackPacks {
  entries: EntryOfItsOwn[];
  takenOffIds: string[];
}

interface PacksOfStops {
  roundId: string;
  stopIds: readonly string[];
  /** The supply department. */
  cssdId: string;
  /** Also what is loaded for them. */
  loadedToo: boolean;
}

/**
 * Gives back what is allocated to the stops. `entries` go into the ledger with those about the packs; `writes` are parts of the statement that writes it.
 * Two statements, three where something is taken off.
 */
export async function releasePacksOfStops(
  act: Act,
  { entries = [], writes = [], ...given }: PacksOfStops & { entries?: readonly LedgerEntry[]; writes?: readonly RawBuilder<unknown>[] },
): Promise<void> {
  const { entries: ofPacks, takenOffIds } = await giveBackPacksOfStops(act, given);
  const all = [...entries, ...ofPacks];
  if (all.length > 0 || writes.length > 0)
    await sql`with ${sql.join([...writes, sql`entry as (${insertLedger(act, all)})`])} select`.execute(act.trx);
  await followRecalls(act, takenOffIds);
}

/** The same, for whoever writes the ledger of the whole act and lets the recalls follow. One statement. */
export async function giveBackPacksOfStops(act: Act, { roundId, stopIds, cssdId, loadedToo }: PacksOfStops): Promise<GivenBackPacks> {
  const stops = sql`${stopIds}::uuid[]`;
  return giveBack(
    act,
    { roundId, cssdId, reason: null },
    sql`
      ${loadedToo} and consignment_id in (select id from consignment where stop_id = any(${stops}))
      or status = 'allocated' and (
        slip_line_id in (select slip_line.id from slip_line join exchange_slip on exchange_slip.id = slip_id where stop_id = any(${stops}))
        or slip_line_id is null and allocated_institution_id in (select institution_id from round_stop where id = any(${stops})))`,
  );
}

/** Takes packs off the vehicle again. Throws nothing: whoever calls this has looked whether they are loaded. */
export async function takePacksOff(
  act: Act,
  { packIds, ...of }: { roundId: string; packIds: readonly string[]; cssdId: string; reason: string },
): Promise<void> {
  const { entries, takenOffIds } = await giveBack(act, of, sql`id = any(${packIds}::text[])`);
  await appendLedger(act, entries);
  await followRecalls(act, takenOffIds);
}

/** What must not be handed over any more stays rejected; it is at the department again all the same. */
async function giveBack(
  act: Act,
  { roundId, cssdId, reason }: { roundId: string; cssdId: string; reason: string | null },
  which: RawBuilder<unknown>,
): Promise<GivenBackPacks> {
  const { rows } = await sql<GivenBack>`
    with held as (
      select id, status, consignment_id, greatest(status_since, ${act.happenedAt}::timestamptz) as at from pack where status in ('allocated', 'on-vehicle', 'rejected') and (${which}) order by id for update
    ), taken_off as (
      update consignment set pack_ids = array(select unnest(pack_ids) except select id from held)
      where id in (select consignment_id from held)
    )
    update pack set status = case when held.status = 'rejected' then 'rejected' else 'released' end, status_since = held.at,
      slip_line_id = null, allocated_institution_id = null, consignment_id = null
    from held where pack.id = held.id
    returning pack.id, held.status as "from", pack.status as "to", held.consignment_id as "consignmentId", held.at`.execute(act.trx);
  const entries = rows.map(({ id, from, to, consignmentId, at }) => ({
    happenedAt: at,
    thing: { type: 'pack' as const, id },
    event: consignmentId === null ? 'allocation-dropped' : 'taken-off',
    from,
    to,
    roundId,
    holder: consignmentId === null ? undefined : { type: 'cssd' as const, id: cssdId },
    institutionId: cssdId,
    details: { consignmentId, reason },
  }));
  return { entries, takenOffIds: rows.filter(({ consignmentId }) => consignmentId !== null).map(({ id }) => id) };
}
