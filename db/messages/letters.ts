/** Letters to print and hand over: messages to patients that go on paper, for the patient's own institution. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import { taskOfChannel } from './open-task.ts';
import { messageSurroundings, type StoredSurroundings } from './surroundings.ts';

export interface Letter {
  /** The id of the message. */
  id: string;
  taskId: string;
  pathwayId: string;
  pathwayKind: string;
  institutionId: string;
  patientId: string;
  patientName: string;
  template: string;
  parameters: Record<string, string | number | boolean | null>;
  /** What its text is made of. */
  surroundings: StoredSurroundings;
  status: 'open' | 'done' | 'withdrawn';
  outcome: string | null;
  openedAt: Date;
  dueAt: Date | null;
  closedAt: Date | null;
}

/** To the millisecond: a cursor holds no more. */
const openedAt = sql<Date>`date_trunc('milliseconds', task.opened_at)`;

const selectLetters = (db: Database) =>
  db
    .selectFrom('task')
    .innerJoin('message', 'message.id', 'task.message_id')
    .innerJoin('pathway', 'pathway.id', 'task.pathway_id')
    .innerJoin('patient', 'patient.id', 'task.patient_id')
    .select([
      'message.id',
      'task.id as taskId',
      'task.pathway_id as pathwayId',
      'pathway.kind as pathwayKind',
      'task.institution_id as institutionId',
      'patient.id as patientId',
      'patient.name as patientName',
      'message.template',
      'message.parameters',
      messageSurroundings.as('surroundings'),
      'task.status',
      'task.outcome',
      openedAt.as('openedAt'),
      'task.due_at as dueAt',
      'task.closed_at as closedAt',
    ])
    .where('task.name', '=', taskOfChannel.paper);

export interface LettersQuestion {
  institutionId: string;
  status: Letter['status'];
  limit: number;
  after?: { openedAt: string; id: string } | undefined;
}

/** The oldest first; one more than asked for says that there are more. */
export async function listLetters(db: Database, { institutionId, status, limit, after }: LettersQuestion): Promise<Letter[]> {
  let query = selectLetters(db).where('task.institution_id', '=', institutionId).where('task.status', '=', status);
  if (after) query = query.where(sql<boolean>`(${openedAt}, message.id) > (${after.openedAt}::timestamptz, ${after.id}::uuid)`);
  return query
    .orderBy(openedAt)
    .orderBy('message.id')
    .limit(limit + 1)
    .execute();
}

export const findLetter = (db: Database, id: string): Promise<Letter | undefined> =>
  selectLetters(db).where('message.id', '=', id).executeTakeFirst();
