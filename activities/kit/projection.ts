/** What a pathway's own tables have to do with a decision: each pathway writes one projection, the commit calls it inside its transaction. */
import type { Trx } from '../../db/kit/transaction.ts';
import type { Decision, PathwayEvent, Refusal } from '../../domain/kit/pathway.ts';

/** What a projection is given of a decision. */
export interface Projected<State> {
  pathwayId: string;
  before: State;
  after: State;
  event: PathwayEvent;
  decision: Decision<State>;
  /** The free text of the command that led to the decision. It is empty for facts and obligations. */
  texts: Record<string, unknown>;
}

/** What a pathway's own tables have to do with a decision. */
export interface Projection<State> {
  project(trx: Trx, projected: Projected<State>): Promise<void>;
  /** Says whether the pathway's tables allow what the decider has allowed. It locks the rows that it has looked at, so that the answer holds until the transaction ends. */
  refuse?(trx: Trx, projected: Projected<State>): Promise<Refusal | undefined>;
  /** The refusal, in the words of the catalogue, that an error of `project` stands for; undefined for an error that is no refusal. */
  refusalOfError?(error: unknown): Refusal | undefined;
}
