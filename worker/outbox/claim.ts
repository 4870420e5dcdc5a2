/**
 * The two short transactions around every sending: claim and record. Nothing is locked while a message is under way.
 * A claim is one statement: the claims of a channel follow one another, so each way to the database counts.
 * All instants are the database's: worker processes may disagree about the time.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/database.ts';
import type { SendResult } from './sender.ts';

export interface ClaimedMessage {
  id: string;
  key: string;
  pathwayId: string | null;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  recipientType: 'person' | 'patient';
  recipientId: string;
  channel: string;
  /** number of this attempt, from 1 */
  attempt: number;
}

const inSeconds = (seconds: number): RawBuilder<Date> => sql<Date>`now() + make_interval(secs => ${seconds})`;
const now = sql<Date>`now()`;

/**
 * Takes up to `limit` due messages of a channel and writes down that an attempt begins. Until the lease of `leaseSeconds`
 * is over nobody else takes them; a process that dies before it records anything leaves them due when the lease runs out.
 */
export async function claimDue(db: Database, claim: { channel: string; limit: number; leaseSeconds: number }): Promise<ClaimedMessage[]> {
  return await db
    .with('due', (cte) =>
      cte
        .selectFrom('message')
        .select('id')
        .where('status', '=', 'waiting')
        .where('channel', '=', claim.channel)
        .where('next_attempt_at', '<=', now)
        .orderBy('next_attempt_at')
        .limit(claim.limit)
        .forUpdate()
        .skipLocked(),
    )
    // An attempt without a result belonged to a process that died, or is so late that its lease is over.
    .with('abandoned', (cte) =>
      cte
        .updateTable('message_attempt')
        .from('due')
        .set({ result: 'unknown', detail: 'lease-ran-out', finished_at: now })
        .whereRef('message_attempt.message_id', '=', 'due.id')
        .where('message_attempt.result', 'is', null),
    )
    .with('claimed', (cte) =>
      cte
        .updateTable('message')
        .from('due')
        .set((eb) => ({ attempts: eb('message.attempts', '+', 1), next_attempt_at: inSeconds(claim.leaseSeconds) }))
        .whereRef('message.id', '=', 'due.id')
        .returning([
          'message.id',
          'message.key',
          'message.pathway_id as pathwayId',
          'message.template',
          'message.parameters',
          'message.recipient_type as recipientType',
          'message.recipient_id as recipientId',
          'message.channel',
          'message.attempts as attempt',
        ]),
    )
    .with('begun', (cte) =>
      cte
        .insertInto('message_attempt')
        .columns(['message_id', 'attempt', 'started_at'])
        .expression((eb) => eb.selectFrom('claimed').select(['claimed.id', 'claimed.attempt', now.as('started_at')])),
    )
    .selectFrom('claimed')
    .selectAll()
    .execute();
}

/**
 * Writes down what became of an attempt. A late result is recorded too: a message that did go out is sent, whoever has
 * claimed it since; but only the holder of the lease may give the message back or give it up.
 */
export async function recordResult(db: Database, message: ClaimedMessage, outcome: SendResult, retryInSeconds: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // First the message, then the attempt: the order in which a claim locks them.
    const update = trx.updateTable('message').where('id', '=', message.id);
    const asHolder = update.where('status', '=', 'waiting').where('attempts', '=', message.attempt);
    if (outcome.result === 'sent') await update.set({ status: 'sent', sent_at: now }).where('status', '<>', 'sent').execute();
    else if (outcome.result === 'undeliverable' && outcome.fault === 'address') await asHolder.set({ status: 'undeliverable' }).execute();
    else await asHolder.set({ next_attempt_at: inSeconds(retryInSeconds) }).execute();
    await trx
      .updateTable('message_attempt')
      .set({ finished_at: now, result: outcome.result, detail: outcome.result === 'sent' ? null : outcome.detail })
      .where('message_id', '=', message.id)
      .where('attempt', '=', message.attempt)
      .execute();
  });
}
