/** A person's follow-up as a durable pathway. */
import type { FollowUpState } from '../domain/follow-up/state.ts';
import { followUp as decider } from '../domain/follow-up.ts';
import { type PathwayInput, runPathway } from './pathway.ts';

export function followUp(input: PathwayInput<FollowUpState>) {
  return runPathway(decider, input, followUp);
}
