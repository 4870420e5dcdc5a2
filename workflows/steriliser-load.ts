/** Steriliser load as a durable pathway. */
import { steriliserLoad as decider } from '../domain/steriliser-load/decider.ts';
import type { SteriliserLoadState } from '../domain/steriliser-load/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function steriliserLoad(input: PathwayInput<SteriliserLoadState>) {
  return runPathway(decider, input, steriliserLoad);
}
