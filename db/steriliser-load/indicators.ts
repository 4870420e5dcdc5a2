/** Indicators of loads as they are read. */
import { sql } from 'kysely';
import type { Growth } from '../../domain/steriliser-load/indicators.ts';
import type { Database } from '../kit/database.ts';

export type IndicatorStatus = 'placed' | 'incubating' | 'pass' | 'fail' | 'invalid';

/** A reading that was taken back, by whom, when and why. */
export interface Correction {
  status: IndicatorStatus;
  growth: boolean | null;
  control: NonNullable<Growth['control']> | null;
  readBy: string | null;
  correctedBy: string;
  correctedAt: string;
  reason: string;
}

export interface IndicatorRecord {
  id: string;
  loadId: string;
  steriliserId: string;
  kind: 'bi' | 'pcd-ci';
  product: string;
  lot: string;
  incubationMinutes: number | null;
  class: number | null;
  status: IndicatorStatus;
  incubatedAt: Date | null;
  dueAt: Date | null;
  readAt: Date | null;
  readBy: string | null;
  growth: boolean | null;
  control: NonNullable<Growth['control']> | null;
  corrections: Correction[];
  /** Of the clock of the load's pathway. */
  clockOffsetMs: number;
  version: number;
  createdAt: Date;
}

const selectIndicators = (db: Database) =>
  db
    .selectFrom('load_indicator')
    .innerJoin('steriliser_load', 'steriliser_load.id', 'load_indicator.load_id')
    .leftJoin('pathway', 'pathway.id', 'load_indicator.load_id')
    .select([
      'load_indicator.id',
      'load_id as loadId',
      'steriliser_id as steriliserId',
      'load_indicator.kind',
      'product',
      'lot',
      'incubation_minutes as incubationMinutes',
      'class',
      'load_indicator.status',
      'incubated_at as incubatedAt',
      'due_at as dueAt',
      'read_at as readAt',
      'read_by as readBy',
      'growth',
      sql<IndicatorRecord['control']>`control`.as('control'),
      sql<Correction[]>`corrections`.as('corrections'),
      sql<number>`coalesce(clock_offset_ms, 0)::float8`.as('clockOffsetMs'),
      'load_indicator.version',
      'load_indicator.created_at as createdAt',
    ]);

export const findIndicator = (db: Database, id: string): Promise<IndicatorRecord | undefined> =>
  selectIndicators(db).where('load_indicator.id', '=', id).executeTakeFirst();

export interface IndicatorFilter {
  loadId?: string | undefined;
  steriliserId?: string | undefined;
  kind?: 'bi' | 'pcd-ci' | undefined;
  status?: IndicatorStatus | undefined;
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listIndicators(
  db: Database,
  { loadId, steriliserId, kind, status }: IndicatorFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<IndicatorRecord[]> {
  let indicators = selectIndicators(db)
    .orderBy('load_indicator.id', 'desc')
    .limit(limit + 1);
  if (loadId !== undefined)
    indicators = indicators.where(
      sql<boolean>`load_id in (select id from steriliser_load where id::text = ${loadId.toLowerCase()} or number = ${loadId})`,
    );
  if (steriliserId !== undefined)
    indicators = indicators.where((where) =>
      where.or([
        where('steriliser_id', '=', steriliserId),
        where('steriliser_id', 'in', where.selectFrom('steriliser').select('steriliser.id').where('code', '=', steriliserId)),
      ]),
    );
  if (kind !== undefined) indicators = indicators.where('load_indicator.kind', '=', kind);
  if (status !== undefined) indicators = indicators.where('load_indicator.status', '=', status);
  if (before !== undefined) indicators = indicators.where('load_indicator.id', '<', before);
  return indicators.execute();
}
