/** Supply round as a durable pathway. */
import { supplyRound as decider } from '../domain/supply-round/decider.ts';
import type { SupplyRoundState } from '../domain/supply-round/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function supplyRound(input: PathwayInput<SupplyRoundState>) {
  return runPathway(decider, input, supplyRound);
}
