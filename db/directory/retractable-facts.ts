/** The message that another message takes back, where that names only whom it is about. */
import { sql } from 'kysely';
import type { PatientFact } from '../../domain/kit/facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { listRecordsLeadingToSurvivor, listRecordsOfResident } from './resident-records.ts';
import type { MessageName } from './retracted-facts.ts';

export interface Retractable {
  patientId: string;
  type: PatientFact;
  /** Only what this institution has reported; undefined for anybody's. */
  senderInstitutionId: string | undefined;
}

/** The newest fact of the type about the resident that has taken effect. */
export async function findRetractable(trx: Trx, { patientId, type, senderInstitutionId }: Retractable): Promise<MessageName | undefined> {
  const records = await listRecordsOfResident(trx, patientId);
  let facts = trx
    .selectFrom('fact')
    .select(['source', 'message_id as messageId'])
    .where('type', '=', type)
    .where('status', '=', 'recorded')
    .where('patient_id', '=', sql<string>`any(${records}::text[])`)
    .orderBy('recorded_at', 'desc')
    .limit(1);
  if (senderInstitutionId !== undefined) facts = facts.where('sender_institution_id', '=', senderInstitutionId);
  return facts.executeTakeFirst();
}

/** The newest merger by which one of the two records has gone over into the other, or into one that they share. */
export async function findReportedMerger(trx: Trx, one: string, other: string): Promise<MessageName | undefined> {
  const [ofOne, ofOther] = [await listRecordsLeadingToSurvivor(trx, one), await listRecordsLeadingToSurvivor(trx, other)];
  if (ofOne.at(-1) === undefined || ofOne.at(-1) !== ofOther.at(-1)) return undefined;
  // What both have in common goes on; what only one of them leads through has gone over.
  const gone = [...ofOne, ...ofOther].filter((id) => !(ofOne.includes(id) && ofOther.includes(id)));
  return trx
    .selectFrom('fact')
    .select(['source', 'message_id as messageId'])
    .where('type', '=', 'patients-merged')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', sql<string>`any(${gone}::text[])`)
    .orderBy('recorded_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
