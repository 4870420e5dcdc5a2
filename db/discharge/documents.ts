/** The rules, templates and scores of discharge in their versions: drafts, published ones, retired ones. */
import { sql } from 'kysely';
import type { DischargeDocument } from '../../domain/discharge/documents.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export type DocumentStatus = 'draft' | 'published' | 'retired';

export interface StoredDocument {
  id: DischargeDocument['id'];
  version: number;
  status: DocumentStatus;
  document: DischargeDocument;
  createdAt: Date;
  publishedAt: Date | null;
  retiredAt: Date | null;
}

export interface DocumentVersion {
  id: DischargeDocument['id'];
  version: number;
}

const rows = (db: Database) =>
  db
    .selectFrom('discharge_document')
    .select(['id', 'version', 'status', 'document', 'created_at as createdAt', 'published_at as publishedAt', 'retired_at as retiredAt']);

/** By id and version, after a place where one is given. One more than `limit` when there are more. */
export async function listDocuments(
  db: Database,
  { status }: { status?: DocumentStatus | undefined },
  { limit, after }: { limit: number; after?: readonly [id: string, version: number] | undefined },
): Promise<StoredDocument[]> {
  let query = rows(db)
    .orderBy('id')
    .orderBy('version')
    .limit(limit + 1);
  if (status) query = query.where('status', '=', status);
  if (after) query = query.where(sql<boolean>`(id, version) > (${after[0]}, ${after[1]}::integer)`);
  return query.execute();
}

export const findDocument = (db: Database, { id, version }: DocumentVersion): Promise<StoredDocument | undefined> =>
  rows(db).where('id', '=', id).where('version', '=', version).executeTakeFirst();

/** Of each id the version that an episode goes by that begins now: the newest published one whose date has come. */
export async function listVersionsInForce(db: Database): Promise<DocumentVersion[]> {
  return (
    db
      .selectFrom('discharge_document')
      .select(['id', 'version'])
      .distinctOn('id')
      .where('status', '=', 'published')
      .orderBy('id')
      // Before the first date of all, no version is in force yet, and an episode must still have one.
      .orderBy(sql`document ->> 'effectiveFrom' <= ${localDateOf(Date.now())}`, 'desc')
      .orderBy('version', 'desc')
      .execute()
  );
}

/** Resolves with `exists` when that version is there already. */
export async function createDocumentDraft(trx: Trx, document: DischargeDocument, actor: Actor): Promise<'created' | 'exists'> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('discharge_document')
    .values({ id: document.id, version: document.version, document: JSON.stringify(document), created_by: JSON.stringify(actor) })
    .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n ? 'created' : 'exists';
}

/** Resolves with true when the version was a draft and is now replaced. */
export async function replaceDocumentDraft(trx: Trx, document: DischargeDocument): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('discharge_document')
    .set({ document: JSON.stringify(document) })
    .where('id', '=', document.id)
    .where('version', '=', document.version)
    .where('status', '=', 'draft')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Resolves with true when the version was a draft and is now published. */
export async function publishDocument(trx: Trx, { id, version }: DocumentVersion): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('discharge_document')
    .set({ status: 'published', published_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('status', '=', 'draft')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** True when another published version is in force once this one is retired. Locks the versions, so that two who retire at once do not leave none. */
export async function isReplaceable(trx: Trx, { id, version }: DocumentVersion): Promise<boolean> {
  const published = await trx
    .selectFrom('discharge_document')
    .select('version')
    .where('id', '=', id)
    .where('status', '=', 'published')
    .where(sql<boolean>`document ->> 'effectiveFrom' <= ${localDateOf(Date.now())}`)
    .orderBy('version')
    .forUpdate()
    .execute();
  return published.some((other) => other.version !== version);
}

/** Resolves with true when the version was published and is now retired: no episode begins with it any more, and those that did go on with it. */
export async function retireDocument(trx: Trx, { id, version }: DocumentVersion): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('discharge_document')
    .set({ status: 'retired', retired_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('status', '=', 'published')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
