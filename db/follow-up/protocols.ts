/** Protocols in their versions, the working days and the risk model in force. */
import { sql } from 'kysely';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import type { RiskModel } from '../../domain/follow-up/risk-tier.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Calendar } from '../../domain/time/calendar.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export type ProtocolStatus = 'draft' | 'published' | 'retired';

export interface StoredProtocol {
  id: string;
  version: number;
  status: ProtocolStatus;
  document: Protocol;
  createdAt: Date;
  publishedAt: Date | null;
  retiredAt: Date | null;
}

const rows = (db: Database) =>
  db
    .selectFrom('protocol')
    .select(['id', 'version', 'status', 'document', 'created_at as createdAt', 'published_at as publishedAt', 'retired_at as retiredAt']);

export type ProtocolPlace = [id: string, version: number];

/** By id and version. One more than `limit` when there are more. */
export async function listProtocols(
  db: Database,
  { status }: { status?: ProtocolStatus | undefined },
  { limit, after }: { limit: number; after?: ProtocolPlace | undefined },
): Promise<StoredProtocol[]> {
  let query = rows(db)
    .orderBy('id')
    .orderBy('version')
    .limit(limit + 1);
  if (status) query = query.where('status', '=', status);
  if (after) query = query.where(sql<boolean>`(id, version) > (${after[0]}, ${after[1]}::integer)`);
  return query.execute();
}

/** One version; without a number the newest published one, and where nothing is published the newest. */
export async function findProtocol(db: Database, id: string, version?: number): Promise<StoredProtocol | undefined> {
  const query = rows(db).where('id', '=', id);
  if (version !== undefined) return query.where('version', '=', version).executeTakeFirst();
  return query.orderBy(sql`status = 'published'`, 'desc').orderBy('version', 'desc').limit(1).executeTakeFirst();
}

/** Of one disease, the newest published version of each protocol that gives an indicator. */
export async function listIndicatorProtocols(db: Database, disease: string): Promise<Protocol[]> {
  const found = await rows(db)
    .distinctOn('id')
    .where('status', '=', 'published')
    .where(sql<boolean>`document ->> 'disease' = ${disease} and document ->> 'indicator' is not null`)
    .orderBy('id')
    .orderBy('version', 'desc')
    .execute();
  return found.map(({ document }) => document);
}

/** Resolves with `exists` when that version is there already. */
export async function createDraft(trx: Trx, document: Protocol, actor: Actor): Promise<'created' | 'exists'> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('protocol')
    .values({ id: document.id, version: document.version, document: JSON.stringify(document), created_by: JSON.stringify(actor) })
    .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n ? 'created' : 'exists';
}

/** Resolves with true when the version was a draft and is now replaced. */
export async function replaceDraft(trx: Trx, document: Protocol): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('protocol')
    .set({ document: JSON.stringify(document) })
    .where('id', '=', document.id)
    .where('version', '=', document.version)
    .where('status', '=', 'draft')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Resolves with true when the version was a draft and is now published. */
export async function publishProtocol(trx: Trx, id: string, version: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('protocol')
    .set({ status: 'published', published_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('status', '=', 'draft')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Resolves with true when the version was published and is now retired: nobody is enrolled under it any more, and those who are stay on it. */
export async function retireProtocol(trx: Trx, id: string, version: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('protocol')
    .set({ status: 'retired', retired_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('status', '=', 'published')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** The newest version of each year. */
export async function loadCurrentCalendar(db: Database): Promise<Calendar> {
  const years = await db
    .selectFrom('calendar_year')
    .select('document')
    .distinctOn('year')
    .orderBy('year')
    .orderBy('version', 'desc')
    .execute();
  return { years: years.map(({ document }) => document) };
}

export async function loadCurrentRiskModel(db: Database): Promise<RiskModel> {
  const { document } = await db.selectFrom('risk_model').select('document').orderBy('version', 'desc').limit(1).executeTakeFirstOrThrow();
  return document;
}
