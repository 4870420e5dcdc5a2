/** Open recalls grow: by another failure, a load that was recorded late, a corrected indicator, a failed requalification run. Lines stay. */
import { type RawBuilder, sql } from 'kysely';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';
import { supplyPlacesOf } from './places.ts';
import { publishPartChanges } from './publish-parts.ts';
import { findScope } from './scope.ts';
import { writeScope } from './write-scope.ts';

interface OpenRecall {
  id: string;
  steriliserId: string;
  policy: RecallPolicy;
  outOfServiceAt: Date | null;
  drill: boolean;
  qualifiedAt: Date | null;
  /** The load that it began with, and those of its loads that failed. */
  failedLoadIds: string[];
  loadIds: string[];
  places: SupplyPlaces;
}

/**
 * The scope of every open recall of the steriliser is found again. Call it when a load was recorded late, or an indicator corrected. `entries` go into the
 * ledger in any case. `except`: a recall that was opened in the same act.
 */
export async function growRecallsOf(
  act: Act,
  steriliserId: string,
  { entries = [], except = null }: { entries?: readonly LedgerEntry[]; except?: string | null } = {},
): Promise<void> {
  const recalls = await lockOpenRecalls(act, sql`recall.steriliser_id = ${steriliserId} and recall.id is distinct from ${except}::uuid`);
  let left = entries;
  for (const recall of recalls) {
    await findScopeAgain(act, recall, { writes: [], entries: left });
    left = [];
  }
  await appendLedger(act, left);
}

/** Another load of the same failure belongs to the recall. `writes` are parts of the statement that writes the lines. Resolves with false, having written nothing, where the recall has closed meanwhile. */
export async function growRecall(
  act: Act,
  recallId: string,
  { failedLoadId, writes, entries }: { failedLoadId: string; writes: readonly RawBuilder<unknown>[]; entries: readonly LedgerEntry[] },
): Promise<boolean> {
  const [recall] = await lockOpenRecalls(act, sql`recall.id = ${recallId}`);
  if (!recall) return false;
  await findScopeAgain(act, { ...recall, failedLoadIds: [...new Set([...recall.failedLoadIds, failedLoadId])] }, { writes, entries });
  return true;
}

async function lockOpenRecalls({ trx }: Act, which: ReturnType<typeof sql>): Promise<OpenRecall[]> {
  const { rows } = await sql<Omit<OpenRecall, 'places'> & SupplyPosts>`
    select recall.id, recall.steriliser_id as "steriliserId", recall.policy, recall.out_of_service_at as "outOfServiceAt", recall.drill,
      steriliser.qualified_at as "qualifiedAt",
      array(
        select load_id from recall_load join steriliser_load as load on load.id = recall_load.load_id
        where recall_load.recall_id = recall.id and (load.status = 'failed' or load.id = recall.load_id)
      ) as "failedLoadIds",
      array(select load_id from recall_load where recall_id = recall.id) as "loadIds", ${supplyPostsColumns}
    from recall join steriliser on steriliser.id = recall.steriliser_id
    where ${which} and recall.status = 'open' order by recall.id for update of recall`.execute(trx);
  return rows.map((row) => ({ ...row, places: supplyPlacesOf(row) }));
}

/** `writes`: parts of the statement that writes the lines. */
async function findScopeAgain(
  act: Act,
  recall: OpenRecall,
  { writes, entries }: { writes: readonly RawBuilder<unknown>[]; entries: readonly LedgerEntry[] },
): Promise<void> {
  const scope = await findScope(act.trx, recall);
  const loadIds = [...new Set([...recall.loadIds, ...scope.loadIds])];
  const grown = sql`grown as (
    update recall set lower_load_id = ${scope.lowerLoadId}::uuid where id = ${recall.id} and out_of_service_at is not null
  )`;
  const parts = await writeScope(act, recall, { loadIds, places: recall.places, entries, writes: [grown, ...writes] });
  await publishPartChanges(
    act,
    parts.map((part) => ({ recallId: recall.id, part })),
  );
}
