/** A step at a stop, done by somebody there; one that does not come next is refused. What a telephone has scanned without a network is an observation. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { StopStep } from '../../domain/sterile-supply/vocabulary.ts';
import { findNextStep, mayFail, mayStillCheck } from '../../domain/supply-round/protocol.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { settleSlips } from '../exchange-slip/settle.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { type Act, ActRefused, refuseTransition } from '../sterile-supply/act.ts';
import { exposeArrivals } from '../sterile-supply/expose-packs.ts';
import { insertLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { arriveAtStop, leaveStop } from './arrive-and-leave.ts';
import { checkDelivery } from './check-delivery.ts';
import { handSterileOver } from './hand-sterile-over.ts';
import { type LockedStop, lockStop, type StepDetails } from './lock-stop.ts';
import { layRoundFacts } from './round-facts.ts';
import { signStop } from './sign-stop.ts';
import type { StepBody, StepDone } from './step-bodies.ts';
import { stowSoiled } from './stow-soiled.ts';

/** From these steps on it is known what the centre has taken. */
const settlingSteps: readonly StopStep[] = ['checked', 'left'];

/** Throws ActRefused: transition-not-allowed, step-out-of-order and what the step itself asks for. */
export async function recordStep(act: Act, stopId: string, body: StepBody): Promise<void> {
  const stop = await lockStop(act.trx, stopId);
  const done = stop.steps.map(({ step }) => step);
  requireNext(act, stop, done, body.step);
  const { details, writes = [], ledger, facts, movedPackIds = [] } = await doStep(act, stop, body);
  const { id: roundId } = stop.round;
  const place = { roundId, stopId, institutionId: stop.institutionId };
  const ofStop: LedgerEntry = { thing: { type: 'stop', id: stopId }, event: body.step, from: stop.status, to: body.step };
  const entries = [ofStop, ...ledger].map((entry) => ({ ...place, ...entry }));
  await writeStep(act, { stopId, step: body.step, details, writes: [...writes, sql`entry as (${insertLedger(act, entries)})`] });
  if (body.step === 'sterile-handed') await exposeArrivals(act, movedPackIds, stop.institutionId);
  await followRecalls(act, movedPackIds);
  await layRoundFacts(act, facts);
  if (settlingSteps.includes(body.step)) await settleSlips(act, stop.slipIds);
}

async function doStep(act: Act, stop: LockedStop, body: StepBody): Promise<StepDone> {
  switch (body.step) {
    case 'arrived':
      return arriveAtStop(act, stop);
    case 'soiled-stowed':
      return stowSoiled(act, stop, body);
    case 'gloves-off':
    case 'hand-hygiene':
      return Promise.resolve({ details: {}, ledger: [], facts: [] });
    case 'sterile-handed':
      return handSterileOver(act, stop, body);
    case 'checked':
      return checkDelivery(act, stop, body);
    case 'signed':
      return signStop(act, stop, body);
    case 'left':
      return leaveStop(act, stop);
  }
}

/** Throws ActRefused. */
function requireNext({ happenedAt }: Act, stop: LockedStop, done: readonly StopStep[], step: StopStep): void {
  if (step === 'checked' && stop.status === 'failed') {
    const { offline } = loadNormRules(localDateOf(happenedAt.getTime()));
    if (mayStillCheck(stop, { done, at: happenedAt, withinSeconds: offline.checkAfterUnsignedSeconds })) return;
  }
  if (stop.status === 'failed' || stop.status === 'left') throw refuseTransition(stop.status, []);
  if (stop.round.status !== 'departed') throw refuseTransition(stop.round.status, []);
  const next = findNextStep(stop.round.mode, done);
  if (next !== step) throw new ActRefused('step-out-of-order', { state: stop.status, allowed: allowedAtStop(stop, next) });
}

const allowedAtStop = ({ status }: LockedStop, next: StopStep | undefined): string[] => [
  ...(next === undefined ? [] : [next]),
  ...(mayFail(status) ? ['fail'] : []),
];

/** The stop shows its last step, by the instants; one that has failed stays so. One statement with everything that the step writes. */
async function writeStep(
  { trx, happenedAt, actor }: Act,
  { stopId, step, details, writes }: { stopId: string; step: StopStep; details: StepDetails; writes: readonly RawBuilder<unknown>[] },
): Promise<void> {
  await sql`
    with latest as (select step, happened_at from stop_step where stop_id = ${stopId} order by happened_at desc, id desc limit 1), done as (
      insert into stop_step (id, stop_id, step, happened_at, done_by, details)
      values (${uuid()}, ${stopId}, ${step}, ${happenedAt}, ${JSON.stringify(actor)}, ${JSON.stringify(details)})
    ), ${sql.join(writes)}
    update round_stop set status = case when status = 'failed' then status
      else coalesce((select step from latest where happened_at > ${happenedAt}), ${step}) end
    where id = ${stopId}`.execute(trx);
}
