/** Centres as the supply department serves them: when they are visited, how they count, how their shelves are kept. */
import type { Selectable } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { SupplyCentreTable } from './tables.ts';

export type SupplyCentreRow = Selectable<SupplyCentreTable>;

export interface SupplyCentre {
  visitDays: number[];
  windows: { from: string; to: string }[];
  countMode: 'sealed-declared' | 'open-count';
  storage: 'conforming' | 'nonconforming';
  latitude: number;
  longitude: number;
}

/** Undefined for a centre that is not served. */
export async function findSupplyCentre(db: Database, institutionId: string): Promise<SupplyCentreRow | undefined> {
  return db.selectFrom('supply_centre').selectAll().where('institution_id', '=', institutionId).executeTakeFirst();
}

/** By the id of the institution. One more than `limit` when there are more. */
export async function listSupplyCentres(
  db: Database,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<SupplyCentreRow[]> {
  return db
    .selectFrom('supply_centre')
    .selectAll()
    .where('institution_id', '>', after)
    .orderBy('institution_id')
    .limit(limit + 1)
    .execute();
}

/** Locks the row of the centre, where there is one. */
export async function lockSupplyCentre(trx: Trx, institutionId: string): Promise<SupplyCentreRow | undefined> {
  return trx.selectFrom('supply_centre').selectAll().where('institution_id', '=', institutionId).forUpdate().executeTakeFirst();
}

/** Writes all of it, whether the centre was there or not. Same values again change nothing but the version. */
export async function putSupplyCentre(trx: Trx, institutionId: string, centre: SupplyCentre): Promise<SupplyCentreRow> {
  const columns = {
    visit_days: centre.visitDays,
    windows: JSON.stringify(centre.windows),
    count_mode: centre.countMode,
    storage: centre.storage,
    latitude: centre.latitude,
    longitude: centre.longitude,
  };
  return trx
    .insertInto('supply_centre')
    .values({ institution_id: institutionId, ...columns })
    .onConflict((conflict) => conflict.column('institution_id').doUpdateSet(columns))
    .returningAll()
    .executeTakeFirstOrThrow();
}
