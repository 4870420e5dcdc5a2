/** Takes a visit back that was entered in error: in the open follow-up that it counts in, or at once where there is none. */
import type { MarkVisitInError } from '../../domain/follow-up/events.ts';
import { listReferralsOf, listTraces } from '../../domain/follow-up/visit-traces.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { lockResident } from '../directory/resident-records.ts';
import { auditWrite } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';
import { type EnrolmentRecord, findEnrolment } from './enrolments.ts';
import { type LoggedStep, listSteps } from './follow-up-log.ts';
import {
  findAnsweredReferrals,
  findVisitOrigin,
  isMarkedInError,
  markVisitInError,
  type UndoneVisit,
  type VisitOrigin,
} from './visits-in-error.ts';

/** The open follow-up that a visit counts in, and its log. */
export interface CountedIn {
  record: EnrolmentRecord;
  steps: readonly LoggedStep[];
}

/** A visit with the open follow-up that it counts in; without one for somebody in none, or in one that is over. */
export interface RecordedVisit {
  visit: VisitOrigin;
  followUp: CountedIn | undefined;
}

/** Undefined when there is no visit of the id, and no part of one. */
export async function findRecordedVisit(db: Database, id: string): Promise<RecordedVisit | undefined> {
  const visit = await findVisitOrigin(db, id);
  if (!visit) return undefined;
  const counted = visit.parts.find(({ isOpen }) => isOpen);
  const record = counted && (await findEnrolment(db, counted.enrolmentId));
  return { visit, followUp: record && { record, steps: await listSteps(db, record.pathwayId) } };
}

/** What the follow-up has to know to be judged without the visit. */
export async function loadMark(db: Database, visit: VisitOrigin, { record, steps }: CountedIn): Promise<MarkVisitInError> {
  const partIds = visit.parts.map(({ id }) => id);
  const referralIds = listReferralsOf(steps, partIds, record.state);
  const answered = await findAnsweredReferrals(db, referralIds);
  return {
    visitId: visit.id,
    visitedAt: visit.visitedAt.getTime(),
    partIds,
    traces: listTraces(steps, partIds),
    referrals: referralIds.map((id) => ({ id, isAnswered: answered.has(id) })),
  };
}

export interface Taking {
  reason: string;
  by: RecordedBy;
}

/**
 * Marks a visit that counts in no open follow-up. The referrals that it has started go on or end by themselves, because no follow-up counts on them. Whoever
 * calls this holds the lock of the resident.
 */
export async function markVisitAlone(trx: Trx, visit: VisitOrigin, { reason, by }: Taking): Promise<UndoneVisit> {
  const started = visit.parts.flatMap(({ referralId }) => referralId ?? []);
  const answered = await findAnsweredReferrals(trx, started);
  const { actor, requestId } = by;
  await auditWrite(trx, {
    actor,
    action: 'visit.mark-entered-in-error',
    targetType: 'visit',
    targetId: visit.id,
    patientId: visit.patientId,
    requestId,
  });
  const [withdraws, tells] = [started.filter((id) => !answered.has(id)), started.filter((id) => answered.has(id))];
  return markVisitInError(trx, { visit, reason, at: new Date(), by, undone: { episodes: [], tasks: [], withdraws, tells } });
}

/** Takes the visit back because a system has said so: nobody waits for the follow-up, which marks it a moment later. A second time nothing happens. */
export async function takeVisitBack(trx: Trx, visitId: string, { reason, by }: Taking): Promise<void> {
  const recorded = await findRecordedVisit(trx, visitId);
  if (!recorded) return;
  const { visit, followUp } = recorded;
  await lockResident(trx, visit.patientId);
  if (await isMarkedInError(trx, visit.id)) return;
  if (!followUp) {
    await markVisitAlone(trx, visit, { reason, by });
    return;
  }
  await storeRelayedCommand(trx, {
    key: `visit-entered-in-error:${visit.id}`,
    operation: 'markVisitEnteredInError',
    requestId: by.requestId,
    pathwayId: followUp.record.pathwayId,
    pathwayKind: 'follow-up',
    name: 'mark-visit-in-error',
    actor: by.actor,
    input: { ...(await loadMark(trx, visit, followUp)), isReported: true } satisfies MarkVisitInError,
    texts: { reason, note: reason },
  });
}
