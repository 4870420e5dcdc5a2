/** Facts that name the pathway which has to hear of them, any number of them as parts of one statement. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { PathwayFact } from '../../domain/kit/registry.ts';

/** The sender of facts that carepath itself publishes. */
export const SENDER = 'carepath';

export interface PathwayFactToPublish {
  type: PathwayFact;
  pathwayId: string;
  /** A fact with the same message id is published once, however often it is tried. */
  messageId: string;
  institutionId: string;
  occurredAt: Date;
  /** Ids, codes and instants, which the pathway gets beside `occurredAt`. */
  input: Record<string, unknown>;
}

/**
 * Parts of a `with` that stores the facts in the order of the list and owes each to its pathway. They read the part `created`, which holds `id` and
 * `pathway_id` of the creating commands that the same statement stores. The locks come first, in the order of their keys, and number the deliveries of a
 * pathway in the order of the transactions.
 */
export function storePathwayFacts(facts: readonly PathwayFactToPublish[]): RawBuilder<unknown> {
  const keys = [...new Set(facts.map(({ pathwayId }) => `carepath fact to pathway ${pathwayId}`))].sort();
  const rows = facts.map((fact) => ({ ...fact, factId: uuid(), occurredAt: fact.occurredAt.toISOString() }));
  return sql`
    locked as materialized (
      select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(${keys}::text[]) as key
    ), published as materialized (
      select ordinality, (row ->> 'factId')::uuid as fact_id, row ->> 'type' as type, (row ->> 'pathwayId')::uuid as pathway_id, row ->> 'messageId' as message_id,
        row ->> 'institutionId' as institution_id, (row ->> 'occurredAt')::timestamptz as occurred_at, row -> 'input' as input
      from (select count(*) from locked) as waited, jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as given (row, ordinality)
    ), stored as (
      insert into fact (id, source, message_id, type, occurred_at, recorded_at, sender_id, sender_institution_id, details, body_hash, status, input,
        addressee_type, addressee_pathway_id)
      select fact_id, ${SENDER}, message_id, type, occurred_at, clock_timestamp(), ${SENDER}, institution_id, '{}',
        sha256(convert_to(message_id, 'UTF8')), 'recorded',
        jsonb_build_object('occurredAt', (extract(epoch from occurred_at) * 1000)::bigint) || input, 'pathway', pathway_id
      from published order by ordinality
      on conflict do nothing returning id
    ), owed as (
      insert into fact_delivery (fact_id, pathway_id, creating_command_id)
      select fact_id, published.pathway_id, creating.id
      from published left join lateral (
        select created.id from created where created.pathway_id = published.pathway_id
        union all
        (select command.id from command where command.pathway_id = published.pathway_id and acked_at is null and outcome is null
            and not exists (select from pathway where pathway.id = published.pathway_id and pathway.version > 0)
          order by created_at limit 1)
        limit 1
      ) as creating on true
      where fact_id in (select id from stored)
        and (creating.id is not null or exists (select from pathway where pathway.id = published.pathway_id and status = 'open'))
      order by ordinality
      on conflict do nothing
    )`;
}
