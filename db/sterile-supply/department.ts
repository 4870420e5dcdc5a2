/** The sterile supply department. There is one. */
import type { Holder } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import { getSupplyPosts } from './supply-posts.ts';

/** The department as who has a thing. Throws for an alliance that has none. */
export const getSupplyDepartment = async (db: Database): Promise<Holder> => ({
  type: 'cssd',
  id: (await getSupplyPosts(db)).cssdInstitutionId,
});
