/** Sterile supply: what else must never be untrue on the road, of boxes and vehicles, rounds, stops, slips, discrepancies and recalls. See 0018. */
import { type Kysely, sql } from 'kysely';
import { atCommit, beforeChange, keepRows, refuseWhen } from './0018-supply-floor-invariants.ts';

/** Not cleaned since the last use. What was never used is clean. */
const isSoiled = 'last_used_at is not null and (last_cleaned_at is null or last_cleaned_at < last_used_at)';
/** A scan has told of this consignment: that happened, whatever else lies in the box. */
const stowedByScan = `exists (select from supply_event where stop_id = new.stop_id and event = 'soiled-stowed' and thing_type = 'transport-box'
  and thing_id = new.box_id and scan_id is not null and (details ->> 'sealNumber' = new.seal_number or details -> 'sealNumbers' ? new.seal_number))`;

const statements = [
  // --- boxes and vehicles -------------------------------------------------------
  // Use is forgotten by nobody, and clean is what has a record of its cleaning.
  ...(
    [
      ['vehicle', 'vehicle'],
      ['transport_box', 'transport-box'],
    ] as const
  ).flatMap(([table, type]) => [
    refuseWhen(`${table}_use_stays`, 'the last use stays until a later one', {
      condition: 'new.last_used_at is null or new.last_used_at < old.last_used_at',
    }),
    beforeChange(`${table}_use_stays`, `update of last_used_at on ${table}`, 'old.last_used_at is not null'),
    refuseWhen(`${table}_cleaning_recorded`, 'what is clean has a record of its cleaning', {
      condition: `not exists (select from cleaning where thing_type = '${type}' and thing_id = new.id and cleaned_at = new.last_cleaned_at)`,
    }),
    atCommit(
      `${table}_cleaning_recorded`,
      `update of last_cleaned_at on ${table}`,
      'new.last_cleaned_at is not null and new.last_cleaned_at is distinct from old.last_cleaned_at',
    ),
  ]),
  // Nothing departs that was not cleaned: the vehicle of each leg, and at the first one the boxes. Two rounds that depart at once with one vehicle or one
  // box come one after the other, and the later one sees the use of the earlier.
  refuseWhen('round_leg_clean', 'the vehicle or a box was not cleaned since its last use', {
    lock: `perform from vehicle where id = new.vehicle_id for no key update;
      perform from transport_box where new.n = 1 and (vehicle_id = new.vehicle_id or id in (select box_id from consignment where round_id = new.round_id))
        order by id for no key update;`,
    condition: `exists (select from vehicle where id = new.vehicle_id and ${isSoiled})
      or new.n = 1 and exists (select from transport_box where ${isSoiled}
        and (vehicle_id = new.vehicle_id or id in (select box_id from consignment where round_id = new.round_id)))`,
  }),
  `create trigger round_leg_clean before insert on round_leg for each row when (new.to_at is null) execute function check_round_leg_clean()`,
  refuseWhen('supply_round_has_leg', 'a round that departs goes on a leg with its vehicle', {
    condition: `not exists (select from round_leg where round_id = new.id and vehicle_id = new.vehicle_id)`,
  }),
  atCommit(
    'supply_round_has_leg',
    'update of status, vehicle_id on supply_round',
    `new.status = 'departed' and (old.status <> 'departed' or new.vehicle_id <> old.vehicle_id)`,
  ),
  // What carries a special pathogen is alone in its box, in the soiled lane.
  refuseWhen('consignment_special_alone', 'what carries a special pathogen travels alone in its box', {
    lock: 'perform from transport_box where id = new.box_id for no key update;',
    condition: `exists (select from consignment as other where other.round_id = new.round_id and other.box_id = new.box_id and other.id <> new.id
        and (other.special is not null or new.special is not null)) and not ${stowedByScan}`,
  }),
  atCommit('consignment_special_alone', 'insert or update of round_id, box_id, special on consignment'),
  `alter table consignment add constraint consignment_special_soiled check (special is null or lane = 'soiled') not valid`,

  // --- rounds and stops -----------------------------------------------------------
  refuseWhen('supply_round_closes_clean', 'the vehicle or a used box was not cleaned', {
    condition: `exists (select from vehicle where ${isSoiled} and (id = new.vehicle_id or id in (select vehicle_id from round_leg where round_id = new.id)))
      or exists (select from transport_box where ${isSoiled} and id in (select box_id from consignment where round_id = new.id))`,
  }),
  atCommit('supply_round_closes_clean', 'update of status on supply_round', `new.status = 'closed' and old.status <> 'closed'`),
  refuseWhen('supply_round_closes_served', 'a round closes when it was handed over and each stop is left or failed', {
    condition: `old.status <> 'handed-over'
      or exists (select from round_stop where round_id = new.id and moved_to_round_id is null and status not in ('left', 'failed'))`,
  }),
  atCommit('supply_round_closes_served', 'update of status on supply_round', `new.status = 'closed' and old.status <> 'closed'`),
  // What is over stays over, and gains neither stops nor lines that would still have to come to something.
  refuseWhen('supply_round_stays_over', 'a round that is over stays so', { condition: 'true' }),
  beforeChange(
    'supply_round_stays_over',
    'update of status on supply_round',
    `old.status in ('closed', 'cancelled') and new.status <> old.status`,
  ),
  refuseWhen('round_stop_of_open_round', 'the round is over', {
    lock: 'perform from supply_round where id = new.round_id for share;',
    condition: `exists (select from supply_round where id = new.round_id and status in ('closed', 'cancelled'))`,
  }),
  `create trigger round_stop_of_open_round before insert on round_stop for each row
    when (new.status = 'scheduled' and new.moved_to_round_id is null) execute function check_round_stop_of_open_round()`,
  refuseWhen('slip_line_of_open_round', 'each line of a closed round has its outcome', {
    lock: 'perform from supply_round where id = (select round_id from exchange_slip where id = new.slip_id) for share;',
    condition: `exists (select from exchange_slip join supply_round on supply_round.id = round_id
      where exchange_slip.id = new.slip_id and supply_round.status = 'closed' and exchange_slip.status not in ('draft', 'submitted', 'cancelled'))`,
  }),
  ...['insert', 'update of outcome, received'].map((change) =>
    beforeChange(
      'slip_line_of_open_round',
      `${change} on slip_line`,
      `new.outcome is null and (new.direction = 'deliver' or new.received is null)`,
      `_${change.slice(0, 6)}`,
    ),
  ),
  refuseWhen('exchange_slip_of_open_round', 'each line of a closed round has its outcome', {
    lock: 'perform from supply_round where id = new.round_id for share;',
    condition: `exists (select from supply_round where id = new.round_id and status = 'closed')
      and exists (select from slip_line where slip_id = new.id and outcome is null and (direction = 'deliver' or received is null))`,
  }),
  beforeChange(
    'exchange_slip_of_open_round',
    'update of round_id, status on exchange_slip',
    `new.round_id is not null and new.status not in ('draft', 'submitted', 'cancelled')`,
  ),
  // A person's step comes in its order. What a scan saw shows later that one was not.
  refuseWhen('stop_step_of_person', 'a step out of order is told by a scan only', { condition: 'true' }),
  `create trigger stop_step_of_person before insert on stop_step for each row
    when (not new.in_order and new.scan_id is null) execute function check_stop_step_of_person()`,
  refuseWhen('stop_step_stays', 'a step stays as it was told', { condition: 'true' }),
  beforeChange(
    'stop_step_stays',
    'update on stop_step',
    '(new.id, new.stop_id, new.step, new.happened_at, new.scan_id) is distinct from (old.id, old.stop_id, old.step, old.happened_at, old.scan_id)',
  ),
  keepRows('stop_step', 'delete or truncate'),
  refuseWhen('stop_signed_by_both', 'one of the round and one of the centre sign', {
    condition: `(select count(distinct side) from stop_signature where stop_id = new.stop_id) < 2`,
  }),
  `create constraint trigger stop_signed_by_both after insert on stop_step deferrable initially deferred for each row
    when (new.step = 'signed' and new.scan_id is null) execute function check_stop_signed_by_both()`,
  keepRows('stop_signature', 'delete or truncate'),

  // --- slips and discrepancies ------------------------------------------------------
  // Whoever freezes a slip changes its row, so a change of its lines at that moment waits and then sees it.
  ...(['new', 'old'] as const).map(
    (row) => `create function check_slip_line_frozen_${row}() returns trigger language plpgsql as $$
      begin
        perform from exchange_slip where id = ${row}.slip_id for share;
        if exists (select from exchange_slip where id = ${row}.slip_id and status not in ('draft', 'submitted')) then
          raise exception 'the deliver lines of a frozen slip stay' using errcode = 'check_violation', constraint = 'slip_line_frozen';
        end if;
        return ${row};
      end
    $$`,
  ),
  `create trigger slip_line_frozen_insert before insert on slip_line for each row
    when (new.direction = 'deliver' and new.outcome is null) execute function check_slip_line_frozen_new()`,
  `create trigger slip_line_frozen_update before update on slip_line for each row
    when ('deliver' in (old.direction, new.direction) and (new.slip_id, new.direction, new.set_type_id, new.declared)
      is distinct from (old.slip_id, old.direction, old.set_type_id, old.declared)) execute function check_slip_line_frozen_new()`,
  `create trigger slip_line_frozen_delete before delete on slip_line for each row
    when (old.direction = 'deliver') execute function check_slip_line_frozen_old()`,
  // Another person counts again: of two counts by one person at once the second waits and then sees the first.
  refuseWhen('slip_recount_by_another', 'another person counts again', {
    lock: 'perform from exchange_slip where id = new.slip_id for no key update;',
    condition: `new.counted_by = (select counted_by from slip_count where slip_id = new.slip_id order by counted_at desc, id desc limit 1)`,
  }),
  `create trigger slip_recount_by_another before insert on slip_count for each row execute function check_slip_recount_by_another()`,
  keepRows('slip_count'),
  refuseWhen('slip_line_difference_told', 'each difference of a count has its discrepancy', {
    condition: `not exists (select from discrepancy where line_id = new.id and kind = 'count')`,
  }),
  atCommit('slip_line_difference_told', 'update of missing, extra on slip_line', 'new.missing > 0 or new.extra > 0'),
  refuseWhen('exchange_slip_closes_whole', 'a slip closes when each line has its outcome and no discrepancy is open', {
    condition: `exists (select from slip_line where slip_id = new.id and outcome is null and (direction = 'deliver' or received is null))
      or exists (select from discrepancy where slip_id = new.id and status <> 'closed')`,
  }),
  atCommit('exchange_slip_closes_whole', 'update of status on exchange_slip', `new.status = 'closed' and old.status <> 'closed'`),
  `alter table discrepancy add constraint discrepancy_closed_resolved check (status <> 'closed'
    or resolution is not null and resolved_by is not null and closed_by is not null) not valid`,
  keepRows('discrepancy', 'delete or truncate'),

  // --- recalls ----------------------------------------------------------------------
  keepRows('recall_load'),
  refuseWhen('recall_holds_load', 'a recall holds every pack of its loads', {
    condition: `exists (select from load_pack where load_id = new.load_id and counts and not exists (
      select from recall_line where recall_line.recall_id = new.recall_id and recall_line.pack_id = load_pack.pack_id))`,
  }),
  `create constraint trigger recall_holds_load after insert on recall_load deferrable initially deferred for each row
    execute function check_recall_holds_load()`,
  refuseWhen('load_failed_recalled', 'a load fails with its recall', {
    condition: `exists (select from load_pack where load_id = new.id)
      and not exists (select from recall_load join recall on recall.id = recall_id where recall_load.load_id = new.id and not drill)`,
  }),
  atCommit(
    'load_failed_recalled',
    'update of status on steriliser_load',
    `new.status = 'failed' and old.status not in ('planned', 'failed') and new.purpose = 'packs'`,
  ),
  refuseWhen('recall_stays_closed', 'a recall that is closed stays so, whatever its steriliser does next', { condition: 'true' }),
  beforeChange(
    'recall_stays_closed',
    'update on recall',
    `old.status = 'closed' and new.status <> 'closed' or new.drill <> old.drill or new.steriliser_id <> old.steriliser_id`,
  ),
  // The steriliser is locked, so that it does not go out of service while its recall is closed.
  refuseWhen('recall_closes_in_service', 'a recall closes when its steriliser is in service again or retired', {
    lock: 'perform from steriliser where id = new.steriliser_id for share;',
    condition: `exists (select from steriliser where id = new.steriliser_id and status not in ('in-service', 'retired'))`,
  }),
  atCommit('recall_closes_in_service', 'update of status on recall', `new.status = 'closed' and old.status <> 'closed' and not new.drill`),
  refuseWhen('recall_line_not_found', 'what was not found has a discrepancy that is closed', {
    condition: `not exists (select from discrepancy where kind = 'recall-not-found' and subject_type = 'pack' and subject_id = new.pack_id and status = 'closed')`,
  }),
  atCommit('recall_line_not_found', 'update of "end" on recall_line', `new."end" = 'not-found' and old."end" is distinct from 'not-found'`),
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
