/**
 * The arguments and results of a pathway's workflow: of its start, its Updates, its Signals and its commit. They stand in stored histories,
 * so fields keep their names.
 */
import type { Actor, Decision, PathwayEvent, Refusal, Verdict } from '../../domain/kit/pathway.ts';

export type Outcome = { ok: true; version: number } | { ok: false; refusal: Refusal };

/** Argument of every Update. */
export interface CommandArgument {
  actor: Actor;
  /** Absent where the same command stands in the start of the workflow. */
  input?: unknown;
  /** The caller insists on this version: at any other one the command is refused. */
  ifVersion?: number;
  /** The caller has seen this version. While the workflow knows only an older one it does not refuse the command early. */
  seen: number;
}

/** Argument of every Signal. */
export interface FactArgument {
  id: string;
  input: unknown;
}

export interface CommitRequest<State> {
  pathwayId: string;
  kind: string;
  /** The key of the pathway and the step. A step has the same key in every run and attempt, so it is committed once. */
  key: string;
  /** The version that the workflow knows. The commit writes nothing when Postgres has another one. */
  expect: number;
  event: PathwayEvent;
  verdict: Verdict<State>;
}

export interface CommitAnswer<State> {
  /** The outcome is absent when the workflow was behind Postgres, so that nothing was written. */
  outcome?: Outcome;
  /** Every stored decision above the version `expect`, in order, with the one that was just committed. */
  log: Decision<State>[];
  /** The name of the event where the log does not say it: of a refusal, and of a decision without an entry. Whoever reads the history needs it. */
  event?: string;
}

/** One run hands this to the next one when the pathway is continued as new. */
export interface CarriedState<State> {
  version: number;
  state: State;
  /** The outcomes of the latest commands and facts by event id, so that a repeated one gets the outcome of the first. */
  answered: [string, Outcome][];
  facts: PathwayEvent[];
  /** So many runs came before this one. */
  runs: number;
}

export interface PathwayInput<State> {
  id: string;
  /**
   * The creating command is part of the start, so that no workflow exists without its first decision. The Update of the same id only waits
   * for the outcome.
   */
  first: { id: string; name: string; actor: Actor; input: unknown };
  /** A run is continued as new once its history has more events than this, so that it is read again quickly after a long sleep. */
  eventCap: number;
  /** The same for the bytes of its history. It is absent in pathways that older code has begun. */
  byteCap?: number;
  /**
   * Which activities commit decisions. It is absent in pathways that older code has begun, whose histories have a normal activity for each
   * command; their next run is 'local' as well. Only the benchmark that compares them asks for the others.
   */
  path?: 'mixed' | 'normal' | 'local';
  /** Of pathways that older code has begun: with 'local' their creating command alone is committed by a local activity. */
  creation?: 'local';
  carried?: CarriedState<State>;
}
