/**
 * Sterile supply: what else must never be untrue on the floor of the department, of packs, loads, indicators, sterilisers and records. As in 0017 the
 * acts ask first and answer in words; these hold whoever forgets to ask, and when two acts come at once. They look at changes, never at what is inserted
 * as history, so rows that are there stay as they are.
 */
import { type Kysely, sql } from 'kysely';

/** A function that raises the constraint of its name when the condition holds. */
export const refuseWhen = (constraint: string, words: string, { lock = '', condition }: { lock?: string; condition: string }): string =>
  `create function check_${constraint}() returns trigger language plpgsql as $$
    begin
      ${lock}
      if ${condition} then
        raise exception '${words}' using errcode = 'check_violation', constraint = '${constraint}';
      end if;
      return new;
    end
  $$`;

/** Calls the function of this name before a row changes. */
export const beforeChange = (constraint: string, on: string, when = 'true', suffix = ''): string =>
  `create trigger ${constraint}${suffix} before ${on} for each row when (${when}) execute function check_${constraint}()`;

/** Calls it when the whole act has been written, so that the order of its statements does not matter. */
export const atCommit = (constraint: string, on: string, when = 'true', suffix = ''): string =>
  `create constraint trigger ${constraint}${suffix} after ${on} deferrable initially deferred for each row when (${when})
    execute function check_${constraint}()`;

/** Tables whose rows are only added to. */
export const keepRows = (table: string, changes = 'update or delete or truncate'): string =>
  `create trigger ${table}_kept before ${changes} on ${table} for each statement execute function refuse_change()`;

const starts = `new.status = 'running' and (old.status <> 'running' or new.started_at is distinct from old.started_at) and new.purpose = 'packs'`;
const members = 'load_pack join pack on pack.id = load_pack.pack_id where load_pack.load_id = new.id and counts';

const statements = [
  // --- custody ----------------------------------------------------------------
  `create trigger custody_is_never_emptied before truncate on custody for each statement execute function refuse_change()`,

  // --- packs ------------------------------------------------------------------
  // A pack that gets another destination on its way is asked again whether it may go there.
  `create trigger pack_dispensable_there before update on pack for each row
    when (new.status = old.status and new.status in ('allocated', 'on-vehicle') and (
      new.allocated_institution_id is not null and new.allocated_institution_id is distinct from old.allocated_institution_id
      or new.consignment_id is not null and new.consignment_id is distinct from old.consignment_id)) execute function refuse_not_dispensable()`,
  // A pack that is in a load names it: without the name nobody would ask how the load came out.
  refuseWhen('pack_names_its_load', 'a pack names the load that it is in', {
    condition: `exists (select from load_pack where pack_id = new.id and counts)
      and not exists (select from pack where id = new.id and load_id is not null)`,
  }),
  atCommit('pack_names_its_load', 'update of load_id on pack', 'new.load_id is null and old.load_id is not null'),
  // What a centre took never returns to the store.
  refuseWhen('pack_never_back_to_store', 'what a centre took never returns to the store', {
    condition: `new.observed_by is not distinct from old.observed_by and new.status not in ('opened', 'rejected', 'ended')`,
  }),
  beforeChange('pack_never_back_to_store', 'update of status on pack', `old.status = 'at-centre' and new.status <> 'at-centre'`),
  // The checker is compared with the packer, so neither is exchanged afterwards.
  refuseWhen('pack_hands_stay', 'who packed and who checked a pack stays', { condition: 'true' }),
  beforeChange(
    'pack_hands_stay',
    'update of packer_id, checker_id on pack',
    'new.packer_id <> old.packer_id or old.checker_id is not null and new.checker_id is distinct from old.checker_id',
  ),
  // A label is dated while the load is planned; later it shows the date that the server has.
  refuseWhen('pack_label_date', 'a label shows no other date than that of the cycle', {
    condition: `new.labelled_on is distinct from new.sterilised_on and coalesce((select status from steriliser_load where id = new.load_id), 'planned') <> 'planned'`,
  }),
  beforeChange(
    'pack_label_date',
    'update of labelled_on on pack',
    'new.labelled_on is not null and new.labelled_on is distinct from old.labelled_on',
  ),
  // Only what is asked for is delivered on a line.
  refuseWhen('pack_on_deliver_line', 'a pack is set aside on a line that asks for goods', {
    condition: `(select direction from slip_line where id = new.slip_line_id) <> 'deliver'`,
  }),
  beforeChange(
    'pack_on_deliver_line',
    'update of slip_line_id on pack',
    'new.slip_line_id is not null and new.slip_line_id is distinct from old.slip_line_id',
  ),

  // --- loads: what starts -------------------------------------------------------
  // The members are frozen by the start, so a load that has started is never planned again, and a rejected one never good again.
  refuseWhen('load_never_back', 'a load that has started or was rejected is not undone', {
    condition: `new.status = 'planned' or old.status = 'rejected' and new.status <> 'failed'
      or new.rejected_at is not null and new.status not in ('rejected', 'failed')`,
  }),
  beforeChange('load_never_back', 'update of status on steriliser_load', `old.status <> 'planned' and new.status <> old.status`),
  refuseWhen('load_start_stays', 'when, where and how a load ran is known from its start and stays', { condition: 'true' }),
  beforeChange(
    'load_start_stays',
    'update on steriliser_load',
    `old.started_at is not null and (new.started_at is distinct from old.started_at or new.steriliser_id <> old.steriliser_id
      or new.program <> old.program or new.purpose <> old.purpose)`,
  ),
  // A run occupies its steriliser from the instant at which the load or the test began; only its end becomes known later.
  refuseWhen('steriliser_run_stays', 'a run stays where and when it began', { condition: 'true' }),
  beforeChange(
    'steriliser_run_stays',
    'update on steriliser_run',
    'new.id <> old.id or new.steriliser_id <> old.steriliser_id or new.started_at <> old.started_at',
  ),
  keepRows('steriliser_run', 'delete or truncate'),
  refuseWhen('load_members_named', 'a member of a load names another one', {
    condition: `exists (select from ${members} and pack.load_id is distinct from new.id)`,
  }),
  atCommit('load_members_named', 'update of status, started_at on steriliser_load', starts),
  refuseWhen('load_members_checked', 'a surgical pack is checked before its load starts', {
    condition: `exists (select from ${members} and surgical and checker_id is null)`,
  }),
  atCommit('load_members_checked', 'update of status, started_at on steriliser_load', starts),
  refuseWhen('load_members_labelled', 'a pack in the load has no label of that date', {
    condition: `exists (select from ${members} and labelled_on is distinct from (new.started_at at time zone 'Asia/Shanghai')::date)`,
  }),
  atCommit('load_members_labelled', 'update of status, started_at on steriliser_load', starts),
  refuseWhen('load_implant_indicated', 'a load with an implant runs with a biological indicator', {
    condition: `exists (select from ${members} and implant) and not exists (select from load_indicator where load_id = new.id and kind = 'bi')`,
  }),
  atCommit('load_implant_indicated', 'update of status, started_at on steriliser_load', starts),

  // --- loads: what is released ----------------------------------------------------
  ...(
    [
      ['load_release_unloaded', 'a load is released after it was unloaded', 'new.unloaded_at is null'],
      ['load_release_physical', 'the physical record of the cycle failed', `new.physical is distinct from 'pass'`],
      [
        'load_release_chemical',
        'a chemical indicator of the load has not passed',
        `exists (select from load_indicator where load_id = new.id and kind = 'pcd-ci'
          and (status = 'fail' or status = 'placed' and new.status <> 'released-early'))`,
      ],
    ] as const
  ).flatMap(([constraint, words, condition]) => [
    refuseWhen(constraint, words, { condition }),
    atCommit(
      constraint,
      'update of status on steriliser_load',
      `old.status in ('running', 'ended') and new.status in ('quarantined', 'released', 'released-early', 'confirmed') and new.purpose = 'packs'`,
    ),
  ]),
  // Who ended and unloaded a load stays, because the releaser is compared with them.
  refuseWhen('load_handlers_stay', 'who ended and unloaded a load stays', { condition: 'true' }),
  beforeChange(
    'load_handlers_stay',
    'update of ended_by, unloaded_by on steriliser_load',
    'old.ended_by is not null and new.ended_by is distinct from old.ended_by or old.unloaded_by is not null and new.unloaded_by is distinct from old.unloaded_by',
  ),
  `alter table steriliser_load add constraint load_emergency_by_another check (status <> 'released-early' or
    coalesce(emergency ->> 'by', '') not in (coalesce(operator_id, '-'), coalesce(ended_by, '-'), coalesce(unloaded_by, '-'))) not valid`,
  // A load is what its biological indicators say, whichever of the two is written first.
  `create function check_load_follows_indicators() returns trigger language plpgsql as $$
    declare
      asked_load_id uuid;
      load_status text;
    begin
      asked_load_id := case tg_table_name when 'load_indicator' then (to_jsonb(new) ->> 'load_id')::uuid else (to_jsonb(new) ->> 'id')::uuid end;
      -- An indicator that is read while the load is judged waits for the judgement, and then sees it.
      select status into load_status from steriliser_load where id = asked_load_id for no key update;
      if load_status not in ('planned', 'failed', 'rejected')
          and exists (select from load_indicator where load_id = asked_load_id and kind = 'bi' and status = 'fail')
        or load_status = 'confirmed' and exists (select from load_indicator where load_id = asked_load_id and kind = 'bi' and status <> 'pass') then
        raise exception 'a load is what its biological indicators say' using errcode = 'check_violation', constraint = 'load_follows_indicators';
      end if;
      return null;
    end
  $$`,
  atCommit('load_follows_indicators', 'update of status on load_indicator', `new.kind = 'bi' and new.status <> old.status`, '_read'),
  atCommit(
    'load_follows_indicators',
    'update of status on steriliser_load',
    `old.status <> 'planned' and new.status <> old.status`,
    '_judged',
  ),
  // What was read once is put right with a reason; the earlier reading stays on record.
  refuseWhen('load_indicator_correction', 'a reading is corrected with its reason, and the earlier one stays', {
    condition: `jsonb_array_length(new.corrections) <> jsonb_array_length(old.corrections) + 1 or new.corrections - (-1) <> old.corrections
      or coalesce(new.corrections -> -1 ->> 'reason', '') = ''`,
  }),
  beforeChange(
    'load_indicator_correction',
    'update on load_indicator',
    `old.read_at is not null and (new.status <> old.status or new.growth is distinct from old.growth or new.control is distinct from old.control
      or new.read_by is distinct from old.read_by or new.read_at is distinct from old.read_at or new.corrections <> old.corrections)`,
  ),
  // Packs of a load that is taken back wait like those of one that fails, so that a hand-over and the taking back come one after the other.
  `create trigger steriliser_load_taken_back_locks_packs after update on steriliser_load for each row
    when (new.status = 'ended' and old.status in ('released', 'released-early', 'confirmed')) execute function lock_packs_of_load()`,

  // --- sterilisers and sets -----------------------------------------------------
  refuseWhen(
    'steriliser_back_by_requalification',
    'a steriliser comes back into service by its requalification only, a retired one never',
    {
      condition: `new.kind <> old.kind or old.status = 'retired' and new.status <> 'retired'
      or new.status = 'in-service' and old.status <> 'in-service' and (old.status <> 'requalifying' or new.requalification_passed = 0)`,
    },
  ),
  beforeChange('steriliser_back_by_requalification', 'update of status, kind on steriliser'),
  // A set is washed by a batch that passed, and what carried a special pathogen by one with its pretreatment.
  refuseWhen('set_instance_washed_by_batch', 'a set is washed by a batch that passed, after the pretreatment that it needs', {
    condition: `not exists (select from wash_batch where new.id = any(set_instance_ids) and result = 'pass' and ended_at = new.status_since
      and (old.special is null or pretreatment is not null))`,
  }),
  atCommit('set_instance_washed_by_batch', 'update of status on set_instance', `new.status = 'washed' and old.status <> 'washed'`),
  `create index wash_batch_by_end on wash_batch (ended_at)`,

  // --- records ------------------------------------------------------------------
  ...['wash_batch', 'inspection', 'bowie_dick_test', 'pack_label', 'cleaning', 'climate_reading', 'scan_conflict'].map((table) =>
    keepRows(table),
  ),
  keepRows('scan', 'delete or truncate'),
  refuseWhen('scan_content_kept', 'what was scanned stays', { condition: 'true' }),
  beforeChange(
    'scan_content_kept',
    'update on scan',
    `(new.device_id, new.seq, new.type, new.at, new.received_at, new.body, new.content_hash)
      is distinct from (old.device_id, old.seq, old.type, old.at, old.received_at, old.body, old.content_hash)`,
  ),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
