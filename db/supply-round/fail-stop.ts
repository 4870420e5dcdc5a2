/** A stop comes to nothing. What was done until then stays done; a slip of which nothing was stowed waits for the next round. */
import { type RawBuilder, sql } from 'kysely';
import { type FailReason, mayFail } from '../../domain/supply-round/protocol.ts';
import { unfreezeSlips } from '../exchange-slip/freeze.ts';
import { settleSlips } from '../exchange-slip/settle.ts';
import { type Act, refuseTransition } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { type LockedStop, lockStop } from './lock-stop.ts';
import { releasePacksOfStops } from './release-packs.ts';
import { layRoundFacts } from './round-facts.ts';

const failableRounds: readonly LockedStop['round']['status'][] = ['confirmed', 'loaded', 'departed', 'returned', 'handed-over'];

/** Throws ActRefused `transition-not-allowed`. */
export async function failStop(act: Act, stopId: string, { reason, cssdId }: { reason: FailReason; cssdId: string }): Promise<void> {
  const stop = await lockStop(act.trx, stopId);
  if (!mayFail(stop.status)) throw refuseTransition(stop.status, []);
  if (!failableRounds.includes(stop.round.status)) throw refuseTransition(stop.round.status, []);
  const unserved = await markFailed(act, [stop], { roundId: stop.round.id, reason, cssdId });
  await layRoundFacts(act, [
    {
      roundId: stop.round.id,
      type: 'stop-failed',
      input: { stopId, institutionId: stop.institutionId, reason, unserved: unserved.includes(stopId) },
    },
  ]);
}

/**
 * Resolves with the stops whose centres wait for the next round with a slip. `entries` go into the ledger with those about the stops; `writes` are parts of
 * the statement that writes it.
 */
export async function markFailed(
  act: Act,
  stops: readonly Pick<LockedStop, 'id' | 'institutionId' | 'status' | 'slipIds' | 'steps'>[],
  {
    roundId,
    reason,
    cssdId,
    entries = [],
    writes = [],
  }: { roundId: string; reason: FailReason; cssdId: string; entries?: readonly LedgerEntry[]; writes?: readonly RawBuilder<unknown>[] },
): Promise<string[]> {
  const stopIds = stops.map(({ id }) => id);
  const marked = sql`marked as (
    update round_stop set status = 'failed', fail_reason = ${reason}, failed_at = ${act.happenedAt} where id = any(${stopIds}::uuid[])
  )`;
  const failed = stops.map(
    ({ id, institutionId, status }): LedgerEntry => ({
      thing: { type: 'stop', id },
      event: 'failed',
      from: status,
      to: 'failed',
      roundId,
      stopId: id,
      institutionId,
      details: { reason },
    }),
  );
  const unstowed = stops.filter(({ steps }) => !steps.some(({ step }) => step === 'soiled-stowed'));
  // What has left the department comes back with the vehicle; what has not is free for others at once.
  await releasePacksOfStops(act, {
    roundId,
    stopIds,
    cssdId,
    loadedToo: false,
    entries: [...entries, ...failed],
    writes: [marked, ...writes],
  });
  const waiting = await unfreezeSlips(
    act,
    unstowed.map(({ id }) => id),
  );
  await settleSlips(
    act,
    stops.flatMap(({ slipIds }) => slipIds.filter((id) => !waiting.includes(id))),
  );
  return unstowed.filter(({ slipIds }) => slipIds.some((id) => waiting.includes(id))).map(({ id }) => id);
}
