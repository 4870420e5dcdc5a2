/** What may still change of a round after its confirmation: a stop more, and a stop that another round takes over. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { RoundStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { freezeSlips } from '../exchange-slip/freeze.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { type Act, ActRefused, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger, type EntryOfItsOwn, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { allocatePacks } from './allocate-packs.ts';
import { type JoiningGround, loadJoiningGround, loadMovingGround, returnDueAtWith } from './joining-ground.ts';
import { type LockedRound, lockRoundFor, lockRounds, requireActOnRound } from './lock-round.ts';
import { giveBackPacksOfStops } from './release-packs.ts';
import { layRoundFacts } from './round-facts.ts';

export interface AddedStop {
  institutionId: string;
  arriveAt: Date;
  reason: string;
}

interface EnteredStop {
  stopId: string;
  institutionId: string;
  arriveAt: number;
}

/** Throws ActRefused: transition-not-allowed, invalid-request, `already-exists` for a centre that the round stops at anyway. */
export async function addStop(act: Act, roundId: string, { institutionId, arriveAt, reason }: AddedStop): Promise<void> {
  const round = await lockRoundFor(act.trx, roundId, 'add-stop');
  const ground = await loadJoiningGround(act.trx, { roundId, institutionId });
  if (!ground.isCentre) throw refuseField('institutionId', { zh: '没有此社康中心', en: 'no such centre' });
  if (arriveAt < round.departAt || localDateOf(arriveAt.getTime()) !== round.onDate)
    throw refuseField('arriveAt', { zh: '须在出发之后的同一天', en: 'is not on that day after the departure' });
  requireNoOpenStop(ground);
  const stop = { stopId: uuid(), institutionId, arriveAt: arriveAt.getTime() };
  await writeStop(act, round, stop);
  await enterStop(act, round, ground, stop, { details: { reason } });
}

/** The stop gets its row, with which the version of the round rises, and what waits at the centre is frozen for it. `beside`: parts of the same statement. */
async function writeStop(
  act: Act,
  { id: roundId, status }: LockedRound,
  { stopId, institutionId, arriveAt }: EnteredStop,
  beside: readonly RawBuilder<unknown>[] = [],
): Promise<void> {
  const changed = sql`changed as (update supply_round set version = version where id = ${roundId})`;
  const added = sql`added as (
    insert into round_stop (id, round_id, institution_id, arrive_at, status)
    values (${stopId}, ${roundId}, ${institutionId}, ${new Date(arriveAt)}, 'scheduled') returning id, institution_id, arrive_at
  )`;
  const parts = [changed, ...beside, added];
  if (status === 'planned') await sql`with ${sql.join(parts)} select`.execute(act.trx);
  else await freezeSlips(act, roundId, parts);
}

/** A stop that has its row joins the round: what can still be loaded for it is allocated. `entries` go into the ledger with those about the stop. */
async function enterStop(
  act: Act,
  round: LockedRound,
  ground: JoiningGround,
  stop: EnteredStop,
  { details, entries = [] }: { details: Record<string, unknown>; entries?: readonly EntryOfItsOwn[] },
): Promise<void> {
  const { id: roundId, status } = round;
  const { stopId, institutionId } = stop;
  const added: LedgerEntry = {
    thing: { type: 'stop', id: stopId },
    event: 'stop-added',
    to: 'scheduled',
    roundId,
    stopId,
    institutionId,
    details,
  };
  if (status === 'confirmed') await allocatePacks(act, roundId, [...entries, added]);
  else await appendLedger(act, [...entries, added]);
  await layRoundFacts(act, [
    { roundId, type: 'stop-added', input: { ...stop, returnDueAt: returnDueAtWith(round, ground, stop.arriveAt) } },
  ]);
}

/** Throws ActRefused `already-exists`. */
function requireNoOpenStop({ openStopId: stopId }: JoiningGround): void {
  if (stopId !== null) throw new ActRefused('already-exists', { stopId });
}

const openTargets: readonly RoundStatus[] = ['planned', 'confirmed', 'loaded', 'departed'];

/**
 * The other round gets a stop of its own; the old one stays on record as moved. Packs that are still at the department follow, those that are on the way
 * come back with their vehicle. Throws ActRefused: transition-not-allowed, invalid-request, already-exists.
 */
export async function moveStop(
  act: Act,
  roundId: string,
  { stopId, toRoundId, reason }: { stopId: string; toRoundId: string; reason: string },
): Promise<void> {
  const { trx } = act;
  const { round, target } = await lockBoth(act, roundId, toRoundId);
  const { stop, ...ground } = await loadMovingGround(trx, { stopId, fromRoundId: roundId, toRoundId });
  if (!stop) throw refuseField('stopId', { zh: '本次下收下送没有这个站点', en: 'no stop of this round' });
  if (stop.status !== 'scheduled') throw refuseTransition(stop.status, []);
  if (!openTargets.includes(target.status)) throw refuseTransition(target.status, []);
  requireNoOpenStop(ground);
  const { institutionId, arriveAt } = stop;
  const entered = { stopId: uuid(), institutionId, arriveAt };
  const moved: LedgerEntry = {
    thing: { type: 'stop', id: stopId },
    event: 'stop-moved',
    roundId,
    stopId,
    institutionId,
    details: { toRoundId, toStopId: entered.stopId, reason },
  };
  const departed = round.status === 'departed';
  // Its lines tell which packs are meant for the stop, so the packs are given back before the slips have gone.
  const { entries, takenOffIds } = departed
    ? { entries: [], takenOffIds: [] }
    : await giveBackPacksOfStops(act, { roundId, stopIds: [stopId], cssdId: act.actor.institutionId, loadedToo: true });
  await writeStop(act, target, entered, leaveRound({ roundId, stopId, toRoundId, toStopId: entered.stopId, leavesLines: departed }));
  await layRoundFacts(act, [{ roundId, type: 'stop-moved', input: { stopId, institutionId } }]);
  await enterStop(act, target, ground, entered, { details: { fromStopId: stopId, reason }, entries: [moved, ...entries] });
  await followRecalls(act, takenOffIds);
}

/**
 * Parts of a statement: the old stop points to the new one's round, and the slips that were frozen for it go along. Packs that are on the way
 * (`leavesLines`) do not fill its lines any more, so that others may. The version of the round that it leaves rises.
 */
const leaveRound = ({
  roundId,
  stopId,
  toRoundId,
  toStopId,
  leavesLines,
}: {
  roundId: string;
  stopId: string;
  toRoundId: string;
  toStopId: string;
  leavesLines: boolean;
}): RawBuilder<unknown>[] => [
  sql`left_round as (update supply_round set version = version where id = ${roundId})`,
  sql`moved as (update round_stop set moved_to_round_id = ${toRoundId} where id = ${stopId})`,
  sql`gone_along as (update exchange_slip set stop_id = ${toStopId}, round_id = ${toRoundId} where stop_id = ${stopId} and status = 'frozen')`,
  sql`left_lines as (
    update pack set slip_line_id = null
    where ${leavesLines} and status = 'on-vehicle' and consignment_id in (select id from consignment where stop_id = ${stopId})
  )`,
];

/** Both rounds in the order of their ids, so that two moves against each other do not wait for ever. Throws ActRefused. */
async function lockBoth({ trx }: Act, roundId: string, toRoundId: string): Promise<{ round: LockedRound; target: LockedRound }> {
  const rounds = await lockRounds(trx, [roundId, toRoundId]);
  const target = toRoundId === roundId ? undefined : rounds.find(({ id }) => id === toRoundId);
  if (!target) throw refuseField('toRoundId', { zh: '没有另一次这样的下收下送', en: 'no other round' });
  const round = requireActOnRound(
    rounds.find(({ id }) => id === roundId),
    'move-stop',
  );
  return { round, target };
}
