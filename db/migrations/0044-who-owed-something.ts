/** Whoever owes no visit yet is not counted as seen per specification; the answers of the whole alliance stand in order for each month. */
import { type Kysely, sql } from 'kysely';

const owed = `least(per_year,
        (least(coalesce(ended_on, last_day), last_day) - greatest(started_on, year_from) + 1) / days_per_visit)`;

/** The numbers of the figures are those of migration 0028. */
const corrections: readonly (readonly [before: string, after: string])[] = [
  ['(2, per_year is not null)', `(2, ${owed} >= 1)`],
  [`(3, coalesce(kept, 0) >= ${owed})`, `(3, ${owed} >= 1 and coalesce(kept, 0) >= ${owed})`],
];

const statements = [
  // Counted anew resident by resident: see db/fills.ts.
  `update fill set after = null, finished_at = null where name = 'follow-up-parts'`,

  // A median is no sum of medians. What the months of the institutions hold is put in order once for all of them, whenever one of them is added to.
  `create table referral_answers_of_alliance (
    month date not null,
    urgency text not null,
    answers_ms bigint[] not null,
    median_seconds bigint generated always as (answer_seconds_at(answers_ms, 0.5)) stored,
    p90_seconds bigint generated always as (answer_seconds_at(answers_ms, 0.9)) stored,
    primary key (month, urgency)
  )`,
  `create function order_answers_of_alliance() returns trigger language plpgsql as $$ begin
    insert into referral_answers_of_alliance (month, urgency, answers_ms)
    select month, urgency, array(
      select ms from referral_month as part cross join lateral unnest(answers_ms) as ms
      where part.month = changed.month and part.side = 'received' and part.urgency = changed.urgency order by ms)
    from (select distinct month, urgency from changed_month where side = 'received') as changed
    on conflict (month, urgency) do update set answers_ms = excluded.answers_ms;
    return null;
  end $$`,
  ...['insert', 'update'].map(
    (write) => `create trigger referral_month_${write}_orders_answers after ${write} on referral_month
      referencing new table as changed_month for each statement execute function order_answers_of_alliance()`,
  ),
  `insert into referral_answers_of_alliance (month, urgency, answers_ms)
    select month, urgency, array_agg(ms order by ms) from referral_month cross join lateral unnest(answers_ms) as ms
    where side = 'received' group by month, urgency`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  // The function stays as 0028 and 0038 have it, but for whom it counts.
  const { rows } = await sql<{ text: string }>`
    select pg_get_functiondef('follow_up_parts_of(text[], integer)'::regprocedure) as text`.execute(db);
  let text = rows[0]?.text ?? '';
  for (const [before, after] of corrections) {
    if (!text.includes(before)) throw new Error('The parts of follow-ups are not counted as this migration expects it.');
    text = text.replace(before, after);
  }
  await sql.raw(text).execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
}
