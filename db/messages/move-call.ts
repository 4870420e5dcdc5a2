/** An open call that is put off: the task stays with whoever has it, and is due at another time. */
import { sql } from 'kysely';
import { mayCallAt } from '../../domain/messages/call-window.ts';
import type { Database } from '../kit/database.ts';
import type { TaskRow } from '../kit/tasks.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration } from './configuration.ts';
import { findUsefulUntil, taskOfChannel } from './open-task.ts';

/** False also for a letter and for a question. */
export async function mayMoveCall(db: Database, task: TaskRow, dueAt: Date): Promise<boolean> {
  const { message, name, urgency, emergency } = task;
  if (message === null || name !== taskOfChannel.phone) return false;
  const offsetMs = task.now.getTime() - Date.now();
  const [until, { quietHours }] = await Promise.all([findUsefulUntil(db, message.id), loadMessageConfiguration(db)]);
  const usefulUntil = until && until.getTime() + offsetMs;
  return mayCallAt(dueAt.getTime(), { urgency, emergency, now: task.now.getTime(), usefulUntil }, quietHours);
}

/** Why it was put off stands as the task's note until somebody says what came of the call. False when the task was closed meanwhile. */
export async function moveCall(trx: Trx, { id, message }: TaskRow, { dueAt, reason }: { dueAt: Date; reason: string }): Promise<boolean> {
  // First the message, then its task: the order in which the outbox locks them.
  await trx
    .selectFrom('message')
    .select('id')
    .where('id', '=', message?.id ?? null)
    .forUpdate()
    .execute();
  const { numAffectedRows } = await sql`
    update task set due_at = ${dueAt}::timestamptz, note = ${reason}, version = version + 1,
      clock = jsonb_set(clock::jsonb, '{budgetMs}', to_jsonb(${dueAt.getTime()}::bigint - (clock ->> 'startedAt')::bigint))
    where id = ${id} and status = 'open'`.execute(trx);
  return (numAffectedRows ?? 0n) > 0n;
}
