/** Where recalled packs are when no centre and no round has them. */
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { Database } from '../kit/database.ts';
import { getSupplyPosts } from '../sterile-supply/supply-posts.ts';

/** The one supply department, and the institution whose infection control follows up patients. */
export async function findSupplyPlaces(db: Database): Promise<SupplyPlaces> {
  const { cssdInstitutionId, infectionInstitutionIds } = await getSupplyPosts(db);
  // Where nobody is infection control, the supply department follows up itself.
  return { cssdId: cssdInstitutionId, infectionId: infectionInstitutionIds[0] ?? cssdInstitutionId };
}
