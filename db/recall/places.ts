/** Where recalled packs are when no centre and no round has them. */
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { Database } from '../kit/database.ts';
import { getSupplyPosts, type SupplyPosts } from '../sterile-supply/supply-posts.ts';

/** The one supply department, and the institution whose infection control follows up patients. */
export const findSupplyPlaces = async (db: Database): Promise<SupplyPlaces> => supplyPlacesOf(await getSupplyPosts(db));

/** Where nobody is infection control, the supply department follows up itself. */
export const supplyPlacesOf = ({
  cssdInstitutionId,
  infectionInstitutionIds,
}: Pick<SupplyPosts, 'cssdInstitutionId' | 'infectionInstitutionIds'>): SupplyPlaces => ({
  cssdId: cssdInstitutionId,
  infectionId: infectionInstitutionIds[0] ?? cssdInstitutionId,
});
