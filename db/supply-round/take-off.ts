/** Taking packs off the vehicle before it departs. */
import { type Act, ActRefused } from '../sterile-supply/act.ts';
import { resolvePacks } from '../sterile-supply/find-things.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';
import { takePacksOff } from './release-packs.ts';

/** Throws ActRefused: transition-not-allowed, invalid-request, `not-in-custody` for a pack that this round has not loaded. */
export async function takeOffPacks(
  act: Act,
  roundId: string,
  { packIds: given, reason }: { packIds: readonly string[]; reason: string },
): Promise<void> {
  await lockRoundFor(act.trx, roundId, 'take-off');
  const packIds = (await resolvePacks(act.trx, given, 'packIds')).map(({ id }) => id);
  const loaded = await act.trx
    .selectFrom('pack')
    .innerJoin('consignment', 'consignment.id', 'pack.consignment_id')
    .select('pack.id')
    .where('consignment.round_id', '=', roundId)
    .where('pack.id', 'in', [...packIds, ''])
    .execute();
  const notLoaded = packIds.filter((packId) => !loaded.some(({ id }) => id === packId));
  if (notLoaded.length > 0) throw new ActRefused('not-in-custody', { packIds: notLoaded });
  await takePacksOff(act, { roundId, packIds, cssdId: act.actor.institutionId, reason });
  await updateRound(act.trx, roundId);
}
