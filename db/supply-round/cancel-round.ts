/** Cancelling: the packs of the round go back to the store, its slips wait for the next round. */

import { unfreezeSlips } from '../exchange-slip/freeze.ts';
import type { Act } from '../sterile-supply/act.ts';
import { lockStopsOfRound, updateRound } from './lock-round.ts';
import { releasePacksOfStops } from './release-packs.ts';

export async function cancelRound(act: Act, { roundId, cssdId }: { roundId: string; cssdId: string }): Promise<void> {
  const stopIds = (await lockStopsOfRound(act.trx, roundId)).map(({ id }) => id);
  await updateRound(act.trx, roundId, { status: 'cancelled', closed_at: act.happenedAt });
  await releasePacksOfStops(act, { roundId, stopIds, cssdId, loadedToo: true });
  await unfreezeSlips(act, stopIds);
}
