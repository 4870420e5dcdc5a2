/** How a resident stands: what is reported, proposed and known of them. */
import { sql } from 'kysely';
import type { ResidentStanding } from '../../domain/residents/resident-triggers.ts';
import type { Patient } from '../directory/patients.ts';
import type { Database } from '../kit/database.ts';

export async function findResidentStanding(
  db: Database,
  { id, diedOn, mergedInto }: Pick<Patient, 'id' | 'diedOn' | 'mergedInto'>,
): Promise<ResidentStanding> {
  const { rows } = await sql<{ kind: string; openedBy: string }>`
    select kind, opened_by ->> 'personId' as "openedBy"
    from identity_check join records_of_resident(${id}) as record on record.id = identity_check.patient_id
    where status = 'open' and kind in ('death', 'death-retraction')`.execute(db);
  return {
    died: diedOn !== null,
    merged: mergedInto !== null,
    deathReported: rows.some(({ kind }) => kind === 'death'),
    retractionProposedBy: rows.find(({ kind }) => kind === 'death-retraction')?.openedBy ?? null,
  };
}
