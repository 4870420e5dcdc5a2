/** The ward that a hospital means by a code of its own. */
import type { Database } from '../../kit/database.ts';

/** The department of the hospital that has this code; undefined for a code that it does not have. */
export async function findWard(db: Database, hospitalId: string, code: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('department')
    .select('id')
    .where('institution_id', '=', hospitalId)
    .where('code', '=', code)
    .executeTakeFirst();
  return row?.id;
}
