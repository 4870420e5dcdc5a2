/**
 * The second of the two short transactions around every sending: after the lease (lease.ts) what became of the attempt is recorded. Nothing is locked while
 * a message is under way. All instants are the database's: worker processes may disagree about the time.
 */
import { type RawBuilder, sql } from 'kysely';
import { findNextChannel } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { noteSeenVersions, noteToldParts } from './bundles.ts';
import { loadMessageConfiguration, secondsForContact } from './configuration.ts';
import { askContact } from './contacts.ts';
import { after, type Clock, databaseClock, type LeasedMessage, outbox, taskIsOpen } from './leased-message.ts';
import { noteNotReached } from './not-reached.ts';
import { askForStaff, closeStaffTask } from './staff-not-reached.ts';
import { withdraw } from './withdraw.ts';

/**
 * - sent: the receiver has taken it
 * - in-hand: a person carries it to the patient, and says later what came of it
 * - failed: it did not arrive; unknown: it left and nobody answered. Another attempt follows.
 * - undeliverable: the next channel's turn when the address is at fault; else it is tried again, once people have put it right
 * - needless: it would say nothing, so it is withdrawn
 */
export type AttemptOutcome =
  | { result: 'needless' }
  | { result: 'sent' | 'in-hand' }
  | { result: 'failed' | 'unknown'; detail: string }
  | { result: 'undeliverable'; detail: string; fault: 'address' | 'refused' };

export interface Recording {
  retryInSeconds: number;
  /** The channels that this process sends by. One of them takes over when an address is at fault. */
  served: readonly string[];
  /** The version of the text that was handed over; null where the text has no versions. */
  templateVersion?: number | null;
  /** Of a message that carries others, the parts that were handed over, with the version of the text of each. */
  partVersions?: Readonly<Record<string, number>> | undefined;
  /** What was counted for the text, to be kept with the message that was sent. */
  counts?: Readonly<Record<string, number>> | undefined;
  clock?: Clock;
}

/**
 * Writes down what became of an attempt. A late result is recorded too: a message that did go out is sent, whoever has
 * leased it since; but only the holder of the lease may give the message back, pass it on or give it up.
 */
export async function recordResult(
  db: Database,
  message: LeasedMessage,
  outcome: AttemptOutcome,
  { retryInSeconds, served, templateVersion = null, partVersions, counts, clock = databaseClock }: Recording,
): Promise<void> {
  const now = clock();
  await inTransaction(db, outbox, async (trx) => {
    // First the message, then the attempt: the order in which a lease locks them.
    const update = trx.updateTable('message').where('id', '=', message.id);
    const asHolder = update.where('status', '=', 'waiting').where('attempts', '=', message.attempt);
    if (outcome.result === 'needless') {
      const held = await asHolder.set({ waits_for: null }).executeTakeFirst();
      if (held.numUpdatedRows > 0n)
        await withdraw(trx, message.id, 'already-done', { now, attempt: { result: 'withdrawn', detail: 'already-done' } });
      return;
    }
    if (outcome.result === 'in-hand') {
      // The attempt goes on; whoever has the task in hand may have been quicker than this.
      await asHolder
        .set((eb) => ({
          status: 'in-hand',
          template_version: templateVersion,
          next_attempt_at: message.usefulUntil ?? sql<Date>`'infinity'`,
          seen_version: eb.selectFrom('pathway').select('version').where('id', '=', message.pathwayId),
        }))
        .where(taskIsOpen)
        .execute();
      if (partVersions) await noteSeenVersions(trx, message.id, partVersions);
      return;
    }
    if (outcome.result === 'sent') {
      await update
        .set({ status: 'sent', sent_at: now, withdrawn_because: null, template_version: templateVersion })
        .$if(counts !== undefined, (sent) => sent.set({ parameters: JSON.stringify(counts) }))
        .where('status', '<>', 'sent')
        .execute();
      if (partVersions) await noteToldParts(trx, message.id, partVersions, now);
      if (message.recipientType === 'person' && message.attempt > 1) await closeStaffTask(trx, message.id);
    } else if (outcome.result === 'undeliverable' && outcome.fault === 'address') {
      const turn = await nextTurn(trx, message, served, now);
      const { numUpdatedRows } = await asHolder.set({ ...turn }).executeTakeFirst();
      if (numUpdatedRows > 0n && !('channel' in turn)) await noteUndelivered(trx, message, now);
    } else {
      const turn = outcome.result === 'unknown' ? undefined : await turnAfterFailures(trx, message, served, now);
      await asHolder.set(turn ?? { next_attempt_at: after(now, retryInSeconds) }).execute();
    }
    await trx
      .updateTable('message_attempt')
      .set({ finished_at: now, result: outcome.result, detail: 'detail' in outcome ? outcome.detail : null })
      .where('message_id', '=', message.id)
      .where('attempt', '=', message.attempt)
      .execute();
  });
}

/**
 * The next channel's turn once this one has failed for long; undefined while it is tried on, and when none is left. A try whose result is unknown does not
 * count, because the message may have arrived.
 */
async function turnAfterFailures(trx: Trx, message: LeasedMessage, served: readonly string[], now: RawBuilder<Date>) {
  const rules = (await loadMessageConfiguration(trx)).channelTriedForSeconds;
  const seconds = message.emergency ? rules.emergency : rules.other;
  const { rows } = await sql<{ failing: boolean }>`
    select coalesce(min(started_at) <= ${after(now, -seconds)}, false) as failing from message_attempt
    where message_id = ${message.id} and channel = ${message.channel} and (result is null or result in ('failed', 'undeliverable'))`.execute(
    trx,
  );
  if (!rows[0]?.failing) return undefined;
  const turn = await nextTurn(trx, message, served, now);
  if ('channel' in turn) return turn;
  // It is tried on, and may arrive; meanwhile somebody tells them. A team that its group does not reach gets it each by themselves.
  if (message.recipientType === 'person') await askForStaff(trx, message.id, { emergency: message.emergency, now });
  if (message.recipientType !== 'team') return undefined;
  await queueForMembers(trx, message);
  return turn;
}

/** No way is left. */
async function noteUndelivered(trx: Trx, message: LeasedMessage, now: RawBuilder<Date>): Promise<void> {
  switch (message.recipientType) {
    case 'patient':
    case 'contact':
      return noteNotReached(trx, message.id);
    case 'team':
      return queueForMembers(trx, message);
    case 'person':
      return askForStaff(trx, message.id, { emergency: message.emergency, now });
  }
}

/**
 * The next channel's turn, at once; undeliverable when there is none. The attempts say which was tried and why it did not work. A letter waits for what comes
 * of asking the contact.
 */
async function nextTurn(trx: Trx, { id, recipientType, emergency }: LeasedMessage, served: readonly string[], now: RawBuilder<Date>) {
  const tried = await trx.selectFrom('message_attempt').select('channel').distinct().where('message_id', '=', id).execute();
  const channel = findNextChannel(
    recipientType,
    tried.map((attempt) => attempt.channel),
    served,
  );
  if (channel === undefined) return { status: 'undeliverable' as const };
  const seconds = channel === 'paper' && !emergency && (await askContact(trx, id, now)) ? await secondsForContact(trx) : 0;
  return { channel, next_attempt_at: seconds > 0 ? after(now, seconds) : now };
}

/** The members of a team without a group get the message each, by their own channel. */
async function queueForMembers(trx: Trx, { id, recipientId }: LeasedMessage): Promise<void> {
  await sql`
    insert into message (key, pathway_id, template, parameters, recipient_type, recipient_id, channel)
    select message.key || ':' || person.id || ':' || person.channel, message.pathway_id, message.template, message.parameters, 'person', person.id, person.channel
    from message, team_member join person on person.id = team_member.person_id
    where message.id = ${id} and team_member.team_id = ${recipientId} and person.active
    on conflict (key) do nothing`.execute(trx);
}
