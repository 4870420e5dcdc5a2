/** Sterile supply: washing, inspection, sterilisers, loads, indicators. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table wash_batch (
    id text primary key,
    washer_id text not null references washer,
    started_at timestamptz not null,
    ended_at timestamptz not null check (ended_at > started_at),
    temperature_c float8 not null,
    seconds float8 not null,
    direct_use boolean not null,
    pretreatment text,
    result text not null check (result in ('pass', 'fail')),
    -- the row of the norm that temperature and time reach; null when they reach none
    norm_row text,
    a0 float8 not null,
    set_instance_ids text[] not null,
    recorded_by jsonb not null,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create table inspection (
    id text primary key,
    set_instance_id text not null references set_instance,
    result text not null check (result in ('pass', 'incomplete', 'damaged')),
    missing_items jsonb not null default '[]',
    inspected_at timestamptz not null,
    inspected_by jsonb not null,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index inspection_of_set on inspection (set_instance_id, inspected_at)`,

  `create table steriliser (
    id text primary key,
    code text not null unique,
    kind text not null check (kind in ('prevacuum', 'gravity')),
    recall_policy text not null check (recall_policy in ('cn-ws310', 'conservative', 'cdc')),
    status text not null check (status in ('in-service', 'out-of-service', 'requalifying', 'retired')),
    qualified_at timestamptz,
    requalification_passed integer not null default 0,
    requalification_cause text,
    -- the runs of the present requalification are those that began from here on
    requalification_since timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  // When the steriliser was out of service, by the instants of what put it out and took it back.
  `create table steriliser_outage (
    id text primary key,
    steriliser_id text not null references steriliser,
    since timestamptz not null,
    until timestamptz,
    reason text not null
  )`,
  `create unique index steriliser_outage_open on steriliser_outage (steriliser_id) where until is null`,

  // Whatever runs in a steriliser: loads and Bowie-Dick tests never overlap, [started, ended).
  `create table steriliser_run (
    id uuid primary key,
    steriliser_id text not null references steriliser,
    started_at timestamptz not null,
    ended_at timestamptz,
    check (ended_at is null or ended_at > started_at),
    constraint steriliser_run_alone exclude using gist (steriliser_id with =, tstzrange(started_at, ended_at) with &&)
  )`,
  `create table bowie_dick_test (
    id uuid primary key references steriliser_run,
    steriliser_id text not null references steriliser,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    result text not null check (result in ('pass', 'fail')),
    recorded_by jsonb not null,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index bowie_dick_test_of_day on bowie_dick_test (steriliser_id, ended_at)`,

  // The number that people call a load by. It goes on its labels, which take 20 characters.
  `create sequence steriliser_load_number`,
  `create table steriliser_load (
    id uuid primary key,
    number text not null unique,
    steriliser_id text not null references steriliser,
    program text not null check (program in ('steam-132', 'steam-134', 'steam-121')),
    purpose text not null check (purpose in ('packs', 'requalification')),
    status text not null check (status in ('planned', 'running', 'ended', 'quarantined', 'released', 'released-early', 'confirmed', 'rejected',
      'failed')),
    operator_id text,
    started_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    -- as the machine gave it: exposureSeconds, minTemperatureC, maxTemperatureC, minPressureKpa, maxPressureKpa, printout
    cycle_record jsonb,
    physical text check (physical in ('pass', 'fail')),
    unloaded_at timestamptz,
    unloaded_by text,
    reviewed_by text,
    review_note text,
    released_at timestamptz,
    released_by text,
    -- packIds, institutionId, clinician, reason, by, at
    emergency jsonb,
    override_reason text,
    failed_at timestamptz,
    rejected_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint load_operator_is_not_releaser check (released_by is null or released_by not in (operator_id, coalesce(ended_by, ''), coalesce(unloaded_by, ''))),
    check ((status = 'planned') = (started_at is null))
  )`,
  `create index steriliser_load_by_start on steriliser_load (steriliser_id, started_at)`,
  `create index steriliser_load_by_status on steriliser_load (status, created_at)`,
  `alter table pack add foreign key (load_id) references steriliser_load`,

  `create table load_pack (
    load_id uuid not null references steriliser_load,
    pack_id text not null references pack,
    -- false once the load is rejected: the pack may go into another one
    counts boolean not null default true,
    primary key (load_id, pack_id)
  )`,
  `create unique index load_pack_once on load_pack (pack_id) where counts`,
  // The members of a load are frozen at its start.
  `create function keep_members() returns trigger language plpgsql as $$
    declare
      load_status text;
    begin
      select status into load_status from steriliser_load where id = coalesce(new.load_id, old.load_id) for share;
      if load_status <> 'planned' then
        raise exception 'the members of a load are frozen at its start' using errcode = 'check_violation', constraint = 'load_pack_frozen';
      end if;
      return coalesce(new, old);
    end
  $$`,
  `create trigger load_pack_frozen before insert or delete on load_pack for each row execute function keep_members()`,

  `create table load_indicator (
    id text primary key,
    load_id uuid not null references steriliser_load,
    kind text not null check (kind in ('bi', 'pcd-ci')),
    product text not null,
    lot text not null,
    incubation_minutes integer,
    class integer check (class between 1 and 6),
    status text not null check (status in ('placed', 'incubating', 'pass', 'fail', 'invalid')),
    incubated_at timestamptz,
    due_at timestamptz,
    read_at timestamptz,
    read_by text,
    growth boolean,
    control jsonb,
    -- earlier readings, each with who corrected it and why
    corrections jsonb not null default '[]',
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index load_indicator_of_load on load_indicator (load_id)`,

  ...['wash_batch', 'inspection', 'steriliser', 'bowie_dick_test', 'steriliser_load', 'load_indicator'].map(
    (table) => `create trigger ${table}_version before update on ${table} for each row execute function raise_version()`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
