/** Other systems go on naming a resident by the number of a record that has been merged. */
import { findSurvivingRecord } from '../../db/directory/resident-records.ts';
import type { Database } from '../../db/kit/database.ts';
import type { ReferralRecord } from '../../db/referral/referrals.ts';

/** Returns the record that the referral is about where `patientId` is another record of the same resident; else `patientId` as it is. */
export async function recordOf(db: Database, patientId: string, { state }: Pick<ReferralRecord, 'state'>): Promise<string> {
  if (patientId === state.patientId) return patientId;
  const [named, own] = await Promise.all([findSurvivingRecord(db, patientId), findSurvivingRecord(db, state.patientId)]);
  return named !== undefined && named === own ? state.patientId : patientId;
}
