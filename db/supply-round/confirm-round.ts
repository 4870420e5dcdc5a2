/** Confirming: the slips of the round's centres are frozen for it, and packs are allocated to their lines. */

import { freezeSlips } from '../exchange-slip/freeze.ts';
import type { Act } from '../sterile-supply/act.ts';
import { allocatePacks } from './allocate-packs.ts';
import { updateRound } from './lock-round.ts';

export async function confirmRound(act: Act, roundId: string): Promise<void> {
  await updateRound(act.trx, roundId, { status: 'confirmed', confirmed_at: act.happenedAt });
  await freezeSlips(act, roundId);
  await allocatePacks(act, roundId);
}
