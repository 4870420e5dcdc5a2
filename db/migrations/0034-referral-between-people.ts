/** Slots can be withdrawn, and the summary of a referral that a visit has made keeps its values as data. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // A slot that is withdrawn stays, so that an old appointment still finds it. Code of before shows it as free; the trigger keeps it from booking it.
  `alter table slot add column withdrawn_at timestamptz`,
  `alter table slot add column withdrawn_because text`,
  `alter table slot add check ((withdrawn_at is null) = (withdrawn_because is null))`,
  `create function refuse_withdrawn_slot() returns trigger language plpgsql as $$ begin
    if exists (select from slot where id = new.slot_id and withdrawn_at is not null) then
      raise exception 'The slot % has been withdrawn.', new.slot_id using errcode = 'check_violation';
    end if;
    return new;
  end $$`,
  `create trigger slot_booking_of_open_slot before insert or update of slot_id on slot_booking for each row execute function refuse_withdrawn_slot()`,

  // {diseases: [{code, zh, en, lastValues, target, offTargetSince}], medicines: []}; the text stands in the column of before.
  `alter table referral add column summary_data jsonb check (jsonb_typeof(summary_data) = 'object')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
