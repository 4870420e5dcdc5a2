/** Loads as they are read. */
import { sql } from 'kysely';
import type { LoadStatus, Program } from '../../domain/sterile-supply/vocabulary.ts';
import type { LocalDate } from '../../domain/time/local-date.ts';
import { type NamedPerson, type NamedPlace, namedInstitution, namedPerson } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import { type PathwayParts, pathwayPartsOf } from '../sterile-supply/pathway-parts.ts';

/** The form of an emergency release. */
export interface EmergencyForm {
  packIds: string[];
  institutionId: string;
  clinician: string;
  reason: string;
  by: string;
  at: string;
}

export interface LoadRecord {
  id: string;
  number: string;
  steriliserId: string;
  steriliser: { id: string; code: string };
  program: Program;
  purpose: 'packs' | 'requalification';
  status: LoadStatus;
  operatorId: string | null;
  operator: NamedPerson | null;
  startedAt: Date | null;
  endedAt: Date | null;
  physical: 'pass' | 'fail' | null;
  cycle: unknown;
  unloadedAt: Date | null;
  reviewedBy: string | null;
  reviewNote: string | null;
  releasedAt: Date | null;
  releasedBy: string | null;
  emergency: EmergencyForm | null;
  emergencyInstitution: NamedPlace | null;
  overrideReason: string | null;
  failedAt: Date | null;
  packIds: string[];
  indicatorIds: string[];
  recallIds: string[];
  /** How far the clock of its pathway was pushed forward; 0 before its start. */
  clockOffsetMs: number;
  parts: PathwayParts;
  version: number;
  createdAt: Date;
}

const selectLoads = (db: Database) =>
  db
    .selectFrom('steriliser_load')
    .leftJoin('pathway', 'pathway.id', 'steriliser_load.id')
    .select([
      'steriliser_load.id',
      'steriliser_load.number',
      'steriliser_id as steriliserId',
      sql<
        LoadRecord['steriliser']
      >`(select jsonb_build_object('id', id, 'code', code) from steriliser where steriliser.id = steriliser_id)`.as('steriliser'),
      'program',
      'purpose',
      'steriliser_load.status',
      'operator_id as operatorId',
      namedPerson(sql`operator_id`).as('operator'),
      'started_at as startedAt',
      'steriliser_load.ended_at as endedAt',
      'physical',
      'cycle_record as cycle',
      'unloaded_at as unloadedAt',
      'reviewed_by as reviewedBy',
      'review_note as reviewNote',
      'released_at as releasedAt',
      'released_by as releasedBy',
      sql<EmergencyForm | null>`emergency`.as('emergency'),
      sql<NamedPlace | null>`${namedInstitution(sql`emergency ->> 'institutionId'`)}`.as('emergencyInstitution'),
      'override_reason as overrideReason',
      'failed_at as failedAt',
      sql<string[]>`array(select pack_id from load_pack where load_id = steriliser_load.id order by pack_id)`.as('packIds'),
      sql<string[]>`array(select load_indicator.id from load_indicator where load_id = steriliser_load.id order by load_indicator.id)`.as(
        'indicatorIds',
      ),
      sql<string[]>`array(select recall_id::text from recall_load where load_id = steriliser_load.id order by recall_id)`.as('recallIds'),
      sql<number>`coalesce(clock_offset_ms, 0)::float8`.as('clockOffsetMs'),
      pathwayPartsOf(sql`steriliser_load.id`).as('parts'),
      'steriliser_load.version',
      'steriliser_load.created_at as createdAt',
    ]);

export const findLoad = (db: Database, id: string): Promise<LoadRecord | undefined> =>
  selectLoads(db).where('steriliser_load.id', '=', id).executeTakeFirst();

/** By id or by number, as people read it from a label. */
export const findLoadByName = (db: Database, idOrNumber: string): Promise<LoadRecord | undefined> =>
  selectLoads(db)
    .where((where) =>
      where.or([where('steriliser_load.number', '=', idOrNumber), where(sql`steriliser_load.id::text`, '=', idOrNumber.toLowerCase())]),
    )
    .executeTakeFirst();

export interface LoadFilter {
  steriliserId?: string | undefined;
  status?: LoadStatus | undefined;
  /** The local date of the start; of a planned load, of its planning. */
  on?: LocalDate | undefined;
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listLoads(
  db: Database,
  { steriliserId, status, on }: LoadFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<LoadRecord[]> {
  let loads = selectLoads(db)
    .orderBy('steriliser_load.id', 'desc')
    .limit(limit + 1);
  if (steriliserId !== undefined)
    loads = loads.where((where) =>
      where.or([
        where('steriliser_id', '=', steriliserId),
        where('steriliser_id', 'in', where.selectFrom('steriliser').select('steriliser.id').where('code', '=', steriliserId)),
      ]),
    );
  if (status !== undefined) loads = loads.where('steriliser_load.status', '=', status);
  const startedOn = toShanghaiClock(sql`coalesce(started_at, steriliser_load.created_at)`);
  if (on !== undefined) loads = loads.where(sql<boolean>`${startedOn}::date = ${on}::date`);
  if (before !== undefined) loads = loads.where('steriliser_load.id', '<', before);
  return loads.execute();
}
