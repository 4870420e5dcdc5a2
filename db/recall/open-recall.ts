/**
 * A recall begins: by a failed biological indicator, or by somebody's command. All of it is one transaction that works while Temporal is down: the load
 * has failed, the steriliser is out, every pack in the scope has its line, every holder has been told.
 */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { PartChange } from '../../domain/recall/events.ts';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import { findOutOfServiceAt } from '../../domain/recall/scope.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import { type Act, refuseField } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { tellLoad } from '../steriliser-load/lock-load.ts';
import { growRecall } from './grow-recalls.ts';
import { lockRecallGround, type RecalledLoad, type RecallGround } from './recall-ground.ts';
import { findScope } from './scope.ts';
import { writeScope } from './write-scope.ts';

/**
 * A biological indicator of a load with packs has failed. The load fails, the steriliser goes out of service, the recall opens or the open one of the same
 * failure grows. Returns the id of the recall. The caller has locked the steriliser, as every act on a load does. `before` goes into the ledger before
 * the entries of the recall.
 */
export async function openRecallOfFailure(act: Act, ground: RecallGround, before: readonly LedgerEntry[] = []): Promise<string> {
  const { load } = ground;
  if (!load) throw new Error('A load that fails is a run of its steriliser.');
  const { writes, entries } = failureOf(act, ground, load);
  const outOfServiceAt = new Date(findOutOfServiceAt(load.startedAt.getTime(), ground.outagesSince, act.happenedAt.getTime()));
  return openOrGrow(act, ground, {
    loadId: load.id,
    outOfServiceAt,
    drill: false,
    reason: 'bi-failed',
    writes,
    entries: [...before, ...entries],
  });
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
    const ground = (await lockRecallGround(trx, { loadId }))?.ground;
    if (!ground?.load) throw refuseField('loadId', { zh: '该锅次不存在或尚未开始', en: 'no such load, or it has not begun' });
    const recallId = await openRecall(act, ground, { loadId, outOfServiceAt: null, drill, reason, writes: [], entries: [] });
    // Whoever was asked to decide whether the load is recalled need not decide any more.
    if (!drill) await tellLoad(act, loadId, 'load-recalled', { loadStatus: ground.load.status });
    return recallId;
  }
  // What is read while waiting for a lock is as old as the waiting.
  await sql`select from steriliser where id = ${command.steriliserId} for update`.execute(trx);
  const ground = (await lockRecallGround(trx, { steriliserId: command.steriliserId ?? '' }))?.ground;
  const load = ground?.load;
  if (!load) throw refuseField('steriliserId', { zh: '该灭菌器不存在或尚无锅次', en: 'no such steriliser, or it has run no load' });
  const { writes, entries } = drill ? { writes: [], entries: [] } : takeOut(act, ground, 'recall');
  const outOfServiceAt = new Date(findOutOfServiceAt(load.startedAt.getTime(), ground.outagesSince, recordedAt.getTime()));
  return openOrGrow(act, ground, { loadId: load.id, outOfServiceAt, drill, reason, writes, entries });
}

/** The load has failed, and the steriliser is out. */
function failureOf(act: Act, ground: RecallGround, load: RecalledLoad): TakenOut {
  const { writes, entries } = takeOut(act, ground, 'bi-failed');
  const failed = sql`failed as (
    update steriliser_load set status = 'failed', failed_at = ${act.happenedAt} where id = ${load.id} and status <> 'failed'
  )`;
  const entry: LedgerEntry = {
    thing: { type: 'load', id: load.id },
    event: 'load-failed',
    from: load.status,
    to: 'failed',
    loadId: load.id,
  };
  return { writes: [failed, ...writes], entries: load.status === 'failed' ? entries : [entry, ...entries] };
}

/** What is written with the recall, as parts of its statement, and what the ledger says of it. */
interface TakenOut {
  writes: RawBuilder<unknown>[];
  entries: LedgerEntry[];
}

/** The steriliser goes out of service, unless it is out or retired. */
function takeOut({ happenedAt }: Act, { steriliser, load }: RecallGround, reason: string): TakenOut {
  const writes = [
    sql`outage as (
      insert into steriliser_outage (id, steriliser_id, since, until, reason)
      select ${uuid()}, ${steriliser.id}, ${happenedAt}::timestamptz, null, ${reason}
      where not exists (select from steriliser_outage where steriliser_id = ${steriliser.id} and until is null)
    )`,
    sql`taken_out as (
      update steriliser set status = 'out-of-service', requalification_passed = 0
      where id = ${steriliser.id} and status in ('in-service', 'requalifying')
    )`,
  ];
  if (steriliser.status === 'out-of-service' || steriliser.status === 'retired') return { writes, entries: [] };
  return {
    writes,
    entries: [
      {
        thing: { type: 'steriliser', id: steriliser.id },
        event: 'taken-out',
        from: steriliser.status,
        to: 'out-of-service',
        because: [{ rule: 'WS 310.3', clause: '4.4.1.4', evidence: { reason } }],
        loadId: load?.id,
      },
    ],
  };
}

interface Opening extends TakenOut {
  loadId: string;
  outOfServiceAt: Date | null;
  drill: boolean;
  reason: string;
}

/** A failure of the same steriliser with the same end of the scope grows the recall that is open. */
async function openOrGrow(act: Act, ground: RecallGround, opening: Opening): Promise<string> {
  const { drill, outOfServiceAt } = opening;
  const open = drill ? undefined : ground.openRecalls.find((recall) => recall.outOfServiceAt === (outOfServiceAt?.getTime() ?? null));
  const { loadId: failedLoadId, writes, entries } = opening;
  const grows = open !== undefined && (await growRecall(act, open.id, { failedLoadId, writes, entries }));
  return grows ? open.id : openRecall(act, ground, opening);
}

async function openRecall(
  act: Act,
  ground: RecallGround,
  { loadId, outOfServiceAt, drill, reason, writes, entries }: Opening,
): Promise<string> {
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
  const opened = sql`opened as (
    insert into recall (id, status, drill, policy, steriliser_id, load_id, lower_load_id, out_of_service_at, reason, opened_by, opened_at)
    values (${id}, 'open', ${drill}, ${steriliser.policy}, ${steriliser.id}, ${loadId}, ${lower}::uuid, ${outOfServiceAt}::timestamptz, ${reason},
      ${JSON.stringify(actor)}::jsonb, ${recordedAt}))`;
  const recall = { id, steriliserId: steriliser.id, outOfServiceAt, drill };
  const parts = await writeScope(act, recall, { loadIds, places, entries, writes: [opened, ...writes] });
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
