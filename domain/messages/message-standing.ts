/** Whether a message in the outbox is still meant: its pathway is asked again before the message goes, however long it has waited. */
import { type MessageStanding, type QueuedMessage, withNewFields } from '../kit/pathway.ts';
import { findDecider } from '../kit/registry.ts';
import { isMessageTemplate } from './templates.ts';

/** A message as it lies in the outbox, with the pathway that wrote it. */
export interface StoredMessage extends QueuedMessage {
  kind: string | null;
  state: unknown;
}

const alwaysMeant: MessageStanding = { urgency: 'routine', emergency: false, usefulUntil: null, outdated: null };

/** How the pathway of a message sees it by now. A template that only newer code knows is left to newer code. */
export function messageStanding({ kind, state, template, parameters, audience }: StoredMessage): MessageStanding {
  const decider = kind === null ? undefined : findDecider(kind);
  if (!decider || !state || !isMessageTemplate(template)) return alwaysMeant;
  return decider.standing(withNewFields(decider, state), { audience, template, parameters });
}
