/**
 * The events of a pathway as a union of types: each name with the input that it carries. A pathway declares its names and inputs in its `events.ts`;
 * a stored event is narrowed to that union once, where the decider takes it in.
 */
import type { Actor, PathwayEvent, Refusal } from './pathway.ts';

type EventBase = Omit<PathwayEvent, 'kind' | 'name' | 'actor' | 'input'>;

/** A command of each name in `Inputs`, with the input of that name. */
export type CommandEvent<Inputs> = {
  [Name in keyof Inputs & string]: EventBase & { kind: 'command'; name: Name; actor: Actor; input: Inputs[Name] };
}[keyof Inputs & string];

/** A fact of each name in `Inputs`, with the input of that name. */
export type FactEvent<Inputs> = {
  [Name in keyof Inputs & string]: EventBase & { kind: 'fact'; name: Name; actor: null; input: Inputs[Name] };
}[keyof Inputs & string];

/** An obligation of each of the names whose time has come; it carries nothing but its id. */
export type DueEvent<Names extends string> = {
  [Name in Names]: EventBase & { kind: 'due'; name: Name; actor: null; input: null };
}[Names];

/** The names of all events of a pathway: its decider has them. */
export interface EventNames {
  commands: readonly string[];
  facts: readonly string[];
  dues: readonly string[];
}

/**
 * Whether a pathway knows an event. Only kind and name are looked at: the input of a command is checked by the API before it is stored, that of a
 * fact by whoever lays it down.
 */
export function isKnownEvent({ kind, name, actor }: PathwayEvent, { commands, facts, dues }: EventNames): boolean {
  switch (kind) {
    case 'command':
      return actor !== null && commands.includes(name);
    case 'fact':
      return facts.includes(name);
    case 'due':
      return dues.includes(name);
  }
}

/**
 * What a decider answers to an event that it does not know. Newer code may have stored such a command, so it is refused like any other that is not
 * possible now. Facts and obligations come from this code's own lists: an unknown one is a defect, and throws.
 */
export function refuseUnknownEvent({ kind, name, actor }: PathwayEvent): { ok: false; refusal: Refusal } {
  if (kind !== 'command' || actor === null) throw new Error(`This pathway knows no ${kind} of the name ${name}.`);
  return { ok: false, refusal: { code: 'transition-not-allowed' } };
}
