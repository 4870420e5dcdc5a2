/** The steps of a referral with what a message about them tells beside the timeline. */
import type { PathwayEvent } from '../../domain/kit/pathway.ts';
import type { Appointment } from '../../domain/referral/state.ts';
import { getPatient, type Patient } from '../directory/patients.ts';
import { numberOfReferral, type ReferralNumber } from '../hl7v2/messages.ts';
import type { Database } from '../kit/database.ts';
import { type TimelineRow, timelineOf } from '../kit/timeline.ts';
import type { ReferralRecord } from './referrals.ts';

export interface ReferralStep extends TimelineRow {
  /** The version of the decision that the step belongs to. */
  version: number;
  /** The appointment that the step made. */
  appointment: Appointment | undefined;
  /** Who had been asked at the time of the step. */
  recipient: { institutionId: string; department: { code: string; name: string } | undefined };
}

/** In order. */
export async function stepsOfReferral(db: Database, { id, state }: Pick<ReferralRecord, 'id' | 'state'>): Promise<ReferralStep[]> {
  const parties = [state.addressee, ...state.legs];
  const departmentIds = parties.flatMap(({ departmentId }) => departmentId ?? []);
  const [timeline, decisions, departments] = await Promise.all([
    timelineOf(db, id),
    db
      .selectFrom('timeline')
      .innerJoin('decision', (join) =>
        join.onRef('decision.pathway_id', '=', 'timeline.pathway_id').onRef('decision.version', '=', 'timeline.version'),
      )
      .select(['timeline.seq', 'decision.version', 'decision.event'])
      .where('timeline.pathway_id', '=', id)
      .execute(),
    departmentIds.length === 0
      ? []
      : db.selectFrom('department').select(['id', 'code', 'name_zh as name']).where('id', 'in', departmentIds).execute(),
  ]);
  const decisionOf = new Map(decisions.map((decision) => [decision.seq, decision]));
  return timeline.map((row) => {
    const at = row.happenedAt.getTime();
    // A leg that begins at the same instant is the one that the step asked.
    const { institutionId, departmentId } = state.legs.findLast(({ from }) => from <= at) ?? state.legs[0] ?? state.addressee;
    const decision = decisionOf.get(row.seq);
    const input = (decision?.event as PathwayEvent | undefined)?.input as { appointment?: Appointment } | undefined;
    return {
      ...row,
      version: decision?.version ?? 0,
      appointment: input?.appointment,
      recipient: { institutionId, department: departments.find((each) => each.id === departmentId) },
    };
  });
}

export interface ReferralSurroundings {
  patient: Patient;
  /** The number that the initiator's own system gave the referral. */
  number: ReferralNumber | undefined;
}

export async function surroundingsOf(db: Database, { id, state }: Pick<ReferralRecord, 'id' | 'state'>): Promise<ReferralSurroundings> {
  const [patient, number] = await Promise.all([getPatient(db, state.patientId), numberOfReferral(db, id)]);
  if (!patient) throw new Error('A referral has a patient.');
  return { patient, number };
}
