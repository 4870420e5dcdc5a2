/** The twelve invariants of sterile supply as questions to the tables. Each names the rows that break it; in a sound database every answer is empty. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';

const questions: Readonly<Record<string, RawBuilder<{ id: string }>>> = {
  '1 a pack on its way has come out of a released load with a good indicator': sql`
    select pack.id from pack left join steriliser_load as load on load.id = pack.load_id
    where pack.status in ('allocated', 'on-vehicle') and pack.observed_by is null and (load.id is null or pack.outer_ci is distinct from 'pass' or pack.wet
      or (load.status in ('rejected', 'failed', 'planned', 'running', 'ended') and not exists (select from recall_line where pack_id = pack.id)))`,
  '2 a thing is at one place at a time': sql`
    select a.thing_id as id from custody as a join custody as b on a.thing_type = b.thing_type and a.thing_id = b.thing_id and a.id < b.id
      and tstzrange(a.since, a.until) && tstzrange(b.since, b.until)`,
  '2 the place of a thing is what was observed last': sql`
    select thing_id as id from custody join lateral (
      select holder_type, holder_id from supply_event as event
        where event.thing_type = custody.thing_type and event.thing_id = custody.thing_id and holder_type is not null
        order by happened_at desc, position desc limit 1) as latest on true
    where until is null and (latest.holder_type, latest.holder_id) <> (custody.holder_type, custody.holder_id)`,
  '3 the count of a line adds up': sql`
    select id from slip_line where received is not null
      and (declared <> received + missing - extra or missing <> greatest(0, declared - received) or incomplete + damaged > received)`,
  '3 every difference has a discrepancy': sql`
    select id from slip_line where coalesce(missing, 0) + coalesce(extra, 0) > 0
      and not exists (select from discrepancy where line_id = slip_line.id and kind = 'count')`,
  '3 a closed round has nothing aboard': sql`
    select thing_id as id from custody join supply_round on supply_round.id::text = holder_id
      where holder_type = 'round' and thing_type = 'pack' and until is null and supply_round.status = 'closed'`,
  '3 a closed round has an outcome for each line': sql`
    select slip_line.id from slip_line join exchange_slip on exchange_slip.id = slip_id join supply_round on supply_round.id = round_id
      where supply_round.status = 'closed' and exchange_slip.status not in ('draft', 'submitted', 'cancelled')
        and outcome is null and (direction = 'deliver' or received is null)`,
  '4 a box carries its own lane': sql`
    select consignment.id from consignment join transport_box on transport_box.id = box_id where consignment.lane <> transport_box.lane`,
  // Of two steps of one instant the one that was recorded first comes first: their ids rise with the recording.
  '5 gloves off and clean hands come between soiled and sterile': sql`
    select handed.id from stop_step as handed where step = 'sterile-handed' and in_order and exists (
      select from stop_step as soiled where soiled.stop_id = handed.stop_id and soiled.step = 'soiled-stowed'
        and (soiled.happened_at, soiled.id) < (handed.happened_at, handed.id)
        and not exists (select from stop_step as gloves join stop_step as hands on hands.stop_id = gloves.stop_id
          where gloves.stop_id = handed.stop_id and gloves.step = 'gloves-off' and hands.step = 'hand-hygiene'
            and gloves.happened_at between soiled.happened_at and hands.happened_at and hands.happened_at <= handed.happened_at))`,
  '6 runs of a steriliser never overlap': sql`
    select a.id from steriliser_run as a join steriliser_run as b on a.steriliser_id = b.steriliser_id and a.id < b.id
      and tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)`,
  '6 a load that ran is a run': sql`
    select id from steriliser_load where status not in ('planned', 'rejected') and not exists (
      select from steriliser_run where steriliser_run.id = steriliser_load.id and steriliser_run.started_at = steriliser_load.started_at)`,
  '6 a load in a prevacuum steriliser follows a passed Bowie-Dick test of its date': sql`
    select load.id from steriliser_load as load join steriliser on steriliser.id = steriliser_id and kind = 'prevacuum'
      where purpose = 'packs' and started_at is not null and not exists (select from bowie_dick_test as test
        where test.steriliser_id = load.steriliser_id and result = 'pass' and test.ended_at <= load.started_at
          and (test.ended_at at time zone 'Asia/Shanghai')::date = (load.started_at at time zone 'Asia/Shanghai')::date)`,
  '7 a pack is in one load that counts': sql`select pack_id as id from load_pack where counts group by pack_id having count(*) > 1`,
  '7 a pack left a load that ran only because it was rejected': sql`
    select pack_id as id from load_pack join steriliser_load on steriliser_load.id = load_id where not counts and status <> 'rejected'`,
  '7 a set has one live pack': sql`select set_instance_id as id from pack where status <> 'ended' group by set_instance_id having count(*) > 1`,
  '8 whoever ran a load did not release it': sql`
    select id from steriliser_load where released_by in (operator_id, ended_by, unloaded_by)`,
  '8 whoever packed a set did not check it': sql`select id from pack where checker_id = packer_id`,
  '8 a closed recall was signed by two persons': sql`
    select id from recall where status = 'closed'
      and (select count(distinct person_id) from recall_signature where recall_id = recall.id) < 2`,
  '9 a recall of a steriliser holds every pack of its loads': sql`
    select recall_load.load_id as id from recall_load join load_pack using (load_id) left join recall_line
      on recall_line.recall_id = recall_load.recall_id and recall_line.pack_id = load_pack.pack_id
      where counts and recall_line.id is null`,
  '9 a line names whoever has the pack': sql`
    select recall_line.id from recall_line join custody on thing_type = 'pack' and thing_id = pack_id and until is null
      join recall on recall.id = recall_id
      where state = 'open' and recall_line.holder_type in ('centre', 'round')
        and (recall_line.holder_type, recall_line.holder_id) <> (custody.holder_type, custody.holder_id)`,
  '9 a closed recall has no open line': sql`
    select recall_line.id from recall_line join recall on recall.id = recall_id where recall.status = 'closed' and state = 'open'`,
  '11 no pack outlives its packaging': sql`
    select id from pack where expires_on > nominal_expires_on
      or expires_on > sterilised_on + case packaging when 'cotton' then 14 when 'paper-bag' then 30 else 180 end`,
  '12 what carries a special pathogen travels alone in its box': sql`
    select a.id::text from consignment as a join consignment as b on a.round_id = b.round_id and a.box_id = b.box_id and a.id <> b.id
      where a.special is not null`,
};

/** What is broken, each with the ids of its rows. */
export async function supplyFlaws(db: Database): Promise<Record<string, string[]>> {
  const broken: Record<string, string[]> = {};
  for (const [name, question] of Object.entries(questions)) {
    const { rows } = await question.execute(db);
    if (rows.length > 0) broken[name] = rows.map(({ id }) => id);
  }
  return broken;
}
