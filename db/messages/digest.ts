/** Morning digests: one row for a person and day, and what is counted when it goes. */
import { type RawBuilder, sql } from 'kysely';
import { defaultMessageConfiguration } from '../../domain/alliance/configuration.ts';
import { type DigestCounts, digestTemplate } from '../../domain/messages/digest.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

/** What comes within these minutes before a digest goes is in the next one, so that nothing is added to one that is under way. */
const CLOSES_BEFORE_MINUTES = 5;

/** The minute of the day, in Asia/Shanghai, at which digests go by the newest configuration. */
const digestMinute = sql<number>`coalesce((
  select (configuration #>> '{messages,digestMinute}')::integer from alliance_configuration order by version desc limit 1
), ${defaultMessageConfiguration.digestMinute})`;

/** The local date of the next digest that is still open. */
const digestOn = sql<string>`
  ((now() at time zone 'Asia/Shanghai') + make_interval(mins => 24 * 60 + ${sql.lit(CLOSES_BEFORE_MINUTES)} - ${digestMinute}))::date`;

/** The key and the instant of a recipient's next digest, as values of an insert. */
export const digestKey = (recipientId: string): RawBuilder<string> => sql<string>`'digest:' || ${recipientId}::text || ':' || ${digestOn}`;
export const digestAt = sql<Date>`(${digestOn} + make_interval(mins => ${digestMinute})) at time zone 'Asia/Shanghai'`;

export interface DigestRecipient {
  type: 'person' | 'team';
  id: string;
  channel: string;
}

/** Counts one more matter that has no task. The recipients are locked in their order, so that two decisions cannot wait for each other. */
export async function addNewsToDigests(trx: Trx, recipients: readonly DigestRecipient[]): Promise<void> {
  const inOrder = [...recipients].sort((a, b) => (a.id < b.id ? -1 : 1));
  await trx
    .insertInto('message')
    .values(
      inOrder.map(({ type, id, channel }) => ({
        key: digestKey(id),
        template: digestTemplate,
        parameters: JSON.stringify({ news: 1 }),
        recipient_type: type,
        recipient_id: id,
        channel,
        next_attempt_at: digestAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        parameters: sql`message.parameters || jsonb_build_object('news', coalesce((message.parameters ->> 'news')::integer, 0) + 1)`,
      }),
    )
    .execute();
}

/** The work that is open for a person, or for the members of a team at its institution: what is theirs, and what nobody has taken. One statement. */
export async function countOpenWork(
  db: Database,
  { recipientType, recipientId }: { recipientType: string; recipientId: string },
): Promise<Omit<DigestCounts, 'news'>> {
  const mine =
    recipientType === 'team'
      ? sql`select distinct post.institution_id, post.role, post.department_id from team
          join team_member on team_member.team_id = team.id
          join post on post.person_id = team_member.person_id and post.institution_id = team.institution_id
        where team.id = ${recipientId}`
      : sql`select distinct institution_id, role, department_id from post where person_id = ${recipientId}`;
  const { rows } = await sql<{ open: number; overdue: number }>`
    with mine as (${mine})
    select count(distinct task.id)::integer as open, (count(distinct task.id) filter (
      where task.due_at <= now() + pathway.clock_offset_ms * interval '1 millisecond'))::integer as overdue
    from mine
      join task on task.institution_id = mine.institution_id and task.status = 'open'
      join pathway on pathway.id = task.pathway_id
    where (task.role = mine.role or task.escalated_to @> jsonb_build_array(jsonb_build_object('role', mine.role)))
      and (task.department_id is null or mine.department_id is null or task.department_id = mine.department_id)
      and (task.owner_id is null or task.owner_id = ${recipientId}) and task.held_since is null`.execute(db);
  return rows[0] ?? { open: 0, overdue: 0 };
}
