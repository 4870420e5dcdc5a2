/** Packs as they are looked up: by id, code or label, within sight, with the recalls that they stand in. */
import { sql } from 'kysely';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';
import type { Holder, PackStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { LocalDate } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import { findPacks, type PackRow } from './find-things.ts';
import { packsInSight } from './sight.ts';

export interface PackRecord extends PackRow {
  /** Of recalls that are no drill. */
  recallIds: string[];
  slipId: string | null;
  /** Where it is by now, and since when; null: it was never seen anywhere. */
  holder: Holder | null;
  heldSince: Date | null;
}

const recallIds = sql<string[]>`array(select recall_id::text from recall_line join recall on recall.id = recall_id
  where pack_id = pack.id and not drill order by recall_id)`.as('recallIds');
const slipId = sql<string | null>`(select slip_id::text from slip_line where slip_line.id = pack.slip_line_id)`.as('slipId');
const openCustody = sql`from custody where thing_type = 'pack' and thing_id = pack.id and until is null`;
const holder = sql<Holder | null>`(select jsonb_build_object('type', holder_type, 'id', holder_id) ${openCustody})`.as('holder');
const heldSince = sql<Date | null>`(select since ${openCustody})`.as('heldSince');

/** What a record has beside the columns of the table. */
export const packColumns = [recallIds, slipId, holder, heldSince] as const;

/** A pack with the print of the label that it was asked by; null when it was asked by its id or bare code. */
export type AskedPackRecord = PackRecord & { print: number | null };

/** By id, code or printed code, where it is within sight. */
export async function findPack(db: Database, idOrCode: string, sight: SupplySight): Promise<AskedPackRecord | undefined> {
  const found = (await findPacks(db, [idOrCode])).get(idOrCode);
  if (!found) return undefined;
  const record = await db
    .selectFrom('pack')
    .selectAll()
    .select(packColumns)
    .where('id', '=', found.id)
    .where(packsInSight(sight))
    .executeTakeFirst();
  return record && { ...record, print: found.print };
}

/** One that is known to be there. */
export async function getPack(db: Database, id: string): Promise<PackRecord> {
  return db.selectFrom('pack').selectAll().select(packColumns).where('id', '=', id).executeTakeFirstOrThrow();
}

export interface PackFilter {
  status?: PackStatus | undefined;
  setTypeId?: string | undefined;
  loadId?: string | undefined;
  holderId?: string | undefined;
  expiresBefore?: LocalDate | undefined;
}

/** By id. One more than `limit` when there are more. */
export async function listPacks(
  db: Database,
  { status, setTypeId, loadId, holderId, expiresBefore }: PackFilter,
  sight: SupplySight,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<PackRecord[]> {
  let packs = db
    .selectFrom('pack')
    .selectAll()
    .select(packColumns)
    .where('id', '>', after)
    .where(packsInSight(sight))
    .orderBy('id')
    .limit(limit + 1);
  if (status !== undefined) packs = packs.where('status', '=', status);
  if (setTypeId !== undefined)
    packs = packs.where(sql<boolean>`set_type_id in (select id from set_type where id = ${setTypeId} or code = ${setTypeId})`);
  if (loadId !== undefined)
    packs = packs.where(sql<boolean>`load_id in (select id from steriliser_load where id::text = ${loadId} or number = ${loadId})`);
  if (expiresBefore !== undefined) packs = packs.where('expires_on', '<', expiresBefore);
  if (holderId !== undefined)
    packs = packs.where(
      sql<boolean>`exists (select from custody where thing_type = 'pack' and thing_id = pack.id and until is null and holder_id = ${holderId})`,
    );
  return packs.execute();
}
