/** The documents of discharge that an episode goes by: those in force when it begins, later those that it keeps. */
import { sql } from 'kysely';
import type pg from 'pg';
import type { DischargeDocument, DischargeDocuments } from '../../domain/discharge/documents.ts';
import { type Database, poolOf } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import { type DocumentVersion, listVersionsInForce } from './documents.ts';

/** A published version never changes, so a process reads each of a database once. */
const read = new WeakMap<pg.Pool, Map<string, DischargeDocument>>();

function documentsReadFrom(db: Database): Map<string, DischargeDocument> {
  const pool = poolOf(db);
  const found = pool && read.get(pool);
  if (found) return found;
  const none = new Map<string, DischargeDocument>();
  if (pool) read.set(pool, none);
  return none;
}

const nameOf = ({ id, version }: DocumentVersion): string => `${id}/${version}`;

/** What an episode that begins now goes by. */
export async function loadDocumentsInForce(db: Database): Promise<DischargeDocuments> {
  const known = documentsReadFrom(db);
  const versions = await listVersionsInForce(db);
  for (const { id, version } of versions.filter((one) => !known.has(nameOf(one)))) {
    const { document } = await db
      .selectFrom('discharge_document')
      .select('document')
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirstOrThrow();
    known.set(nameOf({ id, version }), document);
  }
  const inForce = versions.flatMap((one) => known.get(nameOf(one)) ?? []);
  const rules = inForce.find((document) => document.id === 'discharge-rules');
  const templates = inForce.find((document) => document.id === 'discharge-templates');
  const scores = inForce.find((document) => document.id === 'risk-scores');
  if (!rules || !templates || !scores)
    throw new Error('The rules, templates or scores of discharge are not published: bring the tables up to date.');
  return { rules, templates, scores };
}

export type KeptDocuments = Pick<DischargeDocuments, 'rules' | 'templates'>;

/** What an episode keeps, which may not have begun yet. */
export async function loadDocumentsOfEpisode(db: Database, pathwayId: string): Promise<KeptDocuments> {
  const { rows } = await sql<KeptDocuments>`
    select state -> 'rules' as rules, state -> 'templates' as templates from pathway where id = ${pathwayId}
    union all
    select input -> 'rules', input -> 'templates' from command
      where pathway_id = ${pathwayId} and name = 'create' and acked_at is null
    limit 1`.execute(db);
  const [kept] = rows;
  return kept ? longFormOf(db, kept) : loadDocumentsInForce(db);
}

/** What the episode of a stay keeps; what is in force where the stay is not known yet. */
export async function loadDocumentsOfStay(db: Database, stay: { hospitalId: string; visitNumber: string }): Promise<KeptDocuments> {
  const visit = await db
    .selectFrom('visit')
    .select('episode_id as episodeId')
    .where('hospital_id', '=', stay.hospitalId)
    .where('visit_number', '=', stay.visitNumber)
    .executeTakeFirst();
  return visit?.episodeId ? loadDocumentsOfEpisode(db, visit.episodeId) : loadDocumentsInForce(db);
}
