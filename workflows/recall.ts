/** Recall as a durable pathway. */
import { recall as decider } from '../domain/recall/decider.ts';
import type { RecallState } from '../domain/recall/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function recall(input: PathwayInput<RecallState>) {
  return runPathway(decider, input, recall);
}
