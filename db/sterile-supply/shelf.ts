/** What lies at a centre. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { type PackRecord, packColumns } from './packs.ts';

/** Packs that lie at the centre and are neither opened nor over, by their last day; one more than `limit` when there are more. */
export async function listShelf(
  db: Database,
  institutionId: string,
  { limit, after }: { limit: number; after?: { expiresOn: string | null; id: string } | undefined },
): Promise<PackRecord[]> {
  const lastDay = sql<string>`coalesce(expires_on, 'infinity')`;
  let packs = db
    .selectFrom('pack')
    .selectAll()
    .select(packColumns)
    .where('status', 'not in', ['opened', 'ended'])
    .where(
      sql<boolean>`id in (select thing_id from custody where thing_type = 'pack' and holder_type = 'centre' and holder_id = ${institutionId} and until is null)`,
    )
    .orderBy(lastDay)
    .orderBy('id')
    .limit(limit + 1);
  if (after) packs = packs.where(sql<boolean>`(${lastDay}, id) > (coalesce(${after.expiresOn}::date, 'infinity'), ${after.id})`);
  return packs.execute();
}
