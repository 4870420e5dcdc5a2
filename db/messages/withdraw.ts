/** Messages that are taken back before they went. */
import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { databaseClock } from './leased-message.ts';

/** Takes a message back, with the task that carries it. `attempt`: what is written of one that has no result yet. */
export async function withdraw(
  trx: Trx,
  id: string,
  reason: string,
  { now, attempt }: { now: RawBuilder<Date>; attempt: { result: 'unknown' | 'withdrawn'; detail: string } },
): Promise<void> {
  await trx.updateTable('message').set({ status: 'withdrawn', withdrawn_because: reason, waits_for: null }).where('id', '=', id).execute();
  await trx
    .updateTable('task')
    .set((eb) => ({
      status: 'withdrawn',
      closed_at: eb
        .selectFrom('pathway')
        .select(sql<Date>`${now} + clock_offset_ms * interval '1 millisecond'`.as('at'))
        .whereRef('pathway.id', '=', 'task.pathway_id'),
      closed_by: reason,
      version: eb('version', '+', 1),
    }))
    .where('message_id', '=', id)
    .where('status', '=', 'open')
    .execute();
  await trx
    .updateTable('message_attempt')
    .set({ ...attempt, finished_at: now })
    .where('message_id', '=', id)
    .where('result', 'is', null)
    .execute();
}

/** Takes back the messages of these steps of a pathway that have not gone out: what they tell has been taken back. */
export async function withdrawMessagesOfSteps(trx: Trx, pathwayId: string, stepIds: readonly string[]): Promise<void> {
  const waiting = await trx
    .selectFrom('message')
    .select('id')
    .where('pathway_id', '=', pathwayId)
    .where('status', 'in', ['waiting', 'bundled'])
    .where(
      sql<boolean>`exists (select from unnest(${[...stepIds]}::text[]) as step where starts_with(key, ${pathwayId} || ':' || step || ':'))`,
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  const now = databaseClock();
  for (const { id } of waiting)
    await withdraw(trx, id, 'entered-in-error', { now, attempt: { result: 'withdrawn', detail: 'entered-in-error' } });
}
