/** The identity check as a durable pathway. */
import { identityCheck as decider } from '../domain/identity-check/decider.ts';
import type { IdentityCheckState } from '../domain/identity-check/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function identityCheck(input: PathwayInput<IdentityCheckState>) {
  return runPathway(decider, input, identityCheck);
}
