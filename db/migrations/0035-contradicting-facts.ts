/** A fact that contradicts the record waits for an identity review: a merger of two who cannot be one, a death before the birth. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `alter table identity_review drop constraint identity_review_reason_check,
    add constraint identity_review_reason_check check (reason in ('unknown-patient', 'unknown-survivor', 'merge-cycle', 'merged-already',
      'merger-contradicts', 'died-before-birth'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
