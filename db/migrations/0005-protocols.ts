/** Clinical protocols, working days and risk models: versioned data. What is published stays as it is for ever. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // created_by is null for a version that came with the program
  `create table protocol (
    id text not null check (id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    version integer not null check (version >= 1),
    status text not null default 'draft' check (status in ('draft', 'published', 'retired')),
    document jsonb not null check (document ->> 'id' = id and (document ->> 'version')::integer = version),
    created_at timestamptz not null default now(),
    created_by jsonb,
    published_at timestamptz,
    retired_at timestamptz,
    primary key (id, version),
    check ((status = 'draft') = (published_at is null)),
    check ((status = 'retired') = (retired_at is not null))
  )`,
  `create function protect_published_protocol() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.status = 'draft' then return old; end if;
        raise exception 'protocol % version % is published', old.id, old.version using errcode = 'restrict_violation';
      end if;
      if (new.id, new.version) is distinct from (old.id, old.version)
        or (old.status, new.status) not in (('draft', 'draft'), ('draft', 'published'), ('published', 'published'), ('published', 'retired'), ('retired', 'retired'))
        or old.status <> 'draft' and (new.document, new.created_at, new.created_by, new.published_at)
          is distinct from (old.document, old.created_at, old.created_by, old.published_at)
        or old.status = 'retired' and new.retired_at is distinct from old.retired_at
      then raise exception 'protocol % version % is %', old.id, old.version, old.status using errcode = 'restrict_violation';
      end if;
      return new;
    end $$`,
  `create trigger protocol_published_stays before update or delete on protocol for each row execute function protect_published_protocol()`,
  `create trigger protocol_never_emptied before truncate on protocol for each statement execute function refuse_change()`,

  // A correction is a new version of the year.
  `create table calendar_year (
    year integer not null check (year between 2000 and 2199),
    version integer not null check (version >= 1),
    document jsonb not null check ((document ->> 'year')::integer = year and (document ->> 'version')::integer = version),
    recorded_at timestamptz not null default now(),
    primary key (year, version)
  )`,
  `create table risk_model (
    version integer primary key check (version >= 1),
    document jsonb not null check ((document ->> 'version')::integer = version),
    recorded_at timestamptz not null default now()
  )`,
  ...['calendar_year', 'risk_model'].map(
    (table) =>
      `create trigger ${table}_append_only before update or delete or truncate on ${table}
        for each statement execute function refuse_change()`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
