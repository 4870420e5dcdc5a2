/** A visit that was entered in error counts for nothing: the parts of its enrolments are made anew without it. */
import { type Kysely, sql } from 'kysely';

const before = 'from follow_up_visit where enrolment_id = enrolled.id offset 0';
const after = `from follow_up_visit where enrolment_id = enrolled.id and not exists (
        select from patient_visit where patient_visit.id = coalesce(visit_id, follow_up_visit.id) and entered_in_error is not null) offset 0`;

const statements = [
  `create function count_visit_in_error() returns trigger language plpgsql as $$ begin
    perform count_follow_ups_once(enrolment.patient_id) from follow_up_visit join enrolment on enrolment.id = enrolment_id
      where visit_id = new.id or follow_up_visit.id = new.id;
    return null;
  end $$`,
  `create constraint trigger patient_visit_counts_in_follow_up after insert or update on patient_visit deferrable initially deferred
    for each row when (new.entered_in_error is not null) execute function count_visit_in_error()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  // The function stays as 0028 has it, but for the visits that it looks at.
  const { rows } = await sql<{ text: string }>`
    select pg_get_functiondef('follow_up_parts_of(text[], integer)'::regprocedure) as text`.execute(db);
  const text = rows[0]?.text ?? '';
  if (!text.includes(before)) throw new Error('The parts of follow-ups are not counted as this migration expects it.');
  await sql.raw(text.replace(before, after)).execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
}
