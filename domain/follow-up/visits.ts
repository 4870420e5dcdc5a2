/** A visit is recorded: judged by its protocol, it moves the next one and may start a referral, all in one decision. */

import type { FollowUpConfiguration } from '../alliance-configuration.ts';
import type { Actor, Entry, MessageIntent, PathwayEvent } from '../pathway.ts';
import { asReason, changedEnrolment, decided, type FollowUpVerdict, tell } from './changes.ts';
import { type NewEpisode, withEpisode, withoutSeen } from './episodes.ts';
import { evaluate } from './evaluate.ts';
import type { ClassCode, Evaluation } from './evaluation.ts';
import { addMonths, localDateOf, startOf } from './local-date.ts';
import { replanned } from './plan.ts';
import { type Enrolment, type FollowUpReferral, type FollowUpState, protocolOf, visitsOf } from './state.ts';
import type { Visit } from './visit.ts';

export interface RecordVisit {
  enrolmentId: string;
  patientId?: string | undefined;
  visitId: string;
  visit: Visit;
  late: boolean;
  classOverride: ClassCode | null;
  /** the id that a referral gets, should the visit lead to one */
  referralId: string;
}

/** Rules look back to the beginning of the year before, for the quota and for what comes in a row. */
const KEPT_MONTHS = 24;

/** Whose referral goes out at once; anybody else's is a draft that a doctor sends. */
const referrers: readonly string[] = ['gp', 'specialist', 'desk', 'head'];
export const mayRefer = (actor: Actor | null): boolean => actor !== null && referrers.includes(actor.role);

export function recordVisit(state: FollowUpState, enrolment: Enrolment, event: PathwayEvent, input: RecordVisit): FollowUpVerdict {
  const { visit, visitId, late } = input;
  const earlier = visitsOf(state, enrolment.id);
  if (state.deceasedAt !== null && visit.visitedAt > state.deceasedAt) return refused('patient-died');
  const isBefore = earlier.some(({ visitedAt }) => visitedAt > visit.visitedAt);
  if (isBefore && !late) return refused('visit-before-last');
  if (!isBefore && enrolment.status !== 'active') return refused('enrolment-not-active');

  const recorded = { ...visit, id: visitId, enrolmentId: enrolment.id };
  const withVisit: FollowUpState = { ...state, visits: kept([...state.visits, recorded], event.at) };
  if (isBefore) {
    const noted: Entry = { event: 'visit-recorded-late', from: enrolment.status, to: enrolment.status, because: [lateReason(recorded)] };
    return decided(state, withVisit, event, [noted]);
  }

  const judged = judgedBy(state, enrolment, visit);
  if (judged.missing.length > 0) return refused('transition-not-allowed');
  const wasDue = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan.dueOn : enrolment.next?.dueOn;
  const changed = changedEnrolment(withoutSeen(withVisit, enrolment.id), enrolment.id, {
    next: judged.nextVisit,
    because: judged.because,
    anchor: 'protocol',
    last: { ...judged, visitId, visitedAt: visit.visitedAt, classOverride: input.classOverride },
    missed: 0,
  });
  const referral = referralOf(state, judged, input, event.at);
  const referred = referral ? { ...changed, referrals: [...changed.referrals, referral] } : changed;
  const urgentDraft = referral?.urgency === 'urgent' && !mayRefer(event.actor);
  const after = replanned(urgentDraft ? withEpisode(referred, urgentReferralToSend(referral, state.configuration), event.at) : referred);
  const entries: Entry[] = [
    {
      event: 'visit-recorded',
      from: enrolment.status,
      to: enrolment.status,
      because: [
        {
          rule: enrolment.protocol,
          clause: 'visit',
          evidence: {
            visitId,
            visitedOn: localDateOf(visit.visitedAt),
            class: judged.class,
            action: judged.action,
            opensOn: judged.nextVisit.opensOn,
            dueOn: judged.nextVisit.dueOn,
            ...(input.classOverride === null ? {} : { classOverride: input.classOverride }),
            ...(wasDue !== undefined && localDateOf(visit.visitedAt) > wasDue ? { lateSince: wasDue } : {}),
          },
        },
        ...judged.because.map(asReason),
      ],
    },
  ];
  if (referral) {
    const evidence = { referralId: referral.id, urgency: referral.urgency };
    entries.push({
      event: 'referral-started',
      from: null,
      to: null,
      because: [{ rule: enrolment.protocol, clause: 'referral', evidence }],
    });
  }
  const toDoctor = urgentDraft
    ? [tell(state, `${event.id}:referral`, 'reading-episode', ['gp', 'head'], { episodeId: input.referralId })]
    : [];
  const messages: MessageIntent[] = judged.notify === 'head' ? [tell(state, event.id, 'follow-up-still-uncontrolled', ['head', 'gp'])] : [];
  messages.push(...toDoctor);
  return decided(state, after, event, entries, messages);
}

/** What the enrolment's protocol says of a visit: the same for a form that is checked and for one that is recorded. */
export const judgedBy = (state: FollowUpState, enrolment: Enrolment, visit: Visit): Evaluation =>
  evaluate({
    protocol: protocolOf(state, enrolment),
    calendar: state.calendar,
    patient: state.person,
    visits: visitsOf(state, enrolment.id),
    visit,
    startedOn: enrolment.startedOn,
    referrals: state.referrals,
  });

/** One referral for all that calls for one; a second only where the first was no emergency and this is one. */
function referralOf(state: FollowUpState, { referral }: Evaluation, { referralId }: RecordVisit, at: number): FollowUpReferral | null {
  if (referral === 'none') return null;
  const open = state.referrals.filter(({ reviewedAt }) => reviewedAt === null);
  if (open.some(({ urgency }) => urgency === 'urgent' || urgency === referral)) return null;
  return { id: referralId, urgency: referral, sentAt: at, reviewedAt: null };
}

const urgentReferralToSend = ({ id }: FollowUpReferral, { urgentReviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id,
  rule: 'urgent-referral-to-send',
  role: 'gp',
  dueWithinSeconds: urgentReviewWithinSeconds,
});

const kept = <V extends Visit>(visits: readonly V[], at: number): V[] => {
  const since = startOf(addMonths(localDateOf(at), -KEPT_MONTHS));
  return visits.filter(({ visitedAt }) => visitedAt >= since).toSorted((a, b) => a.visitedAt - b.visitedAt);
};

const lateReason = ({ id, visitedAt }: { id: string; visitedAt: number }) => ({
  rule: 'follow-up-rules',
  clause: 'visit entered late: recorded, decides nothing',
  evidence: { visitId: id, visitedOn: localDateOf(visitedAt) },
});

const refused = (code: 'patient-died' | 'visit-before-last' | 'enrolment-not-active' | 'transition-not-allowed'): FollowUpVerdict => ({
  ok: false,
  refusal: { code },
});
