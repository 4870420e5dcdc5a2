/** The outbox as people look at it: every message with its attempts. */
import { type Selectable, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Database } from '../kit/database.ts';
import type { MessageAttemptTable, MessageTable } from './tables.ts';

export interface MessageWithAttempts extends Selectable<MessageTable> {
  log: Pick<Selectable<MessageAttemptTable>, 'attempt' | 'channel' | 'result' | 'detail'>[];
}

/** To the millisecond: a cursor holds no more. */
const createdAt = sql<Date>`date_trunc('milliseconds', created_at)`;

/** Newest first. One more than `limit` when there are more. */
export async function listMessages(
  db: Database,
  { pathwayId, limit, before }: { pathwayId?: string | undefined; limit: number; before?: [createdAt: string, id: string] | undefined },
): Promise<MessageWithAttempts[]> {
  let messages = db
    .selectFrom('message')
    .selectAll()
    .select((eb) =>
      jsonArrayFrom(
        eb
          .selectFrom('message_attempt')
          .select(['attempt', 'message_attempt.channel', 'result', 'detail'])
          .whereRef('message_id', '=', 'message.id')
          .orderBy('attempt'),
      ).as('log'),
    )
    .orderBy(createdAt, 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (pathwayId) messages = messages.where('pathway_id', '=', pathwayId);
  if (before) messages = messages.where(sql<boolean>`(${createdAt}, id) < (${before[0]}::timestamptz, ${before[1]}::uuid)`);
  return messages.execute();
}
