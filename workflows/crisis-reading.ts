/** The crisis reading as a durable pathway. */
import { crisisReading as decider } from '../domain/crisis-reading/decider.ts';
import type { CrisisReadingState } from '../domain/crisis-reading/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function crisisReading(input: PathwayInput<CrisisReadingState>) {
  return runPathway(decider, input, crisisReading);
}
