/** The tables of the outbox. */
import type { Generated } from 'kysely';
import type { Words } from '../../domain/kit/language.ts';
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
  status: Defaulted<'waiting' | 'in-hand' | 'bundled' | 'sent' | 'undeliverable' | 'withdrawn'>;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  created_at: Generated<Date>;
  sent_at: Instant | null;
  /** What made the message wait until `next_attempt_at`; null where that was a failure. */
  waits_for: 'quiet-hours' | 'daily-cap' | 'confirmation' | null;
  withdrawn_because: string | null;
  seen_version: number | null;
  /** The version of the text that was sent: 1 for the one that comes with the program; null for messages to staff, and of older code. */
  template_version: number | null;
  /** The message that this one is a part of, and follows. */
  bundle_id: string | null;
  /** How far the clock of its pathway was pushed forward when it went; null before, and of older code. */
  clock_offset_ms: string | null;
  /** Whether it goes for itself or as the one message of its day; null before its turn, in messages to staff, and of older code. */
  sending: 'at-once' | 'with-others' | null;
}

/** A text that the alliance has written in place of the shipped one. The one that was published last goes out. */
export interface MessageTemplateVersionTable {
  template: string;
  version: number;
  texts: Json<Words>;
  written_by: string;
  written_at: Generated<Date>;
  published_by: string | null;
  published_at: Instant | null;
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
  message_template_version: MessageTemplateVersionTable;
}
