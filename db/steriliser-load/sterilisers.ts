/** Sterilisers as they are read: with their last tests, and how far a requalification has come. */
import { sql } from 'kysely';
import type { RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import type { SteriliserStatus } from '../../domain/steriliser-load/steriliser.ts';
import type { Database } from '../kit/database.ts';

export interface SteriliserRecord {
  id: string;
  code: string;
  kind: 'prevacuum' | 'gravity';
  status: SteriliserStatus;
  recallPolicy: RecallPolicy;
  qualifiedAt: Date | null;
  requalificationPassed: number;
  requalificationCause: string | null;
  lastBowieDick: { at: string; result: 'pass' | 'fail' } | null;
  /** The start of the latest run with an indicator that passed and none that failed; the qualification counts as one. */
  lastPassedBiAt: Date | null;
  version: number;
  createdAt: Date;
}

const selectSterilisers = (db: Database) =>
  db.selectFrom('steriliser').select([
    'steriliser.id',
    'code',
    'kind',
    'status',
    'recall_policy as recallPolicy',
    'qualified_at as qualifiedAt',
    'requalification_passed as requalificationPassed',
    'requalification_cause as requalificationCause',
    'version',
    'created_at as createdAt',
    sql<SteriliserRecord['lastBowieDick']>`(
        select json_build_object('at', ended_at, 'result', result) from bowie_dick_test where steriliser_id = steriliser.id order by ended_at desc limit 1
      )`.as('lastBowieDick'),
    sql<Date | null>`greatest(qualified_at, (
        select max(run.started_at) from steriliser_load as run
        where run.steriliser_id = steriliser.id
          and exists (select from load_indicator where load_id = run.id and kind = 'bi' and load_indicator.status = 'pass')
          and not exists (select from load_indicator where load_id = run.id and kind = 'bi' and load_indicator.status = 'fail')
      ))`.as('lastPassedBiAt'),
  ]);

/** By id or printed code. */
export const findSteriliser = (db: Database, idOrCode: string): Promise<SteriliserRecord | undefined> =>
  selectSterilisers(db)
    .where((where) => where.or([where('steriliser.id', '=', idOrCode), where('code', '=', idOrCode)]))
    .executeTakeFirst();

export interface SteriliserFilter {
  status?: SteriliserStatus | undefined;
}

/** In order of their codes. One more than `limit` when there are more. */
export async function listSterilisers(
  db: Database,
  { status }: SteriliserFilter,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<SteriliserRecord[]> {
  let sterilisers = selectSterilisers(db)
    .orderBy('code')
    .limit(limit + 1);
  if (status !== undefined) sterilisers = sterilisers.where('status', '=', status);
  if (after !== undefined) sterilisers = sterilisers.where('code', '>', after);
  return sterilisers.execute();
}
