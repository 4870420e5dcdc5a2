/** Who has to do with a resident beside their own centre. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

/** Says whether an institution is a side of an open referral of the resident, or looks after an open episode of their readings. */
export async function isPartyFor(db: Database, patientId: string, institutionId: string): Promise<boolean> {
  const { rows } = await sql<{ isParty: boolean }>`
    select exists (
      select from referral join records_of_resident(${patientId}) as record on referral.patient_id = record.id
      where referral.closed_at is null and (referral.initiator_institution_id = ${institutionId} or referral.institution_id = ${institutionId} and referral.sent_at is not null)
    ) or exists (
      select from task join records_of_resident(${patientId}) as record on task.patient_id = record.id
      where task.status = 'open' and task.institution_id = ${institutionId} and task.pathway_kind = 'follow-up'
    ) as "isParty"`.execute(db);
  return rows[0]?.isParty ?? false;
}
