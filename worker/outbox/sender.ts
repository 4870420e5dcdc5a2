/** A sender hands one message of its channel over and says what became of it. The dispatcher knows no more of a channel. */

export interface OutgoingMessage {
  /** The deduplication id, which is the same on every attempt. A receiver that has seen it drops the message. */
  key: string;
  /** The id of the message's row. */
  id: string;
  /** The recipient's addresses as the directory has them now, not when the message was written; null where there is none. */
  to: {
    /** Null for a member of staff or a team. */
    patientId: string | null;
    phone: string | null;
    email: string | null;
    /** The ids of the groups in which a robot can reach a member of staff or a team: teams, then departments, then institutions. */
    groups: readonly string[];
  };
  /** For channels that have a subject line. */
  subject: string;
  body: string;
}

/**
 * `detail` goes into the log and into message_attempt: a code such as `http-503`, never a number, a name or a text.
 * - sent: the receiver has taken it
 * - in-hand: a person carries it to the patient, and says later what came of it
 * - failed: it did not arrive; another attempt follows, not before `retryAfterSeconds` where the receiver asked for that
 * - unknown: it left and nobody answered; it may have arrived, another attempt follows with the same key
 * - undeliverable: no attempt with the same message can succeed. The next channel's turn when the address is at fault. Where the receiver
 *   refuses for another reason (a wrong credential, a blocked account) people can put that right, so it is tried again.
 */
export type SendResult =
  | { result: 'sent' }
  | { result: 'in-hand' }
  /** `pauses`: whether only this message waits or, by default, every message of the channel. */
  | { result: 'failed'; detail: string; retryAfterSeconds?: number; pauses?: 'channel' | 'message' }
  | { result: 'unknown'; detail: string }
  | { result: 'undeliverable'; detail: string; fault: 'address' | 'refused' };

export interface Sender {
  readonly channel: string;
  /** Set where a person carries the message: it stays in their hands for hours, and the outbox has to look at it again. */
  readonly byHand?: true;
  /** Resolves within the sender's own time-out of some seconds. A rejected promise counts as failed. May be called concurrently. */
  send(message: OutgoingMessage): Promise<SendResult>;
}
