/** Writes a visit with its parts, and hands every value that could be a crisis to the readings, all in the transaction of the decision. */
import { tellEpisodesOfVisit } from '../../db/discharge/tell-contacts.ts';
import { answerFirstFollowUps } from '../../db/follow-up/first-follow-up.ts';
import { findVisitMadeLocked, saveVisitOfPerson, type VisitMade } from '../../db/follow-up/patient-visits.ts';
import { listIndicatorProtocols } from '../../db/follow-up/protocols.ts';
import { recordVisitReadings, type VisitReadings } from '../../db/follow-up/visit-readings.ts';
import { insertVisit } from '../../db/follow-up/visits.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { reachedCall, reportCalls } from '../../db/messages/calls-of-person.ts';
import { giveConsentToDrafts } from '../../db/referral/consent-to-drafts.ts';
import { isMeasured } from '../../domain/follow-up/classify.ts';
import type { RecordVisit, VisitPart } from '../../domain/follow-up/events.ts';
import { bothIndicators } from '../../domain/follow-up/indicators.ts';
import { type Enrolment, type FollowUpState, protocolOf } from '../../domain/follow-up/state.ts';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import type { Projected } from '../kit/projection.ts';

/** Texts of a visit's command. */
export interface VisitTexts {
  form?: unknown;
  overrideReason?: string;
  /** The visit was a call that reached the person: these tasks of theirs are done, all open ones where none is named. */
  call?: { taskIds?: string[] };
  /** The members of the form from which a referral is made, if the visit leads to one. */
  referral?: {
    consent?: { given: boolean; recordedAt: string } | undefined;
    toInstitutionId?: string | undefined;
    toDepartmentId?: string | undefined;
  };
}

const visitMadeOf = ({ after, event }: Projected<FollowUpState>): VisitMade => {
  const { enrolmentId, visit, allowSecondSameDay = false, joins = false } = event.input as RecordVisit;
  return {
    patientId: after.patientId,
    visitedAt: new Date(visit.visitedAt),
    mode: visit.mode,
    allowSecondSameDay,
    ...(joins ? { joinsFor: enrolmentId } : {}),
  };
};

export async function refuseSecondVisit(trx: Trx, projected: Projected<FollowUpState>): Promise<Refusal | undefined> {
  const visitId = await findVisitMadeLocked(trx, visitMadeOf(projected));
  return visitId === undefined ? undefined : { code: 'visit-exists', members: { visitId } };
}

const visitReadingsOf = ({ after, event }: Projected<FollowUpState>): Omit<VisitReadings, 'keeps'> => {
  const { visit, visitId } = event.input as RecordVisit;
  return {
    patientId: after.patientId,
    visitId,
    visit,
    receivedAt: new Date(event.at),
    by: { actor: event.actor as Actor, requestId: event.id },
  };
};

const partsOf = ({ enrolmentId, visitId, furtherParts = [] }: RecordVisit): VisitPart[] => [{ enrolmentId, visitId }, ...furtherParts];

export async function writeVisit(trx: Trx, projected: Projected<FollowUpState>): Promise<void> {
  const { before, after, event, texts } = projected;
  const input = event.input as RecordVisit;
  const actor = event.actor as Actor;
  const referral = after.referrals.find(({ id }) => !before.referrals.some((known) => known.id === id));
  const made = await saveVisitOfPerson(trx, {
    ...visitMadeOf(projected),
    id: input.visitId,
    institutionId: actor.institutionId,
    recordedBy: actor,
    form: null,
  });
  for (const part of partsOf(input)) await writePart(trx, projected, part, { made, referralId: referral?.id ?? null });
  const { call, form, referral: { consent } = {} } = texts as VisitTexts;
  const { patientId } = after;
  if (consent) await giveConsentToDrafts(trx, { visitId: made, patientId, consent, actor, requestId: event.id });
  await answerFirstFollowUps(trx, {
    visitId: made,
    patientId,
    visitedAt: new Date(input.visit.visitedAt),
    form,
    actor,
    requestId: event.id,
  });
  if (call) await reportCalls(trx, reachedCall(after.patientId, call.taskIds, actor.personId));
  const at = new Date(Date.now() - Math.max(0, event.at - input.visit.visitedAt));
  await tellEpisodesOfVisit(trx, { patientId, institutionId: actor.institutionId, at, id: made }, input.visit.mode);
  // What starts a referral has its consequence. Any other crisis value that was measured gets one from the readings, as does what was told.
  await recordVisitReadings(trx, {
    ...visitReadingsOf(projected),
    keeps: referral?.urgency === 'urgent' ? 'told' : 'told-and-crises',
  });
}

async function writePart(
  trx: Trx,
  { before, after, event, texts }: Projected<FollowUpState>,
  { enrolmentId, visitId }: VisitPart,
  { made, referralId }: { made: string; referralId: string | null },
): Promise<void> {
  const { visit, classOverride } = event.input as RecordVisit;
  const { form, overrideReason } = texts as VisitTexts;
  const enrolment = after.enrolments.find(({ id }) => id === enrolmentId) as Enrolment;
  const { last } = enrolment;
  // A visit that was entered late, before one that was recorded already, has no evaluation.
  const evaluation = last?.visitId === visitId ? last : null;
  const window = evaluation && before.enrolments.find(({ id }) => id === enrolmentId)?.next;
  const protocol = protocolOf(after, enrolment);
  // Beside the decision, not in it: what is published today says how the visit is counted, the enrolment's own protocol what is done.
  const indicators = bothIndicators(await listIndicatorProtocols(trx, protocol.disease), after.person, visit);
  await insertVisit(trx, {
    id: visitId,
    visit_id: made,
    enrolment_id: enrolmentId,
    visited_at: new Date(visit.visitedAt),
    recorded_by: JSON.stringify(event.actor),
    mode: visit.mode,
    form: JSON.stringify(form ?? {}),
    entered_late: evaluation === null,
    class: evaluation?.class ?? null,
    class_override: classOverride,
    override_reason: classOverride === null ? null : (overrideReason ?? ''),
    evaluation: evaluation && JSON.stringify(evaluation),
    opens_on: window?.opensOn ?? null,
    due_on: window?.dueOn ?? null,
    measured: isMeasured(protocol, visit),
    indicators: JSON.stringify(indicators),
    referral_id: referralId,
  });
}
