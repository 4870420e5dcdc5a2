/** What rests while a death is reported: tasks that ask for the resident are on no list, messages wait. Emergencies do not rest. */
import { sql } from 'kysely';
import { bundleTemplate } from '../../domain/messages/bundle-text.ts';
import type { Trx } from '../kit/transaction.ts';

const anyOf = (recordIds: readonly string[]) => sql<string>`any(${[...recordIds]}::text[])`;

/** Tasks that are opened later rest from their opening on: the database sees to it. */
export async function holdTasks(trx: Trx, recordIds: readonly string[]): Promise<void> {
  await trx
    .updateTable('task')
    .set((eb) => ({ held_since: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('patient_id', '=', anyOf(recordIds))
    .where('status', '=', 'open')
    .where('emergency', '=', false)
    .where('held_since', 'is', null)
    .where(sql<boolean>`asks_resident(name)`)
    .execute();
}

export async function releaseTasks(trx: Trx, recordIds: readonly string[]): Promise<void> {
  await trx
    .updateTable('task')
    .set((eb) => ({ held_since: null, version: eb('version', '+', 1) }))
    .where('patient_id', '=', anyOf(recordIds))
    .where('held_since', 'is not', null)
    .execute();
}

/** Messages that waited for the answer are looked at again at once; whether they are still meant is asked then. What was a part of another one goes by itself. */
export async function sendHeldMessages(trx: Trx, recordIds: readonly string[]): Promise<void> {
  await sql`
    update message set next_attempt_at = now(), waits_for = null, status = 'waiting', withdrawn_because = null, bundle_id = null
    where recipient_type = 'patient' and recipient_id = ${anyOf(recordIds)}
      and (status = 'waiting' and waits_for = 'confirmation' or status = 'withdrawn' and withdrawn_because = 'patient-died' and template <> ${bundleTemplate})`.execute(
    trx,
  );
}
