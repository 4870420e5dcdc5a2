/** Messages that must not wait in a mailbox, as parts of one statement: whoever reads e-mail gets a text message as well. */
import { type RawBuilder, sql } from 'kysely';
import type { PathwayKind } from '../../domain/kit/registry.ts';

export interface UrgentMessage {
  /** It need not have begun. */
  pathwayId: string;
  pathwayKind: PathwayKind;
  /** Part of the message's key: the same step is queued once. */
  step: string;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  /** Whoever holds one of these posts; where nobody can be reached at once, the alliance office hears of it too. */
  posts: readonly { role: string; institutionId: string }[];
  personIds: readonly string[];
}

/** Parts of a `with` that queues them, whatever the number of recipients. */
export function insertUrgentMessages(messages: readonly UrgentMessage[]): RawBuilder<unknown> {
  const pathways = [...new Map(messages.map(({ pathwayId: id, pathwayKind: kind }) => [id, { id, kind }])).values()];
  return sql`
    upcoming as (
      insert into pathway (id, kind) select id, kind from jsonb_to_recordset(${JSON.stringify(pathways)}::jsonb) as given (id uuid, kind text)
      on conflict do nothing
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
    ), queued as (
      insert into message (key, pathway_id, template, parameters, recipient_type, recipient_id, channel)
      select pathway_id || ':' || step || ':' || template || ':' || id || ':' || channel, pathway_id::uuid, template, parameters, type, id, channel
      from routes join wanted using (n)
      on conflict (key) do nothing
    )`;
}
