/** Other systems go on naming a resident by the number of a record that has been merged. */
import { findSurvivingRecord } from '../../db/directory/resident-records.ts';
import type { Database } from '../../db/kit/database.ts';

/** Returns the record that a pathway is about where `patientId` is another record of the same resident; else `patientId` as it is. */
export async function recordOf(db: Database, patientId: string, { state }: { state: { patientId: string } }): Promise<string> {
  if (patientId === state.patientId) return patientId;
  const [named, own] = await Promise.all([findSurvivingRecord(db, patientId), findSurvivingRecord(db, state.patientId)]);
  return named !== undefined && named === own ? state.patientId : patientId;
}

/** The same for a body that may name somebody. */
export async function withRecordOf<Body extends { patientId?: string | undefined }>(
  db: Database,
  body: Body,
  record: { state: { patientId: string } },
): Promise<Body> {
  return body.patientId === undefined ? body : { ...body, patientId: await recordOf(db, body.patientId, record) };
}
