/** Before a message leaves the outbox its pathway is asked whether the message is still meant, because it may have waited for hours. */
import { type MessageStanding, type QueuedMessage, withNewFields } from '../kit/pathway.ts';
import { findDecider } from '../kit/registry.ts';
import type { RecipientType } from './channels.ts';
import { contactTemplate } from './contact-rung.ts';
import { isMessageTemplate } from './templates.ts';
import type { Audience } from './wording.ts';

/** A message as it lies in the outbox, with the kind and the present state of the pathway that wrote it. */
export interface StoredMessage extends QueuedMessage {
  kind: string | null;
  state: unknown;
}

/** A resident's contact reads words for residents. */
export const audienceOf = (recipient: RecipientType): Audience =>
  recipient === 'patient' || recipient === 'contact' ? 'patient' : 'person';

const alwaysMeant: MessageStanding = { urgency: 'routine', emergency: false, usefulUntil: null, outdated: null };

/** Returns how the pathway of a message sees it by now. A template that only newer code knows counts as meant, so that newer code can send it. */
export function messageStanding({ kind, state, template: own, parameters, audience }: StoredMessage): MessageStanding {
  // A contact is asked for as long as the message is meant that has not reached the resident.
  const template = own === contactTemplate && typeof parameters.about === 'string' ? parameters.about : own;
  const decider = kind === null ? undefined : findDecider(kind);
  if (!decider || !state || !isMessageTemplate(template)) return alwaysMeant;
  return decider.standing(withNewFields(decider, state), { audience, template, parameters });
}
