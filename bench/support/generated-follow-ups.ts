/** Follow-ups of hypertension among the generated patients: of each resident one enrolment of two years, with a visit each quarter. */
import { type RawBuilder, sql } from 'kysely';

/** `run` writes without triggers: what these would count is filled in afterwards. The patients are there already. */
export async function generateFollowUps(run: (statement: RawBuilder<unknown>) => Promise<unknown>, residents: number): Promise<void> {
  await run(sql`
    create temporary table followed as
    select n, (lpad(to_hex(1600000000000 + n * 60000::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid as pathway_id,
      (lpad(to_hex(1600000000000 + n * 60000::bigint), 12, '0') || '7001' || '8000' || lpad(to_hex(n), 12, '0'))::uuid as enrolment_id,
      patient.id as patient_id, home_institution_id as centre, current_date - 730 + n % 90 as started_on
    from generate_series(1, ${residents}::int) as n join patient on patient.id = 'patient-g' || lpad(n::text, 8, '0')`);
  await run(sql`
    insert into pathway (id, kind, version, state, institution_id, patient_id)
    select pathway_id, 'follow-up', 9, jsonb_build_object('notes', repeat('随访', 200)), centre, patient_id from followed`);
  await run(sql`
    insert into enrolment (id, pathway_id, patient_id, institution_id, protocol_id, protocol_version, started_on, package, status, next_opens_on, next_due_on)
    select enrolment_id, pathway_id, patient_id, centre, 'htn-2017', 1, started_on, 'basic', 'active', current_date + 5, current_date + 5 + n % 20 from followed`);
  await run(sql`
    insert into follow_up_visit (id, enrolment_id, visited_at, recorded_by, mode, form, entered_late, opens_on, due_on, measured, indicators, evaluation)
    select gen_random_uuid(), enrolment_id, started_on + k * 90 + time '10:00', '{}', case when n % 7 = 0 then 'phone' else 'clinic' end, '{}', false,
      started_on + k * 90 - 5, started_on + k * 90 + n % 10 - 3, true,
      jsonb_build_object('payment', jsonb_build_object('controlled', n % 3 > 0), 'clinical', jsonb_build_object('controlled', n % 3 > 1)), '{}'
    from followed, generate_series(0, 7) as k`);
  await run(sql`drop table followed`);
}
