/** Stops as they are read: with their steps, signatures and what is to be picked up there. */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { RoundStatus, StopStep } from '../../domain/sterile-supply/vocabulary.ts';
import type { FailReason, RoundMode, StopStatus } from '../../domain/supply-round/protocol.ts';
import { type NamedPlace, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import type { SignatureMethod } from './step-bodies.ts';

export interface StopRecord {
  id: string;
  version: number;
  createdAt: Date;
  roundId: string;
  institutionId: string;
  institution: NamedPlace;
  arriveAt: Date;
  status: StopStatus;
  failReason: FailReason | null;
  failedAt: Date | null;
  steps: { step: StopStep; at: string; by: Actor }[];
  signatures: { personId: string; method: SignatureMethod; verified: boolean }[];
  /** Packs in a recall that lie at the centre and go back with this stop. */
  pickups: string[];
  round: { status: RoundStatus; mode: RoundMode; driverId: string; courierId: string };
  clockOffsetMs: number;
}

export interface StopFilter {
  roundId?: string | undefined;
  institutionId?: string | undefined;
  status?: StopStatus | undefined;
  on?: string | undefined;
  /** Stops of rounds that this person drives or accompanies. */
  ofPerson?: string | undefined;
}

const shown = sql`
  select stop.id, stop.version, stop.created_at as "createdAt", stop.round_id as "roundId", stop.institution_id as "institutionId",
    ${namedInstitution(sql`stop.institution_id`)} as institution,
    stop.arrive_at as "arriveAt", stop.status, stop.fail_reason as "failReason", stop.failed_at as "failedAt",
    (select coalesce(json_agg(json_build_object('step', step, 'at', to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'by', done_by) order by happened_at, id), '[]') from stop_step where stop_id = stop.id) as steps,
    (select coalesce(json_agg(json_build_object('personId', person_id, 'method', method, 'verified', verified) order by signed_at, person_id), '[]')
      from stop_signature where stop_id = stop.id) as signatures,
    array(select distinct pack_id from recall_line join recall on recall.id = recall_id
      where state = 'open' and holder_type = 'centre' and holder_id = stop.institution_id and not drill
        and stop.status not in ('signed', 'left', 'failed') order by pack_id) as pickups,
    json_build_object('status', round.status, 'mode', round.mode, 'driverId', driver_id, 'courierId', courier_id) as round,
    coalesce(pathway.clock_offset_ms, 0)::float8 as "clockOffsetMs"
  from round_stop as stop join supply_round as round on round.id = stop.round_id left join pathway on pathway.id = round.id`;

/** A stop that went to another round is found there. */
export async function findStop(db: Database, id: string): Promise<StopRecord | undefined> {
  const { rows } = await sql<StopRecord>`${shown} where stop.id = ${id} and moved_to_round_id is null`.execute(db);
  return rows[0];
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listStops(
  db: Database,
  { roundId, institutionId, status, on, ofPerson }: StopFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<StopRecord[]> {
  const conditions = [
    sql`moved_to_round_id is null`,
    roundId === undefined ? undefined : sql`stop.round_id = ${roundId}::uuid`,
    institutionId === undefined ? undefined : sql`stop.institution_id = ${institutionId}`,
    status === undefined ? undefined : sql`stop.status = ${status}`,
    on === undefined ? undefined : sql`round.on_date = ${on}`,
    ofPerson === undefined ? undefined : sql`${ofPerson} in (driver_id, courier_id)`,
    before === undefined ? undefined : sql`stop.id < ${before}::uuid`,
  ].filter((condition) => condition !== undefined);
  const { rows } = await sql<StopRecord>`
    ${shown} where ${sql.join(conditions, sql` and `)} order by stop.id desc limit ${limit + 1}`.execute(db);
  return rows;
}
