/** The scope of a recall from the tables: only the runs from the last passed one on are read, by the index over start, however long the history is. */
import { sql } from 'kysely';
import { type RecallScope, type ScopeQuestion, type SteriliserCycle, scopeOf } from '../../domain/recall/scope.ts';
import type { RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';

export interface ScopeToFind {
  steriliserId: string;
  policy: RecallPolicy;
  qualifiedAt: Date | null;
  failedLoadIds: readonly string[];
  /** null: the recall of a load alone. */
  outOfServiceAt: Date | null;
  /** A load whose indicator is taken as failed although it has not: the question what if. */
  supposing?: string | undefined;
}

/** One statement. Packs are not read here: they hang on the loads. */
export async function findScope(db: Database, scope: ScopeToFind): Promise<RecallScope> {
  const { policy, failedLoadIds, outOfServiceAt, qualifiedAt, supposing } = scope;
  const question: ScopeQuestion = {
    policy,
    cycles: (await listCycles(db, scope)).map((cycle) =>
      cycle.loadId === supposing ? { ...cycle, indicators: [...cycle.indicators, 'fail'] } : cycle,
    ),
    qualifiedAt: qualifiedAt?.getTime() ?? null,
    failedLoadIds,
    outOfServiceAt: outOfServiceAt?.getTime() ?? null,
  };
  return scopeOf(question);
}

/** The runs from the last passed one before the failed loads up to the end of the scope, and all requalification runs after it. */
async function listCycles(
  db: Database,
  { steriliserId, failedLoadIds, outOfServiceAt }: Pick<ScopeToFind, 'steriliserId' | 'failedLoadIds' | 'outOfServiceAt'>,
): Promise<SteriliserCycle[]> {
  const { rows } = await sql<Omit<SteriliserCycle, 'startedAt'> & { startedAt: Date }>`
    with failed as (
      select min(started_at) as first_at, max(started_at) as last_at from steriliser_load where id = any(${[...failedLoadIds]}::uuid[])
    ), passed as (
      select started_at from steriliser_load as load
      where steriliser_id = ${steriliserId} and started_at < (select first_at from failed)
        and exists (select from load_indicator where load_id = load.id and kind = 'bi' and status = 'pass')
        and not exists (select from load_indicator where load_id = load.id and kind = 'bi' and status = 'fail')
      order by started_at desc limit 1
    )
    select id as "loadId", started_at as "startedAt", purpose, physical,
      array(select status from load_indicator where load_id = load.id and kind = 'bi') as indicators
    from steriliser_load as load
    where steriliser_id = ${steriliserId} and started_at >= coalesce((select started_at from passed), '-infinity')
      and (started_at <= greatest((select last_at from failed), ${outOfServiceAt}::timestamptz) or purpose = 'requalification')
    order by started_at, id`.execute(db);
  return rows.map((row) => ({ ...row, startedAt: row.startedAt.getTime() }));
}
