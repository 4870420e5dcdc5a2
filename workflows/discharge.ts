/** The episode after a stay in hospital as a durable pathway. */
import { discharge as decider } from '../domain/discharge/decider.ts';
import type { DischargeState } from '../domain/discharge/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function discharge(input: PathwayInput<DischargeState>) {
  return runPathway(decider, input, discharge);
}
