/** The open calls of a resident, which one conversation answers together. */
import { sql } from 'kysely';
import type { CallOutcome } from '../../domain/messages/channels.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { taskOfChannel } from './open-task.ts';
import { reportCall } from './tasks.ts';

export interface OpenCall {
  taskId: string;
  messageId: string;
}

/** One conversation answers no more calls than this; nobody has so many open. */
const MOST_CALLS = 50;

/** The open calls of all records of the resident, the oldest first; with `taskIds` those of them that are named. */
export async function listOpenCalls(db: Database, patientId: string, taskIds?: readonly string[]): Promise<OpenCall[]> {
  let query = db
    .selectFrom('task')
    .select(['id as taskId', sql<string>`message_id`.as('messageId')])
    .where(sql<boolean>`patient_id in (select id from records_of_resident(${patientId}))`)
    .where('name', '=', taskOfChannel.phone)
    .where('status', '=', 'open')
    .where('message_id', 'is not', null)
    .orderBy('opened_at')
    .orderBy('id')
    .limit(MOST_CALLS);
  if (taskIds) query = query.where('id', 'in', [...taskIds]);
  return query.execute();
}

export interface CallReport {
  patientId: string;
  /** Only these calls; undefined for all that are open. */
  taskIds?: readonly string[] | undefined;
  outcome: CallOutcome;
  callAt: Date | null;
  personId: string;
  at: Date;
}

/** The report on a call that reached the person, who knows what they were called for. */
export const reachedCall = (patientId: string, taskIds: readonly string[] | undefined, personId: string): CallReport => ({
  patientId,
  taskIds,
  outcome: 'agreed',
  callAt: null,
  personId,
  at: new Date(),
});

/**
 * Closes the calls with what came of the conversation. Whether somebody has moved is asked once: the first call opens the question, and the messages of
 * the others go on later. A call that somebody else has closed meanwhile stays as it was closed.
 */
export async function reportCalls(trx: Trx, { patientId, taskIds, outcome, callAt, personId, at }: CallReport): Promise<void> {
  const calls = await listOpenCalls(trx, patientId, taskIds);
  for (const [index, { taskId, messageId }] of calls.entries()) {
    const isAskedAlready = outcome === 'moved' && index > 0;
    await reportCall(trx, { taskId, messageId, outcome: isAskedAlready ? 'call-later' : outcome, callAt, note: null, personId, at });
  }
}
