/** Types of sets: what is in one, how it is packed and sterilised. */
import type { Selectable } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { CountSheetLine } from '../../domain/sterile-supply/sets.ts';
import type { Packaging, Program } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { SetTypeTable } from './tables.ts';

export type SetTypeRow = Selectable<SetTypeTable>;

export interface NewSetType {
  code: string;
  name: { zh: string; en: string };
  countSheet: CountSheetLine[];
  packaging: Packaging;
  programs: Program[];
  surgical: boolean;
  implant: boolean;
  lowUse: boolean;
  volumeLitres: number;
  gtin?: string | undefined;
  pictures?: string[] | undefined;
}

/** Fails on a code that is taken. */
export async function createSetType(trx: Trx, type: NewSetType): Promise<SetTypeRow> {
  return trx
    .insertInto('set_type')
    .values({
      id: uuid(),
      code: type.code,
      name_zh: type.name.zh,
      name_en: type.name.en,
      count_sheet: JSON.stringify(type.countSheet),
      packaging: type.packaging,
      programs: type.programs,
      surgical: type.surgical,
      implant: type.implant,
      low_use: type.lowUse,
      volume_litres: type.volumeLitres,
      gtin: type.gtin ?? null,
      pictures: JSON.stringify(type.pictures ?? []),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** By id or code. */
export async function findSetType(db: Database, idOrCode: string): Promise<SetTypeRow | undefined> {
  return db
    .selectFrom('set_type')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrCode), where('code', '=', idOrCode)]))
    .orderBy((order) => order('id', '=', idOrCode), 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** By id. One more than `limit` when there are more. */
export async function listSetTypes(
  db: Database,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<SetTypeRow[]> {
  return db
    .selectFrom('set_type')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
}
