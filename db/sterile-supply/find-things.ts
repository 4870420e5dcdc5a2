/** Things by their ids or by the codes that are printed on them, any number of them in one statement; their places; and packs under lock. */
import { type Selectable, sql } from 'kysely';
import type { Holder, ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { refuseField } from './act.ts';
import type { PackTable } from './tables.ts';

export type PackRow = Selectable<PackTable>;

/** The tables whose rows have a code, and the column that holds it. */
const codeColumns = {
  set_type: 'code',
  set_instance: 'code',
  vehicle: 'code',
  transport_box: 'code',
  washer: 'code',
  steriliser: 'code',
  steriliser_load: 'number',
} as const;
export type ThingTable = keyof typeof codeColumns;

export interface FoundPack {
  id: string;
  /** The print of the label that it was asked by; null when it was asked by its id or bare code. */
  print: number | null;
}

const unknown = { zh: '没有此编号', en: 'names nothing that there is' };
const twice = { zh: '重复', en: 'stands in the list twice' };

/** Finds things of a table; the answer holds the ids by what was asked, without what is unknown. An id comes before a code of the same text. */
export async function findThings(db: Database, table: ThingTable, idsOrCodes: readonly string[]): Promise<Map<string, string>> {
  if (idsOrCodes.length === 0) return new Map();
  const { rows } = await sql<{ asked: string; id: string }>`${selectAskedThings(table, idsOrCodes)}`.execute(db);
  return new Map(rows.map(({ asked, id }) => [asked, id]));
}

/** The same as part of another statement: the rows have asked and id. */
export const selectAskedThings = (table: ThingTable, idsOrCodes: readonly string[]) => sql`
  select distinct on (asked) asked, thing.id::text as id
  from unnest(${[...idsOrCodes]}::text[]) as asked
    join ${sql.table(table)} as thing on thing.id::text = asked or thing.${sql.ref(codeColumns[table])} = asked
  order by asked, thing.id::text <> asked`;

/**
 * Finds packs by id, by code or by what a label shows, `<code>-<print>`; a print that was never made is unknown. The answer holds them by what was
 * asked, without what is unknown.
 */
export async function findPacks(db: Database, idsOrCodes: readonly string[]): Promise<Map<string, FoundPack>> {
  if (idsOrCodes.length === 0) return new Map();
  const { rows } = await sql<FoundPack & { asked: string }>`${selectAskedPacks(idsOrCodes)}`.execute(db);
  return new Map(rows.map(({ asked, ...found }) => [asked, found]));
}

/** The same as part of another statement: the rows have asked, id and print. */
export const selectAskedPacks = (idsOrCodes: readonly string[]) => sql`
  select distinct on (asked) asked, pack.id, case when pack.id = asked or pack.code = asked then null else print end as print
  from (select asked, substring(asked from '^(.+)-[0-9]{1,6}$') as code, substring(asked from '-([0-9]{1,6})$')::integer as print
      from unnest(${[...idsOrCodes]}::text[]) as asked) as given
    join pack on pack.id = asked or pack.code = asked or (pack.code = given.code and print between 1 and pack.label_print)
  order by asked, pack.id <> asked, pack.code <> asked`;

/** The ids of things in the order asked. Throws ActRefused 422 at the place in the body of the first that is unknown or named twice. */
export async function resolveThings(db: Database, table: ThingTable, idsOrCodes: readonly string[], path: string): Promise<string[]> {
  const found = await findThings(db, table, idsOrCodes);
  return inOrder(
    idsOrCodes,
    (asked) => found.get(asked),
    path,
    (id) => id,
  );
}

/** One thing. Throws ActRefused 422 when it is unknown. */
export async function resolveThing(db: Database, table: ThingTable, idOrCode: string, path: string): Promise<string> {
  const id = (await findThings(db, table, [idOrCode])).get(idOrCode);
  if (id === undefined) throw refuseField(path, unknown);
  return id;
}

/** The packs in the order asked, not locked. Throws ActRefused 422 at the place in the body of the first that is unknown or named twice. */
export async function resolvePacks(db: Database, idsOrCodes: readonly string[], path: string): Promise<FoundPack[]> {
  const found = await findPacks(db, idsOrCodes);
  return inOrder(
    idsOrCodes,
    (asked) => found.get(asked),
    path,
    ({ id }) => id,
  );
}

/** What was found, in the order asked. Throws ActRefused 422 at the place in the body of the first that is unknown or named twice. */
export function inOrder<T>(asked: readonly string[], find: (one: string) => T | undefined, path: string, idOf: (one: T) => string): T[] {
  const seen = new Set<string>();
  return asked.map((one, index) => {
    const found = find(one);
    if (found === undefined) throw refuseField(`${path}.${index}`, unknown);
    if (seen.has(idOf(found))) throw refuseField(`${path}.${index}`, twice);
    seen.add(idOf(found));
    return found;
  });
}

/** Locks packs until the transaction ends, in the order of their ids, and gives their rows in that order. */
export async function lockPacks(trx: Trx, ids: readonly string[]): Promise<PackRow[]> {
  if (ids.length === 0) return [];
  return trx
    .selectFrom('pack')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .forUpdate()
    .execute();
}

/**
 * The same for packs by what was asked for: they are found and locked in one statement and come in the order asked. Throws ActRefused 422 at the place in the
 * body of the first that is unknown or named twice.
 */
export async function lockAskedPacks(trx: Trx, idsOrCodes: readonly string[], path: string): Promise<(PackRow & FoundPack)[]> {
  if (idsOrCodes.length === 0) return [];
  const { rows } = await sql<PackRow & FoundPack & { asked: string }>`
    with asked as materialized (${selectAskedPacks(idsOrCodes)})
    select asked, print, pack.* from asked join pack on pack.id = asked.id order by pack.id for update of pack`.execute(trx);
  const found = new Map(rows.map(({ asked, ...pack }) => [asked, pack]));
  return inOrder(
    idsOrCodes,
    (asked) => found.get(asked),
    path,
    ({ id }) => id,
  );
}

export interface Custody {
  holder: Holder;
  since: Date;
}

/** Where things are by now. One that was never seen anywhere is left out. */
export async function custodyOf(db: Database, type: ThingType, ids: readonly string[]): Promise<Map<string, Custody>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('custody')
    .select(['thing_id as id', 'holder_type as type', 'holder_id as holderId', 'since'])
    .where('thing_type', '=', type)
    .where('thing_id', 'in', [...new Set(ids)])
    .where('until', 'is', null)
    .execute();
  return new Map(rows.map(({ id, type: holderType, holderId, since }) => [id, { holder: { type: holderType, id: holderId }, since }]));
}
