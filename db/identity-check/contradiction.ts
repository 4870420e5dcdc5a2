/** What two records say that one person cannot be. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

/** Two records cannot be one person's when both say a birth date or a sex and the two differ. */
export async function contradict(db: Database, patientId: string, intoId: string): Promise<boolean> {
  const { rows } = await sql<{ differ: boolean }>`
    select one.birth_date <> other.birth_date
      or (one.sex <> other.sex and one.sex in ('male', 'female') and other.sex in ('male', 'female')) as differ
    from patient as one, patient as other where one.id = ${patientId} and other.id = ${intoId}`.execute(db);
  return rows[0]?.differ ?? false;
}
