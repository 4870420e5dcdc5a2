/** Sterile supply: centres, exchange slips with their count, rounds with stops and consignments, discrepancies. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table supply_centre (
    institution_id text primary key references institution,
    visit_days integer[] not null,
    -- [{from, to}], local times of the day such as 08:30
    windows jsonb not null,
    count_mode text not null check (count_mode in ('sealed-declared', 'open-count')),
    storage text not null check (storage in ('conforming', 'nonconforming')),
    latitude float8 not null,
    longitude float8 not null,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,

  `create table supply_round (
    id uuid primary key,
    on_date date not null,
    vehicle_id text not null references vehicle,
    driver_id text not null references person,
    courier_id text not null references person,
    depart_at timestamptz not null,
    mode text not null check (mode in ('soiled-first', 'clean-first')),
    status text not null check (status in ('planned', 'confirmed', 'loaded', 'departed', 'returned', 'handed-over', 'closed', 'cancelled')),
    broken_down boolean not null default false,
    cut_off_at timestamptz,
    confirmed_at timestamptz,
    loaded_at timestamptz,
    departed_at timestamptz,
    returned_at timestamptz,
    handed_over_at timestamptz,
    -- seals that were handed over before anybody had said where they come from: their scans are still to come
    awaited_seals text[] not null default '{}',
    closed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index supply_round_by_date on supply_round (on_date, id)`,
  `create table round_leg (
    round_id uuid not null references supply_round,
    n integer not null,
    vehicle_id text not null references vehicle,
    from_at timestamptz not null,
    to_at timestamptz,
    primary key (round_id, n)
  )`,
  `create table round_stop (
    id uuid primary key,
    round_id uuid not null references supply_round,
    institution_id text not null references institution,
    arrive_at timestamptz not null,
    -- scheduled, the last step, or failed
    status text not null check (status in ('scheduled', 'arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed',
      'left', 'failed')),
    fail_reason text check (fail_reason in ('closed', 'refused', 'inaccessible', 'no-time', 'unsigned')),
    failed_at timestamptz,
    -- a stop that was moved to another round is told from one that was never there
    moved_to_round_id uuid references supply_round,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index round_stop_of_round on round_stop (round_id, arrive_at)`,
  `create index round_stop_of_centre on round_stop (institution_id, arrive_at)`,
  `create table stop_step (
    id uuid primary key,
    stop_id uuid not null references round_stop,
    step text not null check (step in ('arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left')),
    happened_at timestamptz not null,
    done_by jsonb not null,
    -- false: it was scanned at a moment at which the protocol did not allow it
    in_order boolean not null default true,
    scan_id uuid,
    details jsonb not null default '{}'
  )`,
  `create index stop_step_of_stop on stop_step (stop_id, happened_at)`,
  `create table stop_signature (
    stop_id uuid not null references round_stop,
    person_id text not null references person,
    side text not null check (side in ('round', 'centre')),
    method text not null check (method in ('session', 'badge-pin', 'paper')),
    verified boolean not null,
    signed_at timestamptz not null,
    primary key (stop_id, person_id)
  )`,

  `create table consignment (
    id uuid primary key,
    round_id uuid not null references supply_round,
    stop_id uuid not null references round_stop,
    lane text not null check (lane in ('sterile', 'soiled')),
    box_id text not null references transport_box,
    seal_number text not null,
    intact boolean,
    special text check (special in ('prion', 'gas-gangrene', 'unknown-pathogen')),
    pack_ids text[] not null default '{}',
    -- null: aboard or handed over; set: listed at the hand-over of the round
    handed_over_at timestamptz,
    created_at timestamptz not null default now(),
    -- A seal is used once, whatever it closed.
    constraint consignment_seal_once unique (seal_number)
  )`,
  `create index consignment_of_round on consignment (round_id)`,
  `create index consignment_of_stop on consignment (stop_id)`,
  `alter table pack add foreign key (consignment_id) references consignment`,
  `create function keep_box_in_lane() returns trigger language plpgsql as $$
    begin
      if new.lane <> (select lane from transport_box where id = new.box_id) then
        raise exception 'a box carries its own lane only' using errcode = 'check_violation', constraint = 'consignment_in_lane';
      end if;
      return new;
    end
  $$`,
  `create trigger consignment_in_lane before insert or update on consignment for each row execute function keep_box_in_lane()`,

  `create table exchange_slip (
    id uuid primary key,
    institution_id text not null references institution,
    round_id uuid references supply_round,
    stop_id uuid references round_stop,
    status text not null check (status in ('draft', 'submitted', 'frozen', 'picked-up', 'counted', 'disputed', 'closed', 'cancelled')),
    created_by jsonb not null,
    override_reason text,
    cancel_reason text,
    submitted_at timestamptz,
    frozen_at timestamptz,
    picked_up_at timestamptz,
    counted_at timestamptz,
    counted_by text,
    closed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create unique index exchange_slip_one_open on exchange_slip (institution_id) where status in ('draft', 'submitted')`,
  `create index exchange_slip_of_stop on exchange_slip (stop_id) where stop_id is not null`,
  `create index exchange_slip_of_round on exchange_slip (round_id) where round_id is not null`,
  `create index exchange_slip_by_centre on exchange_slip (institution_id, created_at)`,
  `create table slip_line (
    id uuid primary key,
    slip_id uuid not null references exchange_slip,
    position integer not null,
    direction text not null check (direction in ('collect', 'deliver')),
    set_type_id text not null references set_type,
    declared integer not null check (declared >= 0),
    set_instance_ids text[] not null default '{}',
    special text check (special in ('prion', 'gas-gangrene', 'unknown-pathogen')),
    -- the line of an earlier slip whose rest this one carries on
    carries_on uuid references slip_line,
    courier_count integer,
    received integer,
    -- the sets that were counted, where they were told by their codes
    received_set_instance_ids text[] not null default '{}',
    incomplete integer,
    damaged integer,
    missing integer,
    extra integer,
    suspect text check (suspect in ('transport', 'centre')),
    delivered integer,
    outcome text check (outcome in ('delivered', 'short', 'counted', 'not-collected')),
    short_reason text check (short_reason in ('no-stock', 'not-released', 'rejected', 'recalled', 'stop-failed')),
    unique (slip_id, position),
    constraint slip_line_count_adds_up check (received is null or declared = received + missing - extra),
    check (received is null or (missing >= 0 and extra >= 0 and incomplete + damaged <= received))
  )`,
  `create index slip_line_carrying_on on slip_line (carries_on) where carries_on is not null`,
  `alter table pack add foreign key (slip_line_id) references slip_line`,
  `create table slip_count (
    id uuid primary key,
    slip_id uuid not null references exchange_slip,
    counted_at timestamptz not null,
    counted_by text not null,
    reason text,
    body jsonb not null
  )`,
  `create index slip_count_of_slip on slip_count (slip_id, counted_at)`,

  `create table discrepancy (
    id uuid primary key,
    kind text not null check (kind in ('count', 'missing-item', 'damage', 'wrong-centre', 'seal', 'custody-gap', 'protocol', 'signature', 'gate',
      'duplicate', 'reuse', 'label', 'unknown-code', 'device', 'incident', 'used-after-stop-use', 'recall-not-found')),
    subject_type text not null,
    subject_id text not null,
    status text not null check (status in ('open', 'acknowledged', 'investigating', 'resolved', 'closed')),
    -- the centre that it concerns; null: the supply department alone
    institution_id text references institution,
    slip_id uuid references exchange_slip,
    line_id uuid references slip_line,
    round_id uuid references supply_round,
    stop_id uuid references round_stop,
    recall_id uuid,
    suspect text check (suspect in ('transport', 'centre')),
    -- who has to clear it up: the head of the centre, the dispatcher or the head nurse
    owner_role text not null check (owner_role in ('head', 'dispatcher', 'headnurse')),
    owner_institution_id text not null references institution,
    evidence jsonb not null default '{}',
    note text,
    investigation text,
    resolution text check (resolution in ('found', 'misdeclared', 'wrong-centre', 'repaired', 'written-off', 'explained')),
    resolution_note text,
    resolved_by text,
    resolved_at timestamptz,
    closed_by text,
    closed_at timestamptz,
    opened_by jsonb not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint discrepancy_closed_by_another check (closed_by is null or resolved_by is null or closed_by <> resolved_by)
  )`,
  // One discrepancy of a kind about a subject at a time; what is closed and happens again is a new one.
  `create unique index discrepancy_once on discrepancy (kind, subject_type, subject_id) where status <> 'closed'`,
  `create index discrepancy_of_slip on discrepancy (slip_id) where slip_id is not null`,
  `create index discrepancy_of_round on discrepancy (round_id) where round_id is not null`,
  `create index discrepancy_of_subject on discrepancy (subject_type, subject_id)`,
  // Of a count: the sets that were missing, so that whoever sees one finds where it was missed.
  `create index discrepancy_of_missing on discrepancy using gin ((evidence -> 'missingSetInstanceIds')) where kind = 'count'`,
  `create index discrepancy_by_status on discrepancy (status, created_at)`,

  ...['supply_centre', 'supply_round', 'round_stop', 'exchange_slip', 'discrepancy'].map(
    (table) => `create trigger ${table}_version before update on ${table} for each row execute function raise_version()`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
