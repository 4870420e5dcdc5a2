/** The outbox as people look at it: every message with its attempts. */
import { type Selectable, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Database } from '../kit/database.ts';
import { residentOfMessage } from '../kit/resident-of-message.ts';
import { messageSurroundings, type StoredSurroundings } from './surroundings.ts';
import type { MessageAttemptTable, MessageTable } from './tables.ts';

export interface MessageWithAttempts extends Selectable<MessageTable> {
  pathwayKind: string | null;
  /** The instant at which it was sent, or the present one, on the clock of its pathway: by it its text says what is over. */
  at: Date;
  surroundings: StoredSurroundings;
  log: Pick<Selectable<MessageAttemptTable>, 'attempt' | 'channel' | 'result' | 'detail'>[];
  /** Of a message that carries others: all of them, in the order in which they were written. */
  parts: MessagePart[];
}

export interface MessagePart {
  id: string;
  pathwayId: string | null;
  template: string;
  templateVersion: number | null;
  status: Selectable<MessageTable>['status'];
  withdrawnBecause: string | null;
}

const partsOfMessage = sql<MessagePart[]>`(
  select coalesce(json_agg(json_build_object('id', part.id, 'pathwayId', part.pathway_id, 'template', part.template, 'status', part.status,
    'templateVersion', part.template_version, 'withdrawnBecause', part.withdrawn_because) order by part.created_at, part.id), '[]')
  from message as part where part.bundle_id = message.id)`;

/** To the millisecond: a cursor holds no more. */
const createdAt = sql<Date>`date_trunc('milliseconds', message.created_at)`;

export interface MessagesQuestion {
  pathwayId?: string | undefined;
  /** The records of one resident: messages to them, and those to others about their pathways. */
  patientIds?: readonly string[] | undefined;
  limit: number;
  before?: [createdAt: string, id: string] | undefined;
}

/** Newest first. One more than `limit` when there are more. A part of another message stands in it. */
export async function listMessages(
  db: Database,
  { pathwayId, patientIds, limit, before }: MessagesQuestion,
): Promise<MessageWithAttempts[]> {
  let messages = db
    .selectFrom('message')
    .leftJoin('pathway', 'pathway.id', 'message.pathway_id')
    .leftJoin('patient', (join) => join.on('patient.id', '=', residentOfMessage))
    .selectAll('message')
    .select([
      'pathway.kind as pathwayKind',
      sql<Date>`coalesce(message.sent_at, now()) + coalesce(pathway.clock_offset_ms, 0) * interval '1 millisecond'`.as('at'),
      messageSurroundings.as('surroundings'),
      partsOfMessage.as('parts'),
    ])
    .where('message.bundle_id', 'is', null)
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
    .orderBy('message.id', 'desc')
    .limit(limit + 1);
  if (pathwayId)
    messages = messages.where((eb) =>
      eb.or([
        eb('message.pathway_id', '=', pathwayId),
        eb('message.id', 'in', (sub) =>
          sub.selectFrom('message as part').select('part.bundle_id').where('part.pathway_id', '=', pathwayId),
        ),
      ]),
    );
  if (patientIds) {
    const ids = sql<string>`any(${[...patientIds]}::text[])`;
    messages = messages.where((eb) => eb.or([eb('patient.id', '=', ids), eb('pathway.patient_id', '=', ids)]));
  }
  if (before) messages = messages.where(sql<boolean>`(${createdAt}, message.id) < (${before[0]}::timestamptz, ${before[1]}::uuid)`);
  return messages.execute();
}
