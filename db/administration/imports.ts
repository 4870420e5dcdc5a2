/** Files that somebody has uploaded and not applied yet. What they say of people is forgotten once they are applied or late. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { ImportKind } from '../../domain/alliance/import-columns.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { UploadedRow } from './tables.ts';

const KEPT_FOR_MS = 24 * 3_600_000;

export interface StandingImport {
  id: string;
  kind: ImportKind;
  rows: UploadedRow[];
  fingerprint: Buffer;
  personId: string;
  institutionId: string;
  expiresAt: Date;
  appliedAt: Date | null;
}

/** By which two previews are the same. */
export const fingerprintOf = (preview: unknown): Buffer => createHash('sha256').update(JSON.stringify(preview)).digest();

type NewImport = Pick<StandingImport, 'kind' | 'rows' | 'fingerprint' | 'personId' | 'institutionId'>;

export async function storeImport(
  trx: Trx,
  { kind, rows, fingerprint, ...by }: NewImport,
  now: Date,
): Promise<{ id: string; expiresAt: Date }> {
  await trx.updateTable('directory_import').set({ rows: '[]' }).where('expires_at', '<', now).execute();
  const [id, expiresAt] = [uuid(), new Date(now.getTime() + KEPT_FOR_MS)];
  await trx
    .insertInto('directory_import')
    .values({
      ...{ id, kind, rows: JSON.stringify(rows), fingerprint, expires_at: expiresAt, created_at: now },
      ...{ person_id: by.personId, institution_id: by.institutionId },
    })
    .execute();
  return { id, expiresAt };
}

/** Of two who apply one import at once the second waits here. */
export async function lockImport(trx: Trx, id: string): Promise<StandingImport | undefined> {
  const row = await trx
    .selectFrom('directory_import')
    .select([
      'id',
      'kind',
      'rows',
      'fingerprint',
      'person_id as personId',
      'institution_id as institutionId',
      'expires_at as expiresAt',
      'applied_at as appliedAt',
    ])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row;
}

export async function noteApplied(trx: Trx, id: string, now: Date): Promise<void> {
  await trx.updateTable('directory_import').set({ applied_at: now, rows: '[]' }).where('id', '=', id).execute();
}

/** Only whoever has uploaded it, in the post in which they did, knows of it. */
export async function findOwnImport(
  db: Database,
  id: string,
  by: { personId: string; institutionId: string },
): Promise<Pick<StandingImport, 'id' | 'kind'> | undefined> {
  return db
    .selectFrom('directory_import')
    .select(['id', 'kind'])
    .where(sql<string>`id::text`, '=', id)
    .where('person_id', '=', by.personId)
    .where('institution_id', '=', by.institutionId)
    .executeTakeFirst();
}
