/** The indicators of sterile supply, each by its definition (domain/sterile-supply/supply-indicators.ts), all in one statement. */
import { type RawBuilder, sql } from 'kysely';
import { type SupplyIndicator, supplyIndicatorNames, supplyIndicators } from '../../domain/sterile-supply/supply-indicators.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { loadNormRules } from './norm-rules.ts';

export interface IndicatorQuestion {
  /** [from, to) */
  from: Date;
  to: Date;
  /** The centre; null: all of them, and the supply department. */
  institutionId: string | null;
  now: Date;
}

export interface IndicatorFigure {
  name: SupplyIndicator;
  numerator: number;
  denominator: number;
}

export async function loadSupplyIndicators(db: Database, question: IndicatorQuestion): Promise<IndicatorFigure[]> {
  const statements = statementsOf(question);
  const asked = supplyIndicatorNames.filter((name) => question.institutionId === null || supplyIndicators[name].of === 'centre');
  const { rows } = await sql<IndicatorFigure>`
    with ${sharedTables(question)}
    ${sql.join(
      asked.map(
        (
          name,
        ) => sql`select ${name}::text as name, coalesce(numerator, 0)::float8 as numerator, coalesce(denominator, 0)::float8 as denominator
          from (${statements[name]}) as figure`,
      ),
      sql` union all `,
    )}`.execute(db);
  const figures = new Map(rows.map((row) => [row.name, row]));
  return supplyIndicatorNames.map((name) => figures.get(name) ?? { name, numerator: 0, denominator: 0 });
}

/** What several indicators look at. */
function sharedTables({ from, to, institutionId, now }: IndicatorQuestion): RawBuilder<unknown> {
  const within = (column: string) => sql`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to}`;
  const of = (column: string) => (institutionId === null ? sql`true` : sql`${sql.ref(column)} = ${institutionId}`);
  return sql`
    unloaded as (
      select pack.*, steriliser_load.released_at, steriliser_load.started_at from pack join steriliser_load on steriliser_load.id = load_id
      where outer_ci is not null and ${within('unloaded_at')}
    ),
    pieces as (
      select id as set_type_id, (select coalesce(sum((item ->> 'quantity')::int), 0) from jsonb_array_elements(count_sheet) as item) as pieces from set_type
    ),
    counted as (
      select slip_line.*, pieces.pieces, exchange_slip.id as of_slip from slip_line join exchange_slip on exchange_slip.id = slip_id join pieces using (set_type_id)
      where direction = 'collect' and received is not null and ${within('counted_at')} and ${of('institution_id')}
    ),
    missing_items as (
      select coalesce(sum((item ->> 'quantity')::int), 0) as pieces
      from (select distinct of_slip from counted) as slips, lateral (
          select body from slip_count where slip_count.slip_id = of_slip order by counted_at desc, id desc limit 1) as latest,
        jsonb_array_elements(coalesce(body -> 'lines', '[]')) as line, jsonb_array_elements(coalesce(line -> 'incomplete', '[]')) as lacking,
        jsonb_array_elements(coalesce(lacking -> 'missingItems', '[]')) as item
    ),
    handed as (
      select distinct on (thing_id, holder_id) thing_id as pack_id, holder_id, happened_at, (happened_at at time zone 'Asia/Shanghai')::date as on_date
      from supply_event
      where thing_type = 'pack' and event = 'sterile-handed' and holder_type = 'centre' and ${within('happened_at')} and ${of('holder_id')}
      order by thing_id, holder_id, happened_at
    ),
    stops as (
      select stop.id, stop.institution_id, stop.status, stop.arrive_at, mode,
        (select min(happened_at) from stop_step where stop_id = stop.id and step = 'arrived') as arrived_at,
        (select count(*) from stop_step where stop_id = stop.id) as steps,
        (select count(distinct step) from stop_step where stop_id = stop.id) as kinds,
        exists (select from stop_step where stop_id = stop.id and not in_order) as out_of_order,
        (select count(distinct side) from stop_signature where stop_id = stop.id) = 2 as signed,
        exists (select from slip_line join exchange_slip on exchange_slip.id = slip_id
          where exchange_slip.stop_id = stop.id and direction = 'deliver' and outcome is distinct from 'delivered') as incomplete
      from round_stop as stop join supply_round on supply_round.id = round_id
      where moved_to_round_id is null and supply_round.status not in ('planned', 'cancelled') and ${within('arrive_at')} and (arrive_at <= ${now} or stop.status <> 'scheduled')
        and ${of('stop.institution_id')}
    ),
    judged as (
      select *, coalesce(arrived_at is not null and case
          when exists (select from supply_centre where supply_centre.institution_id = stops.institution_id and jsonb_array_length(windows) > 0)
            then exists (select from supply_centre, jsonb_array_elements(windows) as span where supply_centre.institution_id = stops.institution_id
              and to_char(arrived_at at time zone 'Asia/Shanghai', 'HH24:MI') between span ->> 'from' and span ->> 'to')
          else arrived_at <= arrive_at + interval '30 minutes' end, false) as on_time,
        status = 'left' and kinds = 8 and not out_of_order as by_protocol
      from stops
    ),
    load_days as (
      select steriliser.id, kind, (qualified_at at time zone 'Asia/Shanghai')::date as qualified_on,
        (started_at at time zone 'Asia/Shanghai')::date as on_date, min(started_at) as first_start
      from steriliser_load join steriliser on steriliser.id = steriliser_id
      where purpose = 'packs' and started_at is not null and ${within('started_at')} group by 1, 2, 3, 4
    )`;
}

function statementsOf({ from, to, institutionId, now }: IndicatorQuestion): Record<SupplyIndicator, RawBuilder<unknown>> {
  const rules = loadNormRules(localDateOf(now.getTime()));
  const within = (column: string) => sql`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to}`;
  const read = (kind: 'bi' | 'pcd-ci') => sql`load_indicator where kind = ${kind} and ${within('read_at')}`;
  const leadSeconds = rules.timers['release-lead'];
  return {
    'sterilisation-pass': sql`select count(*) filter (where released_at is not null and outer_ci = 'pass' and not coalesce(wet, false)) as numerator,
      count(*) as denominator from unloaded`,
    'bi-fail': sql`select count(*) filter (where status = 'fail') as numerator, count(*) filter (where status in ('pass', 'fail')) as denominator
      from ${read('bi')}`,
    'bi-invalid': sql`select count(*) filter (where status = 'invalid') as numerator, count(*) as denominator from ${read('bi')}
      and status in ('pass', 'fail', 'invalid')`,
    'ci-fail': sql`select count(*) filter (where result = 'fail') as numerator, count(*) as denominator from (
      select outer_ci as result from unloaded
      union all select status from ${read('pcd-ci')} and status in ('pass', 'fail')
      union all select inner_ci from pack where inner_ci is not null and ${within('status_since')}) as tests`,
    'bd-fail': sql`select count(*) filter (where result = 'fail') as numerator, count(*) as denominator from bowie_dick_test where ${within('ended_at')}`,
    'wet-pack': sql`select count(*) filter (where wet) as numerator, count(*) as denominator from unloaded`,
    'count-accuracy': sql`select count(*) filter (where declared = received) as numerator, count(*) as denominator from counted`,
    'missing-rate': sql`select coalesce(sum(missing * pieces), 0) + (select pieces from missing_items) as numerator, sum(received * pieces) / 1000.0 as denominator
      from counted`,
    'damage-rate': sql`select sum(damaged) as numerator, sum(received * pieces) / 1000.0 as denominator from counted`,
    'incomplete-issue': sql`select count(*) filter (where exists (
        select from supply_event as signed join pack on pack.set_instance_id = signed.thing_id where pack.id = handed.pack_id
          and signed.thing_type = 'set-instance' and signed.event = 'signed-off-incomplete' and signed.happened_at < handed.happened_at
          and not exists (select from supply_event as washed where washed.thing_type = 'set-instance' and washed.thing_id = signed.thing_id
            and washed.to_status = 'washed' and washed.happened_at > signed.happened_at and washed.happened_at < handed.happened_at))) as numerator,
      count(*) as denominator from handed`,
    'fill-rate': sql`select sum(coalesce(delivered, 0)) as numerator, sum(declared) as denominator
      from slip_line join exchange_slip on exchange_slip.id = slip_id join stops on stops.id = exchange_slip.stop_id
      where direction = 'deliver' and outcome is not null`,
    'perfect-stop': sql`select count(*) filter (where on_time and by_protocol and signed and not incomplete) as numerator, count(*) as denominator from judged`,
    'on-time-stop': sql`select count(*) filter (where on_time) as numerator, count(*) as denominator from judged`,
    turnaround: sql`select sum(extract(epoch from released_at - decontaminated_at)) as numerator, count(decontaminated_at) as denominator from (
      select steriliser_load.released_at, (select max(happened_at) from supply_event where thing_type = 'set-instance' and thing_id = pack.set_instance_id
          and event = 'counted' and happened_at < started_at) as decontaminated_at
      from pack join steriliser_load on steriliser_load.id = load_id where ${within('steriliser_load.released_at')}) as loops`,
    'shelf-loss': sql`select count(*) filter (where opened_at is null and expires_on < (case when status = 'at-centre' then ${now}::timestamptz else status_since end
        at time zone 'Asia/Shanghai')::date) as numerator, count(*) as denominator from handed join pack on pack.id = pack_id`,
    'remaining-life': sql`select sum(greatest(expires_on - on_date, 0)::float8 / (nominal_expires_on - sterilised_on)) as numerator, count(*) as denominator
      from handed join pack on pack.id = pack_id where nominal_expires_on > sterilised_on`,
    'protocol-compliance': sql`select count(*) filter (where by_protocol) as numerator, count(*) as denominator from judged where steps > 0`,
    'recall-accounted': sql`select count(*) filter (where state = 'ended') as numerator, count(*) as denominator
      from recall_line join recall on recall.id = recall_id where not drill and ${within('opened_at')}
        ${institutionId === null ? sql`` : sql`and holder_type = 'centre' and holder_id = ${institutionId}`}`,
    traceability: sql`select count(*) filter (where not exists (
        select from (select holder_type, holder_id, lag(holder_type) over places as before_type, lag(holder_id) over places as before_id
            from custody where thing_type = 'pack' and thing_id = handed.pack_id window places as (order by since, id)) as moves
          where holder_type <> 'round' and before_type <> 'round' and holder_id <> before_id)
        and not exists (select from discrepancy where kind in ('duplicate', 'custody-gap') and status not in ('resolved', 'closed')
          and ((subject_type = 'pack' and subject_id = handed.pack_id)
            or (subject_type = 'set-instance' and subject_id = (select set_instance_id from pack where id = handed.pack_id))))) as numerator,
      count(*) as denominator from handed`,
    'monitoring-compliance': sql`select count(*) filter (where done) as numerator, count(*) as denominator from (
      select exists (select from bowie_dick_test where steriliser_id = load_days.id and ended_at <= first_start
        and (ended_at at time zone 'Asia/Shanghai')::date = on_date) as done from load_days where kind = 'prevacuum'
      union all
      select exists (select from load_indicator join steriliser_load on steriliser_load.id = load_id where steriliser_id = load_days.id
        and load_indicator.kind = 'bi' and load_indicator.status in ('placed', 'incubating', 'pass')
        and (started_at at time zone 'Asia/Shanghai')::date between on_date - ${rules.biologicalIndicatorDays}::integer and on_date)
        or coalesce(qualified_on between on_date - ${rules.biologicalIndicatorDays}::integer and on_date, false) from load_days) as due`,
    'release-lead': sql`select count(*) filter (where released_at <= depart_at - ${leadSeconds} * interval '1 second') as numerator, count(*) as denominator from (
      select distinct supply_round.id, supply_round.depart_at, steriliser_load.id as load_id, steriliser_load.released_at
      from consignment join supply_round on supply_round.id = round_id join pack on pack.id = any(pack_ids) join steriliser_load on steriliser_load.id = load_id
      where lane = 'sterile' and supply_round.departed_at is not null and ${within('depart_at')}) as aboard`,
  };
}
