/** Follow-ups written straight into the tables, for questions that are asked of many of them. */
import { v7 as uuid } from 'uuid';
import type { Database } from '../../../db/kit/database.ts';
import { type StoredReferral, storeReferrals } from './referral-rows.ts';

export interface StoredVisit {
  at: Date;
  mode: 'clinic' | 'home' | 'phone';
  measured: boolean;
  annualExam: boolean;
  payment: boolean | null;
  clinical: boolean | null;
  /** null: entered late */
  dueOn: string | null;
  /** a referral that it started; absent: its creating command waits for the relay */
  referral?: Pick<StoredReferral, 'status' | 'sentAt' | 'legs' | 'entries'> | 'absent' | undefined;
}

export interface StoredEnrolment {
  id: string;
  protocol: string;
  startedOn: string;
  status: 'active' | 'paused' | 'ended';
  endReason: 'lost' | 'died' | 'withdrawn' | null;
  endedAt: Date | null;
  nextDueOn: string | null;
  visits: StoredVisit[];
}

/** One person's. */
export interface StoredFollowUp {
  patientId: string;
  institutionId: string;
  enrolments: StoredEnrolment[];
  /** windows that were given up, each of some of the enrolments */
  expired: { dueOn: string; enrolmentIds: string[] }[];
}

/** The demo alliance has to be seeded. */
export async function storeFollowUps(db: Database, stored: readonly StoredFollowUp[]): Promise<void> {
  await db.transaction().execute((trx) => write(trx, stored));
}

async function write(db: Database, stored: readonly StoredFollowUp[]): Promise<void> {
  for (const { patientId, institutionId, enrolments, expired } of stored) {
    const pathwayId = uuid();
    await db.insertInto('pathway').values({ id: pathwayId, kind: 'follow-up', version: 1, state: '{}' }).execute();
    for (const [index, { dueOn, enrolmentIds }] of expired.entries())
      await db
        .insertInto('timeline')
        .values({
          pathway_id: pathwayId,
          seq: index + 1,
          version: index + 1,
          happened_at: new Date(`${dueOn}T16:00:00Z`),
          actor: '{"system": true}',
          event: 'expired',
          from_status: null,
          to_status: null,
          because: JSON.stringify([
            { rule: 'test', clause: 'expired', evidence: { visit: 1, opensOn: dueOn, dueOn, enrolmentIds: enrolmentIds.join(' ') } },
          ]),
          note: null,
        })
        .execute();
    for (const { visits, ...enrolment } of enrolments) {
      await db
        .insertInto('enrolment')
        .values({
          id: enrolment.id,
          pathway_id: pathwayId,
          patient_id: patientId,
          institution_id: institutionId,
          protocol_id: enrolment.protocol,
          protocol_version: 1,
          started_on: enrolment.startedOn,
          package: 'basic',
          status: enrolment.status,
          pause_reason: enrolment.status === 'paused' ? 'travel' : null,
          end_reason: enrolment.endReason,
          ended_at: enrolment.endedAt,
          next_opens_on: enrolment.nextDueOn,
          next_due_on: enrolment.nextDueOn,
          last_class: null,
        })
        .execute();
      for (const visit of visits) await storeVisit(db, enrolment.id, patientId, visit);
    }
  }
}

async function storeVisit(db: Database, enrolmentId: string, patientId: string, visit: StoredVisit): Promise<void> {
  const { referral } = visit;
  const referralId = referral ? uuid() : null;
  if (referral && referral !== 'absent') await storeReferrals(db, [{ id: referralId as string, patientId, ...referral }]);
  const indicator = (controlled: boolean | null) => ({ protocol: 'test', version: 1, controlled });
  await db
    .insertInto('follow_up_visit')
    .values({
      id: uuid(),
      enrolment_id: enrolmentId,
      visited_at: visit.at,
      recorded_by: '{}',
      mode: visit.mode,
      form: JSON.stringify({ annualExam: visit.annualExam }),
      entered_late: visit.dueOn === null,
      class: null,
      class_override: null,
      override_reason: null,
      evaluation: visit.dueOn === null ? null : '{}',
      opens_on: visit.dueOn,
      due_on: visit.dueOn,
      measured: visit.measured,
      indicators: JSON.stringify({ payment: indicator(visit.payment), clinical: indicator(visit.clinical) }),
      referral_id: referralId,
    })
    .execute();
}
