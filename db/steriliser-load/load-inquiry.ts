/**
 * Questions about a load that somebody has to answer: a pack whose inner indicator failed, and packs that were used of a load whose release was taken
 * back. The load's own pathway hears of them; of a load that is over the question is a pathway of its own.
 */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { LoadStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { StartSteriliserLoad } from '../../domain/steriliser-load/events.ts';
import { loadTimers } from '../../domain/steriliser-load/state.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { openRecallByCommand } from '../recall/open-recall.ts';
import { findSupplyPlaces, supplyPlacesOf } from '../recall/places.ts';
import { type Act, systemActor } from '../sterile-supply/act.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';
import { tellLoad } from './lock-load.ts';

/** A pack was opened and its inner indicator had failed. One is reviewed by the releaser, several of a load infection control decides on. */
export async function noteInnerCiFailures(act: Act, packIds: readonly string[]): Promise<void> {
  const { trx, happenedAt } = act;
  if (packIds.length === 0) return;
  // What is read while waiting for a lock is as old as the waiting.
  await sql`
    select from steriliser_load where id in (select load_id from pack where id = any(${[...packIds]}::text[])) order by id for no key update`.execute(
    trx,
  );
  const { rows } = await sql<SupplyPosts & { loadId: string; packId: string; status: LoadStatus; unread: boolean; failed: number }>`
    select load.id as "loadId", pack.id as "packId", load.status, ${unreadIn(sql`load.id`)} as unread, ${supplyPostsColumns},
      (select count(*)::int from pack as other where other.load_id = load.id and other.inner_ci = 'fail') as failed
    from pack join steriliser_load as load on load.id = pack.load_id
    where pack.id = any(${[...packIds]}::text[]) order by load.id, pack.id`.execute(trx);
  const { innerCiFailsForRecall } = loadNormRules(localDateOf(happenedAt.getTime()));
  for (const { loadId, packId, status, unread, failed, ...posts } of rows) {
    const decide = failed >= innerCiFailsForRecall;
    if (isOver(status, unread)) await inquire(act, { loadId, loadStatus: status, packId: decide ? null : packId }, supplyPlacesOf(posts));
    else await tellLoad(act, loadId, 'inner-ci-failed', { loadStatus: status, packId, decide });
  }
}

const overStatuses: readonly LoadStatus[] = ['released', 'confirmed', 'failed'];

/** As a column: whether a biological indicator of the load was not read yet. */
const unreadIn = (loadId: RawBuilder<unknown>) =>
  sql<boolean>`exists (select from load_indicator as bi where bi.load_id = ${loadId} and bi.kind = 'bi' and bi.read_at is null)`;

/** Whether the load's own pathway has ended or is about to, by what is physically so: the order in which it hears of things does not matter. */
export const isOver = (status: LoadStatus, unread: boolean): boolean => status === 'rejected' || (!unread && overStatuses.includes(status));

/** Begins a pathway for the question. `packId`: null for a decision on the whole load. */
export async function inquire(
  { trx, actor, happenedAt, requestId }: Act,
  { loadId, loadStatus, packId }: { loadId: string; loadStatus: LoadStatus; packId: string | null },
  places: SupplyPlaces,
): Promise<void> {
  const { timers } = loadNormRules(localDateOf(happenedAt.getTime()));
  const since = happenedAt.getTime();
  const input: StartSteriliserLoad = {
    loadId,
    institutionId: places.cssdId,
    infectionInstitutionId: places.infectionId,
    purpose: 'packs',
    startedAt: since,
    programSeconds: 0,
    timers: Object.fromEntries(loadTimers.map((name) => [name, timers[name]])) as StartSteriliserLoad['timers'],
    indicatorIds: [],
    inquiry: { loadStatus, packId, since },
  };
  await storeCreatingCommands(trx, [{ kind: 'steriliser-load', pathwayId: uuid(), name: 'start', actor, input, requestId }]);
}

/** A recall of the load alone, unless it is recalled already. */
export async function openRecallOfLoad(
  trx: Trx,
  { loadId, reason, actor, requestId }: { loadId: string; reason: string; actor: Actor | null; requestId: string },
): Promise<void> {
  const recalled = await trx
    .selectFrom('recall_load')
    .innerJoin('recall', 'recall.id', 'recall_id')
    .select('recall.id')
    .where('recall_load.load_id', '=', loadId)
    .where('drill', '=', false)
    .limit(1)
    .executeTakeFirst();
  if (recalled) return;
  const places = await findSupplyPlaces(trx);
  // The clocks of a recall go by when it is recorded, whatever the clock of the load says.
  const now = new Date();
  const by = actor ?? { ...systemActor, institutionId: places.cssdId };
  const act: Act = { trx, actor: by, happenedAt: now, recordedAt: now, late: false, requestId, scanId: null };
  await openRecallByCommand(act, { loadId, reason, drill: false });
}
