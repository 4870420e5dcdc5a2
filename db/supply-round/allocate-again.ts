/** Allocating again what was released since the round was confirmed. */
import type { Act } from '../sterile-supply/act.ts';
import { allocatePacks } from './allocate-packs.ts';
import { lockRoundFor, updateRound } from './lock-round.ts';
import { layRoundFacts } from './round-facts.ts';

/** Throws ActRefused `transition-not-allowed`. */
export async function allocateAgain(act: Act, roundId: string): Promise<void> {
  await lockRoundFor(act.trx, roundId, 'allocate');
  await allocatePacks(act, roundId);
  await updateRound(act.trx, roundId);
  await layRoundFacts(act, [{ roundId, type: 'round-allocated', input: {} }]);
}
