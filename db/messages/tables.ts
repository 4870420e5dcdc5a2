/** The tables of the outbox. */
import type { Generated } from 'kysely';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface MessageTable {
  id: Generated<string>;
  key: string;
  pathway_id: string | null;
  template: string;
  parameters: Json<Record<string, string | number | boolean | null>>;
  recipient_type: RecipientType;
  recipient_id: string;
  /** The channel by which the message goes next, or by which it went. The key keeps the first channel. */
  channel: string;
  status: Defaulted<'waiting' | 'in-hand' | 'sent' | 'undeliverable' | 'withdrawn'>;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  created_at: Generated<Date>;
  sent_at: Instant | null;
  /** What made the message wait until `next_attempt_at`; null where that was a failure. */
  waits_for: 'quiet-hours' | 'daily-cap' | 'confirmation' | null;
  withdrawn_because: string | null;
  seen_version: number | null;
}

export interface MessageAttemptTable {
  message_id: string;
  attempt: number;
  channel: Defaulted<string>;
  started_at: Instant;
  finished_at: Instant | null;
  result: 'sent' | 'failed' | 'unknown' | 'undeliverable' | 'withdrawn' | null;
  detail: string | null;
}

export interface MessagesTables {
  message: MessageTable;
  message_attempt: MessageAttemptTable;
}
