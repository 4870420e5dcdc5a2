/** Crisis readings as the commit closes them and as they are read. */
import { sql } from 'kysely';
import { crisisReading } from '../../domain/crisis-reading/decider.ts';
import type { CrisisAction, CrisisValue } from '../../domain/crisis-reading/events.ts';
import type { CrisisReadingState, CrisisReadingStatus } from '../../domain/crisis-reading/state.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import { glucoseKinds, type ReadingKind, type StandardValues } from '../../domain/readings/reading.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import type { Trx } from '../kit/transaction.ts';
import { numbersOf } from '../readings/readings.ts';

export interface CrisisReadingRecord {
  id: string;
  version: number;
  state: CrisisReadingState;
  clockOffsetMs: number;
  openedAt: Date;
  closedAt: Date | null;
  closedById: string | null;
  note: string | null;
  referralId: string | null;
}

/** Undefined also for one whose pathway has not begun yet. */
export async function findCrisisReading(db: Database, id: string): Promise<CrisisReadingRecord | undefined> {
  const row = await db
    .selectFrom('crisis_reading')
    .innerJoin('pathway', 'pathway.id', 'crisis_reading.id')
    .select([
      'crisis_reading.id',
      'pathway.version',
      'pathway.state',
      sql<number>`pathway.clock_offset_ms::float8`.as('clockOffsetMs'),
      'crisis_reading.opened_at as openedAt',
      'crisis_reading.closed_at as closedAt',
      sql<string | null>`crisis_reading.closed_by ->> 'personId'`.as('closedById'),
      'crisis_reading.note',
      'crisis_reading.referral_id as referralId',
    ])
    .where('crisis_reading.id', '=', id)
    .where('pathway.version', '>', 0)
    .executeTakeFirst();
  return row && { ...row, state: withNewFields(crisisReading, (await longFormOf(db, row.state)) as CrisisReadingState) };
}

/** The id of the pathway in which an episode of one value is dealt with, while both are open; it may not have begun yet. */
export async function findOpenCrisisReadingOf(db: Database, episodeId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('reading_episode as episode')
    .innerJoin('crisis_reading as crisis', 'crisis.id', 'episode.crisis_reading_id')
    .select('crisis.id')
    .where('episode.id', '=', episodeId)
    .where('episode.closed_at', 'is', null)
    .where('crisis.status', '=', 'open')
    .executeTakeFirst();
  return row?.id;
}

/** The pathway in which the value of a reading is confirmed, whether it has begun or not; undefined for a reading that has raised none. */
export async function findCrisisReadingOf(db: Database, readingId: string): Promise<string | undefined> {
  const row = await db.selectFrom('crisis_value').select('crisis_reading_id as id').where('reading_id', '=', readingId).executeTakeFirst();
  return row?.id;
}

export interface LockedCrisisReading {
  status: CrisisReadingStatus;
  /** Every value that has come, whether the pathway has heard of it or not, less those that were entered in error. */
  values: CrisisValue[];
}

/** No value joins it until the transaction ends. Throws for an id that is none. */
export async function lockCrisisReading(trx: Trx, id: string): Promise<LockedCrisisReading> {
  const { status } = await trx
    .selectFrom('crisis_reading')
    .select('status')
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const rows = await trx
    .selectFrom('crisis_value')
    .select('detail')
    .where('crisis_reading_id', '=', id)
    .where('withdrawn_at', 'is', null)
    .orderBy('id')
    .execute();
  return { status, values: rows.map(({ detail }) => detail) };
}

export interface ClosedCrisisReading {
  id: string;
  status: Exclude<CrisisReadingStatus, 'open'>;
  at: Date;
  /** Null when the pathway closes it by itself. */
  by: Actor | null;
  action: CrisisAction | null;
  note: string | null;
  referralId: string | null;
}

/** Closes it, and the episodes that stood in it. One that is closed stays as it was closed. */
export async function closeCrisisReading(trx: Trx, { id, status, at, by, action, note, referralId }: ClosedCrisisReading): Promise<void> {
  const closedBy = JSON.stringify(by ?? { system: true });
  await trx
    .updateTable('crisis_reading')
    .set({ status, closed_at: at, closed_by: by && closedBy, action, note, referral_id: referralId })
    .where('id', '=', id)
    .where('status', '=', 'open')
    .execute();
  await trx
    .updateTable('reading_episode')
    .set({ closed_at: at, closed_by: closedBy, done: note ?? status })
    .where('crisis_reading_id', '=', id)
    .where('closed_at', 'is', null)
    .execute();
}

/** The death that had closed it was told wrongly. */
export async function reopenCrisisReading(trx: Trx, id: string): Promise<void> {
  await trx
    .updateTable('crisis_reading')
    .set({ status: 'open', closed_at: null, closed_by: null })
    .where('id', '=', id)
    .where('status', '=', 'died')
    .execute();
}

export interface LaterReading extends StandardValues {
  kind: ReadingKind;
  /** In milliseconds. */
  measuredAt: number;
}

/** The pressures and glucoses of a person, of all records, that were measured after an instant. */
export async function listReadingsAfter(trx: Trx, patientId: string, after: Date): Promise<LaterReading[]> {
  const rows = await trx
    .selectFrom('reading')
    .select(['kind', 'measured_at', 'systolic', 'diastolic', 'value'])
    .where('patient_id', 'in', sql<string>`(select id from records_of_resident(${patientId}))`)
    .where('status', '=', 'recorded')
    .where('measured_at', '>', after)
    .where('kind', 'in', ['blood-pressure', ...glucoseKinds])
    .orderBy('measured_at', 'desc')
    .limit(MOST_LATER_READINGS)
    .execute();
  return rows.map(({ kind, measured_at, ...numbers }) => ({ kind, measuredAt: measured_at.getTime(), ...numbersOf(numbers) }));
}

/** One later value below the threshold is enough; a meter that measures all the time sends some hundred a day. */
const MOST_LATER_READINGS = 1_000;

/** The urgent upward referral of a person that has been sent and is still open: what calls for another one finds this. */
export async function findOpenUrgentReferral(trx: Trx, patientId: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('referral')
    .select('id')
    .where('patient_id', 'in', sql<string>`(select id from records_of_resident(${patientId}))`)
    .where('direction', '=', 'up')
    .where('urgency', '=', 'urgent')
    .where('status', 'not in', ['draft', 'cancelled', 'rejected'])
    .where('closed_at', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}
