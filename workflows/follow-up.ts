/** A person's follow-up as a durable pathway. */

import { followUp as decider } from '../domain/follow-up/decider.ts';
import type { FollowUpState } from '../domain/follow-up/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function followUp(input: PathwayInput<FollowUpState>) {
  return runPathway(decider, input, followUp);
}
