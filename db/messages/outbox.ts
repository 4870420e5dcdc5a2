/**
 * The two short transactions around every sending: lease and record. Nothing is locked while a message is under way.
 * All instants are the database's: worker processes may disagree about the time.
 */
import { type RawBuilder, sql } from 'kysely';
import { findNextChannel, type RecipientType } from '../../domain/messages/channels.ts';
import type { Database, SystemActor } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration, secondsForContact } from './configuration.ts';
import { askContact } from './contacts.ts';
import { noteNotReached } from './not-reached.ts';
import { type MessagePlan, planMessages, standingOf } from './plan-messages.ts';

const outbox: SystemActor = { system: true, part: 'outbox' };

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

const after = (now: RawBuilder<Date>, seconds: number): RawBuilder<Date> => sql<Date>`${now} + make_interval(secs => ${seconds})`;

/** Every column that planning needs. */
const dueMessages = (trx: Trx, now: RawBuilder<Date>) =>
  trx
    .selectFrom('message')
    .leftJoin('pathway', 'pathway.id', 'message.pathway_id')
    .select([
      'message.id',
      'message.template',
      'message.parameters',
      'message.recipient_type as recipientType',
      'message.recipient_id as recipientId',
      'message.channel',
      'pathway.kind',
      'pathway.state',
      'pathway.version',
      sql<number>`coalesce(pathway.clock_offset_ms, 0)::float8`.as('offsetMs'),
      sql<Date>`${now}`.as('at'),
    ])
    .forUpdate('message')
    .skipLocked();

const taskIsOpen = sql<boolean>`exists (select from task where task.message_id = message.id and task.status = 'open')`;

export interface LeasedBatch {
  messages: LeasedMessage[];
  /** also those that now wait for their hour or are withdrawn: while there were any, more may be due */
  looked: number;
}

/**
 * Takes up to `limit` due messages of a channel and writes down that an attempt begins. Until the lease of `leaseSeconds`
 * is over nobody else takes them; a process that dies before it records anything leaves them due when the lease runs out.
 * What must not go now waits for its instant, what must not go any more is withdrawn: neither counts as an attempt.
 */
export async function leaseDue(
  db: Database,
  lease: { channel: string; limit: number; leaseSeconds: number; clock?: Clock },
): Promise<LeasedBatch> {
  const now = (lease.clock ?? databaseClock)();
  return inTransaction(db, outbox, async (trx) => {
    const due = await dueMessages(trx, now)
      .where('message.status', '=', 'waiting')
      .where('message.channel', '=', lease.channel)
      .where('message.next_attempt_at', '<=', now)
      .orderBy('message.next_attempt_at')
      .limit(lease.limit)
      .execute();
    const [first] = due;
    if (!first) return { messages: [], looked: 0 };
    const plans = await planMessages(trx, due, first.at.getTime());
    const going: PlannedMessage[] = [];
    for (const { id, kind, offsetMs } of due) {
      const plan = plans.get(id) as MessagePlan;
      switch (plan.plan) {
        case 'send':
          going.push({
            id,
            pathwayKind: kind,
            usefulUntil: plan.usefulUntil === null ? null : new Date(plan.usefulUntil),
            at: first.at.getTime() + offsetMs,
            emergency: plan.emergency,
          });
          break;
        case 'postpone':
          await trx
            .updateTable('message')
            .set({ next_attempt_at: new Date(plan.until), waits_for: plan.reason })
            .where('id', '=', id)
            .execute();
          break;
        case 'withdraw':
          await withdraw(trx, id, plan.reason, { now, attempt: { result: 'unknown', detail: 'lease-ran-out' } });
          break;
      }
    }
    const begun =
      going.length > 0
        ? await begin(
            trx,
            going.map(({ id }) => id),
            lease.leaseSeconds,
            now,
          )
        : [];
    const planned = new Map(going.map((message) => [message.id, message]));
    const messages = begun.map((message) => ({ ...(planned.get(message.id) as PlannedMessage), ...message }));
    return { messages, looked: due.length };
  });
}

/** What is known of a message before its lease. */
type PlannedMessage = Pick<LeasedMessage, 'id' | 'pathwayKind' | 'usefulUntil' | 'at' | 'emergency'>;

/** One statement: the leases of a channel follow one another, so each way to the database counts. */
async function begin(
  trx: Trx,
  ids: readonly string[],
  leaseSeconds: number,
  now: RawBuilder<Date>,
): Promise<Omit<LeasedMessage, Exclude<keyof PlannedMessage, 'id'>>[]> {
  return (
    trx
      // An attempt without a result belonged to a process that died, or is so late that its lease is over.
      .with('abandoned', (cte) =>
        cte
          .updateTable('message_attempt')
          .set({ result: 'unknown', detail: 'lease-ran-out', finished_at: now })
          .where('message_id', 'in', ids)
          .where('result', 'is', null),
      )
      .with('leased', (cte) =>
        cte
          .updateTable('message')
          .set((eb) => ({ attempts: eb('message.attempts', '+', 1), next_attempt_at: after(now, leaseSeconds), waits_for: null }))
          .where('message.id', 'in', ids)
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
          .columns(['message_id', 'attempt', 'channel', 'started_at'])
          .expression((eb) => eb.selectFrom('leased').select(['leased.id', 'leased.attempt', 'leased.channel', now.as('started_at')])),
      )
      .selectFrom('leased')
      .selectAll()
      .execute()
  );
}

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
  { retryInSeconds, served, templateVersion = null, counts, clock = databaseClock }: Recording,
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
      return;
    }
    if (outcome.result === 'sent')
      await update
        .set({ status: 'sent', sent_at: now, withdrawn_because: null, template_version: templateVersion })
        .$if(counts !== undefined, (sent) => sent.set({ parameters: JSON.stringify(counts) }))
        .where('status', '<>', 'sent')
        .execute();
    else if (outcome.result === 'undeliverable' && outcome.fault === 'address') {
      const turn = await nextTurn(trx, message, served, now);
      const { numUpdatedRows } = await asHolder.set({ ...turn }).executeTakeFirst();
      if (numUpdatedRows > 0n && !('channel' in turn)) await noteNotReached(trx, message.id);
      if (numUpdatedRows > 0n && message.recipientType === 'team') await queueForMembers(trx, message);
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
  return 'channel' in turn ? turn : undefined;
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

/** Takes a message back, with the task that carries it. `attempt`: what is written of one that has no result yet. */
async function withdraw(
  trx: Trx,
  id: string,
  reason: string,
  { now, attempt }: { now: RawBuilder<Date>; attempt: { result: 'unknown' | 'withdrawn'; detail: string } },
): Promise<void> {
  await trx.updateTable('message').set({ status: 'withdrawn', withdrawn_because: reason, waits_for: null }).where('id', '=', id).execute();
  await trx
    .updateTable('task')
    .set((eb) => ({
      status: 'withdrawn',
      closed_at: eb
        .selectFrom('pathway')
        .select(sql<Date>`${now} + clock_offset_ms * interval '1 millisecond'`.as('at'))
        .whereRef('pathway.id', '=', 'task.pathway_id'),
      closed_by: reason,
      version: eb('version', '+', 1),
    }))
    .where('message_id', '=', id)
    .where('status', '=', 'open')
    .execute();
  await trx
    .updateTable('message_attempt')
    .set({ ...attempt, finished_at: now })
    .where('message_id', '=', id)
    .where('result', 'is', null)
    .execute();
}

/** Takes back the messages of these steps of a pathway that have not gone out: what they tell has been taken back. */
export async function withdrawMessagesOfSteps(trx: Trx, pathwayId: string, stepIds: readonly string[]): Promise<void> {
  const waiting = await trx
    .selectFrom('message')
    .select('id')
    .where('pathway_id', '=', pathwayId)
    .where('status', '=', 'waiting')
    .where(
      sql<boolean>`exists (select from unnest(${[...stepIds]}::text[]) as step where starts_with(key, ${pathwayId} || ':' || step || ':'))`,
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  const now = databaseClock();
  for (const { id } of waiting)
    await withdraw(trx, id, 'entered-in-error', { now, attempt: { result: 'withdrawn', detail: 'entered-in-error' } });
}

/** Looks again at what people have in hand on a channel, once its pathway has moved on or its use is over. Resolves with how many were looked at. */
export async function reviewInHand(db: Database, { channel, clock = databaseClock }: { channel: string; clock?: Clock }): Promise<number> {
  const now = clock();
  return inTransaction(db, outbox, async (trx) => {
    const moved = await dueMessages(trx, now)
      .where('message.status', '=', 'in-hand')
      .where('message.channel', '=', channel)
      .select(taskIsOpen.as('carried'))
      .where((eb) =>
        eb.or([
          eb('message.next_attempt_at', '<=', now),
          eb('pathway.version', '>', eb.ref('message.seen_version')),
          eb(taskIsOpen, '=', false),
        ]),
      )
      .limit(50)
      .execute();
    for (const { version, at, carried, ...message } of moved) {
      const { outdated, usefulUntil } = standingOf(message);
      const reason = outdated ?? (usefulUntil !== null && usefulUntil - message.offsetMs <= at.getTime() ? 'too-late' : null);
      if (reason) await withdraw(trx, message.id, reason, { now, attempt: { result: 'withdrawn', detail: reason } });
      // No open task carries the message any more, so it is sent again.
      else if (!carried)
        await trx.updateTable('message').set({ status: 'waiting', next_attempt_at: now }).where('id', '=', message.id).execute();
      else
        await trx
          .updateTable('message')
          .set({
            seen_version: version,
            next_attempt_at: usefulUntil === null ? sql<Date>`'infinity'` : new Date(usefulUntil - message.offsetMs),
          })
          .where('id', '=', message.id)
          .execute();
    }
    return moved.length;
  });
}
