/** The institutions whose people answer for sterile supply. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

export interface SupplyPosts {
  /** The one supply department. */
  cssdInstitutionId: string;
  /** Where the alliance's office sits. */
  officeInstitutionId: string;
  /** Where infection control sits. */
  infectionInstitutionIds: string[];
}

/** The same as columns of another statement: "cssdInstitutionId", "officeInstitutionId", "infectionInstitutionIds". */
export const supplyPostsColumns = sql`
  (select id from institution where kind = 'sterile-supply-department' order by id limit 1) as "cssdInstitutionId",
  coalesce((select min(institution_id) from post where role = 'office'), '') as "officeInstitutionId",
  coalesce((select array_agg(distinct institution_id) from post where role = 'infection'), '{}') as "infectionInstitutionIds"`;

/** Throws for an alliance that has no supply department. */
export async function getSupplyPosts(db: Database): Promise<SupplyPosts> {
  const { rows } = await sql<SupplyPosts>`select ${supplyPostsColumns}`.execute(db);
  const [posts] = rows;
  if (!posts?.cssdInstitutionId) throw new Error('The alliance has no sterile supply department.');
  return posts;
}
