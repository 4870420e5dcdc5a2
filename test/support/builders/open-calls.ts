/** Calls that stand open for a nurse, as the outbox opens them for residents who are told by telephone. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { openMessageTask } from '../../../db/messages/open-task.ts';
import type { Service } from '../service/service.ts';

/** Opens a call that asks the resident to the visit that is due. */
export async function openCall({ db }: Service, { pathwayId, patientId }: { pathwayId: string; patientId: string }): Promise<void> {
  const { id: messageId } = await db
    .insertInto('message')
    .values({
      key: `call-${randomUUID()}`,
      pathway_id: pathwayId,
      template: 'follow-up-open',
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel: 'phone',
      status: 'in-hand',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await openMessageTask(db, { messageId, channel: 'phone', now: sql<Date>`now()` });
}
