/** The sterile supply department. There is one. */
import type { Holder } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';

/** The id of its institution. Throws where the directory has none. */
async function getSupplyDepartmentId(db: Database): Promise<string> {
  const row = await db
    .selectFrom('institution')
    .select('id')
    .where('kind', '=', 'sterile-supply-department')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!row) throw new Error('The directory has no sterile supply department.');
  return row.id;
}

/** The department as who has a thing. */
export const getSupplyDepartment = async (db: Database): Promise<Holder> => ({ type: 'cssd', id: await getSupplyDepartmentId(db) });
