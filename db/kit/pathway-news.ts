/** What one part of carepath tells the open pathways of a person: stored as a fact, delivered as one, in the transaction of what it reports. */
import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { lockResident } from '../directory/resident-records.ts';
import { oweDeliveries } from './fact-deliveries.ts';
import type { PathwayNewsType } from './tables.ts';
import type { Trx } from './transaction.ts';

export interface PathwayNews {
  type: PathwayNewsType;
  /** the same id is told once */
  messageId: string;
  patientId: string;
  /** whose doing it was */
  institutionId: string;
  occurredAt: Date;
  /** ids, codes, instants: what the pathways get, beside `occurredAt` */
  input: Record<string, unknown>;
}

const SOURCE = 'carepath';

/** Nothing is written where nobody listens. */
export async function tellPathways(trx: Trx, { type, messageId, patientId, institutionId, occurredAt, input }: PathwayNews): Promise<void> {
  const { recordIds } = await lockResident(trx, patientId);
  const listener = await trx
    .selectFrom('pathway')
    .select('id')
    .where('kind', '=', 'follow-up')
    .where('status', '=', 'open')
    .where('patient_id', 'in', recordIds)
    .limit(1)
    .executeTakeFirst();
  if (!listener) return;
  const factId = uuid();
  const stored = await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: SOURCE,
      message_id: messageId,
      type,
      occurred_at: occurredAt,
      sender_id: SOURCE,
      sender_institution_id: institutionId,
      given_patient_id: patientId,
      local_id_system: null,
      local_id_value: null,
      details: JSON.stringify({}),
      body_hash: createHash('sha256').update(messageId).digest(),
      status: 'recorded',
      patient_id: patientId,
      input: JSON.stringify({ occurredAt: occurredAt.getTime(), ...input }),
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows) await oweDeliveries(trx, { factId, type, recordIds });
}
