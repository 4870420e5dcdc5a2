/** The steps of a referral with what a message about them tells beside the timeline. */
import type { PathwayEvent } from '../domain/pathway.ts';
import { type Appointment, lastLeg } from '../domain/referral-state.ts';
import type { Database } from './database.ts';
import { type Department, findInstitution, getPatient, type Institution, listDepartments, type Patient } from './directory.ts';
import { numberOfReferral, type ReferralNumber } from './messages-of-others.ts';
import { type ReferralRecord, type TimelineRow, timelineOf } from './referrals.ts';

export interface ReferralStep extends TimelineRow {
  /** the appointment that the step made */
  appointment: Appointment | undefined;
  /** the institution asked at that time */
  recipientId: string;
}

/** In order. */
export async function stepsOfReferral(db: Database, { id, state }: Pick<ReferralRecord, 'id' | 'state'>): Promise<ReferralStep[]> {
  const [timeline, decisions] = await Promise.all([
    timelineOf(db, id),
    db
      .selectFrom('timeline')
      .innerJoin('decision', (join) =>
        join.onRef('decision.pathway_id', '=', 'timeline.pathway_id').onRef('decision.version', '=', 'timeline.version'),
      )
      .select(['timeline.seq', 'decision.event'])
      .where('timeline.pathway_id', '=', id)
      .execute(),
  ]);
  const events = new Map(decisions.map(({ seq, event }) => [seq, event as PathwayEvent]));
  return timeline.map((row) => {
    const at = row.happenedAt.getTime();
    // A leg that begins at the same instant is the one that the step asked.
    const leg = state.legs.findLast(({ from }) => from <= at) ?? state.legs[0];
    const input = events.get(row.seq)?.input as { appointment?: Appointment } | undefined;
    return { ...row, appointment: input?.appointment, recipientId: leg?.institutionId ?? state.addressee.institutionId };
  });
}

export interface ReferralSurroundings {
  patient: Patient;
  department: Department | undefined;
  initiator: Institution | undefined;
  recipient: Institution | undefined;
  /** of the initiator's own system */
  number: ReferralNumber | undefined;
}

export async function surroundingsOf(db: Database, { id, state }: Pick<ReferralRecord, 'id' | 'state'>): Promise<ReferralSurroundings> {
  const asked = lastLeg(state) ?? state.addressee;
  const [patient, departments, initiator, recipient, number] = await Promise.all([
    getPatient(db, state.patientId),
    listDepartments(db, { institutionId: asked.institutionId }, { limit: 200 }),
    findInstitution(db, state.initiator.institutionId),
    findInstitution(db, asked.institutionId),
    numberOfReferral(db, id),
  ]);
  if (!patient) throw new Error('A referral has a patient.');
  return {
    patient,
    department: departments.items.find((department) => department.id === asked.departmentId),
    initiator,
    recipient,
    number,
  };
}
