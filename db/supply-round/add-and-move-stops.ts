/** What may still change of a round after its confirmation: a stop more, and a stop that another round takes over. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { RoundStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { returnDueAtOf } from '../../domain/supply-round/return-due.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { freezeSlips, moveSlips } from '../exchange-slip/freeze.ts';
import { type Act, ActRefused, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { allocatePacks } from './allocate-packs.ts';
import { insertStops } from './create-round.ts';
import { type LockedRound, lockRound, lockRoundFor, lockStopsOfRound, updateRound } from './lock-round.ts';
import { releasePacksOfStops } from './release-packs.ts';
import { layRoundFacts } from './round-facts.ts';
import { findCentres, findDepartment } from './round-ground.ts';

export interface AddedStop {
  institutionId: string;
  arriveAt: Date;
  reason: string;
}

/** Throws ActRefused: transition-not-allowed, invalid-request, `already-exists` for a centre that the round stops at anyway. */
export async function addStop(act: Act, roundId: string, { institutionId, arriveAt, reason }: AddedStop): Promise<void> {
  const round = await lockRoundFor(act.trx, roundId, 'add-stop');
  const [centre] = await findCentres(act.trx, [institutionId]);
  if (!centre) throw refuseField('institutionId', { zh: '没有此社康中心', en: 'no such centre' });
  if (arriveAt < round.departAt || localDateOf(arriveAt.getTime()) !== round.onDate)
    throw refuseField('arriveAt', { zh: '须在出发之后的同一天', en: 'is not on that day after the departure' });
  await requireNoOpenStop(act, roundId, institutionId);
  const stop = { stopId: uuid(), institutionId, arriveAt: arriveAt.getTime() };
  await insertStops(act.trx, roundId, [stop]);
  await enterStop(act, round, stop, { reason });
}

interface EnteredStop {
  stopId: string;
  institutionId: string;
  arriveAt: number;
}

/** A stop that has its row joins the round: what waits at the centre is frozen for it, and what can still be loaded is allocated. */
async function enterStop(act: Act, round: LockedRound, stop: EnteredStop, details: Record<string, unknown>): Promise<void> {
  const { id: roundId, status } = round;
  await updateRound(act.trx, roundId);
  const returnDueAt = await findReturnDueAt(act, round);
  if (status !== 'planned') await freezeSlips(act, roundId);
  if (status === 'confirmed') await allocatePacks(act, roundId);
  const { stopId, institutionId } = stop;
  await appendLedger(act, [
    { thing: { type: 'stop', id: stopId }, event: 'stop-added', to: 'scheduled', roundId, stopId, institutionId, details },
  ]);
  await layRoundFacts(act, [{ roundId, type: 'stop-added', input: { ...stop, returnDueAt } }]);
}

async function findReturnDueAt({ trx }: Act, { id, onDate, departAt }: LockedRound): Promise<number> {
  const stops = await lockStopsOfRound(trx, id);
  const places = await findCentres(
    trx,
    stops.map(({ institutionId }) => institutionId),
  );
  const department = await findDepartment(trx);
  return returnDueAtOf(
    {
      departAt: departAt.getTime(),
      depot: department.position,
      stops: stops.map(({ institutionId, arriveAt }) => ({
        arriveAt: arriveAt.getTime(),
        position: places.find((place) => place.institutionId === institutionId)?.position ?? null,
      })),
    },
    loadNormRules(onDate).planning,
  );
}

/** Throws ActRefused `already-exists`. */
async function requireNoOpenStop({ trx }: Act, roundId: string, institutionId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from round_stop
    where round_id = ${roundId} and institution_id = ${institutionId} and status not in ('left', 'failed') and moved_to_round_id is null`.execute(
    trx,
  );
  if (rows[0]) throw new ActRefused('already-exists', { stopId: rows[0].id });
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
  const target = await lockBoth(act, roundId, toRoundId);
  const round = await lockRoundFor(trx, roundId, 'move-stop');
  const stop = (await lockStopsOfRound(trx, roundId)).find(({ id }) => id === stopId);
  if (!stop) throw refuseField('stopId', { zh: '本次下收下送没有这个站点', en: 'no stop of this round' });
  if (stop.status !== 'scheduled') throw refuseTransition(stop.status, []);
  if (!openTargets.includes(target.status)) throw refuseTransition(target.status, []);
  await requireNoOpenStop(act, toRoundId, stop.institutionId);
  const { institutionId, arriveAt } = stop;
  const entered = { stopId: uuid(), institutionId, arriveAt: arriveAt.getTime() };
  await trx.updateTable('round_stop').set({ moved_to_round_id: toRoundId }).where('id', '=', stopId).execute();
  if (round.status === 'departed') await leaveLines(act, stopId);
  else await releasePacksOfStops(act, { roundId, stopIds: [stopId], cssdId: act.actor.institutionId, loadedToo: true });
  await updateRound(trx, roundId);
  await appendLedger(act, [
    {
      thing: { type: 'stop', id: stopId },
      event: 'stop-moved',
      roundId,
      stopId,
      institutionId,
      details: { toRoundId, toStopId: entered.stopId, reason },
    },
  ]);
  await layRoundFacts(act, [{ roundId, type: 'stop-moved', input: { stopId, institutionId } }]);
  // The slips that were frozen for the old stop go along before others are frozen and packs allocated.
  await insertStops(trx, toRoundId, [entered]);
  await moveSlips(act, { fromStopId: stopId, toStopId: entered.stopId, toRoundId });
  await enterStop(act, target, entered, { fromStopId: stopId, reason });
}

/** Both rounds in the order of their ids, so that two moves against each other do not wait for ever. */
async function lockBoth({ trx }: Act, roundId: string, toRoundId: string): Promise<LockedRound> {
  const target = toRoundId !== roundId;
  if (target && toRoundId < roundId) await lockRound(trx, toRoundId);
  if (target) await lockRound(trx, roundId);
  const found = target ? await lockRound(trx, toRoundId) : undefined;
  if (!found) throw refuseField('toRoundId', { zh: '没有另一次这样的下收下送', en: 'no other round' });
  return found;
}

/** Packs on the way do not fill the lines of the stop any more, so that others may. */
async function leaveLines({ trx }: Act, stopId: string): Promise<void> {
  await sql`
    update pack set slip_line_id = null
    where status = 'on-vehicle' and consignment_id in (select id from consignment where stop_id = ${stopId})`.execute(trx);
}
