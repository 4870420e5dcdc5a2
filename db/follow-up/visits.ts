/** Visits of follow-up: evidence that is written once and never changed. */
import { type Insertable, sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { FollowUpVisitTable } from './tables.ts';

export interface VisitRecord {
  id: string;
  visitedAt: Date;
  recordedAt: Date;
  recordedBy: { personId: string; institutionId: string; role: string };
  mode: 'clinic' | 'home' | 'phone';
  form: unknown;
  enteredLate: boolean;
  class: number | null;
  classOverride: number | null;
  overrideReason: string | null;
  evaluation: unknown;
  opensOn: string | null;
  dueOn: string | null;
  measured: boolean | null;
  indicators: unknown;
  referralId: string | null;
}

/** Newest visit first. One more than `limit` when there are more. */
export async function listVisits(
  db: Database,
  enrolmentId: string,
  { limit, before }: { limit: number; before?: [visitedAt: string, id: string] | undefined },
): Promise<VisitRecord[]> {
  let query = db
    .selectFrom('follow_up_visit')
    .select([
      'id',
      'visited_at as visitedAt',
      'recorded_at as recordedAt',
      'recorded_by as recordedBy',
      'mode',
      'form',
      'entered_late as enteredLate',
      'class',
      'class_override as classOverride',
      'override_reason as overrideReason',
      'evaluation',
      'opens_on as opensOn',
      'due_on as dueOn',
      'measured',
      'indicators',
      'referral_id as referralId',
    ])
    .where('enrolment_id', 'in', (eb) =>
      eb
        .selectFrom('enrolment')
        .select('enrolment.id')
        .where((of) => of.or([of('enrolment.id', '=', enrolmentId), of('merged_into_id', '=', enrolmentId)])),
    )
    .orderBy('visited_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (before) query = query.where(sql<boolean>`(visited_at, id) < (${before[0]}::timestamptz, ${before[1]}::uuid)`);
  return (await query.execute()) as VisitRecord[];
}

export async function insertVisit(trx: Trx, row: Insertable<FollowUpVisitTable>): Promise<void> {
  await trx.insertInto('follow_up_visit').values(row).execute();
}
