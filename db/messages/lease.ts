/** Whose turn has come: messages are leased for an attempt, and what people have in hand is looked at again. */
import { type RawBuilder, sql } from 'kysely';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { dropParts, formBundles, type LeftOfBundle, noteSeenVersions } from './bundles.ts';
import { after, type Clock, databaseClock, type LeasedMessage, outbox, taskIsOpen } from './leased-message.ts';
import { type DueMessage, idsOfBundles, type MessagePlan, planMessages, type Sending, standingOf, type Together } from './plan-messages.ts';
import { withdraw } from './withdraw.ts';

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
      'message.attempts',
      sql<number | null>`(
        select (extract(epoch from started_at) * 1000 + coalesce(message.clock_offset_ms, 0))::float8 from message_attempt
        where message_attempt.message_id = message.id and message_attempt.attempt = message.attempts)`.as('triedAt'),
      'pathway.kind',
      'pathway.state',
      'pathway.version',
      sql<number>`coalesce(pathway.clock_offset_ms, 0)::float8`.as('offsetMs'),
      sql<Date>`${now}`.as('at'),
    ])
    .forUpdate('message')
    .skipLocked();

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
    const at = first.at.getTime();
    const { plans, together } = await planMessages(trx, due, at);
    const carried = await carryTogether(trx, together, at);
    const going: PlannedMessage[] = [...carried.going];
    for (const { id, kind, offsetMs } of due) {
      const plan = carried.plans.get(id) ?? (plans.get(id) as MessagePlan);
      switch (plan.plan) {
        case 'bundled':
          break;
        case 'send':
          going.push({ id, pathwayKind: kind, ...sendingOf(plan), at: at + offsetMs });
          break;
        case 'postpone':
          await trx
            .updateTable('message')
            .set({ next_attempt_at: new Date(plan.until), waits_for: plan.reason, sending: plan.sending })
            .where('id', '=', id)
            .execute();
          break;
        case 'withdraw':
          await withdraw(trx, id, plan.reason, { now, attempt: { result: 'unknown', detail: 'lease-ran-out' } });
          break;
      }
    }
    const begun = going.length > 0 ? await begin(trx, going, lease.leaseSeconds, now) : [];
    const planned = new Map(going.map((message) => [message.id, message]));
    const messages = begun.map((message) => {
      const { sending: _, ...known } = planned.get(message.id) as PlannedMessage;
      return { ...known, ...message };
    });
    return { messages, looked: due.length };
  });
}

/** What is known of a message before its lease. */
type PlannedMessage = Pick<LeasedMessage, 'id' | 'pathwayKind' | 'usefulUntil' | 'at' | 'emergency'> & { sending: Sending | null };

const sendingOf = ({ usefulUntil, emergency, sending }: Extract<MessagePlan, { plan: 'send' }>) => ({
  usefulUntil: usefulUntil === null ? null : new Date(usefulUntil),
  emergency,
  sending,
});

interface Carried {
  /** Messages that carry others. */
  going: PlannedMessage[];
  /** What becomes of messages whose turn had come and that do not go by themselves now. */
  plans: Map<string, MessagePlan | { plan: 'bundled' }>;
}

/** Makes one message of what goes to a resident together. */
async function carryTogether(trx: Trx, together: readonly Together[], at: number): Promise<Carried> {
  const carried: Carried = { going: [], plans: new Map() };
  const bundled = await formBundles(trx, together, at);
  for (const [{ ids, next, offsetMs }, { goingId, usefulUntil, leftOut }] of bundled) {
    if (!ids.includes(goingId)) {
      for (const id of ids) carried.plans.set(id, { plan: 'bundled' });
      const until = usefulUntil === null ? null : new Date(usefulUntil);
      carried.going.push({
        id: goingId,
        pathwayKind: null,
        usefulUntil: until,
        at: at + offsetMs,
        emergency: false,
        sending: 'with-others',
      });
    }
    for (const id of leftOut) carried.plans.set(id, { plan: 'postpone', ...next, sending: 'with-others' });
  }
  return carried;
}

/** One statement: the leases of a channel follow one another, so each way to the database counts. */
async function begin(
  trx: Trx,
  going: readonly PlannedMessage[],
  leaseSeconds: number,
  now: RawBuilder<Date>,
): Promise<Omit<LeasedMessage, Exclude<keyof PlannedMessage, 'id'>>[]> {
  const ids = going.map(({ id }) => id);
  const idsSent = (how: Sending) => sql`${going.filter(({ sending }) => sending === how).map(({ id }) => id)}::uuid[]`;
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
          .set((eb) => ({
            attempts: eb('message.attempts', '+', 1),
            next_attempt_at: after(now, leaseSeconds),
            waits_for: null,
            clock_offset_ms: eb.selectFrom('pathway').select('clock_offset_ms').whereRef('pathway.id', '=', 'message.pathway_id'),
            sending: sql<Sending | null>`case when message.id = any(${idsSent('at-once')}) then 'at-once'
              when message.id = any(${idsSent('with-others')}) then 'with-others' end`,
          }))
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

/** A part whose pathway has moved on, or a message with no part left to tell. */
const partsMoved = sql<boolean>`message.template = ${bundleTemplate} and (
  not exists (select from message as part where part.bundle_id = message.id and part.status = 'bundled')
  or exists (select from message as part join pathway as of_part on of_part.id = part.pathway_id
    where part.bundle_id = message.id and part.status = 'bundled' and of_part.version > part.seen_version))`;

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
          partsMoved,
        ]),
      )
      .limit(50)
      .execute();
    const at = moved[0]?.at.getTime() ?? 0;
    const bundles = await dropParts(trx, idsOfBundles(moved), at);
    for (const { version, carried, ...message } of moved) {
      const { outdated, usefulUntil } = bundles.has(message.id) ? leftOf(bundles.get(message.id)) : onTheWall(message);
      const reason = outdated ?? (usefulUntil !== null && usefulUntil <= at ? 'too-late' : null);
      if (reason) await withdraw(trx, message.id, reason, { now, attempt: { result: 'withdrawn', detail: reason } });
      // No open task carries the message any more, so it is sent again.
      else if (!carried)
        await trx.updateTable('message').set({ status: 'waiting', next_attempt_at: now }).where('id', '=', message.id).execute();
      else {
        await trx
          .updateTable('message')
          .set({ seen_version: version, next_attempt_at: usefulUntil === null ? sql<Date>`'infinity'` : new Date(usefulUntil) })
          .where('id', '=', message.id)
          .execute();
        if (bundles.has(message.id)) await noteSeenVersions(trx, message.id);
      }
    }
    return moved.length;
  });
}

const leftOf = (left: LeftOfBundle | undefined) => ({ outdated: left?.dropped ?? null, usefulUntil: left?.usefulUntil ?? null });

function onTheWall(message: DueMessage): { outdated: string | null; usefulUntil: number | null } {
  const { outdated, usefulUntil } = standingOf(message);
  return { outdated, usefulUntil: usefulUntil === null ? null : usefulUntil - message.offsetMs };
}
