/**
 * What an act of sterile supply has left behind, in words that are the same for every course: things and pathways have names instead of ids, and there
 * are no instants. Two courses of the same acts have the same footprint, whoever died on the way.
 */
import { sql } from 'kysely';
import type { Database } from '../../../db/kit/database.ts';

export interface SupplyCourse {
  /** Names of the things of the course by their ids. */
  things: ReadonlyMap<string, string>;
  loadIds: readonly string[];
  roundIds: readonly string[];
}

/** Lines by what they are about. */
export type Footprint = Record<string, string[]>;

type Row = Record<string, unknown>;

const anyUuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export async function readFootprint(db: Database, { things, loadIds, roundIds }: SupplyCourse): Promise<Footprint> {
  const ids = [...things.keys()];
  const select = async (query: ReturnType<typeof sql<Row>>): Promise<Row[]> => (await query.execute(db)).rows;
  const born = await select(sql`
    select id::text, 'recall' as name from recall where load_id = any(${loadIds}::uuid[])
    union all select id::text, 'discrepancy-' || kind from discrepancy where round_id = any(${roundIds}::uuid[])
    union all select id::text, 'slip-line-' || position from slip_line where slip_id in (select id from exchange_slip where round_id = any(${roundIds}::uuid[]))
    union all select id::text, 'consignment-of-' || seal_number from consignment where round_id = any(${roundIds}::uuid[])`);
  const names = new Map([...things, ...born.map(({ id, name }): [string, string] => [String(id), String(name)])]);
  const toLine = (row: Row): string => {
    let line = JSON.stringify(row);
    for (const [id, name] of names) line = line.replaceAll(id, name);
    return line.replaceAll(anyUuid, '#').replaceAll(/kill\d+/g, 'kill');
  };
  const pathways = sql`(
    select id from pathway where id = any(${[...loadIds, ...roundIds]}::uuid[])
      or id in (select id from exchange_slip where round_id = any(${roundIds}::uuid[]))
      or id in (select id from recall where load_id = any(${loadIds}::uuid[]))
      or id in (select id from discrepancy where round_id = any(${roundIds}::uuid[])))`;
  const ofRounds = sql`= any(${roundIds}::uuid[])`;
  const ofLoads = sql`= any(${loadIds}::uuid[])`;
  const questions: Record<string, ReturnType<typeof sql<Row>>> = {
    packs: sql`select id, status, reject_reason, load_id, slip_line_id, allocated_institution_id, expires_on, outer_ci, inner_ci from pack where id = any(${ids}::text[])`,
    sets: sql`select id, status from set_instance where id = any(${ids}::text[])`,
    loads: sql`select id, status, operator_id, physical from steriliser_load where id ${ofLoads}`,
    members: sql`select load_id, pack_id, counts from load_pack where load_id ${ofLoads}`,
    runs: sql`select id, count(*)::int from steriliser_run where id ${ofLoads} group by id`,
    indicators: sql`select id, status, growth from load_indicator where load_id ${ofLoads}`,
    sterilisers: sql`select id, status, (select json_agg(reason) from steriliser_outage where steriliser_id = steriliser.id) as outages from steriliser where id = any(${ids}::text[])`,
    rounds: sql`select id, status, awaited_seals from supply_round where id ${ofRounds}`,
    stops: sql`select id, status, (select json_agg(step order by happened_at) from stop_step where stop_id = round_stop.id) as steps from round_stop where round_id ${ofRounds}`,
    consignments: sql`select id, lane, intact, handed_over_at is not null as "handedOver" from consignment where round_id ${ofRounds}`,
    slips: sql`select id, status, (select json_agg(json_build_array(direction, received, delivered, outcome) order by position) from slip_line where slip_id = exchange_slip.id) as lines
      from exchange_slip where round_id ${ofRounds}`,
    recalls: sql`select id, status, drill, (select count(*)::int from recall_load where recall_id = recall.id) as loads from recall where load_id ${ofLoads}`,
    'recall lines': sql`select pack_id, holder_type, holder_id, state, "end" from recall_line join recall on recall.id = recall_id where load_id ${ofLoads}`,
    'recall holders': sql`select holder_type, holder_id, acknowledged_at from recall_holder join recall on recall.id = recall_id where load_id ${ofLoads}`,
    discrepancies: sql`select kind, subject_type, subject_id, status, suspect, owner_role from discrepancy where round_id ${ofRounds}`,
    alerts: sql`select name, subject_type, subject_id, institution_id, cleared_at is null as standing from supply_alert where subject_id = any(${ids}::text[])`,
    // What happened with a thing, in the order of recording.
    ledger: sql`
      select thing_type, thing_id, json_agg(json_build_array(event, from_status, to_status, holder_type, holder_id, actor ->> 'personId', late) order by position) as entries
      from supply_event where thing_id = any(${ids}::text[]) group by thing_type, thing_id`,
    custody: sql`
      select thing_type, thing_id, json_agg(json_build_array(holder_type, holder_id, until is null) order by since) as places
      from custody where thing_id = any(${ids}::text[]) group by thing_type, thing_id`,
    facts: sql`
      select addressee_pathway_id, type, input - 'occurredAt' - 'at' - 'dueAt' - 'stowedAt' - 'handedOverAt' - 'endedAt' - 'returnedAt' as input,
        (select count(*)::int from fact_delivery where fact_id = fact.id) as owed,
        (select count(*)::int from fact_delivery where fact_id = fact.id and settled_at is not null) as settled,
        (select count(*)::int from decision where key = addressee_pathway_id::text || ':' || fact.id::text) as heard
      from fact where addressee_pathway_id in ${pathways}`,
    commands: sql`
      select pathway_kind, name, outcome ->> 'ok' as ok, acked_at is not null as answered, count(*)::int from command where pathway_id in ${pathways} group by 1, 2, 3, 4`,
    decisions: sql`
      select pathway.id, kind, status, version, next_due_at is not null as "isDue",
        (select json_agg(event ->> 'name' order by version) from decision where pathway_id = pathway.id) as events,
        (select json_agg(json_build_array(timer ->> 'id', timer ->> 'role', timer ->> 'institutionId', timer -> 'budgetMs', timer -> 'tells') order by timer ->> 'id')
          from jsonb_array_elements(state -> 'timers') as timer) as timers
      from pathway where id in ${pathways}`,
    timelines: sql`select pathway_id, json_agg(json_build_array(event, from_status, to_status) order by seq) as entries from timeline where pathway_id in ${pathways} group by pathway_id`,
    tasks: sql`select pathway_id, name, role, institution_id, status, count(*)::int from task where pathway_id in ${pathways} group by 1, 2, 3, 4, 5`,
    messages: sql`select pathway_id, template, recipient_type, recipient_id, channel, count(*)::int from message where pathway_id in ${pathways} group by 1, 2, 3, 4, 5`,
  };
  const footprint: Footprint = {};
  for (const [about, question] of Object.entries(questions)) footprint[about] = (await select(question)).map(toLine).sort();
  return footprint;
}

/** One sentence for each line that only one of two footprints has. */
export function compareFootprints(left: Footprint, wanted: Footprint): string[] {
  return Object.keys(wanted).flatMap((about) => {
    const [has, should] = [left[about] ?? [], wanted[about] ?? []];
    return [
      ...missingIn(has, should).map((line) => `${about} lack ${line}`),
      ...missingIn(should, has).map((line) => `${about} have ${line}`),
    ];
  });
}

/** Lines of `lines` that are not in `others` as often. */
function missingIn(others: readonly string[], lines: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
