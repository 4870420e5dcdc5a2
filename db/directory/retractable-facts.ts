/** The message that another message takes back, where that names only whom it is about. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { listRecordsLeadingToSurvivor } from './resident-records.ts';
import type { MessageName } from './retracted-facts.ts';

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
