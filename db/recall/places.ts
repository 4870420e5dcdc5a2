/** Where recalled packs are when no centre and no round has them. */
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { Database } from '../kit/database.ts';

/** The one supply department, and the institution whose infection control follows up patients. */
export async function findSupplyPlaces(db: Database): Promise<SupplyPlaces> {
  const places = await db
    .selectNoFrom((eb) => [
      eb.selectFrom('institution').select('id').where('kind', '=', 'sterile-supply-department').orderBy('id').limit(1).as('cssdId'),
      eb.selectFrom('post').select('institution_id').where('role', '=', 'infection').orderBy('institution_id').limit(1).as('infectionId'),
    ])
    .executeTakeFirstOrThrow();
  const { cssdId, infectionId } = places;
  if (cssdId === null) throw new Error('There is no sterile supply department.');
  // Where nobody is infection control, the supply department follows up itself.
  return { cssdId, infectionId: infectionId ?? cssdId };
}
