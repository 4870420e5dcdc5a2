/**
 * Sterile supply: what exists (set types, sets, packs, vehicles, boxes, machines), where it is, and everything that was done with it. These tables own
 * the physical truth; pathways own obligations and time.
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create extension if not exists btree_gist`,

  // Every change of a row that callers read raises its version, whoever writes it.
  `create function raise_version() returns trigger language plpgsql as $$
    begin
      new.version := old.version + 1;
      return new;
    end
  $$`,

  `create table set_type (
    id text primary key,
    code text not null unique,
    name_zh text not null,
    name_en text not null,
    count_sheet jsonb not null,
    packaging text not null check (packaging in ('cotton', 'paper-bag', 'crepe', 'nonwoven', 'pouch', 'container')),
    programs text[] not null,
    surgical boolean not null,
    implant boolean not null,
    low_use boolean not null,
    volume_litres float8 not null check (volume_litres > 0),
    gtin text,
    pictures jsonb not null default '[]',
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,

  `create table set_instance (
    id text primary key,
    code text not null unique,
    set_type_id text not null references set_type,
    ownership text not null check (ownership in ('pool', 'centre-owned', 'vendor-loan')),
    owner_institution_id text references institution,
    status text not null check (status in ('in-decon', 'washed', 'inspected', 'incomplete-hold', 'repair', 'packed', 'used',
      'in-transit-soiled', 'missing', 'retired')),
    incomplete boolean not null default false,
    missing_items jsonb not null default '[]',
    special text check (special in ('prion', 'gas-gangrene', 'unknown-pathogen')),
    -- The instant of the observation that the status follows from: an older one changes history only.
    status_since timestamptz not null default now(),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    check (ownership <> 'centre-owned' or owner_institution_id is not null)
  )`,
  `create index set_instance_by_type on set_instance (set_type_id, status)`,

  `create table vehicle (
    id text primary key,
    code text not null unique,
    sterile_litres float8 not null,
    soiled_litres float8 not null,
    last_used_at timestamptz,
    last_cleaned_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create table transport_box (
    id text primary key,
    code text not null unique,
    lane text not null check (lane in ('sterile', 'soiled')),
    capacity_litres float8 not null,
    vehicle_id text references vehicle,
    last_used_at timestamptz,
    last_cleaned_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  // The lane of a box is fixed for its life.
  `create function keep_lane() returns trigger language plpgsql as $$
    begin
      if new.lane <> old.lane then
        raise exception 'a box never changes its lane' using errcode = 'check_violation', constraint = 'transport_box_lane_fixed';
      end if;
      return new;
    end
  $$`,
  `create trigger transport_box_lane_fixed before update on transport_box for each row execute function keep_lane()`,
  `create table cleaning (
    id text primary key,
    thing_type text not null check (thing_type in ('vehicle', 'transport-box')),
    thing_id text not null,
    method text not null,
    cleaned_at timestamptz not null,
    cleaned_by jsonb not null,
    recorded_at timestamptz not null default now()
  )`,
  `create index cleaning_of_thing on cleaning (thing_type, thing_id, cleaned_at)`,
  `create table washer (
    id text primary key,
    code text not null unique,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,

  `create table pack (
    id text primary key,
    code text not null unique,
    set_instance_id text not null references set_instance,
    set_type_id text not null references set_type,
    packaging text not null,
    surgical boolean not null,
    implant boolean not null,
    -- null: the pack belongs to the pool or to a vendor
    owner_institution_id text references institution,
    status text not null check (status in ('assembled', 'checked', 'planned', 'in-load', 'sterilised', 'released', 'allocated', 'on-vehicle',
      'at-centre', 'opened', 'rejected', 'ended')),
    status_since timestamptz not null default now(),
    packer_id text not null,
    checker_id text,
    load_id uuid,
    sterilised_on date,
    -- by packaging alone, and by the worst storage so far
    nominal_expires_on date,
    expires_on date,
    exposed boolean not null default false,
    label_print integer not null default 0,
    labelled_on date,
    outer_ci text check (outer_ci in ('pass', 'fail')),
    inner_ci text check (inner_ci in ('pass', 'fail')),
    wet boolean,
    reject_reason text check (reject_reason in ('wet', 'outer-ci-failed', 'load-rejected', 'compromised', 'rejected-at-delivery',
      'returned-unopened', 'label-unreadable', 'inner-ci-failed')),
    slip_line_id uuid,
    allocated_institution_id text references institution,
    consignment_id uuid,
    opened_at timestamptz,
    opened_institution_id text references institution,
    patient_reference text,
    -- The scan that said so, where what happened went against a refusal: the gate lets an observation through.
    observed_by uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint pack_packer_is_not_checker check (checker_id is null or checker_id <> packer_id),
    check ((reject_reason is null) or status in ('rejected', 'ended'))
  )`,
  // The number in a pack's code, which is printed and read by people.
  `create sequence pack_number`,
  // One live pack for each set.
  `create unique index pack_one_life on pack (set_instance_id) where status <> 'ended'`,
  `create index pack_of_load on pack (load_id)`,
  `create index pack_of_slip_line on pack (slip_line_id) where slip_line_id is not null`,
  `create index pack_of_consignment on pack (consignment_id) where consignment_id is not null`,
  `create index pack_in_store on pack (set_type_id, expires_on) where status = 'released'`,
  `create index pack_expiring on pack (expires_on) where status in ('released', 'allocated', 'on-vehicle', 'at-centre')`,

  `create table pack_label (
    pack_id text not null references pack,
    print integer not null,
    dated_on date,
    reason text,
    format text not null check (format in ('pdf', 'zpl')),
    printed_at timestamptz not null,
    printed_by jsonb not null,
    primary key (pack_id, print)
  )`,

  // The ledger: what happened with each thing, one row a thing and act, in the order of recording. Rows are never changed.
  `create table supply_event (
    id uuid primary key,
    position bigint generated always as identity unique,
    happened_at timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    late boolean not null,
    event text not null check (event ~ '^[a-z][a-z0-9-]*$'),
    thing_type text not null check (thing_type in ('set-instance', 'pack', 'transport-box', 'vehicle', 'washer', 'steriliser', 'load', 'load-indicator',
      'stop', 'centre')),
    thing_id text not null,
    from_status text,
    to_status text,
    -- where the thing is from happened_at on; null: the act says nothing of it
    holder_type text check (holder_type in ('cssd', 'centre', 'round')),
    holder_id text,
    actor jsonb not null,
    because jsonb not null default '[]',
    institution_id text not null,
    load_id uuid,
    round_id uuid,
    stop_id uuid,
    slip_id uuid,
    scan_id uuid,
    -- ids and codes of what else took part: a set's pack, a consignment, a seal
    details jsonb not null default '{}',
    check ((holder_type is null) = (holder_id is null))
  )`,
  `create index supply_event_of_thing on supply_event (thing_type, thing_id, happened_at, position)`,
  `create index supply_event_of_load on supply_event (load_id) where load_id is not null`,
  `create index supply_event_of_stop on supply_event (stop_id) where stop_id is not null`,
  `create index supply_event_by_time on supply_event (happened_at)`,
  `create index supply_event_by_recording on supply_event (recorded_at)`,
  `create trigger supply_event_append_only before update or delete or truncate on supply_event for each statement execute function refuse_change()`,

  // Where each thing was and is. It follows from the ledger alone: the trigger below is its only writer. An older observation changes what was, not
  // what is. Two places at one time are impossible under any race.
  `create table custody (
    id bigint generated always as identity primary key,
    thing_type text not null,
    thing_id text not null,
    holder_type text not null check (holder_type in ('cssd', 'centre', 'round')),
    holder_id text not null,
    since timestamptz not null,
    until timestamptz,
    event_id uuid not null references supply_event,
    -- Type and id as one text: a question for both would take this index, which answers a hundred times slower than that of the open places.
    constraint custody_one_place exclude using gist ((thing_type || ' ' || thing_id) with =, tstzrange(since, until) with &&)
      deferrable initially immediate,
    check (until is null or until >= since)
  )`,
  `create index custody_of_thing on custody (thing_type, thing_id, since)`,
  `create unique index custody_one_open on custody (thing_type, thing_id) where until is null`,
  `create index custody_of_holder on custody (holder_type, holder_id, thing_type) where until is null`,
  // The place of an entry among those of its thing: by the time at which it happened; between devices time, device and number; then as recorded.
  // The tables of scans are made later than this one, so the function is bound to them only when it runs.
  `create function follow_custody() returns trigger language plpgsql as $$
    declare
      present custody;
    begin
      -- Two observations of one thing at once: the second waits, so that it sees the first.
      perform pg_advisory_xact_lock(hashtextextended('carepath custody ' || new.thing_type || ' ' || new.thing_id, 0));
      if exists (select from supply_event where thing_type = new.thing_type and thing_id = new.thing_id and holder_type is not null
          and happened_at >= new.happened_at and id <> new.id) then
        -- An older observation, or one of the same instant: who had the thing when follows from all of them together.
        delete from custody where thing_type = new.thing_type and thing_id = new.thing_id;
        insert into custody (thing_type, thing_id, holder_type, holder_id, since, until, event_id)
          with last_of_instant as (
            select distinct on (happened_at) happened_at, holder_type, holder_id, supply_event.id as event_id
            from supply_event left join scan on scan.id = scan_id
            where thing_type = new.thing_type and thing_id = new.thing_id and holder_type is not null
            order by happened_at, coalesce(device_id::text, '') desc, coalesce(seq, 0) desc, position desc
          ), changes as (
            select *, (lag(holder_type) over earlier, lag(holder_id) over earlier) is distinct from (holder_type, holder_id) as moves
            from last_of_instant window earlier as (order by happened_at)
          )
          select new.thing_type, new.thing_id, holder_type, holder_id, happened_at, lead(happened_at) over (order by happened_at), event_id
          from changes where moves;
        return null;
      end if;
      select * into present from custody where thing_type = new.thing_type and thing_id = new.thing_id and until is null;
      if present.id is not null and present.holder_type = new.holder_type and present.holder_id = new.holder_id then
        return null;
      end if;
      if present.id is not null then
        update custody set until = new.happened_at where id = present.id;
      end if;
      insert into custody (thing_type, thing_id, holder_type, holder_id, since, until, event_id)
        values (new.thing_type, new.thing_id, new.holder_type, new.holder_id, new.happened_at, null, new.id);
      return null;
    end
  $$`,
  `create trigger supply_event_moves after insert on supply_event for each row when (new.holder_type is not null) execute function follow_custody()`,

  // The hash chain over the ledger, laid over it in batches after the fact, so that no act waits for another one's hash.
  `create table custody_seal (
    seq bigint primary key,
    event_id uuid not null unique references supply_event,
    previous text not null,
    hash text not null,
    sealed_at timestamptz not null default now()
  )`,
  // What has no seal yet. A transaction may become visible after one that began later, so the sealer cannot go by positions alone.
  `create table custody_unsealed (
    event_id uuid primary key references supply_event,
    position bigint not null
  )`,
  `create index custody_unsealed_by_position on custody_unsealed (position)`,
  `create function await_seal() returns trigger language plpgsql as $$
    begin
      insert into custody_unsealed (event_id, position) select id, position from appended;
      return null;
    end
  $$`,
  `create trigger supply_event_awaits_seal after insert on supply_event referencing new table as appended for each statement execute function await_seal()`,
  `create trigger custody_seal_append_only before update or delete or truncate on custody_seal for each statement execute function refuse_change()`,

  ...['set_type', 'set_instance', 'vehicle', 'transport_box', 'washer', 'pack'].map(
    (table) => `create trigger ${table}_version before update on ${table} for each row execute function raise_version()`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
