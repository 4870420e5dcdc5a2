/**
 * A recall begins: by a failed biological indicator, or by somebody's command. All of it is one transaction that works while Temporal is down: the load
 * has failed, the steriliser is out, every pack in the scope has its line, every holder has been told.
 */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { PartChange } from '../../domain/recall/events.ts';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import { findOutOfServiceAt } from '../../domain/recall/scope.ts';
import type { LoadStatus, RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { storeCreatingCommands } from '../kit/creating-commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, refuseField } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';
import { tellLoad } from '../steriliser-load/lock-load.ts';
import { growRecall, growRecallsOf } from './grow-recalls.ts';
import { supplyPlacesOf } from './places.ts';
import { findScope } from './scope.ts';
import { writeScope } from './write-scope.ts';

/**
 * A biological indicator of the load has failed. The load fails, the steriliser goes out of service, the recall opens or the open one of the same
 * failure grows. Returns the id of the recall; null for a requalification run, whose failure opens none. The caller has locked the steriliser, as every
 * act on a load does. `entries` go into the ledger before those of the recall.
 */
export async function openRecallOfFailure(
  act: Act,
  { steriliserId, loadId, entries: before = [] }: { steriliserId: string; loadId: string; entries?: readonly LedgerEntry[] },
): Promise<string | null> {
  const { trx, happenedAt } = act;
  const ground = await lockGround(trx, { steriliserId, loadId });
  if (!ground?.load) throw new Error('A load that fails is a run of its steriliser.');
  const entries = [...before, ...(await markFailure(act, ground))];
  if (ground.load.purpose === 'requalification') {
    await growRecallsOf(act, steriliserId, { entries });
    return null;
  }
  const outOfServiceAt = new Date(findOutOfServiceAt(ground.load.startedAt.getTime(), ground.outagesSince, happenedAt.getTime()));
  return openOrGrow(act, ground, { loadId, outOfServiceAt, drill: false, reason: 'bi-failed', entries });
}

export interface RecallByCommand {
  loadId?: string | undefined;
  steriliserId?: string | undefined;
  reason: string;
  drill: boolean;
}

/**
 * By command: a load alone, or a steriliser, which goes out of service; its last load is the one in question. A drill takes nothing out of service.
 * Throws ActRefused for a load that has not begun and for a steriliser that has run none.
 */
export async function openRecallByCommand(act: Act, command: RecallByCommand): Promise<string> {
  const { trx, recordedAt } = act;
  const { loadId, reason, drill } = command;
  if (loadId !== undefined) {
    const ground = await lockGround(trx, { loadId });
    if (!ground?.load) throw refuseField('loadId', { zh: '该锅次不存在或尚未开始', en: 'no such load, or it has not begun' });
    const recallId = await openRecall(act, ground, { loadId, outOfServiceAt: null, drill, reason, entries: [] });
    // Whoever was asked to decide whether the load is recalled need not decide any more.
    if (!drill) await tellLoad(act, loadId, 'load-recalled', { loadStatus: ground.load.status });
    return recallId;
  }
  // What is read while waiting for a lock is as old as the waiting.
  await sql`select from steriliser where id = ${command.steriliserId} for update`.execute(trx);
  const ground = await lockGround(trx, { steriliserId: command.steriliserId ?? '' });
  const load = ground?.load;
  if (!load) throw refuseField('steriliserId', { zh: '该灭菌器不存在或尚无锅次', en: 'no such steriliser, or it has run no load' });
  const entries = drill ? [] : await takeOut(act, ground, 'recall');
  const outOfServiceAt = new Date(findOutOfServiceAt(load.startedAt.getTime(), ground.outagesSince, recordedAt.getTime()));
  return openOrGrow(act, ground, { loadId: load.id, outOfServiceAt, drill, reason, entries });
}

interface Ground {
  steriliser: {
    id: string;
    status: 'in-service' | 'out-of-service' | 'requalifying' | 'retired';
    policy: RecallPolicy;
    qualifiedAt: Date | null;
  };
  /** The load in question; undefined when there is none. */
  load: { id: string; status: LoadStatus; purpose: 'packs' | 'requalification'; startedAt: Date } | undefined;
  /** When the steriliser went out of service, every time. */
  outagesSince: number[];
  places: SupplyPlaces;
  /** The recalls of the steriliser that are open and no drill, the oldest first, by the instant at which their scope ends. */
  openRecalls: { id: string; outOfServiceAt: number | null }[];
}

/** One statement. Without a load it is the steriliser's last one. Undefined for a steriliser that there is not. */
async function lockGround(trx: Trx, { steriliserId, loadId }: { steriliserId?: string; loadId?: string }): Promise<Ground | undefined> {
  const { rows } = await sql<
    SupplyPosts & {
      id: string;
      status: Ground['steriliser']['status'];
      policy: RecallPolicy;
      qualified_at: Date | null;
      outages: Date[];
      load_id: string | null;
      load_status: LoadStatus;
      purpose: 'packs' | 'requalification';
      started_at: Date | null;
      open_recalls: Ground['openRecalls'];
    }
  >`
    select steriliser.id, steriliser.status, recall_policy as policy, qualified_at,
      array(select since from steriliser_outage where steriliser_id = steriliser.id) as outages,
      load.id as load_id, load.status as load_status, load.purpose, load.started_at,
      coalesce((select jsonb_agg(jsonb_build_object('id', recall.id, 'outOfServiceAt', (extract(epoch from out_of_service_at) * 1000)::float8)
          order by opened_at, recall.id)
        from recall where recall.steriliser_id = steriliser.id and recall.status = 'open' and not drill), '[]') as open_recalls,
      ${supplyPostsColumns}
    from steriliser left join lateral (
      select id, status, purpose, started_at from steriliser_load
      where steriliser_id = steriliser.id and started_at is not null and (${loadId ?? null}::uuid is null or id = ${loadId ?? null}::uuid)
      order by started_at desc limit 1
    ) as load on true
    where steriliser.id = ${steriliserId ?? null}
      or (${steriliserId ?? null}::text is null and steriliser.id = (select steriliser_id from steriliser_load where id = ${loadId ?? null}::uuid))
    for update of steriliser`.execute(trx);
  const [row] = rows;
  if (!row) return undefined;
  return {
    steriliser: { id: row.id, status: row.status, policy: row.policy, qualifiedAt: row.qualified_at },
    load:
      row.load_id && row.started_at
        ? { id: row.load_id, status: row.load_status, purpose: row.purpose, startedAt: row.started_at }
        : undefined,
    outagesSince: row.outages.map((since) => since.getTime()),
    places: supplyPlacesOf(row),
    openRecalls: row.open_recalls,
  };
}

/** The load has failed, and the steriliser is out. Returns what the ledger says of it. */
async function markFailure(act: Act, ground: Ground): Promise<LedgerEntry[]> {
  const { load } = ground;
  if (!load) return [];
  const taken = await takeOut(act, ground, 'bi-failed', load.id);
  return load.status === 'failed'
    ? taken
    : [{ thing: { type: 'load', id: load.id }, event: 'load-failed', from: load.status, to: 'failed', loadId: load.id }, ...taken];
}

/** The steriliser goes out of service, unless it is out or retired, and the load that failed has failed. One statement. */
async function takeOut(
  { trx, happenedAt }: Act,
  { steriliser, load }: Ground,
  reason: string,
  failedLoadId: string | null = null,
): Promise<LedgerEntry[]> {
  await sql`
    with outage as (
      insert into steriliser_outage (id, steriliser_id, since, until, reason)
      select ${uuid()}, ${steriliser.id}, ${happenedAt}::timestamptz, null, ${reason}
      where not exists (select from steriliser_outage where steriliser_id = ${steriliser.id} and until is null)
    ), failed as (
      update steriliser_load set status = 'failed', failed_at = ${happenedAt} where id = ${failedLoadId}::uuid and status <> 'failed'
    )
    update steriliser set status = 'out-of-service', requalification_passed = 0
    where id = ${steriliser.id} and status in ('in-service', 'requalifying')`.execute(trx);
  if (steriliser.status === 'out-of-service' || steriliser.status === 'retired') return [];
  return [
    {
      thing: { type: 'steriliser', id: steriliser.id },
      event: 'taken-out',
      from: steriliser.status,
      to: 'out-of-service',
      because: [{ rule: 'WS 310.3', clause: '4.4.1.4', evidence: { reason } }],
      loadId: load?.id,
    },
  ];
}

interface Opening {
  loadId: string;
  outOfServiceAt: Date | null;
  drill: boolean;
  reason: string;
  entries: LedgerEntry[];
}

/** A failure of the same steriliser with the same end of the scope grows the recall that is open. */
async function openOrGrow(act: Act, ground: Ground, opening: Opening): Promise<string> {
  const { drill, outOfServiceAt } = opening;
  const open = drill ? undefined : ground.openRecalls.find((recall) => recall.outOfServiceAt === (outOfServiceAt?.getTime() ?? null));
  if (!open) return openRecall(act, ground, opening);
  await growRecall(act, open.id, { failedLoadId: opening.loadId, entries: opening.entries });
  return open.id;
}

async function openRecall(act: Act, ground: Ground, { loadId, outOfServiceAt, drill, reason, entries }: Opening): Promise<string> {
  const { trx, actor, recordedAt, requestId } = act;
  const { steriliser, places } = ground;
  const id = uuid();
  const { lowerLoadId, loadIds } = await findScope(trx, {
    steriliserId: steriliser.id,
    policy: steriliser.policy,
    qualifiedAt: steriliser.qualifiedAt,
    failedLoadIds: [loadId],
    outOfServiceAt,
  });
  const lower = outOfServiceAt === null ? null : lowerLoadId;
  const recallRow = sql`
    insert into recall (id, status, drill, policy, steriliser_id, load_id, lower_load_id, out_of_service_at, reason, opened_by, opened_at)
    values (${id}, 'open', ${drill}, ${steriliser.policy}, ${steriliser.id}, ${loadId}, ${lower}::uuid, ${outOfServiceAt}::timestamptz, ${reason},
      ${JSON.stringify(actor)}::jsonb, ${recordedAt})`;
  const recall = { id, steriliserId: steriliser.id, outOfServiceAt, drill };
  const parts = await writeScope(act, recall, { loadIds, places, entries, recallRow });
  await storeCreatingCommands(trx, [
    { kind: 'recall', pathwayId: id, name: 'open', actor, input: creationOf(recordedAt, places, parts), texts: {}, requestId },
  ]);
  return id;
}

function creationOf(at: Date, { cssdId }: SupplyPlaces, parts: PartChange[]) {
  const { timers } = loadNormRules(localDateOf(at.getTime()));
  const budgets = { stopUseSeconds: timers['stop-use'], retrieveSeconds: timers.retrieve, reportSeconds: timers.report };
  return { cssdInstitutionId: cssdId, institutionId: cssdId, budgets, parts };
}
