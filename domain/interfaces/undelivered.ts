/** A message that an institution's own system does not take: what came of it, what a person can do about it, and what the task of it is called. */
import type { Words } from '../kit/language.ts';

/** Why a message counts as not delivered. */
export type TroubleKind =
  /** The system could not be reached, or said nothing in time. */
  | 'no-answer'
  /** What came back answers no message of ours. */
  | 'not-understood'
  /** Not now, or not understood: AR, CR. */
  | 'rejected'
  /** Understood and not done: AE, CE. */
  | 'refused'
  /** The message could not be written. */
  | 'not-written';

/** In codes only: an answer of another system may name people. */
export interface Trouble {
  kind: TroubleKind;
  /** MSH-10; null where the message could not be written. */
  controlId: string | null;
  /** MSH-9, such as OMG^O19; null where the message could not be written. */
  messageType: string | null;
  /** MSA-1 of the answer. */
  code: string | null;
  /** ERR-3, a condition of HL7 table 0357. */
  condition: string | null;
  /** ERR-2, as in PID^1^3: the place of which the receiver complains. */
  place: string | null;
}

/** The ways out: the same message goes again at once; whom it is for was told on the telephone; it is given up. */
export const undeliveredOutcomes = ['send-again', 'told-by-telephone', 'given-up'] as const;
export type UndeliveredOutcome = (typeof undeliveredOutcomes)[number];

export const UNDELIVERED_TASK = 'undelivered-message';

/** The task is for the alliance office, which keeps the connections; where there is none, for the head of the institution that the message is for. */
export const UNDELIVERED_ROLES = { office: 'office', without: 'head' } as const;

export const undeliveredTaskTitle: Words = {
  zh: '对方系统未接收消息：重发、电话告知或放弃',
  en: 'Another system does not take a message: send it again, tell them by telephone, or give it up',
};
