/**
 * A message reaches somebody by a channel, and by another one when the first does not work. A call or a letter has an outcome that says how the
 * message goes on. Pure; instants are in milliseconds.
 */
import type { MessageConfiguration } from '../alliance/configuration.ts';
import type { Words } from '../kit/language.ts';

export const staffChannels = ['sms', 'email', 'wecom'] as const;
export type StaffChannel = (typeof staffChannels)[number];
export const patientChannels = ['phone', 'sms', 'wechat', 'app', 'paper'] as const;
export type PatientChannel = (typeof patientChannels)[number];

/** What people call a channel. */
export const channelWords: Readonly<Record<StaffChannel | PatientChannel, Words>> = {
  sms: { zh: '短信', en: 'text message' },
  email: { zh: '电子邮件', en: 'e-mail' },
  wecom: { zh: '企业微信', en: 'WeCom' },
  phone: { zh: '电话', en: 'telephone' },
  wechat: { zh: '微信', en: 'WeChat' },
  app: { zh: '手机应用', en: 'app' },
  paper: { zh: '纸质信件', en: 'letter' },
};

/** By these channels a person carries the message to the patient: the outbox opens a task and waits until it is done. */
export const channelsByHand = ['phone', 'paper'] as const;
export type ByHand = (typeof channelsByHand)[number];

/**
 * Who gets a message. A team reads it in its group, and a team without a group is resolved to its members before this. A contact is somebody whom a patient
 * has named, and is asked to have the patient call.
 */
export type RecipientType = 'person' | 'patient' | 'team' | 'contact';

/**
 * The order in which channels stand in for one another. A letter needs nothing but the patient's centre, so a patient's message always has
 * a way, and never goes back: a number that nobody answers gets no text either. A group robot comes last for a person, because a group is
 * not where one person is sure to look.
 */
const channelOrder: Record<RecipientType, readonly string[]> = {
  patient: ['sms', 'phone', 'paper'],
  person: ['sms', 'email', 'wecom'],
  team: [],
  contact: ['sms', 'phone'],
};

/** Returns the channel after the last of those tried; undefined when none is left. `served` are the channels that this installation sends by. */
export function findNextChannel(recipient: RecipientType, tried: readonly string[], served: readonly string[]): string | undefined {
  const channels = channelOrder[recipient];
  const from = recipient === 'patient' ? Math.max(-1, ...tried.map((channel) => channels.indexOf(channel))) + 1 : 0;
  return channels.slice(from).find((channel) => served.includes(channel) && !tried.includes(channel));
}

export const callOutcomes = ['agreed', 'refused', 'call-later', 'no-answer', 'wrong-number', 'moved', 'dead'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/**
 * A message goes on like this after a call.
 * - told: the patient knows, whatever they said to it
 * - again: it comes back into the outbox and is called for another time
 * - elsewhere: it goes by the next channel
 * - over: it goes nowhere until somebody has confirmed what was said
 */
export type AfterCall =
  | { next: 'told' }
  | { next: 'again'; at: number }
  | { next: 'elsewhere' }
  | { next: 'over'; confirm: 'moved' | 'dead' };

/** `unanswered` counts the calls of this message that nobody answered, this call included. */
export function decideAfterCall(
  outcome: CallOutcome,
  { at, callAt, unanswered }: { at: number; callAt: number | null; unanswered: number },
  { callsUnanswered, callAgainAfterSeconds }: Pick<MessageConfiguration, 'callsUnanswered' | 'callAgainAfterSeconds'>,
): AfterCall {
  const later = at + callAgainAfterSeconds * 1_000;
  switch (outcome) {
    case 'agreed':
    case 'refused':
      return { next: 'told' };
    case 'call-later':
      return { next: 'again', at: callAt ?? later };
    case 'no-answer':
      return unanswered >= callsUnanswered ? { next: 'elsewhere' } : { next: 'again', at: later };
    case 'wrong-number':
      return { next: 'elsewhere' };
    case 'moved':
    case 'dead':
      return { next: 'over', confirm: outcome };
  }
}

export const letterOutcomes = ['handed-over', 'returned'] as const;
export type LetterOutcome = (typeof letterOutcomes)[number];

/** No way has brought a message to the patient, and somebody has told them all the same, or not. */
export const reachOutcomes = ['told', 'not-reached'] as const;
export type ReachOutcome = (typeof reachOutcomes)[number];

/** On the telephone somebody may say that the patient has moved or died. These are the answers to the question whether that is true. */
export const confirmOutcomes = ['confirmed', 'refuted'] as const;
export type ConfirmOutcome = (typeof confirmOutcomes)[number];
