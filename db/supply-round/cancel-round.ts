/** Cancelling: the packs of the round go back to the store, its slips wait for the next round. */

import { unfreezeSlips } from '../exchange-slip/freeze.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { lockStopsOfRound, updateRound } from './lock-round.ts';
import { releasePacksOfStops } from './release-packs.ts';

export async function cancelRound(act: Act, { roundId, cssdId }: { roundId: string; cssdId: string }): Promise<void> {
  const stopIds = (await lockStopsOfRound(act.trx, roundId)).map(({ id }) => id);
  await updateRound(act.trx, roundId, { status: 'cancelled', closed_at: act.happenedAt });
  await releasePacksOfStops(act, { roundId, stopIds, cssdId, loadedToo: true });
  await unloadBoxes(act, { roundId, cssdId });
  await unfreezeSlips(act, stopIds);
}

/** The boxes that were packed for the round are the department's again. */
async function unloadBoxes(act: Act, { roundId, cssdId }: { roundId: string; cssdId: string }): Promise<void> {
  const boxes = await act.trx
    .selectFrom('custody')
    .select(['thing_id as id', 'since'])
    .where('holder_type', '=', 'round')
    .where('holder_id', '=', roundId)
    .where('thing_type', '=', 'transport-box')
    .where('until', 'is', null)
    .orderBy('thing_id')
    .execute();
  await appendLedger(
    act,
    boxes.map(({ id, since }) => ({
      thing: { type: 'transport-box' as const, id },
      event: 'taken-off',
      roundId,
      holder: { type: 'cssd' as const, id: cssdId },
      institutionId: cssdId,
      happenedAt: new Date(Math.max(since.getTime(), act.happenedAt.getTime())),
    })),
  );
}
