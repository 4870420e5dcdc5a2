/** An admission that a system has reported by itself, without the number of a stay, was none: pathways go on as before it. */
import { sql } from 'kysely';
import { lockResident } from '../../directory/resident-records.ts';
import { SENDER } from '../../kit/pathway-facts.ts';
import { publishFact } from '../../kit/publish-facts.ts';
import type { Trx } from '../../kit/transaction.ts';

/** False, and nothing is written, where the admission belongs to a stay: the messages of that say what becomes of it. */
export async function undoReportedAdmission(trx: Trx, { factId, patientId }: { factId: string; patientId: string }): Promise<boolean> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  const fact = await trx
    .updateTable('fact')
    .set({ status: 'retracted' })
    .where('id', '=', factId)
    .where('status', '=', 'recorded')
    .where('source', '<>', SENDER)
    .where(sql<boolean>`not exists (select from visit_message where fact_id = ${factId}::uuid)`)
    .returning([sql<string | null>`details ->> 'institutionId'`.as('institutionId'), 'sender_institution_id as senderInstitutionId'])
    .executeTakeFirst();
  if (!fact) return false;
  if (await isInHospital(trx, recordIds)) return true;
  const institutionId = fact.institutionId ?? fact.senderInstitutionId;
  await publishFact(trx, {
    type: 'admission-cancelled',
    messageId: `admission-retracted:${factId}`,
    addressee: { type: 'patient', patientId: survivorId },
    institutionId,
    occurredAt: new Date(),
    input: { institutionId },
  });
  return true;
}

async function isInHospital(trx: Trx, recordIds: readonly string[]): Promise<boolean> {
  const ids = sql`any(${[...recordIds]}::text[])`;
  const { rows } = await sql`select from visit where told = 'admitted' and patient_id = ${ids} limit 1`.execute(trx);
  return rows.length > 0;
}
