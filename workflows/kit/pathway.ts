/** What goes in and out of a pathway's workflow: the arguments of its start, Updates, Signals and of the commit. All of it stands in histories. */
import type { Actor, Decision, PathwayEvent, Refusal, Verdict } from '../../domain/kit/pathway.ts';

export type Outcome = { ok: true; version: number } | { ok: false; refusal: Refusal };

/** Argument of every Update. */
export interface Command {
  actor: Actor;
  input: unknown;
  /** the version the caller insists on */
  ifVersion?: number;
  /** the version that the caller has seen: the workflow does not refuse early while it knows an older one only */
  seen: number;
}

/** Argument of every Signal. */
export interface Fact {
  id: string;
  input: unknown;
}

export interface CommitRequest<State> {
  pathwayId: string;
  kind: string;
  /** of the pathway and the step, so that a step is committed once in whatever run and attempt */
  key: string;
  /** the version that the workflow knows: nothing is written when Postgres has another one */
  expect: number;
  event: PathwayEvent;
  verdict: Verdict<State>;
}

export interface CommitAnswer<State> {
  /** absent when the workflow was behind and nothing was written */
  outcome?: Outcome;
  /** every stored decision above `expect`, in order, the one just committed included */
  log: Decision<State>[];
}

/** What one run hands to the next one when the pathway is continued as new. */
export interface Carried<State> {
  version: number;
  state: State;
  /** outcomes of the latest commands, so that a repeated one gets its own answer */
  answered: [string, Outcome][];
  facts: PathwayEvent[];
  /** how many runs there were before */
  runs: number;
}

export interface PathwayInput<State> {
  id: string;
  /** The creating command rides in the start, so that no workflow exists without its first decision. The Update of the same id only waits for the outcome. */
  first: { id: string; name: string; actor: Actor; input: unknown };
  eventCap: number;
  /** Pathways from before this was so commit their creation by a normal activity. */
  creation?: 'local';
  /** how decisions are committed; 'mixed' unless a comparison is run */
  path?: 'mixed' | 'normal' | 'local';
  carried?: Carried<State>;
}
