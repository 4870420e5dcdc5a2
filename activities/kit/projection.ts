/** What a pathway's own tables have to do with a decision: each pathway writes one projection, the commit calls it inside its transaction. */
import type { Trx } from '../../db/kit/transaction.ts';
import type { Decision, PathwayEvent, Refusal } from '../../domain/kit/pathway.ts';

/** What a projection sees of a decision. */
export interface Projected<State> {
  pathwayId: string;
  before: State;
  after: State;
  event: PathwayEvent;
  decision: Decision<State>;
  /** the free text of the command that led to it; empty for facts and obligations */
  texts: Record<string, unknown>;
}

/** What a pathway's own tables have to do with a decision. */
export interface Projection<State> {
  project(trx: Trx, projected: Projected<State>): Promise<void>;
  /** what only these tables know may still refuse what the decider allowed; locks what it has looked at */
  refuse?(trx: Trx, projected: Projected<State>): Promise<Refusal | undefined>;
}
