/** What two records say that one person cannot be. */
import { findContradiction } from '../../domain/residents/same-person.ts';
import type { Database } from '../kit/database.ts';

/** Two records cannot be one person's when both say a birth date or a sex and the two differ. */
export async function contradict(db: Database, patientId: string, intoId: string): Promise<boolean> {
  const records = await db
    .selectFrom('patient')
    .select(['birth_date as birthDate', 'sex'])
    .where('id', 'in', [patientId, intoId])
    .execute();
  const [one, other] = records;
  return one !== undefined && other !== undefined && findContradiction(one, other) !== undefined;
}
