/** Big tables for lists, written by set-based statements: as many tasks as asked for, with the pathways, referrals, patients, audit and messages around them. */
import { sql } from 'kysely';
import { finishFills } from '../../db/fills.ts';
import type { Database } from '../../db/kit/database.ts';
import { generateFollowUps } from './generated-follow-ups.ts';

const surnames = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗';
const syllables =
  '伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建文辉力梅红玉春龙斌丹萍鹏雪琳博晨宇浩轩然欣怡佳俊凯颖慧婷雷岩冰鑫森淼焱垚楠桐枫柏松竹菊荷莲蓉薇蕾蔓菲芸茜莎琪瑶璐瑾琼珊珍珠';

/** One of five hundred tasks is of this kind. */
export const RARE_TASK = 'check-referral';

/** Among all generated names the only one with these characters. */
export const RARE_NAME = '令狐懿';
const PATIENT_OF_RARE_NAME = 77;

const filledTables = [
  'patient',
  'pathway',
  'referral',
  'referral_leg',
  'timeline',
  'task',
  'task_escalation',
  'audit',
  'message',
  'enrolment',
  'follow_up_visit',
];
/** Filled from these. */
const countedTables = [
  'referral_part',
  'referral_part_change',
  'referral_month',
  'referral_answers_of_alliance',
  'follow_up_part',
  'follow_up_part_change',
  'follow_up_month',
];

/**
 * A database of the demo alliance with the rows of a large one. Of four tasks one is open; of ten open ones three are overdue and one is paused.
 * No vacuum has seen the rows, and none comes by itself: what the lists touch is at its most, and the same each time.
 */
export async function generateLists(db: Database, tasks: number): Promise<void> {
  const referrals = Math.ceil(tasks / 4);
  const patients = Math.ceil(tasks / 2.5);
  // Triggers and foreign keys would check row by row what is right by construction.
  await db.connection().execute(async (connection) => {
    const run = (statement: ReturnType<typeof sql>) => statement.execute(connection);
    await run(sql`set statement_timeout = 0`);
    await run(sql`set session_replication_role = replica`);
    for (const table of filledTables) await run(sql`alter table ${sql.table(table)} set (autovacuum_enabled = off)`);
    await run(sql`
      insert into patient (id, name, birth_date, sex, home_institution_id, phone, contacts)
      select 'patient-g' || lpad(n::text, 8, '0'),
        case when n = ${PATIENT_OF_RARE_NAME}::int then ${RARE_NAME} else substr(${surnames}, 1 + (n * 7919::bigint % length(${surnames}))::int, 1) || substr(${syllables}, 1 + (hashint4(n) & 65535) % length(${syllables}), 1)
          || case when n % 10 < 7 then substr(${syllables}, 1 + (hashint4(n + 1) & 65535) % length(${syllables}), 1) else '' end end,
        date '1950-01-01' + n % 20000, case when n % 2 = 0 then 'female' else 'male' end, centres.ids[1 + n % cardinality(centres.ids)],
        '139' || lpad((n * 7919::bigint % 100000000)::text, 8, '0'), '[]'
      from generate_series(1, ${patients}::int) as n, (select array_agg(id order by id) as ids from institution where kind = 'community-health-centre') as centres`);
    // Ids grow with time as the service's do. Hospital 1 has half of what comes to hospitals.
    await run(sql`
      create temporary table made as
      select n, (lpad(to_hex(1700000000000 + n * 60000::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid as id,
        'patient-g' || lpad((1 + n * 7919::bigint % ${patients}::int)::text, 8, '0') as patient_id, centres.ids[1 + n % cardinality(centres.ids)] as centre,
        hospitals.ids[case when n % 2 = 0 then 1 else 1 + n / 2 % cardinality(hospitals.ids) end] as hospital,
        now() - (${referrals}::int - n) * (interval '365 days' / ${referrals}::int) as at, n % 4 = 0 as open
      from generate_series(1, ${referrals}::int) as n,
        (select array_agg(id order by id) as ids from institution where kind = 'community-health-centre') as centres,
        (select array_agg(id order by id) as ids from institution where kind = 'hospital') as hospitals`);
    await run(sql`
      insert into pathway (id, kind, version, state, status, institution_id, patient_id, next_due_at, overdue_at, created_at, ended_at)
      select id, 'referral', 3, jsonb_build_object('formerInitiators', '[]'::jsonb, 'reviewedAt', null, 'reason', repeat('病史', 50)),
        case when open then 'open' else 'ended' end, hospital, patient_id, case when open then now() + n % 1000 * interval '1 minute' end,
        case when open and n % 20 = 0 then now() - interval '1 hour' when open then now() + interval '1 day' end, at, case when not open then at end
      from made`);
    await run(sql`
      insert into referral (id, patient_id, direction, urgency, emergency, status, initiator_institution_id, initiator_person_id, institution_id, reason, sent_at, closed_at)
      select id, patient_id, 'up', 'routine', false, case when open then 'received' else 'completed' end, centre,
        (select person_id from post where institution_id = centre order by person_id limit 1), hospital, '血压控制不佳', at, case when not open then at end from made`);
    await run(sql`insert into referral_leg (referral_id, n, institution_id, from_at) select id, 1, hospital, at from made`);
    await run(sql`
      insert into timeline (pathway_id, seq, version, happened_at, actor, event, from_status, to_status, because)
      select id, k, k, at + (1 + (hashint4(n) & 131071)) * interval '1 second', '{"system": true}', case k when 1 then 'send-acceptance' else 'send-outcome' end, 'received', 'accepted', '[]'
      from made, generate_series(1, 1) as k`);
    // Four tasks a referral: one of them open in all those that are open. Budgets are those of the agreement.
    await run(sql`
      insert into task (id, pathway_id, pathway_kind, name, role, institution_id, department_id, patient_id, owner_id, claimed_at, status, urgency, emergency, clock,
        opened_at, due_at, closed_at)
      select id || '.c' || k || '-answer-referral', id, 'referral',
        case when hashint4(n * 4 + k) % 500 = 0 then ${RARE_TASK} else (array['answer-referral', 'arrange-visit', 'review-result'])[1 + (hashint4(n + k) & 65535) % 3] end, case when at_supply then 'technician' when at_centre then 'gp' else 'specialist' end,
        place, case when not at_supply then by_place -> place ->> ((hashint4(n + 7) & 65535) % jsonb_array_length(by_place -> place)) end,
        patient_id, null, null, case when is_open then 'open' else 'done' end, 'routine', n % 300 = 0,
        jsonb_build_object('id', 'c' || k, 'name', 'received', 'budgetMs', budget, 'startedAt', floor(extract(epoch from due) * 1000) - budget, 'rungs', '[]'::jsonb,
          'pauses', case when paused then jsonb_build_array(jsonb_build_object('from', floor(extract(epoch from due) * 1000 - (hashint4(n) & 65535) / 65536.0 * budget), 'to', null))
            else '[]'::jsonb end),
        at, case when not paused then due end, case when not is_open then at end
      from made, generate_series(1, 4) as k,
        lateral (select open as is_open, hashint4(n) & 3 = 0 as at_centre, n % 20 = 8 and k = 4 as at_supply, n % 40 = 8 as paused,
          (array[1800000, 14400000, 86400000, 259200000])[1 + (n / 4 + k) % 4] as budget) as kinds,
        lateral (select case when at_supply then 'inst-cssd' when at_centre then centre else hospital end as place,
          date_trunc('milliseconds', now() + (hashint4(n * 4 + k) % 1000000) / 1000000.0 * budget * interval '1 millisecond' + budget * interval '0.4 millisecond') as due) as places,
        (select jsonb_object_agg(institution_id, ids) as by_place from (
          select institution_id, jsonb_agg(id order by id) as ids from department group by institution_id) as departments) as every_department`);
    // What is overdue was escalated: to the head, to the office and to who sent the referral.
    await run(sql`
      update task set escalated_to = jsonb_build_array(
        jsonb_build_object('role', 'head', 'institutionId', task.institution_id, 'departmentId', task.department_id, 'at', '2026-01-01T00:00:00Z'),
        jsonb_build_object('role', 'office', 'institutionId', null, 'departmentId', null, 'at', '2026-01-01T00:00:00Z'))
        || case when task.institution_id = centre then '[]' else jsonb_build_array(
          jsonb_build_object('role', 'gp', 'institutionId', centre, 'departmentId', null, 'at', '2026-01-01T00:00:00Z')) end
      from made where made.id = task.pathway_id and task.status = 'open' and task.due_at <= now()`);
    await run(sql`
      insert into task_escalation (id, institution_id, department_id, role, name, emergency, running_budget_ms, clock_offset_ms, due_at, paused_share_negated)
      select id, coalesce(call ->> 'institutionId', ''), call ->> 'departmentId', call ->> 'role', name, emergency, running_budget_ms, clock_offset_ms, due_at,
        paused_share_negated from task, jsonb_array_elements(escalated_to) as call`);
    await run(sql`
      insert into audit (happened_at, actor, institution_id, action, target_type, target_id, patient_id, outcome)
      select at, jsonb_build_object('personId', 'person-' || n % 1000, 'institutionId', centre, 'role', 'gp'), centre, 'referral.read', 'referral', id::text, patient_id, 'done'
      from made, generate_series(1, 2) as k`);
    await run(sql`
      insert into message (key, pathway_id, template, parameters, recipient_type, recipient_id, channel, next_attempt_at, waits_for)
      select 'made-' || n, id, 'received', '{}', 'patient', patient_id, 'sms', now() + interval '10 hours', 'quiet-hours' from made where n % 10 = 0`);
    await run(sql`drop table made`);
    await generateFollowUps(run, Math.ceil(tasks / 100));
    await run(sql`set session_replication_role = origin`);
    // What triggers would have counted is counted afterwards, as in a database that was there before them.
    await run(sql`update fill set finished_at = null, after = null where name in ('referral-parts', 'follow-up-parts')`);
    for (const table of filledTables) await run(sql`analyze ${sql.table(table)}`);
  });
  await finishFills(db);
  for (const table of countedTables) await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
}

/**
 * As vacuum leaves the tables. It takes a row for seen by all only once the row's commit is on the disk, and the commits of tests are not on it at once:
 * checkpoints bring them there.
 */
export async function vacuumLists(db: Database): Promise<void> {
  for (const table of [...filledTables, ...countedTables])
    do {
      await sql`checkpoint`.execute(db);
      await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
    } while (!(await isAllVisible(db, table)));
}

async function isAllVisible(db: Database, table: string): Promise<boolean> {
  const { rows } = await sql<{ isVisible: boolean }>`
    select relallvisible = relpages as "isVisible" from pg_class where oid = ${table}::regclass`.execute(db);
  return rows[0]?.isVisible === true;
}
