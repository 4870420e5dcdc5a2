/** Morning digests: one row for a person and day, and what is counted when it goes. */
import { type RawBuilder, sql } from 'kysely';
import { defaultMessageConfiguration } from '../../domain/alliance/configuration.ts';
import { type DigestCounts, digestTemplate } from '../../domain/messages/digest.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { countWorklist, type WorklistCounts } from '../kit/worklist.ts';

/** What comes within these minutes before a digest goes is in the next one, so that nothing is added to one that is under way. */
const CLOSES_BEFORE_MINUTES = 5;

/** The minute of the day, in Asia/Shanghai, at which digests go by the newest configuration. */
const digestMinute = sql<number>`coalesce((
  select (configuration #>> '{messages,digestMinute}')::integer from alliance_configuration order by version desc limit 1
), ${defaultMessageConfiguration.digestMinute})`;

/** The local date of the next digest that is still open. */
const digestOn = sql<string>`
  ((now() at time zone 'Asia/Shanghai') + make_interval(mins => 24 * 60 + ${CLOSES_BEFORE_MINUTES}::integer - ${digestMinute}))::date`;

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

/** What the worklist of a person shows now, wherever they hold a post; of a team, what the member sees who sees most. */
export async function countOpenWork(
  db: Database,
  { recipientType, recipientId }: { recipientType: string; recipientId: string },
): Promise<Omit<DigestCounts, 'news'>> {
  const posts = db
    .selectFrom('post')
    .select([
      'post.person_id as personId',
      'post.institution_id as institutionId',
      sql<string[]>`array_agg(distinct post.role)`.as('roles'),
    ])
    .groupBy(['post.person_id', 'post.institution_id']);
  const readers =
    recipientType === 'team'
      ? posts
          .innerJoin('team_member', 'team_member.person_id', 'post.person_id')
          .innerJoin('team', (join) =>
            join.onRef('team.id', '=', 'team_member.team_id').onRef('team.institution_id', '=', 'post.institution_id'),
          )
          .where('team.id', '=', recipientId)
      : posts.where('post.person_id', '=', recipientId);
  const at = new Date();
  const counts = await Promise.all((await readers.execute()).map((reader) => countWorklist(db, { ...reader, at })));
  const seen = recipientType === 'team' ? counts.sort((one, other) => other.all - one.all).slice(0, 1) : counts;
  const kinds: Record<string, number> = {};
  for (const [name, count] of seen.flatMap((one) => Object.entries(one.kinds))) kinds[name] = (kinds[name] ?? 0) + count;
  return { open: sum(seen, 'all'), overdue: sum(seen, 'overdue'), kinds };
}

const sum = (counts: readonly WorklistCounts[], member: 'all' | 'overdue'): number =>
  counts.reduce((total, count) => total + count[member], 0);
