/** Whether a resident has moved is a question about them, as their death is: one a person, whichever pathway has heard it. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table identity_check drop constraint identity_check_kind_check,
    add constraint identity_check_kind_check check (kind in ('death', 'death-retraction', 'merger', 'merger-retraction', 'move'))`,
  `create unique index identity_check_one_move on identity_check (patient_id) where status = 'open' and kind = 'move'`,
  // The answer to a question about a resident is what came of its task.
  `alter table task drop constraint task_check2, add constraint task_check2
    check (message_id is not null or delivery_seq is not null or pathway_kind = 'identity-check' or (outcome is null and note is null))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
