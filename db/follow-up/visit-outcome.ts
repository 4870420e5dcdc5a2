/** What a recorded visit has led to beside the decision of the follow-up: readings, their episodes and tasks, messages. */
import { sql } from 'kysely';
import {
  type Comparators,
  comparatorsOf,
  type Measured,
  type ReadingContext,
  type ReadingKind,
  type StandardValues,
} from '../../domain/readings/reading.ts';
import type { Database } from '../kit/database.ts';
import { type StoredSurroundings, withSurroundings } from '../messages/surroundings.ts';
import { numbersOf } from '../readings/readings.ts';
import { VISIT_SOURCE } from './refused-visits.ts';
import { listMessageIds } from './visit-readings.ts';

export interface VisitOutcome {
  readings: (StandardValues & { comparators?: Comparators; id: string; kind: ReadingKind; measuredAt: Date; context: ReadingContext })[];
  episodes: { id: string; rule: string; raisedAt: Date }[];
  tasks: {
    id: string;
    kind: string;
    role: string;
    urgency: string;
    emergency: boolean;
    dueAt: Date | null;
    about: Record<string, unknown>;
  }[];
  messages: {
    pathwayId: string;
    type: string;
    id: string;
    channel: string;
    template: string;
    parameters: Record<string, string | number | boolean | null>;
    /** What the text of a message to the resident is made of. */
    surroundings?: StoredSurroundings | undefined;
  }[];
  /** The status of the referral that the visit has started, as it is or is about to be; null without one. */
  referralStatus: string | null;
}

interface Asked {
  visitId: string;
  patientId: string;
  /** Undefined for somebody in no follow-up. */
  pathwayId?: string | undefined;
  referralId?: string | undefined;
  /** The ids of the tasks that the decision may have opened. */
  taskIds: readonly string[];
}

export async function loadVisitOutcome(db: Database, { visitId, patientId, pathwayId, referralId, taskIds }: Asked): Promise<VisitOutcome> {
  const readings = await db
    .selectFrom('reading')
    .select(['id', 'kind', 'measured_at as measuredAt', 'context', 'systolic', 'diastolic', 'value', 'given'])
    .where('source', '=', VISIT_SOURCE)
    .where('message_id', 'in', listMessageIds(visitId))
    .orderBy('message_id')
    .execute();
  const { rows } = await sql<Omit<VisitOutcome, 'readings'>>`
    select
      (select coalesce(json_agg(json_build_object('id', id, 'rule', rule, 'raisedAt', raised_at) order by rule), '[]') from reading_episode
        where closed_at is null and patient_id in (select id from records_of_resident(${patientId}))
          and reading_id = any(${readings.map(({ id }) => id)}::uuid[])) as episodes,
      (select coalesce(json_agg(json_build_object('id', id, 'kind', name, 'role', role, 'urgency', urgency, 'emergency', emergency,
          'dueAt', due_at, 'about', coalesce(about, '{}')) order by id), '[]') from task
        where status = 'open' and (id = any(${[...taskIds]}::text[]) or name = 'confirm-reading' and ${readings.length > 0}::boolean
          and patient_id in (select id from records_of_resident(${patientId})))) as tasks,
      (select coalesce(json_agg(json_build_object('pathwayId', pathway_id, 'type', recipient_type, 'id', recipient_id, 'channel', channel,
          'template', template, 'parameters', parameters) order by key), '[]') from message
        where pathway_id = ${pathwayId ?? null}::uuid
          and created_at = (select recorded_at from follow_up_visit where id = ${visitId}::uuid)) as messages,
      coalesce((select status from referral where id = ${referralId ?? null}::uuid),
        (select case when (input ->> 'draft')::boolean then 'draft' else 'received' end from command
          where pathway_id = ${referralId ?? null}::uuid and name = 'create' limit 1)) as "referralStatus"`.execute(db);
  const row = rows[0] as Omit<VisitOutcome, 'readings'>;
  return {
    ...row,
    messages: await withSurroundings(db, row.messages),
    episodes: row.episodes.map((episode) => ({ ...episode, raisedAt: new Date(episode.raisedAt) })),
    tasks: row.tasks.map((task) => ({ ...task, dueAt: task.dueAt && new Date(task.dueAt) })),
    readings: readings.map(({ systolic, diastolic, value, given, ...reading }) => ({
      ...reading,
      ...numbersOf({ systolic, diastolic, value }),
      comparators: comparatorsOf(given as Measured | null),
    })),
  };
}
