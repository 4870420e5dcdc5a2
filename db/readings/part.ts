/** Two records that were merged wrongly are two residents' again: a reading goes to the record that its message named, an episode with its reading. */
import { sql } from 'kysely';
import type { RecordsParted } from '../directory/resident-records.ts';
import type { Trx } from '../kit/transaction.ts';

/** A reading that the record has already stays where it is, because it says nothing more. */
export async function partReadings(trx: Trx, { parted, kept, since }: RecordsParted): Promise<void> {
  const ofParted = sql`any(${[...parted.recordIds]}::text[])`;
  const ofKept = sql`any(${[...kept.recordIds]}::text[])`;
  await sql`
    update reading set patient_id = ${parted.survivorId}, named_patient_id = nullif(named_patient_id, ${parted.survivorId})
    where named_patient_id = ${ofParted} and patient_id = ${ofKept} and not exists (
      select from reading as same where same.patient_id = ${parted.survivorId} and same.measured_at = reading.measured_at and same.kind = reading.kind
        and (same.systolic, same.diastolic, same.value) is not distinct from (reading.systolic, reading.diastolic, reading.value))`.execute(
    trx,
  );
  await sql`
    update reading_episode set patient_id = ${parted.survivorId}
    where patient_id = ${ofKept} and raised_at >= ${since}
      and exists (select from reading where reading.id = reading_id and reading.patient_id = ${ofParted})
      and (closed_at is not null or not exists (select from reading_episode as same
        where same.patient_id = ${parted.survivorId} and same.rule = reading_episode.rule and same.closed_at is null))`.execute(trx);
}
