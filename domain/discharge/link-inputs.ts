/** What is asked about links, what is said by them, and the input of each. */

import type { LinkRecipient } from './link-state.ts';
import type { OnEpisode } from './on-episode.ts';
import type { StopReason } from './order-reports.ts';
import type { Symptom } from './rules.ts';

export interface SendLink extends OnEpisode {
  /** Allotted by whoever asks; its secret is made of it. */
  linkId: string;
  to: LinkRecipient;
}

export interface RevokeLink extends OnEpisode {
  linkId: string;
}

/** Whoever has opened a link says something. */
interface SaidByLink extends OnEpisode {
  linkId: string;
}

export interface LinkInputs {
  'send-link': SendLink;
  'revoke-link': RevokeLink;
  'link-report': SaidByLink & { orderId: string; done: boolean };
  'link-stopped': SaidByLink & { orderId: string; reason: StopReason };
  'link-symptoms': SaidByLink & { symptoms: readonly Symptom[] };
  'link-call-me': SaidByLink;
  /** The number is not that of whom the link was meant for. `familyContacts`: how many contacts the patient has. */
  'link-not-me': SaidByLink & { familyContacts: number; hasNumber: boolean };
  /** Somebody has called who was asked to by a link. What they have learned stays in the command's row. */
  'call-back-done': OnEpisode & { callBackId: string };
}

export const linkCommands = [
  'send-link',
  'revoke-link',
  'link-report',
  'link-stopped',
  'link-symptoms',
  'link-call-me',
  'link-not-me',
  'call-back-done',
] as const satisfies readonly (keyof LinkInputs)[];
export type LinkCommandName = (typeof linkCommands)[number];

/** Of these no person of staff gives any: they are said by a link, or complete a task. */
export type WithoutPost = Exclude<LinkCommandName, 'send-link' | 'revoke-link'>;
