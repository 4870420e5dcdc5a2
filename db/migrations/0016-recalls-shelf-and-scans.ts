/** Sterile supply: recalls, the shelves of the centres, alerts, devices and their scans, signing keys. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table recall (
    id uuid primary key,
    status text not null check (status in ('open', 'closed')),
    drill boolean not null,
    policy text not null check (policy in ('cn-ws310', 'conservative', 'cdc')),
    steriliser_id text not null references steriliser,
    load_id uuid references steriliser_load,
    lower_load_id uuid references steriliser_load,
    -- of the load that failed: no pack of a run that began after it is in the scope
    out_of_service_at timestamptz,
    reason text not null,
    cause text,
    report text,
    opened_by jsonb not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index recall_of_steriliser on recall (steriliser_id, opened_at)`,
  `create table recall_load (
    recall_id uuid not null references recall,
    load_id uuid not null references steriliser_load,
    primary key (recall_id, load_id)
  )`,
  `create table recall_line (
    id uuid primary key,
    recall_id uuid not null references recall,
    pack_id text not null references pack,
    -- who has to account for it: follows custody; infection control for what was used, nobody for what was reprocessed
    holder_type text not null check (holder_type in ('cssd', 'centre', 'round', 'infection', 'none')),
    holder_id text not null,
    state text not null check (state in ('open', 'ended')),
    "end" text check ("end" in ('retrieved', 'used', 'disposed', 'not-found', 'reprocessed')),
    ended_at timestamptz,
    ended_by jsonb,
    note text,
    patient_reference text,
    -- told to stop, and opened all the same
    used_after_stop_use boolean not null default false,
    created_at timestamptz not null default now(),
    unique (recall_id, pack_id),
    check ((state = 'ended') = ("end" is not null))
  )`,
  `create index recall_line_of_pack on recall_line (pack_id)`,
  `create index recall_line_of_holder on recall_line (recall_id, holder_type, holder_id)`,
  // The scope of a recall only grows.
  `create trigger recall_line_kept before delete or truncate on recall_line for each statement execute function refuse_change()`,
  `create table recall_holder (
    recall_id uuid not null references recall,
    holder_type text not null check (holder_type in ('cssd', 'centre', 'round', 'infection')),
    holder_id text not null,
    told_at timestamptz not null,
    -- null again as soon as the holder gains a line
    acknowledged_at timestamptz,
    acknowledged_by jsonb,
    primary key (recall_id, holder_type, holder_id)
  )`,
  `create table recall_signature (
    recall_id uuid not null references recall,
    role text not null check (role in ('headnurse', 'infection')),
    person_id text not null references person,
    signed_at timestamptz not null,
    primary key (recall_id, role),
    constraint recall_signed_by_two_persons unique (recall_id, person_id)
  )`,
  `alter table discrepancy add foreign key (recall_id) references recall`,

  `create table climate_reading (
    id uuid primary key,
    institution_id text not null references institution,
    measured_at timestamptz not null,
    temperature_c float8 not null,
    humidity_percent float8 not null,
    recorded_by jsonb not null,
    recorded_at timestamptz not null default now(),
    unique (institution_id, measured_at)
  )`,
  `create table climate_breach (
    id uuid primary key,
    institution_id text not null references institution,
    started_at timestamptz not null,
    ended_at timestamptz,
    -- of a centre whose storage does not conform: it stands as long as the storage does
    standing boolean not null default false,
    review_accept boolean,
    review_reason text,
    reviewed_by jsonb,
    reviewed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index climate_breach_of_centre on climate_breach (institution_id, started_at)`,
  `create table breach_pack (
    breach_id uuid not null references climate_breach,
    pack_id text not null references pack,
    exposed_at timestamptz not null,
    -- null: it waits for the review
    accepted boolean,
    reviewed_at timestamptz,
    primary key (breach_id, pack_id)
  )`,
  `create index breach_pack_of_pack on breach_pack (pack_id)`,

  `create table supply_alert (
    id uuid primary key,
    name text not null check (name ~ '^[a-z][a-z0-9-]*$'),
    subject_type text not null,
    subject_id text not null,
    threshold text not null,
    institution_id text references institution,
    raised_at timestamptz not null,
    cleared_at timestamptz
  )`,
  `create unique index supply_alert_once on supply_alert (name, subject_type, subject_id, threshold) where cleared_at is null`,
  `create index supply_alert_of_subject on supply_alert (subject_type, subject_id)`,
  // An alert goes with its cause, whoever ends that; the sweeps clear what only time ends.
  `create function clear_supply_alerts(alert_name text, about_type text, about_id text, about_threshold text default null) returns void
    language sql as $$
      update supply_alert set cleared_at = greatest(now(), raised_at)
      where cleared_at is null and name = alert_name and subject_type = about_type and subject_id = about_id
        and (about_threshold is null or threshold = about_threshold)
  $$`,
  `create function clear_alerts_of_pack() returns trigger language plpgsql as $$
    begin
      perform clear_supply_alerts('expiry', 'pack', new.id);
      perform clear_supply_alerts('expires-before-visit', 'pack', new.id);
      return null;
    end
  $$`,
  `create trigger pack_clears_alerts after update of status on pack for each row
    when (old.status not in ('opened', 'rejected', 'ended') and new.status in ('opened', 'rejected', 'ended')) execute function clear_alerts_of_pack()`,
  `create function clear_alerts_of_set() returns trigger language plpgsql as $$
    begin
      perform clear_supply_alerts('return-overdue', 'set-instance', new.id);
      return null;
    end
  $$`,
  `create trigger set_instance_clears_alerts after update of status on set_instance for each row
    when (old.status = 'used' and new.status <> 'used') execute function clear_alerts_of_set()`,
  `create function clear_alerts_of_test() returns trigger language plpgsql as $$
    begin
      perform clear_supply_alerts('bowie-dick', 'steriliser', new.steriliser_id, (new.ended_at at time zone 'Asia/Shanghai')::date::text);
      return null;
    end
  $$`,
  `create trigger bowie_dick_test_clears_alerts after insert on bowie_dick_test for each row
    when (new.result = 'pass') execute function clear_alerts_of_test()`,
  `create function clear_alerts_of_run() returns trigger language plpgsql as $$
    begin
      if exists (select from load_indicator where load_id = new.id and kind = 'bi') then
        perform clear_supply_alerts('bi-due', 'steriliser', new.steriliser_id);
      end if;
      return null;
    end
  $$`,
  `create trigger steriliser_load_clears_alerts after update of status on steriliser_load for each row
    when (old.status = 'planned' and new.status <> 'planned') execute function clear_alerts_of_run()`,

  `create table scan_device (
    id uuid primary key,
    name text not null,
    registered_by jsonb not null,
    role text not null,
    institution_id text not null references institution,
    revoked_at timestamptz,
    revoked_reason text,
    version integer not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create table scan (
    id uuid primary key,
    device_id uuid not null references scan_device,
    seq integer not null check (seq >= 1),
    type text not null,
    -- as the device's clock said, and as it is meant
    at timestamptz not null,
    corrected_at timestamptz not null,
    received_at timestamptz not null default now(),
    body jsonb not null,
    content_hash bytea not null,
    result text not null check (result in ('applied', 'noted', 'discrepancy', 'waiting', 'held')),
    discrepancy_ids uuid[] not null default '{}',
    sent_by jsonb not null,
    constraint scan_once unique (device_id, seq)
  )`,
  `create index scan_waiting on scan (device_id, seq) where result in ('waiting', 'held')`,
  // Another content under a number that is taken: kept, never applied.
  `create table scan_conflict (
    id uuid primary key,
    device_id uuid not null references scan_device,
    seq integer not null,
    body jsonb not null,
    received_at timestamptz not null default now(),
    sent_by jsonb not null
  )`,

  `create table round_bundle (
    id uuid primary key,
    round_id uuid not null references supply_round,
    issued_at timestamptz not null,
    valid_until timestamptz not null,
    jws text not null
  )`,
  `create index round_bundle_of_round on round_bundle (round_id, issued_at)`,
  `create table voice_code (
    id uuid primary key,
    stop_id uuid not null references round_stop,
    code_hash text not null,
    reason text not null,
    issued_by jsonb not null,
    issued_at timestamptz not null
  )`,

  // The reasons for which a pack must not be dispensed, in the order of the machine: the same as domain/sterile-supply/dispensable.ts gives, asked by
  // nothing but the table. A test compares the two.
  `create function pack_refusals(asked_pack_id text, for_institution_id text, at timestamptz, asked_print integer)
      returns text[] language sql stable as $$
    select array_remove(array[
      case when pack.status = 'rejected' then pack.reject_reason when pack.status in ('opened', 'ended') then pack.status end,
      case when pack.status in ('assembled', 'checked', 'planned', 'in-load')
        or (pack.status in ('opened', 'rejected', 'ended') and pack.outer_ci is null) then 'not-sterilised' end,
      case when load.status = 'failed' then 'load-failed'
        when load.status not in ('released', 'released-early', 'confirmed') then 'load-not-released' end,
      case when pack.implant and load.id is not null and not load.on_form
        and not exists (select from load_indicator where load_id = load.id and kind = 'bi' and status = 'pass') then 'implant-bi-pending' end,
      case when load.status = 'released-early'
        and (not load.on_form or coalesce(for_institution_id <> load.emergency ->> 'institutionId', false)) then 'emergency-only' end,
      case when exists (select from recall_line join recall on recall.id = recall_id where pack_id = pack.id and not drill) then 'recalled' end,
      case when (at at time zone 'Asia/Shanghai')::date > pack.expires_on then 'expired' end,
      case when pack.packaging <> 'cotton' and exists (select from breach_pack where pack_id = pack.id and accepted is null)
        then 'climate-review' end,
      case when pack.owner_institution_id <> for_institution_id then 'wrong-owner' end,
      case when coalesce(
          (select holder_id from custody where thing_type = 'pack' and thing_id = pack.id and until is null and holder_type = 'centre'),
          (select institution_id from consignment join round_stop on round_stop.id = stop_id where consignment.id = pack.consignment_id),
          pack.allocated_institution_id) <> for_institution_id then 'held-elsewhere' end,
      case when asked_print < pack.label_print then 'label-superseded' end
    ], null)
    from pack left join lateral (
      select steriliser_load.*, coalesce(emergency -> 'packIds' ? pack.id, false) as on_form from steriliser_load where id = pack.load_id
    ) as load on true
    where pack.id = asked_pack_id
  $$`,
  // No pack gets further on its way that must not be dispensed, whoever forgets to ask. What was observed has happened: the scan passes.
  `create function refuse_not_dispensable() returns trigger language plpgsql as $$
    declare
      for_institution_id text;
      refusals text[];
    begin
      if new.observed_by is distinct from old.observed_by then
        return new;
      end if;
      for_institution_id := case new.status
        when 'opened' then new.opened_institution_id
        when 'allocated' then new.allocated_institution_id
        else coalesce(
          (select institution_id from consignment join round_stop on round_stop.id = stop_id where consignment.id = new.consignment_id),
          new.allocated_institution_id) end;
      refusals := pack_refusals(old.id, for_institution_id, new.status_since, null);
      if cardinality(refusals) > 0 then
        raise exception 'the pack must not be dispensed' using errcode = 'check_violation', constraint = 'pack_dispensable',
          detail = old.id || ' ' || array_to_string(refusals, ' ');
      end if;
      return new;
    end
  $$`,
  `create trigger pack_dispensable before update on pack for each row
    when (new.status in ('allocated', 'on-vehicle', 'at-centre', 'opened') and new.status <> old.status) execute function refuse_not_dispensable()`,

  ...['recall', 'climate_breach', 'scan_device'].map(
    (table) => `create trigger ${table}_version before update on ${table} for each row execute function raise_version()`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
