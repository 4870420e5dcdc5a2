/**
 * What every pathway is made of: a pure decider. The kit in workflows/kit/run-pathway.ts makes it durable, activities/kit/commit.ts writes what it decides.
 * Events and decisions carry ids, codes and instants (milliseconds); names and free text stay in the command's row.
 */
import type { Urgency } from '../alliance/configuration.ts';
import type { Audience } from '../messages/wording.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type { ErrorCode } from './errors.ts';
import type { Subject } from './facts.ts';

export interface Actor {
  personId: string;
  institutionId: string;
  role: string;
}

export type EventKind = 'command' | 'fact' | 'due';

/** A command: a person asks. A fact: something happened. Due: an obligation's time has come. */
export interface PathwayEvent {
  kind: EventKind;
  name: string;
  /** the logical step: the same id is decided once, however often it arrives */
  id: string;
  at: number;
  actor: Actor | null;
  input: unknown;
  /** the version the caller insists on (If-Match) */
  ifVersion?: number;
}

export interface Reason {
  rule: string;
  clause: string;
  evidence: Record<string, string | number | boolean | null>;
}

/** One line of the timeline. `Event` are the names that a pathway has words for. */
export interface Entry<Event extends string = string> {
  event: Event;
  from: string | null;
  to: string | null;
  because: Reason[];
}

/** Who gets a message; resolved to persons inside the commit, where the directory is. */
export type Recipient =
  | { to: 'person'; personId: string }
  | { to: 'role'; role: string; institutionId: string; departmentId: string | null }
  | { to: 'owner'; taskId: string; otherwise: Recipient }
  | { to: 'office' }
  | { to: 'patient'; patientId: string };

/** A message that a decision sends. `Template` are the templates that the pathway has texts for. */
export interface MessageIntent<Template extends string = string> {
  /** part of the message's key: (pathway, step, recipient, channel) */
  step: string;
  template: Template;
  recipients: Recipient[];
  parameters: Record<string, string | number | boolean | null>;
}

/** A message that waits, as its pathway sees it by now. Times on the pathway's own clock. */
export interface MessageStanding {
  urgency: Urgency;
  emergency: boolean;
  /** from then on it is of no use; null: it is always worth knowing */
  usefulUntil: number | null;
  /** why it must not go any more; null: it says what is so */
  outdated: 'patient-died' | 'pathway-ended' | 'appointment-changed' | 'already-done' | null;
}

/** A message that waits for its turn, as far as its pathway has to know it. */
export interface QueuedMessage<Template extends string = string> {
  audience: Audience;
  template: Template;
  parameters: MessageIntent['parameters'];
}

export interface Decision<State> {
  at: number;
  /** the fields of the state that change, with their new values: an old decision means the same for ever, whatever the code does by then */
  set: Partial<State>;
  entries: Entry[];
  messages: MessageIntent[];
  /** what only the database can know; if it does not hold the commit refuses */
  requires?: { tasksUnclaimed: string[] };
}

export interface Refusal {
  code: ErrorCode;
  state?: string | null;
  allowed?: string[];
}

export type Verdict<State> = { ok: true; decision: Decision<State> } | { ok: false; refusal: Refusal };

/** What the pathway must do by itself at an instant, unless an event comes first. */
export interface Obligation<Name extends string = string> {
  id: string;
  name: Name;
  at: number;
}

/** A task that must stand open in a state; opened, moved and closed by the commit so that rows and state cannot differ. */
export interface PathwayTask {
  id: string;
  name: string;
  role: string;
  institutionId: string;
  departmentId: string | null;
  urgency: string;
  emergency: boolean;
  clock: SlaClock;
}

/**
 * The rules of a pathway. `Kind` is its name and `Fact` the types of the facts that it hears, both as literals: from them the registry makes the union
 * of all kinds and of all facts.
 */
export interface Decider<State, Kind extends string = string, Fact extends string = string> {
  kind: Kind;
  /** the name of the command that begins the pathway */
  creation: string;
  commands: readonly string[];
  /** the types of facts that it listens to */
  facts: readonly Fact[];
  /** the names of its obligations */
  dues: readonly string[];
  initial: State;
  decide(state: State, event: PathwayEvent): Verdict<State>;
  /** everything that will come due, in no order */
  obligations(state: State): Obligation[];
  tasks(state: State): PathwayTask[];
  /** asked before a message goes: hours may lie between the decision that wrote it and its turn */
  standing(state: State, message: QueuedMessage): MessageStanding;
  /**
   * What Postgres has to know to find the pathway: the institution that has to act now, the patient, and the subjects that it holds. Facts about its
   * patient and its subjects reach it. Without `subjects` it holds none.
   */
  summary(state: State): { institutionId: string | null; patientId: string | null; subjects?: readonly Subject[] };
  ended(state: State): boolean;
}

export function evolve<State>(state: State, decision: Decision<State>): State {
  return { ...state, ...decision.set };
}

/** A state that was stored by older code has not heard of newer fields: they begin as they do in a new pathway. Fields are added, never renamed. */
export function withNewFields<State>(decider: Pick<Decider<State>, 'initial'>, stored: State): State {
  return { ...decider.initial, ...stored };
}

/** The earliest obligation; ties go to the smaller id, so that every run agrees. */
export function findEarliest(obligations: readonly Obligation[]): Obligation | undefined {
  return [...obligations].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))[0];
}

export const workflowId = (kind: string, id: string): string => `${kind}/${id}`;

/** How a step is told from every other one, for ever: never by run or attempt. */
export const stepKey = (pathwayId: string, eventId: string): string => `${pathwayId}:${eventId}`;
