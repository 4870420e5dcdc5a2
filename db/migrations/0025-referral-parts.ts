/** What a referral counts and shows at each institution stands in a row of its own, and the months add themselves up from what changes in these rows. */
import { type Kysely, sql } from 'kysely';

/** What a part counts, yes or no. */
const figures = [
  'arrived',
  'completed',
  'closed_loop',
  'no_show',
  'cancelled',
  'expired',
  'answered',
  'sla_kept',
  'sla_decided',
  'first_follow_up_kept',
  'first_follow_up_decided',
];

/** What can no longer change stands before what can, so that an update writes little more than what it changes. */
const partColumns = [
  ['referral_id', 'uuid not null references referral'],
  // 0: the part of whoever sent it. From 1 on: the leg.
  ['n', 'smallint not null'],
  ['institution_id', 'text not null'],
  ['at', 'timestamptz not null'],
  ['patient_id', 'text not null'],
  ['direction', 'text not null'],
  ['urgency', 'text not null'],
  ['emergency', 'boolean not null'],
  ['from_institution_id', 'text not null'],
  ['from_person_id', 'text not null'],
  ['reason', 'text not null'],
  ['to_institution_id', 'text'],
  ['to_department_id', 'text'],
  // The referral has gone on without this institution.
  ['former', 'boolean not null'],
  ['answer', 'text'],
  ['answered_at', 'timestamptz'],
  ['appointment_at', 'timestamptz'],
  ['status', 'text not null'],
  ['status_reason', 'text'],
  ['end_reason', 'text'],
  ['reviewed_at', 'timestamptz'],
  ['closed_at', 'timestamptz'],
  // From coming here to the first answer.
  ['answer_ms', 'bigint'],
  ...figures.map((figure) => [figure, 'boolean not null']),
] as const;
const columnNames = partColumns.map(([name]) => name);
const columnsIn = (row: string) => columnNames.map((name) => `${row}.${name}`).join(', ');

/** An interim note is the standard's "event completed" (5.1.4), an outcome comes after treatment. */
const cameEvents = `('send-interim-note', 'send-outcome')`;
const isAnswer = `from_status = 'received' and event in ('send-acceptance', 'send-decline', 'refer-onward')`;
const firstInitiator = `coalesce(pathway.state #>> '{formerInitiators,0}', referral.initiator_institution_id)`;
const instantIn = (path: string) => `to_timestamp((pathway.state #>> '${path}')::float8 / 1000)`;

const partsOf = `create function referral_parts_of(ids uuid[]) returns setof referral_part language sql stable as $$
  -- After the patient has moved the referral still counts for who sent it first, who knows then whom it went to first.
  select referral.id, 0::smallint, ${firstInitiator}, referral.sent_at, referral.patient_id, referral.direction, referral.urgency, referral.emergency,
    ${firstInitiator}, referral.initiator_person_id, referral.reason, leg.institution_id, leg.department_id,
    referral.initiator_institution_id <> ${firstInitiator}, answer.event, answer.happened_at, ${instantIn('{appointment,startsAt}')},
    referral.status, referral.status_reason, null, ${instantIn('{reviewedAt}')}, referral.closed_at, null::bigint,
    step.arrived, referral.status = 'completed', referral.status = 'completed' and pathway.state ->> 'reviewedAt' is not null,
    step.missed, referral.status = 'cancelled', step.ran_out, false, false, false, false, false
  from unnest(ids) as asked (id) join referral on referral.id = asked.id join pathway on pathway.id = asked.id
  left join lateral (
    select * from referral_leg where referral_id = asked.id and (referral.initiator_institution_id = ${firstInitiator} or n = 1) order by n desc limit 1
  ) as leg on true
  left join lateral (select event, happened_at from timeline where pathway_id = asked.id and ${isAnswer} order by seq limit 1) as answer on true
  cross join lateral (
    select coalesce(bool_or(event in ${cameEvents}), false) as arrived, coalesce(bool_or(event = 'report-no-show'), false) as missed,
      coalesce(bool_or(event = 'expire'), false) as ran_out
    from timeline where pathway_id = asked.id
  ) as step
  where referral.sent_at is not null
  union all
  select referral.id, leg.n::smallint, leg.institution_id, leg.from_at, referral.patient_id, referral.direction, referral.urgency, referral.emergency,
    ${firstInitiator}, referral.initiator_person_id, referral.reason, leg.institution_id, leg.department_id,
    gone.on, answer.event, answer.happened_at, ${instantIn('{appointment,startsAt}')},
    referral.status, referral.status_reason, leg.end_reason, ${instantIn('{reviewedAt}')}, referral.closed_at,
    round(extract(epoch from step.answered_at - leg.from_at) * 1000)::bigint,
    -- How a referral ended is the doing of whoever had it last.
    step.arrived, not gone.on and referral.status = 'completed',
    not gone.on and referral.status = 'completed' and pathway.state ->> 'reviewedAt' is not null, step.missed, not gone.on and referral.status = 'cancelled',
    coalesce(leg.end_reason = 'no-answer', false) or step.ran_out, step.answered_at is not null,
    answered_seq is not null and (late_seq is null or late_seq > answered_seq), answered_seq is not null or late_seq is not null,
    followed_up_seq is not null and (follow_up_late_seq is null or follow_up_late_seq > followed_up_seq),
    followed_up_seq is not null or follow_up_late_seq is not null
  from unnest(ids) as asked (id) join referral on referral.id = asked.id join pathway on pathway.id = asked.id
  join referral_leg as leg on leg.referral_id = asked.id
  cross join lateral (select exists (select from referral_leg as later where later.referral_id = asked.id and later.n > leg.n) as on offset 0) as gone
  -- What happens at the instant a leg begins has begun it: it is of the leg before, such as the rung that sent the referral on.
  left join lateral (
    select event, happened_at from timeline
    where pathway_id = asked.id and ${isAnswer} and happened_at > leg.from_at and happened_at <= coalesce(leg.to_at, 'infinity') order by seq limit 1
  ) as answer on true
  cross join lateral (
    select min(happened_at) filter (where ${isAnswer}) as answered_at, min(seq) filter (where ${isAnswer}) as answered_seq,
      min(seq) filter (where event = 'rung-100' and because @> '[{"clause": "referral/received at 100 %"}]') as late_seq,
      min(seq) filter (where event = 'send-outcome' and referral.direction = 'down') as followed_up_seq,
      min(seq) filter (where event = 'rung-100' and because @> '[{"clause": "referral/first-follow-up at 100 %"}]') as follow_up_late_seq,
      coalesce(bool_or(event in ${cameEvents}), false) as arrived, coalesce(bool_or(event = 'report-no-show'), false) as missed,
      coalesce(bool_or(event = 'expire'), false) as ran_out
    from timeline where pathway_id = asked.id and happened_at > leg.from_at and happened_at <= coalesce(leg.to_at, 'infinity')
  ) as step
$$`;

/** Whatever is different about the parts of these referrals is stored, and what they count now is told to the months as less of the old and more of the new. */
const count = `create function count_referrals(ids uuid[]) returns void language plpgsql
  -- Planned once a connection: to plan it takes ten times as long as to run it.
  set plan_cache_mode = force_generic_plan as $$ begin
  with found as materialized (select * from referral_parts_of(ids)),
  before as materialized (select * from referral_part where referral_id = any (ids)),
  stored as (
    insert into referral_part (${columnNames.join(', ')}) select ${columnsIn('found')} from found
    on conflict (referral_id, n) do update set (${columnNames.join(', ')}) = (${columnsIn('excluded')})
      where (${columnsIn('referral_part')}) is distinct from (${columnsIn('excluded')})
  ),
  removed as (
    delete from referral_part using before where referral_part.referral_id = before.referral_id and referral_part.n = before.n
      and not exists (select from found where found.referral_id = before.referral_id and found.n = before.n)
  ),
  counted as (
    select referral_id, n, institution_id, date_trunc('month', at at time zone 'Asia/Shanghai')::date as month, urgency, answer_ms, ${figures.join(', ')} from found
  ),
  counted_before as (
    select referral_id, n, institution_id, date_trunc('month', at at time zone 'Asia/Shanghai')::date as month, urgency, answer_ms, ${figures.join(', ')} from before
  )
  insert into referral_part_change (weight, side, institution_id, month, urgency, answer_ms, ${figures.join(', ')})
  select weight, case n when 0 then 'sent' else 'received' end, institution_id, month, urgency, answer_ms, ${figures.join(', ')}
  from (
    select -1 as weight, gone.* from (select * from counted_before except select * from counted) as gone
    union all
    select 1, come.* from (select * from counted except select * from counted_before) as come
  ) as change;
end $$`;

const statements = [
  `create table referral_part (
    ${partColumns.map((column) => column.join(' ')).join(',\n    ')},
    primary key (referral_id, n)
  ) with (fillfactor = 85)`,
  `create index referral_part_of_institution on referral_part (institution_id, at, referral_id)`,

  // What parts count no longer (-1) and what they count now (1), until the months have taken it in. Only added to, so that no two commits wait for one row.
  `create table referral_part_change (
    id bigint generated always as identity primary key,
    weight smallint not null check (weight in (-1, 1)),
    side text not null check (side in ('sent', 'received')),
    institution_id text not null,
    month date not null,
    urgency text not null,
    answer_ms bigint,
    ${figures.map((figure) => `${figure} boolean not null`).join(',\n    ')}
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,

  // The answers in order; their median and 90th percentile lie between two of them where the place is no whole number. Half a second is rounded up.
  `create function answer_seconds_at(answers_ms bigint[], share float8) returns bigint language sql immutable parallel safe as $$
    select floor((below + (above - below) * (place - floor(place))) / 1000 + 0.5)::bigint
    from (select place, answers_ms[floor(place)::int + 1] as below, answers_ms[ceil(place)::int + 1] as above
      from (select share * (cardinality(answers_ms) - 1) as place) as places) as neighbours $$`,
  `create function merge_answers(answers_ms bigint[], added bigint[], removed bigint[]) returns bigint[] language sql immutable parallel safe as $$
    select array(select ms from (
      select unnest(answers_ms) as ms union all select unnest(added) except all select unnest(removed)) as answers order by ms) $$`,
  `create table referral_month (
    month date not null,
    institution_id text not null,
    side text not null check (side in ('sent', 'received')),
    urgency text not null,
    referrals integer not null,
    ${figures.map((figure) => `${figure} integer not null`).join(',\n    ')},
    answers_ms bigint[] not null,
    median_seconds bigint generated always as (answer_seconds_at(answers_ms, 0.5)) stored,
    p90_seconds bigint generated always as (answer_seconds_at(answers_ms, 0.9)) stored,
    primary key (month, institution_id, side, urgency),
    check (cardinality(answers_ms) = answered)
  )`,

  partsOf,
  count,
  // At the end of the transaction, when everything that belongs to the decision is written. Every decision of a referral writes the referral's row.
  `create function count_referral() returns trigger language plpgsql as $$ begin perform count_referrals(array[new.id]); return null; end $$`,
  `create constraint trigger referral_counted after insert or update on referral deferrable initially deferred
    for each row execute function count_referral()`,
  // Referrals from before this are counted afterwards, some at a time: see db/fills.ts.
  `create table fill (name text primary key, after uuid, finished_at timestamptz)`,
  `insert into fill (name) values ('referral-parts')`,

  // A page of the book asks for each of its patients by id: two buffers in place of four.
  `create index patient_by_id on patient using hash (id)`,
  `drop index referral_book_sent`,
  `drop index referral_book_received`,
  `drop index pathway_first_initiator`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
