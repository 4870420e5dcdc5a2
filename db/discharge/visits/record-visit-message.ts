/** A message about a stay comes in. It is stored and never refused: it counts, changes nothing, or waits until somebody says whom it means. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { ReadEntry, SentEntry } from '../../../domain/discharge/sent-orders.ts';
import type { VisitMessage } from '../../../domain/discharge/standing.ts';
import { factOfVisitEvent, RESULT_REPORTED, type ReportedResult, type VisitFact } from '../../../domain/discharge/visit-facts.ts';
import { auditFact, type RecordedBy } from '../../directory/fact-audit.ts';
import { type FactReceipt, findRepeated } from '../../directory/facts.ts';
import { findGivenPatient, type GivenPatient, givenColumns } from '../../directory/given-patient.ts';
import { openReview } from '../../directory/held-facts.ts';
import { holdRecordsTogether, lockResident } from '../../directory/resident-records.ts';
import type { Database } from '../../kit/database.ts';
import type { Trx } from '../../kit/transaction.ts';
import { settleStays } from './settle-stays.ts';
import { keepEntries, listClosedOrders } from './stay-orders.ts';
import type { VisitMessageTable } from './tables.ts';

export interface VisitReport extends Omit<VisitMessage, 'id' | 'event' | 'recordedAt' | 'occurredAt'> {
  /** Together with the message's id it names the message, whoever sends it again. */
  source: string;
  messageId: string;
  event: VisitMessageTable['event'];
  /** In milliseconds, as all instants of it. */
  recordedAt: number;
  occurredAt: number | null;
  hospitalId: string;
  visitNumber: string;
  patient: GivenPatient;
  /** True where the message says itself something else of the person than the register: nobody can be sure whom it means. */
  isDoubtful?: boolean;
  result: ReportedResult | null;
  bodyHash: Buffer;
  /** Of a transaction: what was read of the entries beside the Encounter. */
  orders?: readonly ReadEntry[];
}

export interface VisitReceipt extends FactReceipt {
  /** applied: the stay is another one now. noted: nothing follows. held: nobody knows whom it means. */
  effect: 'applied' | 'noted' | 'held';
  /** Somebody has to look at it. */
  isReviewed: boolean;
  /** The entries beside the Encounter as they are kept; undefined for a repetition. */
  entries?: readonly SentEntry[];
  /** Those of their orders that the episode had closed before. */
  closedOrderIds?: ReadonlySet<string>;
}

export async function recordVisitMessage(trx: Trx, report: VisitReport, by: RecordedBy): Promise<VisitReceipt> {
  const named = { ...report, occurredAt: new Date(report.occurredAt ?? report.recordedAt) };
  const earlier = await findRepeated(trx, named, by);
  if (earlier) return { ...earlier, ...(await effectOf(trx, earlier.factId)) };

  await holdRecordsTogether(trx, { merging: false });
  const patientId = await findMeantPatient(trx, report);
  const resident = patientId === undefined ? undefined : await lockResident(trx, patientId);
  const visit = await lockVisit(trx, report);
  const factId = uuid();
  const type = factTypeOf(report.event);
  const stored = await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: report.source,
      message_id: report.messageId,
      type,
      occurred_at: named.occurredAt,
      sender_id: by.actor.personId,
      sender_institution_id: by.actor.institutionId,
      ...givenColumns(report.patient),
      details: JSON.stringify({ institutionId: report.hospitalId, visitNumber: report.visitNumber }),
      body_hash: report.bodyHash,
      status: 'held',
      patient_id: patientId ?? null,
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows === 0n) {
    const receipt = (await findRepeated(trx, named, by)) as FactReceipt;
    return { ...receipt, ...(await effectOf(trx, receipt.factId)) };
  }
  await insertMessage(trx, report, { factId, visitId: visit.id, patientId });
  const kept = report.orders && {
    entries: await keepEntries(trx, { visitId: visit.id, factId }, report.orders),
    closedOrderIds: await listClosedOrders(trx, visit.id),
  };
  const audit = (code: string | null) =>
    auditFact(trx, by, { action: `fact.${type}`, factId, occurredAt: named.occurredAt, patientId: patientId ?? null, code });
  const review = (reason: 'unknown-patient' | 'visit-of-another-patient') =>
    openReview(trx, { factId, reason, institutionId: report.hospitalId });

  if (patientId === undefined || !resident) {
    await review('unknown-patient');
    await audit('unknown-patient');
    return { factId, duplicate: false, effect: 'held', isReviewed: true, ...kept };
  }
  if (visit.patientId !== null && !resident.recordIds.includes(visit.patientId)) {
    await review('visit-of-another-patient');
    await audit('visit-of-another-patient');
    return { factId, duplicate: false, effect: 'held', isReviewed: true, ...kept };
  }
  if (visit.patientId === null) await trx.updateTable('visit').set({ patient_id: patientId }).where('id', '=', visit.id).execute();
  const effects = await settleStays(trx, patientId, factId);
  const isReviewed = await isUnderReview(trx, factId);
  await audit(null);
  const isApplied = report.event === 'result' || effects.get(factId) === 'applied';
  return { factId, duplicate: false, effect: isApplied ? 'applied' : 'noted', isReviewed, ...kept };
}

function factTypeOf(event: VisitReport['event']): VisitFact {
  if (event === 'result') return RESULT_REPORTED;
  return factOfVisitEvent[event === 'in-progress' ? 'A01' : event];
}

/** Whom the message names by the register; or whom somebody has said an earlier message under the same number to mean. */
async function findMeantPatient(trx: Trx, { patient, isDoubtful }: VisitReport): Promise<string | undefined> {
  const known = isDoubtful ? undefined : await findGivenPatient(trx, patient);
  return known ?? (await findDecidedPatient(trx, patient));
}

async function findDecidedPatient(db: Database, patient: GivenPatient): Promise<string | undefined> {
  const given = givenColumns(patient);
  const { rows } = await sql<{ patientId: string }>`
    select review.patient_id as "patientId" from identity_review as review join fact on fact.id = review.fact_id
    where review.reason = 'unknown-patient' and review.patient_id is not null and fact.details ? 'visitNumber'
      and fact.local_id_system is not distinct from ${given.local_id_system} and fact.local_id_value is not distinct from ${given.local_id_value}
      and fact.given_patient_id is not distinct from ${given.given_patient_id}
    order by review.resolved_at desc limit 1`.execute(db);
  return rows[0]?.patientId;
}

async function lockVisit(trx: Trx, { hospitalId, visitNumber }: VisitReport): Promise<{ id: string; patientId: string | null }> {
  await trx
    .insertInto('visit')
    .values({ id: uuid(), hospital_id: hospitalId, visit_number: visitNumber })
    .onConflict((conflict) => conflict.columns(['hospital_id', 'visit_number']).doNothing())
    .execute();
  return trx
    .selectFrom('visit')
    .select(['id', 'patient_id as patientId'])
    .where('hospital_id', '=', hospitalId)
    .where('visit_number', '=', visitNumber)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function insertMessage(
  trx: Trx,
  report: VisitReport,
  { factId, visitId, patientId }: { factId: string; visitId: string; patientId: string | undefined },
): Promise<void> {
  const toDate = (at: number | null) => (at === null ? null : new Date(at));
  await trx
    .insertInto('visit_message')
    .values({
      fact_id: factId,
      visit_id: visitId,
      event: report.event,
      recorded_at: new Date(report.recordedAt),
      occurred_at: toDate(report.occurredAt),
      admitted_at: toDate(report.admittedAt),
      discharged_at: toDate(report.dischargedAt),
      department_code: report.departmentCode,
      admission_type: report.admissionType,
      disposition: report.disposition,
      is_inpatient: report.isInpatient,
      patient_id: patientId ?? null,
      result: report.result && JSON.stringify(report.result),
      told_at: null,
    })
    .execute();
}

async function isUnderReview(db: Database, factId: string): Promise<boolean> {
  const open = await db
    .selectFrom('identity_review')
    .select('id')
    .where('fact_id', '=', factId)
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
  return open !== undefined;
}

/** What has become of a message that comes again, without folding anew: that it was kept. */
async function effectOf(db: Database, factId: string): Promise<Pick<VisitReceipt, 'effect' | 'isReviewed'>> {
  const { status } = await db.selectFrom('fact').select('status').where('id', '=', factId).executeTakeFirstOrThrow();
  return { effect: status === 'held' ? 'held' : 'applied', isReviewed: await isUnderReview(db, factId) };
}

/** What was answered to the message, so that whoever sends it again gets the same. */
export async function keepAnswer(trx: Trx, factId: string, answer: object): Promise<void> {
  await trx
    .updateTable('visit_message')
    .set({ answer: JSON.stringify(answer) })
    .where('fact_id', '=', factId)
    .execute();
}

export async function findAnswer(db: Database, factId: string): Promise<Record<string, unknown> | undefined> {
  const row = await db.selectFrom('visit_message').select('answer').where('fact_id', '=', factId).executeTakeFirst();
  return row?.answer ?? undefined;
}
