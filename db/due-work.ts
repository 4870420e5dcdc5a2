/** Which of the queues has something to do: one statement for all of them, each question answered from an index over what is not done with. */
import { sql } from 'kysely';
import type { Database } from './kit/database.ts';
import { MOST_CHANGES_WAITING } from './kit/indicators.ts';
import { mayBeReady } from './sterile-supply/held-scans.ts';

/** A queue of its own for each channel of the outbox: a gateway that is slow holds up nobody else's messages. */
export type QueueName = 'commands' | 'facts' | 'hl7v2' | 'scans' | 'audit' | 'indicators' | `messages:${string}`;

export interface LookForWork {
  /** The channels of the outbox that have a sender here. */
  channels: readonly string[];
  /** Commands younger than this are left to whoever sent them. */
  commandsOlderThanMs: number;
}

export async function findQueuesWithWork(db: Database, { channels, commandsOlderThanMs }: LookForWork): Promise<Set<QueueName>> {
  const { rows } = await sql<{ queue: QueueName }>`
    select 'commands' as queue where exists (
      select from command where pathway_id is not null and acked_at is null
        and coalesce(relay_at, created_at + ${commandsOlderThanMs} * interval '1 millisecond') < now())
    union all select 'facts' where exists (select from fact_delivery where settled_at is null)
    union all select 'hl7v2' where exists (select from hl7v2_delivery where settled_at is null and next_attempt_at <= now())
      or exists (select from hl7v2_delivery where settled_at is null and told_at is null and people_at <= now())
    union all select 'scans' where exists (select from custody_unsealed) or exists (select from scan where ${mayBeReady})
    union all select 'audit' where exists (select from audit_unsealed) or exists (select from audit_backlog)
    union all select 'indicators' where (select max(id) - min(id) from referral_part_change) >= ${MOST_CHANGES_WAITING}
      or (select max(id) - min(id) from follow_up_part_change) >= ${MOST_CHANGES_WAITING}
    union all select 'messages:' || served.channel from unnest(${[...channels]}::text[]) as served (channel)
    where exists (select from message where status = 'waiting' and message.channel = served.channel and next_attempt_at <= now())
      or exists (
        select from message left join pathway on pathway.id = message.pathway_id
        where message.status = 'in-hand' and message.channel = served.channel
          and (next_attempt_at <= now() or pathway.version > message.seen_version
            or not exists (select from task where task.message_id = message.id and task.status = 'open')))`.execute(db);
  return new Set(rows.map(({ queue }) => queue));
}
