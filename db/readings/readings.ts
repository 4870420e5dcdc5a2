/** Readings as they are shown. */
import { sql } from 'kysely';
import type { ReadingKind, StandardValues } from '../../domain/readings/reading.ts';
import type { Database } from '../kit/database.ts';
import type { ReadingTable } from './tables.ts';

export interface Reading extends StandardValues {
  id: string;
  patientId: string;
  status: ReadingTable['status'];
  reason: unknown;
  kind: ReadingKind;
  measuredAt: Date;
  receivedAt: Date;
  source: string;
  context: ReadingTable['context'];
  given: unknown;
}

export interface ReadingFilter {
  /** All records of one resident; undefined for those of everybody, of whom only what was put aside is listed. */
  recordIds: readonly string[] | undefined;
  /** The home of the resident; undefined for every institution. */
  homeInstitutionId: string | undefined;
  status: 'recorded' | 'quarantined' | 'entered-in-error';
  kind: ReadingKind | undefined;
  /** included */
  from: string | undefined;
  /** not included */
  to: string | undefined;
}

export interface ReadingPlace {
  measuredAt: string;
  id: string;
}

/** The latest measured first. One more than `limit` when there are more. */
export async function listReadings(
  db: Database,
  { recordIds, homeInstitutionId, status, kind, from, to }: ReadingFilter,
  { limit, after }: { limit: number; after: ReadingPlace | undefined },
): Promise<Reading[]> {
  let query = db
    .selectFrom('reading')
    .innerJoin('reading_batch as batch', 'batch.id', 'reading.batch_id')
    .select([
      'reading.id',
      'patient_id as patientId',
      'status',
      'reason',
      'kind',
      'measured_at as measuredAt',
      'received_at as receivedAt',
      'source',
      'context',
      'systolic',
      'diastolic',
      'value',
      'given',
    ])
    // In the statement itself, so that Postgres knows that an index of such readings alone will do.
    .where(status === 'quarantined' ? sql<boolean>`status = 'quarantined'` : sql<boolean>`status = ${status}`);
  if (recordIds) query = query.where('patient_id', 'in', recordIds);
  if (homeInstitutionId !== undefined)
    query = query.where(
      sql<boolean>`exists (
        select from surviving_record(reading.patient_id) as survivor join patient on patient.id = survivor.id
        where home_institution_id = ${homeInstitutionId})`,
    );
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (from !== undefined) query = query.where('measured_at', '>=', sql<Date>`${from}::timestamptz`);
  if (to !== undefined) query = query.where('measured_at', '<', sql<Date>`${to}::timestamptz`);
  if (after) query = query.where(sql<boolean>`(measured_at, reading.id) < (${after.measuredAt}::timestamptz, ${after.id}::uuid)`);
  const rows = await query
    .orderBy('measured_at', 'desc')
    .orderBy('reading.id', 'desc')
    .limit(limit + 1)
    .execute();
  return rows.map(({ systolic, diastolic, value, patientId, ...row }) => ({
    ...row,
    patientId: patientId as string,
    ...numbersOf({ systolic, diastolic, value }),
  }));
}

/** The driver gives numeric as text. */
export const numbersOf = (row: Record<keyof StandardValues, string | null>): StandardValues => ({
  systolic: numberOf(row.systolic),
  diastolic: numberOf(row.diastolic),
  value: numberOf(row.value),
});
const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** One reading, with the message that brought it and who may know of it. */
export interface KnownReading extends Omit<Reading, 'patientId'> {
  /** The record that is kept up; null while nobody knows whose the reading is. */
  patientId: string | null;
  homeInstitutionId: string | null;
  messageId: string;
  senderId: string;
}

export async function findReading(db: Database, id: string): Promise<KnownReading | undefined> {
  const row = await db
    .selectFrom('reading')
    .innerJoin('reading_batch as batch', 'batch.id', 'reading.batch_id')
    .leftJoinLateral(sql<{ id: string }>`(select id from surviving_record(reading.patient_id))`.as('survivor'), (join) => join.onTrue())
    .leftJoin('patient', 'patient.id', 'survivor.id')
    .select([
      'reading.id',
      'patient.id as patientId',
      'patient.home_institution_id as homeInstitutionId',
      'reading.status',
      'reading.reason',
      'reading.kind',
      'reading.measured_at as measuredAt',
      'batch.received_at as receivedAt',
      'reading.source',
      'reading.message_id as messageId',
      'reading.context',
      'reading.systolic',
      'reading.diastolic',
      'reading.value',
      'reading.given',
      'batch.sender_id as senderId',
    ])
    .where('reading.id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { systolic, diastolic, value, ...rest } = row;
  return { ...rest, ...numbersOf({ systolic, diastolic, value }) };
}
