/** What administrators write: who belongs to the alliance, links that activate accounts, and whether this is a demonstration. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // A demonstration and a real alliance exclude one another: whoever fills the directory first says which one it is.
  `create table deployment (
    only_one boolean primary key default true check (only_one),
    kind text not null check (kind in ('demo', 'alliance')),
    begun_at timestamptz not null default now()
  )`,
  `insert into deployment (kind)
    select case when exists (select from department where id = 'dept-c01-general-practice') then 'demo' else 'alliance' end
    where exists (select from institution)`,

  // Closed ones stay, because records name them, and take nobody new.
  `alter table institution
    add column closed_at timestamptz,
    add column successor_id text references institution,
    add check (successor_id is null or closed_at is not null)`,
  `alter table department add column closed_at timestamptz`,
  `alter table team add column closed_at timestamptz`,
  `drop index department_one_referral_desk`,
  `create unique index department_one_referral_desk on department (institution_id) where is_referral_desk and closed_at is null`,

  // The token itself is in no table: whoever reads all of the database can activate no account.
  `create table activation (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id text not null references person,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index activation_of_person on activation (person_id) where ended_at is null`,

  // What people in a file are called stays only until the file is applied or late.
  `create table directory_import (
    id uuid primary key,
    kind text not null check (kind in ('institutions', 'departments', 'staff', 'teams', 'residents')),
    rows jsonb not null,
    fingerprint bytea not null,
    person_id text not null references person,
    institution_id text not null references institution,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    applied_at timestamptz
  )`,

  // A version that somebody proposes; the newest of alliance_configuration is in force.
  `create table configuration_draft (
    version integer primary key,
    based_on integer not null,
    configuration jsonb not null,
    note text not null,
    written_by text not null references person,
    written_at timestamptz not null default now(),
    published_by text references person,
    published_at timestamptz,
    check ((published_by is null) = (published_at is null)),
    constraint configuration_draft_second_person check (published_by <> written_by)
  )`,

  // Two requests at once must not leave the alliance without an administrator: each takes its turn and looks at what is left.
  `create function refuse_last_administrator() returns trigger language plpgsql as $$
    declare
      ended text[];
      missing text;
    begin
      if tg_table_name = 'post' then ended := array[old.role];
      else ended := array(select role from post where person_id = old.id and role in ('sysadmin', 'secadmin'));
      end if;
      if cardinality(ended) = 0 then return null; end if;
      perform pg_advisory_xact_lock(hashtext('carepath administrators'));
      select asked.role into missing from unnest(ended) as asked (role)
        where not exists (select from post join person on person.id = post.person_id where post.role = asked.role and person.active);
      if found then
        raise exception 'nobody else is %', missing using errcode = 'check_violation', constraint = 'administrator_left', table = 'post';
      end if;
      return null;
    end
  $$`,
  `create trigger post_leaves_administrator after delete on post
    for each row when (old.role in ('sysadmin', 'secadmin')) execute function refuse_last_administrator()`,
  `create trigger post_keeps_administrator after update of role, person_id on post
    for each row when (old.role in ('sysadmin', 'secadmin')) execute function refuse_last_administrator()`,
  `create trigger person_leaves_administrator after update of active on person
    for each row when (old.active and not new.active) execute function refuse_last_administrator()`,

  // The three kinds of administrators exclude one another, also when two posts are given at once.
  `create function refuse_conflicting_roles() returns trigger language plpgsql as $$
    begin
      perform from person where id = new.person_id for no key update;
      if exists (
        select from post where person_id = new.person_id and role in ('sysadmin', 'secadmin', 'auditor') and role <> new.role
      ) then
        raise exception 'administrators exclude one another' using errcode = 'check_violation', constraint = 'administrator_of_one_kind', table = 'post';
      end if;
      return null;
    end
  $$`,
  `create trigger post_excludes_others after insert or update on post
    for each row when (new.role in ('sysadmin', 'secadmin', 'auditor')) execute function refuse_conflicting_roles()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
