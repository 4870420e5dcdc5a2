/**
 * Every pathway by its kind. A pathway joins carepath by standing in the list below: each layer then has a table that `satisfies
 * Record<PathwayKind, …>`, so that the compiler names every place where the new pathway is still missing.
 */
import { followUp } from '../follow-up/decider.ts';
import { isMessageTemplate } from '../messages/templates.ts';
import type { HeldReadingsFact } from '../readings/reading.ts';
import { referral } from '../referral/decider.ts';
import type { PatientFact } from './facts.ts';
import { type Decider, type MessageStanding, type QueuedMessage, upToDate } from './pathway.ts';

export const deciders = [referral, followUp] as const;

type RegisteredDecider = (typeof deciders)[number];

export type PathwayKind = RegisteredDecider['kind'];

/** The types of facts that some pathway listens to. */
export type PathwayFact = RegisteredDecider['facts'][number];

/** Every type of fact that there is: a type that is none of these does not compile. */
export type FactType = PatientFact | PathwayFact | HeldReadingsFact;

/** The state of the pathways of one kind. */
export type StateOf<Kind extends PathwayKind> = Extract<RegisteredDecider, { kind: Kind }>['initial'];

/** A decider of which only the kind is known: whoever holds a state of that kind can use it. */
export type AnyDecider = Decider<unknown, PathwayKind>;

export const pathwayKinds: readonly PathwayKind[] = deciders.map(({ kind }) => kind);

/** The decider of a kind that was stored or typed by somebody; undefined when this version of the service does not know the kind. */
export function findDecider(kind: string): AnyDecider | undefined {
  return deciders.find((decider) => decider.kind === kind);
}

/** A message as it lies in the outbox, with the pathway that wrote it. */
export interface StoredMessage extends Omit<QueuedMessage, 'template'> {
  template: string;
  kind: string | null;
  state: unknown;
}

const alwaysMeant: MessageStanding = { urgency: 'routine', emergency: false, usefulUntil: null, outdated: null };

/** As its pathway sees it by now. A template that only newer code knows is left to newer code. */
export function messageStanding({ kind, state, template, parameters, audience }: StoredMessage): MessageStanding {
  const decider = kind === null ? undefined : findDecider(kind);
  if (!decider || !state || !isMessageTemplate(template)) return alwaysMeant;
  return decider.standing(upToDate(decider, state), { audience, template, parameters });
}
