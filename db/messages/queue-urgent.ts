/**
 * Queues messages that must not wait in a mailbox: whoever reads e-mail gets a text message as well. One statement, whatever the number of recipients.
 */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';

export interface UrgentMessage {
  pathwayId: string;
  /** Part of the message's key: the same step is queued once. */
  step: string;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  /** Whoever holds one of these posts; where nobody can be reached at once, the alliance office hears of it too. */
  posts: readonly { role: string; institutionId: string }[];
  personIds: readonly string[];
}

/** The pathways need not have begun: `kind` is that of all of them. */
export async function queueUrgentMessages(trx: Trx, kind: string, messages: readonly UrgentMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const pathwayIds = [...new Set(messages.map(({ pathwayId }) => pathwayId))];
  await sql`
    with upcoming as (
      insert into pathway (id, kind) select id, ${kind} from unnest(${pathwayIds}::uuid[]) as id on conflict do nothing
    ), wanted as (
      select n, row ->> 'pathwayId' as pathway_id, row ->> 'step' as step, row ->> 'template' as template, row -> 'parameters' as parameters,
        row -> 'posts' as posts, row -> 'personIds' as person_ids
      from jsonb_array_elements(${JSON.stringify(messages)}::jsonb) with ordinality as given (row, n)
    ), held as (
      select n, person_id, institution_id
      from wanted, jsonb_to_recordset(posts) as named (role text, "institutionId" text)
        join post on post.role = named.role and post.institution_id = named."institutionId"
      union
      select n, person_id, null from wanted, jsonb_array_elements_text(person_ids) as person_id
    ), reached as (
      select n, person.id as person_id, person.channel, person.phone, grouped.id as team_id, grouped.channel as team_channel
      from held join person on person.id = held.person_id and person.active
        left join lateral (
          select team.id, team.channel from team_member join team on team.id = team_member.team_id
          where team_member.person_id = person.id and team.institution_id = held.institution_id and team.channel is not null limit 1
        ) as grouped on true
    ), office as (
      select n, person.id as person_id, person.channel, person.phone
      from wanted, post join person on person.id = post.person_id
      where post.role = 'office' and person.active
        and not exists (select from reached where reached.n = wanted.n and (team_id is not null or channel <> 'email' or phone is not null))
    ), routes as (
      select n, 'team' as type, team_id as id, team_channel as channel from reached where team_id is not null
      union select n, 'person', person_id, channel from reached where team_id is null
      union select n, 'person', person_id, 'sms' from reached where team_id is null and channel = 'email' and phone is not null
      union select n, 'person', person_id, channel from office
      union select n, 'person', person_id, 'sms' from office where channel = 'email' and phone is not null
    )
    insert into message (key, pathway_id, template, parameters, recipient_type, recipient_id, channel)
    select pathway_id || ':' || step || ':' || template || ':' || id || ':' || channel, pathway_id::uuid, template, parameters, type, id, channel
    from routes join wanted using (n)
    on conflict (key) do nothing`.execute(trx);
}
