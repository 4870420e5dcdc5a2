/** Visits of follow-up: evidence that is written once and never changed. */
import { type Insertable, sql } from 'kysely';
import type { FormMedicines } from '../../domain/follow-up/referral-summary.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { FollowUpVisitTable, VisitMark } from './tables.ts';

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
  /** Who took the visit back, when and why; null for one that counts. */
  enteredInError: Pick<VisitMark, 'at' | 'by' | 'reason'> | null;
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
      sql<VisitRecord['enteredInError']>`(
        select entered_in_error - 'undone' from patient_visit where patient_visit.id = coalesce(visit_id, follow_up_visit.id))`.as(
        'enteredInError',
      ),
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

/** What the latest visit of each enrolment that names medicines says of them, the newest visit first. */
export async function listLatestMedicines(trx: Trx, enrolmentIds: readonly string[]): Promise<FormMedicines[]> {
  const { rows } = await sql<FormMedicines>`
    select form -> 'medications' as medications, form -> 'insulin' as insulin from (
      select distinct on (enrolment_id) enrolment_id, visited_at, form from follow_up_visit
      where enrolment_id = any(${[...enrolmentIds]}::uuid[]) and (form ? 'medications' or form ? 'insulin')
        and not exists (select from patient_visit where patient_visit.id = visit_id and entered_in_error is not null)
      order by enrolment_id, visited_at desc
    ) as latest order by visited_at desc`.execute(trx);
  return rows;
}
