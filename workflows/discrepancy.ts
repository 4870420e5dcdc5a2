/** Discrepancy as a durable pathway. */
import { discrepancy as decider } from '../domain/discrepancy/decider.ts';
import type { DiscrepancyState } from '../domain/discrepancy/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function discrepancy(input: PathwayInput<DiscrepancyState>) {
  return runPathway(decider, input, discrepancy);
}
