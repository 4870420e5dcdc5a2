/** What happened with a thing and with everything that shares its history: a pack with its set and its load, a load with its packs. */
import { type RawBuilder, sql } from 'kysely';
import type { Reason } from '../../domain/kit/pathway.ts';
import type { ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import type { TimelineRow } from '../kit/timeline.ts';

export const traceSubjects = ['pack', 'set-instance', 'load', 'steriliser', 'transport-box'] as const;
export type TraceSubjectType = (typeof traceSubjects)[number];

export interface TraceSubject {
  type: TraceSubjectType;
  id: string;
}

/** Whose history somebody may see; of a centre's, what happened there and in the supply department. */
export type TraceReach = { over: 'alliance' } | { over: 'centre'; institutionId: string } | { over: 'rounds'; personId: string };

export interface TraceItem {
  happenedAt: Date;
  recordedAt: Date;
  late: boolean;
  event: string;
  thing: { type: ThingType; id: string; code: string | null };
  from: string | null;
  to: string | null;
  actor: TimelineRow['actor'];
  actorName: string | null;
  because: Reason[];
  institutionId: string;
  /** Of the pack that was opened; whoever shows it sees to it that the reader may know it. */
  patientReference: string | null;
}

export interface Trace {
  items: TraceItem[];
  packIds: string[];
  loadIds: string[];
  /** Where the things have been. */
  institutionIds: string[];
}

/** A steriliser's history has no end, so the newest are shown. */
export const MOST_TRACE_ITEMS = 10_000;

/** The thing with this id, code or (a pack) printed code. */
export async function findTraceSubject(db: Database, type: TraceSubjectType, idOrCode: string): Promise<TraceSubject | undefined> {
  const { rows } = await sql<{ id: string }>`${candidates(type, idOrCode)} order by by_id desc limit 1`.execute(db);
  return rows[0] && { type, id: rows[0].id };
}

function candidates(type: TraceSubjectType, given: string): RawBuilder<unknown> {
  switch (type) {
    case 'pack':
      return sql`select id, id = ${given} as by_id from pack where id = ${given} or code in (${given}, regexp_replace(${given}, '-[0-9]+$', ''))`;
    case 'load':
      return sql`select id::text, id::text = ${given} as by_id from steriliser_load where id::text = lower(${given}) or number = ${given}`;
    case 'set-instance':
      return sql`select id, id = ${given} as by_id from set_instance where id = ${given} or code = ${given}`;
    case 'steriliser':
      return sql`select id, id = ${given} as by_id from steriliser where id = ${given} or code = ${given}`;
    case 'transport-box':
      return sql`select id, id = ${given} as by_id from transport_box where id = ${given} or code = ${given}`;
  }
}

/** Whether the thing has ever been where the reader answers for it. */
export async function hasBeenWithin(db: Database, { type, id }: TraceSubject, reach: TraceReach): Promise<boolean> {
  if (reach.over === 'alliance') return true;
  const held =
    reach.over === 'centre'
      ? sql`holder_type = 'centre' and holder_id = ${reach.institutionId}`
      : sql`holder_type = 'round' and holder_id in (
          select id::text from supply_round where ${reach.personId} in (driver_id, courier_id))`;
  const { rows } = await sql<{ was: boolean }>`
    select exists (select from custody where thing_type = ${type} and thing_id = ${id} and ${held}) as was`.execute(db);
  return rows[0]?.was === true;
}

export async function loadTrace(db: Database, subject: TraceSubject, reach: TraceReach): Promise<Trace> {
  const { rows } = await sql<{ packIds: string[]; loadIds: string[]; institutionIds: string[]; items: StoredItem[] }>`
    with packs as materialized (${packsOf(subject)}),
    loads as materialized (${loadsOf(subject)}),
    sets as materialized (${setsOf(subject)}),
    things as materialized (
      select ${subject.type}::text as type, ${subject.id}::text as id, '-infinity'::timestamptz as since, 'infinity'::timestamptz as until
      union select 'pack', id, '-infinity', 'infinity' from packs
      union select 'load', id::text, '-infinity', 'infinity' from loads
      union select 'load-indicator', load_indicator.id, '-infinity', 'infinity' from load_indicator join loads on loads.id = load_id
      union select 'set-instance', id, since, until from sets
    ),
    events as materialized (
      select supply_event.* from supply_event join things on thing_type = things.type and thing_id = things.id
      where happened_at >= things.since and happened_at < things.until and ${isWithin(reach)}
    ),
    newest as (select * from events order by happened_at desc, position desc limit ${MOST_TRACE_ITEMS})
    select
      array(select id from packs order by id) as "packIds",
      array(select id from loads order by id) as "loadIds",
      array(
        select distinct holder_id from custody join things on thing_type = things.type and thing_id = things.id
        where holder_type <> 'round' and custody.since < things.until and coalesce(custody.until, 'infinity') >= things.since and ${isHeldWithin(reach)}
        order by holder_id
      ) as "institutionIds",
      coalesce((
        select jsonb_agg(jsonb_build_object(
          'happenedAt', extract(epoch from happened_at) * 1000, 'recordedAt', extract(epoch from recorded_at) * 1000, 'late', late, 'event', event,
          'type', thing_type, 'id', thing_id, 'code', ${codeOfThing}, 'from', from_status, 'to', to_status, 'actor', actor, 'actorName', person.name,
          'because', because, 'institutionId', newest.institution_id,
          'patientReference', case when to_status = 'opened' and thing_type = 'pack' then (select patient_reference from pack where id = thing_id) end
        ) order by happened_at, position)
        from newest left join person on person.id = actor ->> 'personId'
      ), '[]') as items`.execute(db);
  const { items = [], packIds = [], loadIds = [], institutionIds = [] } = rows[0] ?? {};
  return { packIds, loadIds, institutionIds, items: items.map(toItem) };
}

interface StoredItem extends Omit<TraceItem, 'happenedAt' | 'recordedAt' | 'thing'> {
  happenedAt: number;
  recordedAt: number;
  type: ThingType;
  id: string;
  code: string | null;
}

const toItem = ({ happenedAt, recordedAt, type, id, code, ...item }: StoredItem): TraceItem => ({
  ...item,
  happenedAt: new Date(happenedAt),
  recordedAt: new Date(recordedAt),
  thing: { type, id, code },
});

const codeOfThing = sql`case thing_type
  when 'pack' then (select code from pack where id = thing_id)
  when 'set-instance' then (select code from set_instance where id = thing_id)
  when 'transport-box' then (select code from transport_box where id = thing_id)
  when 'vehicle' then (select code from vehicle where id = thing_id)
  when 'washer' then (select code from washer where id = thing_id)
  when 'steriliser' then (select code from steriliser where id = thing_id)
  when 'load' then (select number from steriliser_load where id::text = thing_id)
end`;

const packsOfLoads = (loads: RawBuilder<unknown>) => sql`select distinct pack_id as id from load_pack where load_id in (${loads})`;

function packsOf({ type, id }: TraceSubject): RawBuilder<unknown> {
  switch (type) {
    case 'pack':
      return sql`select ${id}::text as id`;
    case 'set-instance':
      return sql`select id from pack where set_instance_id = ${id}`;
    case 'load':
      return packsOfLoads(sql`${id}::uuid`);
    case 'steriliser':
      return packsOfLoads(sql`select id from steriliser_load where steriliser_id = ${id}`);
    case 'transport-box':
      return sql`select distinct unnest(pack_ids) as id from consignment where box_id = ${id}`;
  }
}

function loadsOf({ type, id }: TraceSubject): RawBuilder<unknown> {
  switch (type) {
    case 'load':
      return sql`select ${id}::uuid as id`;
    case 'steriliser':
      return sql`select id from steriliser_load where steriliser_id = ${id}`;
    default:
      return sql`select distinct load_id as id from load_pack where pack_id in (select id from packs)`;
  }
}

/** Of a pack: its set, from the life before (washing and inspection) to the next one. */
function setsOf({ type, id }: TraceSubject): RawBuilder<unknown> {
  if (type !== 'pack') return sql`select null::text as id, null::timestamptz as since, null::timestamptz as until where false`;
  const firstEvent = sql`select min(happened_at) from supply_event where thing_type = 'pack' and thing_id = other.id`;
  return sql`
    select set_instance_id as id,
      coalesce((select max((${firstEvent})) from pack as other
        where other.set_instance_id = pack.set_instance_id and other.created_at < pack.created_at), '-infinity') as since,
      coalesce((select min((${firstEvent})) from pack as other
        where other.set_instance_id = pack.set_instance_id and other.created_at > pack.created_at), 'infinity') as until
    from pack where id = ${id}`;
}

const supplyDepartments = sql`select id from institution where kind = 'sterile-supply-department'`;

const isWithin = (reach: TraceReach): RawBuilder<unknown> =>
  reach.over === 'centre' ? sql`(institution_id = ${reach.institutionId} or institution_id in (${supplyDepartments}))` : sql`true`;

const isHeldWithin = (reach: TraceReach): RawBuilder<unknown> =>
  reach.over === 'centre' ? sql`(holder_id = ${reach.institutionId} or holder_id in (${supplyDepartments}))` : sql`true`;
