/** The names of everybody and everything that referrals name, so that who reads one need not ask for each. */
import { type RawBuilder, sql } from 'kysely';

export interface PartyNames {
  zh: string;
  en: string;
}

/** By id: of institutions and departments in both languages, of persons the same in both. */
export type NamesById = Readonly<Record<string, PartyNames>>;

/**
 * An expression: the names that these states of referrals need, as JSON by id. `states`: a query of one column `state`. The ids of institutions, departments
 * and persons are different words, so that each is looked for in all three; each directory is asked once for all of them.
 */
export const namesInStates = (states: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  with named as materialized (
    select distinct party.member #>> '{}' as id from (${states}) as given cross join lateral (
      select jsonb_path_query(state, '$.initiator.*') as member union all select jsonb_path_query(state, '$.legs[*].*')
    ) as party where jsonb_typeof(party.member) = 'string'
  )
  select coalesce(jsonb_object_agg(id, jsonb_build_object('zh', zh, 'en', en)), '{}') from (
    select id, name_zh as zh, name_en as en from institution where id = any(array(select id from named))
    union all select id, name_zh, name_en from department where id = any(array(select id from named))
    union all select id, name, name from person where id = any(array(select id from named))
  ) as found
)`;
