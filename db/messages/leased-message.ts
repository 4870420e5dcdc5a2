/** A message in the hands of the outbox for one attempt, and the instants by which the outbox goes: all of them are the database's. */
import { type RawBuilder, sql } from 'kysely';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { SystemActor } from '../kit/database.ts';

export const outbox: SystemActor = { system: true, part: 'outbox' };

export interface LeasedMessage {
  id: string;
  key: string;
  pathwayId: string | null;
  /** The kind of its pathway; null for a message that belongs to none. */
  pathwayKind: string | null;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  recipientType: RecipientType;
  recipientId: string;
  channel: string;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** The instant on the wall clock from which the message is no longer worth sending. */
  usefulUntil: Date | null;
  /** The instant of the lease on the clock of its pathway, by which its text says what is over. In milliseconds. */
  at: number;
  emergency: boolean;
}

/** The present instant as SQL: the database's own clock, or an instant that a test chooses. */
export type Clock = () => RawBuilder<Date>;
export const databaseClock: Clock = () => sql<Date>`now()`;

export const after = (now: RawBuilder<Date>, seconds: number): RawBuilder<Date> => sql<Date>`${now} + make_interval(secs => ${seconds})`;

/** Of a statement that reads messages. */
export const taskIsOpen = sql<boolean>`exists (select from task where task.message_id = message.id and task.status = 'open')`;
