/** Two records have become one: what waits for the one goes to the resident with what waits for the other, as one message a day. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { takeBundlesApart } from './bundles.ts';

/** What was tried already may have arrived, so it goes on to whom it was sent. */
export async function moveWaitingMessages(trx: Trx, recordIds: readonly string[], survivorId: string): Promise<void> {
  const others = recordIds.filter((id) => id !== survivorId);
  if (others.length === 0) return;
  await takeBundlesApart(trx, others);
  await sql`
    update message set recipient_id = ${survivorId}
    where recipient_type = 'patient' and status = 'waiting' and attempts = 0 and bundle_id is null and recipient_id = any(${others}::text[])`.execute(
    trx,
  );
}
