/** What the dispatcher knows of a channel: hand over one message, say what became of it. */

export interface OutgoingMessage {
  /** Deduplication id, the same on every attempt: a receiver that has seen it drops the message. */
  key: string;
  /** of the message's row */
  id: string;
  /** As it stands in the directory now, not when the message was written; null where there is none. */
  to: {
    /** null: a member of staff or a team */
    patientId: string | null;
    phone: string | null;
    email: string | null;
    /** whose group robots reach a member of staff or a team: teams, then departments, then institutions */
    groups: readonly string[];
  };
  /** for channels that have one */
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
  /** `pauses`: what the wait is for; by default every message of the channel */
  | { result: 'failed'; detail: string; retryAfterSeconds?: number; pauses?: 'channel' | 'message' }
  | { result: 'unknown'; detail: string }
  | { result: 'undeliverable'; detail: string; fault: 'address' | 'refused' };

export interface Sender {
  readonly channel: string;
  /** What it takes stays in somebody's hands for hours and has to be looked at again. */
  readonly byHand?: true;
  /** Answers within its own time-out (seconds); a rejected promise counts as failed. Called concurrently. */
  send(message: OutgoingMessage): Promise<SendResult>;
}
