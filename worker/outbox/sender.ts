/** What the dispatcher knows of a channel: hand over one message, say what became of it. */

export interface OutgoingMessage {
  /** Deduplication id, the same on every attempt: a receiver that has seen it drops the message. */
  key: string;
  /** As it stands in the directory now, not when the message was written; null where there is none. */
  to: { phone: string | null; email: string | null };
  /** for channels that have one */
  subject: string;
  body: string;
}

/**
 * `detail` goes into the log and into message_attempt: a code such as `http-503`, never a number, a name or a text.
 * - sent: the receiver has taken it
 * - failed: it did not arrive; another attempt follows, not before `retryAfterSeconds` where the receiver asked for that
 * - unknown: it left and nobody answered; it may have arrived, another attempt follows with the same key
 * - undeliverable: no attempt with the same message can succeed. Final when the address is at fault. Where the receiver
 *   refuses for another reason (a wrong credential, a blocked account) people can put that right, so it is tried again.
 */
export type SendResult =
  | { result: 'sent' }
  | { result: 'failed'; detail: string; retryAfterSeconds?: number }
  | { result: 'unknown'; detail: string }
  | { result: 'undeliverable'; detail: string; fault: 'address' | 'refused' };

export interface Sender {
  readonly channel: string;
  /** Answers within its own time-out (seconds); a rejected promise counts as failed. Called concurrently. */
  send(message: OutgoingMessage): Promise<SendResult>;
}
