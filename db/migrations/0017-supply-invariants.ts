/**
 * Sterile supply: what must never be untrue and needs more than one row to be seen. The acts ask first and answer in words; these triggers hold
 * whoever forgets to ask, and when two acts come at once. Those that look at what a whole act has written are deferred to its commit. What a scan tells
 * has happened already, so they let it pass.
 */
import { type Kysely, sql } from 'kysely';

/** A function that raises the constraint of its name when the condition holds, and the triggers that call it. */
const refuseWhen = (
  constraint: string,
  words: string,
  { declare = '', lock = '', condition }: { declare?: string; lock?: string; condition: string },
) =>
  `create function check_${constraint}() returns trigger language plpgsql as $$
    ${declare}
    begin
      ${lock}
      if ${condition} then
        raise exception '${words}' using errcode = 'check_violation', constraint = '${constraint}';
      end if;
      return new;
    end
  $$`;

const atCommit = (constraint: string, on: string, when: string): string =>
  `create constraint trigger ${constraint} after ${on} deferrable initially deferred for each row when (${when})
    execute function check_${constraint}()`;

const starts = `new.status = 'running' and (old.status <> 'running' or new.started_at is distinct from old.started_at)`;

const statements = [
  // --- custody ----------------------------------------------------------------
  // The ledger is the only source of custody: nobody writes it by hand.
  `create trigger custody_follows_ledger before insert or update or delete on custody for each statement
    when (pg_trigger_depth() = 0) execute function refuse_change()`,

  // --- packs ------------------------------------------------------------------
  // A pack names no load but the one that it is in.
  refuseWhen('pack_in_its_load', 'a pack is in the load that it names', {
    condition: 'not exists (select from load_pack where load_id = new.load_id and pack_id = new.id)',
  }),
  atCommit('pack_in_its_load', 'update of load_id on pack', 'new.load_id is not null and new.load_id is distinct from old.load_id'),
  // What goes on its way has come out of a steriliser with a good indicator outside.
  `create function refuse_never_sterilised() returns trigger language plpgsql as $$
    begin
      if new.observed_by is not distinct from old.observed_by and new.outer_ci is distinct from 'pass' then
        raise exception 'the pack must not be dispensed' using errcode = 'check_violation', constraint = 'pack_dispensable',
          detail = new.id || ' not-sterilised';
      end if;
      return new;
    end
  $$`,
  `create trigger pack_was_sterilised before update of status on pack for each row
    when (new.status in ('allocated', 'on-vehicle', 'at-centre', 'opened') and new.status <> old.status) execute function refuse_never_sterilised()`,
  // What was rejected, opened or has ended never becomes sterile again; its set gets a new pack.
  refuseWhen('pack_never_back', 'a pack that was used or rejected never becomes sterile again', {
    condition: `new.observed_by is not distinct from old.observed_by and not (
      (old.status = 'rejected' and new.status = 'ended') or (old.status = 'opened' and new.status in ('ended', 'rejected')))`,
  }),
  `create trigger pack_never_back before update on pack for each row
    when (old.status in ('rejected', 'opened', 'ended') and new.status <> old.status) execute function check_pack_never_back()`,
  refuseWhen('pack_expiry_only_shrinks', 'the expiry of a pack never gets later', {
    condition:
      'new.expires_on > old.expires_on or new.expires_on > new.nominal_expires_on or new.nominal_expires_on > old.nominal_expires_on',
  }),
  `create trigger pack_expiry_only_shrinks before update on pack for each row
    when (old.expires_on is not null and old.load_id is not distinct from new.load_id) execute function check_pack_expiry_only_shrinks()`,
  `alter table pack add constraint pack_expiry_within_nominal check (expires_on <= nominal_expires_on)`,

  // What speaks against a pack from now on waits for the act that is moving the pack, and the act that comes later sees it.
  `create function lock_pack() returns trigger language plpgsql as $$
    begin
      perform from pack where id = new.pack_id for no key update;
      return new;
    end
  $$`,
  ...['recall_line', 'breach_pack'].map(
    (table) => `create trigger ${table}_locks_pack before insert on ${table} for each row execute function lock_pack()`,
  ),
  `create function lock_packs_of_load() returns trigger language plpgsql as $$
    begin
      perform from pack where load_id = new.id order by id for no key update;
      return null;
    end
  $$`,
  `create trigger steriliser_load_locks_packs after update on steriliser_load for each row
    when (new.status <> old.status and new.status in ('failed', 'rejected', 'quarantined')) execute function lock_packs_of_load()`,

  // --- loads ------------------------------------------------------------------
  // Who ran a load is known from its start and stays: the releaser is compared with it.
  refuseWhen('load_operator_stays', 'the operator of a load is known from its start and stays', {
    condition: `old.operator_id is not null or new.operator_id is null`,
  }),
  `create trigger load_operator_stays before update on steriliser_load for each row
    when (new.operator_id is distinct from old.operator_id or (old.status <> 'running' and new.status = 'running' and new.operator_id is null)) execute function check_load_operator_stays()`,
  // Whoever takes the steriliser out of service changes its row, so this waits for it and then sees it.
  refuseWhen('load_needs_service', 'the steriliser is out of service', {
    lock: 'perform from steriliser where id = new.steriliser_id for share;',
    condition: `exists (select from steriliser_outage where steriliser_id = new.steriliser_id
        and since <= new.started_at and (until is null or until > new.started_at))
      or exists (select from steriliser where id = new.steriliser_id and status <> 'in-service'
        and not exists (select from steriliser_outage where steriliser_id = new.steriliser_id))`,
  }),
  atCommit('load_needs_service', 'update of status, started_at on steriliser_load', `${starts} and new.purpose = 'packs'`),
  // The last Bowie-Dick test of that day before the load has passed.
  refuseWhen('load_needs_bowie_dick', 'no Bowie-Dick test has passed on that day', {
    condition: `(select kind from steriliser where id = new.steriliser_id) = 'prevacuum' and coalesce((
        select result from bowie_dick_test where steriliser_id = new.steriliser_id and ended_at <= new.started_at
          and (ended_at at time zone 'Asia/Shanghai')::date = (new.started_at at time zone 'Asia/Shanghai')::date
        order by ended_at desc limit 1), 'none') <> 'pass'`,
  }),
  atCommit('load_needs_bowie_dick', 'update of status, started_at on steriliser_load', `${starts} and new.purpose = 'packs'`),
  // A load that runs occupies its steriliser: without its run the rule that runs never overlap would not see it.
  refuseWhen('load_has_run', 'a load that runs occupies its steriliser', {
    condition: `not exists (select from steriliser_run where id = new.id and steriliser_id = new.steriliser_id and started_at = new.started_at)`,
  }),
  atCommit('load_has_run', 'update of status, started_at on steriliser_load', starts),
  // A pack is let out of a load only when that load was rejected.
  refuseWhen('load_pack_counts', 'a pack leaves a load that has started only when the load was rejected', {
    condition: `(select status from steriliser_load where id = new.load_id) <> 'rejected'`,
  }),
  atCommit('load_pack_counts', 'update on load_pack', 'not new.counts'),
  `create function keep_load_pack() returns trigger language plpgsql as $$
    begin
      raise exception 'the members of a load are frozen at its start' using errcode = 'check_violation', constraint = 'load_pack_frozen';
    end
  $$`,
  `create trigger load_pack_stays before update on load_pack for each row
    when (new.load_id <> old.load_id or new.pack_id <> old.pack_id) execute function keep_load_pack()`,

  // --- slips and rounds -------------------------------------------------------
  // A line is counted wholly or not at all, and its difference is on one side only.
  `alter table slip_line add constraint slip_line_counted_whole check (
    num_nulls(received, incomplete, damaged, missing, extra) in (0, 5) and (received is null or (missing = 0 or extra = 0)))`,
  // Between the soiled goods and the next touch of sterile ones stand gloves off and clean hands, whatever order the steps are told in.
  refuseWhen('stop_step_hygiene', 'gloves off and hand hygiene come between soiled and sterile goods', {
    lock: 'perform from round_stop where id = new.stop_id for no key update;',
    condition: `exists (
      select from stop_step as handed join stop_step as soiled using (stop_id)
        where stop_id = new.stop_id and handed.step = 'sterile-handed' and handed.in_order and handed.scan_id is null
          and soiled.step = 'soiled-stowed' and (soiled.happened_at, soiled.id) < (handed.happened_at, handed.id)
        and not exists (
          select from stop_step as gloves join stop_step as hands on hands.stop_id = gloves.stop_id
            where gloves.stop_id = new.stop_id and gloves.step = 'gloves-off' and hands.step = 'hand-hygiene'
              and gloves.happened_at between soiled.happened_at and hands.happened_at and hands.happened_at <= handed.happened_at))`,
  }),
  `create trigger stop_step_hygiene after insert on stop_step for each row
    when (new.step in ('soiled-stowed', 'sterile-handed') and new.in_order and new.scan_id is null) execute function check_stop_step_hygiene()`,
  // Nobody puts anything aboard a round that is over. What a scan saw has happened.
  refuseWhen('round_takes_nothing_after_its_end', 'the round is over', {
    lock: 'perform from supply_round where id = new.holder_id::uuid for share;',
    condition: `exists (select from supply_round where id = new.holder_id::uuid and status in ('closed', 'cancelled'))`,
  }),
  `create trigger round_takes_nothing_after_its_end before insert on supply_event for each row
    when (new.holder_type = 'round' and new.scan_id is null) execute function check_round_takes_nothing_after_its_end()`,
  // A round closes when nothing is aboard and each line has an outcome.
  refuseWhen('supply_round_closes_whole', 'a round closes when nothing is aboard and each line has its outcome', {
    condition: `exists (select from custody where thing_type = 'pack' and holder_type = 'round' and holder_id = new.id::text and until is null)
      or exists (select from slip_line join exchange_slip on exchange_slip.id = slip_id
        where round_id = new.id and exchange_slip.status in ('frozen', 'picked-up', 'counted', 'disputed', 'closed')
          and outcome is null and (direction = 'deliver' or received is null))`,
  }),
  atCommit('supply_round_closes_whole', 'update on supply_round', `new.status = 'closed' and old.status <> 'closed'`),

  // --- recalls ----------------------------------------------------------------
  refuseWhen('recall_line_stays', 'the lines of a recall stay', {
    condition: `new.recall_id <> old.recall_id or new.pack_id <> old.pack_id`,
  }),
  `create trigger recall_line_stays before update on recall_line for each row execute function check_recall_line_stays()`,
  // What comes to light after a recall was closed is a recall of its own.
  refuseWhen('recall_line_open', 'a closed recall gains no open line', {
    lock: 'perform from recall where id = new.recall_id for share;',
    condition: `exists (select from recall where id = new.recall_id and status = 'closed')`,
  }),
  ...['insert', 'update of state'].map(
    (change) => `create trigger recall_line_open_${change.slice(0, 6)} before ${change} on recall_line for each row
      when (new.state = 'open') execute function check_recall_line_open()`,
  ),
  `create trigger recall_signature_kept before update or delete or truncate on recall_signature for each statement execute function refuse_change()`,
  refuseWhen('recall_closes_whole', 'a recall closes when all is accounted for and two persons have signed', {
    condition: `(select count(distinct role) from recall_signature where recall_id = new.id) < 2
      or new.cause is null or new.report is null
      or exists (select from recall_line where recall_id = new.id and state = 'open')
      or exists (select from recall_holder where recall_id = new.id and acknowledged_at is null
        and exists (select from recall_line where recall_id = new.id and recall_line.holder_type = recall_holder.holder_type
          and recall_line.holder_id = recall_holder.holder_id))`,
  }),
  atCommit('recall_closes_whole', 'update on recall', `new.status = 'closed' and old.status <> 'closed'`),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
