/** Rounds as they are read: the row with its stops, legs, consignments and what became of its packs. */
import { type RawBuilder, sql } from 'kysely';
import type { Lane, RoundStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { RoundMode, StopStatus } from '../../domain/supply-round/protocol.ts';
import { type LoadedPack, type RoundTotals, totalsOf } from '../../domain/supply-round/totals.ts';
import { type NamedPlace, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import { type PathwayParts, pathwayPartsOf } from '../sterile-supply/pathway-parts.ts';

export interface RoundRecord {
  id: string;
  version: number;
  createdAt: Date;
  onDate: string;
  vehicleId: string;
  driverId: string;
  courierId: string;
  departAt: Date;
  mode: RoundMode;
  status: RoundStatus;
  brokenDown: boolean;
  legs: { vehicleId: string; from: string; to: string | null }[];
  stops: { id: string; institutionId: string; institution: NamedPlace; arriveAt: string; status: StopStatus }[];
  consignments: {
    id: string;
    lane: Lane;
    stopId: string;
    institutionId: string;
    boxId: string;
    sealNumber: string;
    intact: boolean | null;
    packIds: string[];
  }[];
  totals: RoundTotals;
  parts: PathwayParts;
}

export interface RoundFilter {
  on?: string | undefined;
  status?: RoundStatus | undefined;
  vehicleId?: string | undefined;
  /** Rounds with a stop at this centre. */
  withStopAt?: string | undefined;
  /** Rounds that this person drives or accompanies. */
  ofPerson?: string | undefined;
}

const instant = (column: RawBuilder<unknown>) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What the sterile consignments hold: handed over at a stop and not rejected there, or on the vehicle still. */
const loadedPacks = sql`(
  with loaded as (select distinct unnest(pack_ids) as id from consignment where round_id = supply_round.id and lane = 'sterile'),
    step as (select step, details from stop_step where stop_id in (select id from round_stop where round_id = supply_round.id)),
    handed as (select distinct jsonb_array_elements_text(details -> 'packIds') as id from step where step = 'sterile-handed'),
    rejected as (select distinct jsonb_array_elements(details -> 'rejected') ->> 'packId' as id from step where step = 'checked')
  select coalesce(json_agg(json_build_object('packId', loaded.id,
    'delivered', loaded.id in (select id from handed) and loaded.id not in (select id from rejected),
    'aboard', (pack.status = 'on-vehicle' and coalesce(consignment.round_id = supply_round.id, false))
      or exists (select from custody where thing_type = 'pack' and thing_id = loaded.id and until is null and holder_type = 'round'
        and holder_id = supply_round.id::text))), '[]')
  from loaded join pack on pack.id = loaded.id left join consignment on consignment.id = pack.consignment_id)`;

/** Whoever reads a round reads it in one statement. */
const shown = sql`
  select supply_round.id, supply_round.version, supply_round.created_at as "createdAt", on_date as "onDate", vehicle_id as "vehicleId",
    driver_id as "driverId", courier_id as "courierId", depart_at as "departAt", mode, supply_round.status, broken_down as "brokenDown",
    (select coalesce(json_agg(json_build_object('vehicleId', vehicle_id, 'from', ${instant(sql`from_at`)}, 'to', ${instant(sql`to_at`)}) order by n), '[]')
      from round_leg where round_id = supply_round.id) as legs,
    (select coalesce(json_agg(json_build_object('id', id, 'institutionId', institution_id,
      'institution', ${namedInstitution(sql`round_stop.institution_id`)}, 'arriveAt', ${instant(sql`arrive_at`)}, 'status', status)
      order by arrive_at, id), '[]')
      from round_stop where round_id = supply_round.id and moved_to_round_id is null) as stops,
    (select coalesce(json_agg(json_build_object('id', consignment.id, 'lane', lane, 'stopId', stop_id, 'institutionId', institution_id, 'boxId', box_id,
      'sealNumber', seal_number, 'intact', intact, 'packIds', pack_ids) order by consignment.created_at, consignment.id), '[]')
      from consignment join round_stop on round_stop.id = stop_id where consignment.round_id = supply_round.id) as consignments,
    ${loadedPacks} as "loadedPacks", ${pathwayPartsOf(sql`supply_round.id`)} as parts
  from supply_round`;

type RoundRow = Omit<RoundRecord, 'totals'> & { loadedPacks: LoadedPack[] };

const toRecord = ({ loadedPacks: packs, ...row }: RoundRow): RoundRecord => ({ ...row, totals: totalsOf(packs) });

export async function findRound(db: Database, id: string): Promise<RoundRecord | undefined> {
  const { rows } = await sql<RoundRow>`${shown} where supply_round.id = ${id}`.execute(db);
  return rows.map(toRecord)[0];
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listRounds(
  db: Database,
  { on, status, vehicleId, withStopAt, ofPerson }: RoundFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<RoundRecord[]> {
  const conditions = [
    on === undefined ? undefined : sql`on_date = ${on}`,
    status === undefined ? undefined : sql`supply_round.status = ${status}`,
    vehicleId === undefined ? undefined : sql`vehicle_id = ${vehicleId}`,
    ofPerson === undefined ? undefined : sql`${ofPerson} in (driver_id, courier_id)`,
    withStopAt === undefined
      ? undefined
      : sql`exists (select from round_stop where round_id = supply_round.id and institution_id = ${withStopAt} and moved_to_round_id is null)`,
    before === undefined ? undefined : sql`supply_round.id < ${before}::uuid`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  const { rows } = await sql<RoundRow>`${shown} ${where} order by supply_round.id desc limit ${limit + 1}`.execute(db);
  return rows.map(toRecord);
}

/** What has to be known of a round before an act on it: who may see it, its version, its clock. */
export interface RoundHead {
  id: string;
  version: number;
  status: RoundStatus;
  brokenDown: boolean;
  departAt: Date;
  driverId: string;
  courierId: string;
  institutionIds: string[];
  clockOffsetMs: number;
  /** The version of the pathway, 0 while its workflow has not begun. */
  pathwayVersion: number;
}

export async function findRoundHead(db: Database, id: string): Promise<RoundHead | undefined> {
  const { rows } = await sql<RoundHead>`
    select supply_round.id, supply_round.version, supply_round.status, broken_down as "brokenDown", depart_at as "departAt", driver_id as "driverId",
      courier_id as "courierId",
      array(select institution_id from round_stop where round_id = supply_round.id and moved_to_round_id is null order by institution_id) as "institutionIds",
      coalesce(pathway.clock_offset_ms, 0)::float8 as "clockOffsetMs", coalesce(pathway.version, 0) as "pathwayVersion"
    from supply_round left join pathway on pathway.id = supply_round.id where supply_round.id = ${id}`.execute(db);
  return rows[0];
}
