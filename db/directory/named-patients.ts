/** Patients as lists name them, and those whom a query means. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { findPathwaysByNumber } from '../kit/pathways.ts';
import { searchPatients } from './patients.ts';

export interface NamedPatient {
  id: string;
  name: string;
  /** YYYY-MM-DD */
  birthDate: string;
}

/** By id: one statement for all patients of a page. */
export async function findNamedPatients(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, NamedPatient>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('patient')
    .select(['id', 'name', 'birth_date as birthDate'])
    .where('id', '=', sql<string>`any(${[...new Set(ids)]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Whom and what a query means: a short number one pathway, a name or a telephone number patients. */
export interface MeantByQuery {
  patientIds: readonly string[];
  pathwayIds: readonly string[];
}

/** Nobody looks through more residents of one name than this. */
const MOST_PATIENTS_MEANT = 1_000;

/** A short number that some pathway has means that pathway alone. Of more residents than a thousand those with the smallest ids are meant. */
export async function findMeantByQuery(db: Database, query: string): Promise<MeantByQuery> {
  const pathways = await findPathwaysByNumber(db, query);
  if (pathways.length > 0) return { patientIds: [], pathwayIds: pathways.map(({ id }) => id) };
  const { items } = await searchPatients(db, { query, merged: true, died: true, page: { limit: MOST_PATIENTS_MEANT } });
  return { patientIds: items.map(({ id }) => id), pathwayIds: [] };
}
