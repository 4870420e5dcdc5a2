/**
 * Every pathway is a pure decider, and this file has its types. The kit in workflows/kit/run-pathway.ts makes it durable, activities/kit/commit.ts writes what it decides.
 * Events and decisions carry ids, codes and instants (milliseconds); names and free text stay in the command's row.
 */
import type { Urgency } from '../alliance/configuration.ts';
import type { Role } from '../alliance/roles.ts';
import type { Audience } from '../messages/wording.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import { applyChange, type Change } from './changes.ts';
import type { ErrorCode } from './errors.ts';
import type { Subject } from './facts.ts';

export interface Actor {
  personId: string;
  institutionId: string;
  role: string;
}

export type EventKind = 'command' | 'fact' | 'due';

/**
 * With a command a person asks for something, a fact says that something has happened, and a due event says that the time of an obligation
 * has come.
 */
export interface PathwayEvent {
  kind: EventKind;
  name: string;
  /** The id of the step. An event with the same id is decided once, however often it arrives. */
  id: string;
  at: number;
  actor: Actor | null;
  input: unknown;
  /** The caller insists on this version (If-Match): at any other one the command is refused. */
  ifVersion?: number;
}

export interface Reason {
  rule: string;
  clause: string;
  /** The document that the clause is from. The timeline shows it with the evidence. */
  source?: string;
  evidence: Record<string, string | number | boolean | null>;
}

/** One line of the timeline. `Event` is the union of the names that a pathway has words for. */
export interface Entry<Event extends string = string> {
  event: Event;
  from: string | null;
  to: string | null;
  because: Reason[];
}

/** Who gets a message. The commit resolves a recipient to persons, because the directory is in its database. */
export type Recipient =
  | { to: 'person'; personId: string }
  | { to: 'role'; role: string; institutionId: string; departmentId: string | null }
  | { to: 'owner'; taskId: string; otherwise: Recipient }
  | { to: 'office' }
  /** `channel`: the only one that will do; by default the patient's own. */
  | { to: 'patient'; patientId: string; channel?: 'sms' }
  /** One of the contacts that the patient has named, by its place. The message has the patient's id as `patientId`. */
  | { to: 'contact'; patientId: string; index: number; channel: 'sms' };

/** A message that a decision sends. `Template` is the union of the templates that the pathway has texts for. */
export interface MessageIntent<Template extends string = string> {
  /** The step is a part of the message's key, which is made of pathway, step, recipient and channel. */
  step: string;
  template: Template;
  recipients: Recipient[];
  parameters: Record<string, string | number | boolean | null>;
  /** The id, within the pathway, of a task: once somebody has claimed it, nobody gets the message. */
  unlessClaimed?: string;
  /** The message reminds of what begins at this instant: it goes on the working day before, and not at all when that is too soon. */
  remindsOf?: number;
}

/** How a pathway sees one of its waiting messages by now. Instants are on the pathway's own clock. */
export interface MessageStanding {
  urgency: Urgency;
  emergency: boolean;
  /** The message is of no use from this instant on; null when it is always worth knowing. */
  usefulUntil: number | null;
  /** The reason why the message must not go any more; null while what it says is true. */
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
  /**
   * The fields of the state that change, with their new values. Values instead of operations: so a stored decision means the same to all
   * later code.
   */
  set: Partial<State>;
  /**
   * In stored decisions alone, and in none of older code: what has changed within fields that are not in `set`. A list of reasons that stands in the
   * entries too stands there only; see stored-decision.ts.
   */
  within?: Record<string, Change>;
  entries: Entry[];
  messages: MessageIntent[];
  /** Conditions that only the database can check. The commit refuses the decision when one of them does not hold. */
  requires?: { tasksUnclaimed: string[] };
}

export interface Refusal {
  code: ErrorCode;
  state?: string | null;
  allowed?: string[];
  /** Further members that the caller is answered, such as what is still missing: ids and codes only. */
  members?: Record<string, unknown>;
}

export type Verdict<State> = { ok: true; decision: Decision<State> } | { ok: false; refusal: Refusal };

/** An obligation is what the pathway must do by itself at an instant, unless an event makes it needless before that. */
export interface Obligation<Name extends string = string> {
  id: string;
  name: Name;
  at: number;
}

/**
 * A task that must stand open in a state; opened, moved and closed by the commit so that rows and state cannot differ. `Name` is the union of the
 * names that a pathway has titles for.
 */
export interface PathwayTask<Name extends string = string> {
  id: string;
  name: Name;
  role: string;
  institutionId: string;
  departmentId: string | null;
  urgency: string;
  emergency: boolean;
  clock: SlaClock;
  /** What the task is about, in codes, instants and numbers, as the worklist shows it; nothing when it is left out. */
  about?: TaskAbout;
}

/** What a task is about: ids, codes, instants and values by name, never a name or free text. */
export type TaskAbout = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The rules of a pathway. `Kind` is its name and `Fact` the types of the facts that it listens to, both as literals: from them the registry makes the union
 * of all kinds and of all facts.
 */
export interface Decider<State, Kind extends string = string, Fact extends string = string> {
  kind: Kind;
  /** The name of the command that begins the pathway. */
  creation: string;
  commands: readonly string[];
  /** The types of the facts that the pathway listens to. */
  facts: readonly Fact[];
  /** The names of the pathway's obligations. */
  dues: readonly string[];
  /** The commands that take something back: a task that they make needless is withdrawn, because nobody has done it. None when it is left out. */
  takesBack?: readonly string[];
  /**
   * The members of inputs that are documents: the same for many pathways, and never about a person. They are stored once and named from then on;
   * none when it is left out.
   */
  documents?: readonly string[];
  /**
   * Objects as they mostly are in a state: one that has all members of a blank is stored as the blank's name and what differs from it. None when it is
   * left out. A blank may be changed, because the old one stays under its own name.
   */
  blanks?: readonly object[];
  initial: State;
  decide(state: State, event: PathwayEvent): Verdict<State>;
  /** Returns every obligation that the state holds, due or not, in no order. */
  obligations(state: State): Obligation[];
  tasks(state: State): PathwayTask[];
  /** The roles that may do a task as well as the role that it is for, by the name of the task. None when it is left out. */
  sharedTasks?: Readonly<Record<string, readonly Role[]>>;
  /** The outbox asks this before it sends a message, because hours may lie between the decision that wrote the message and its turn. */
  standing(state: State, message: QueuedMessage): MessageStanding;
  /**
   * Returns what Postgres has to know to find the pathway: the institution that has to act now, the patient, and the subjects that the pathway holds,
   * none when `subjects` is left out. Facts about the patient and the subjects reach the pathway.
   */
  summary(state: State): { institutionId: string | null; patientId: string | null; subjects?: readonly Subject[] };
  ended(state: State): boolean;
}

/** Throws when the decision was made on another state than this. */
export function evolve<State>(state: State, decision: Decision<State>): State {
  const { set, within, entries } = decision;
  if (!within) return { ...state, ...set };
  const change = { set, in: within } as Change;
  return applyChange(state, withReasons(change, reasonsOf(entries)) as Change) as State;
}

/** Returns the reasons of all entries, in order. */
export const reasonsOf = (entries: readonly Entry[]): Reason[] => entries.flatMap(({ because }) => because);

/** Stands for a list of reasons in a stored decision: their places among all reasons of its entries, from the first to before the last number. */
export interface NamedReasons {
  $reasons: [from: number, to: number];
}

function withReasons(value: unknown, reasons: readonly Reason[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withReasons(item, reasons));
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, '$reasons')) return reasons.slice(...(value as NamedReasons).$reasons);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withReasons(member, reasons)]));
}

/** A state that was stored by older code lacks newer fields, so they get the values of a new pathway. Fields are added and never renamed. */
export function withNewFields<State>(decider: Pick<Decider<State>, 'initial'>, stored: State): State {
  return { ...decider.initial, ...stored };
}

/** Returns the earliest obligation. Of several at one instant it is the one with the smaller id, so that a replay chooses the same one. */
export function findEarliest(obligations: readonly Obligation[]): Obligation | undefined {
  return [...obligations].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))[0];
}

export const workflowId = (kind: string, id: string): string => `${kind}/${id}`;

/** The key by which a step is committed once. It holds neither run nor attempt, so every repetition of the step has the same key. */
export const stepKey = (pathwayId: string, eventId: string): string => `${pathwayId}:${eventId}`;
