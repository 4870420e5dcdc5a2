/** Referrals written straight into the tables, for questions that are asked of many of them: their legs and timelines as a test tells them. */
import { v7 as uuid } from 'uuid';
import type { Database } from '../../../db/kit/database.ts';

export interface StoredLeg {
  institutionId: string;
  departmentId?: string | null;
  from: Date;
  to?: Date | null;
  endReason?: string | null;
}

export interface StoredEntry {
  event: string;
  at: Date;
  from?: string | null;
  to?: string | null;
  /** of the first reason: tells whose clock a rung belongs to */
  clause?: string;
}

export interface StoredReferral {
  id?: string;
  patientId?: string;
  direction?: 'up' | 'down';
  urgency?: 'urgent' | 'same-day' | 'routine';
  emergency?: boolean;
  initiatorId?: string;
  /** institutions that the initiator's duties came from */
  formerInitiators?: string[];
  reason?: string;
  status: string;
  statusReason?: string | null;
  sentAt: Date | null;
  reviewedAt?: Date | null;
  closedAt?: Date | null;
  appointmentAt?: Date | null;
  legs: StoredLeg[];
  entries: StoredEntry[];
}

const initiator = 'inst-c01';

/** The demo alliance has to be seeded. All in one transaction, the caller's if there is one. @returns their ids, in order */
export async function storeReferrals(db: Database, stored: readonly StoredReferral[]): Promise<string[]> {
  const all = stored.map((referral) => ({ ...referral, id: referral.id ?? uuid() }));
  const write = async (trx: Database) => {
    const insertAll = async <Row>(rows: readonly Row[], insert: (some: Row[]) => Promise<unknown>) => {
      for (let next = 0; next < rows.length; next += 1_000) await insert(rows.slice(next, next + 1_000));
    };
    await insertAll(all, (some) => trx.insertInto('pathway').values(some.map(pathwayRow)).execute());
    await insertAll(all, (some) => trx.insertInto('referral').values(some.map(referralRow)).execute());
    await insertAll(all.flatMap(legRows), (some) => trx.insertInto('referral_leg').values(some).execute());
    await insertAll(all.flatMap(timelineRows), (some) => trx.insertInto('timeline').values(some).execute());
  };
  await (db.isTransaction ? write(db) : db.transaction().execute(write));
  return all.map(({ id }) => id);
}

type WithId = StoredReferral & { id: string };

const pathwayRow = ({ id, formerInitiators = [], appointmentAt, reviewedAt }: WithId) => ({
  id,
  kind: 'referral',
  version: 1,
  state: JSON.stringify({
    formerInitiators,
    reviewedAt: reviewedAt?.getTime() ?? null,
    appointment: appointmentAt ? { startsAt: appointmentAt.getTime(), endsAt: appointmentAt.getTime() + 3_600_000, slotId: null } : null,
  }),
});

const referralRow = (referral: WithId) => {
  const asked = referral.legs.at(-1);
  return {
    id: referral.id,
    patient_id: referral.patientId ?? 'patient-0001',
    direction: referral.direction ?? ('up' as const),
    urgency: referral.urgency ?? ('routine' as const),
    emergency: referral.emergency ?? false,
    status: referral.status,
    business_status: null,
    status_reason: referral.statusReason ?? null,
    initiator_institution_id: referral.initiatorId ?? initiator,
    initiator_person_id: 'person-gp',
    institution_id: asked?.institutionId ?? 'inst-h1',
    department_id: asked?.departmentId ?? null,
    reason: referral.reason ?? '血压持续升高',
    sent_at: referral.sentAt,
    closed_at: referral.closedAt ?? null,
    due_at: null,
  };
};

const legRows = ({ id, legs }: WithId) =>
  legs.map(({ institutionId, departmentId = null, from, to = null, endReason = null }, index) => ({
    referral_id: id,
    n: index + 1,
    institution_id: institutionId,
    department_id: departmentId,
    from_at: from,
    to_at: to,
    end_reason: endReason,
  }));

const timelineRows = ({ id, entries }: WithId) =>
  entries.map(({ event, at, from = null, to = null, clause = event }, index) => ({
    pathway_id: id,
    seq: index + 1,
    version: index + 1,
    happened_at: at,
    actor: JSON.stringify({ personId: 'person-gp', institutionId: initiator, role: 'gp' }),
    event,
    from_status: from,
    to_status: to,
    because: JSON.stringify([{ rule: 'test', clause, evidence: {} }]),
  }));
