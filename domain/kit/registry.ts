/** Every pathway by its kind: who needs a decider by name finds it here. */
import { followUp } from '../follow-up/decider.ts';
import { isMessageTemplate } from '../messages/templates.ts';
import { referral } from '../referral/decider.ts';
import { type Decider, type MessageStanding, type QueuedMessage, upToDate } from './pathway.ts';

// biome-ignore lint/suspicious/noExplicitAny: each pathway has a state of its own
export const deciders: Record<string, Decider<any>> = { referral, 'follow-up': followUp };

/** A message as it lies in the outbox, with the pathway that wrote it. */
export interface StoredMessage extends Omit<QueuedMessage, 'template'> {
  template: string;
  kind: string | null;
  state: unknown;
}

const alwaysMeant: MessageStanding = { urgency: 'routine', emergency: false, usefulUntil: null, outdated: null };

/** As its pathway sees it by now. A template that only newer code knows is left to newer code. */
export function messageStanding({ kind, state, template, parameters, audience }: StoredMessage): MessageStanding {
  const decider = kind === null ? undefined : deciders[kind];
  if (!decider || !state || !isMessageTemplate(template)) return alwaysMeant;
  return decider.standing(upToDate(decider, state), { audience, template, parameters });
}
