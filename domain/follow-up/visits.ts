/** A visit is recorded: judged by its protocol, it moves the next one and may start a referral, all in one decision. */

import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import type { Actor, Entry, MessageIntent, PathwayEvent } from '../kit/pathway.ts';
import { addMonths, localDateOf, startOf } from '../time/local-date.ts';
import { asReason, changedEnrolment, decided, enrolmentOf, type FollowUpVerdict, judgedBy, tell } from './changes.ts';
import { type Asked, askedAbout } from './education.ts';
import { type NewEpisode, withEpisode, withoutSeen } from './episodes.ts';
import type { ClassCode, Evaluation } from './evaluation.ts';
import { replanned, withVisitMade } from './plan.ts';
import { rescored, tierEntry } from './risk.ts';
import type { RiskFacts, RiskModel } from './risk-tier.ts';
import { type Enrolment, type FollowUpReferral, type FollowUpState, isReferredAlready, lessonsOf, visitsOf } from './state.ts';
import { inPhase, taught } from './teaching.ts';
import { onTier } from './tiers.ts';
import type { ChangedFacts, Visit } from './visit.ts';

export interface RecordVisit {
  enrolmentId: string;
  patientId?: string | undefined;
  visitId: string;
  visit: Visit;
  late: boolean;
  classOverride: ClassCode | null;
  /** what is different of the person since */
  person?: ChangedFacts;
  /** what the form says of the person's risk */
  risk?: RiskFacts | undefined;
  /** what was asked about of the lessons handed out */
  education?: readonly Asked[] | undefined;
  /** the model in force, where it is newer than the one that the follow-up has */
  riskModel?: RiskModel | undefined;
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

  const model = input.riskModel ?? state.riskModel;
  const { state: scored, change } = rescored(
    { ...withVisit, riskModel: model, person: { ...state.person, ...input.person } },
    visit.visitedAt,
    visit,
    input.risk,
  );
  const judged = judgedBy({ ...scored, visits: state.visits }, enrolment, visit);
  if (judged.missing.length > 0) return refused('transition-not-allowed');
  const wasDue = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan.dueOn : enrolment.next?.dueOn;
  const seen = withVisitMade(withoutSeen(scored, enrolment.id), enrolment.id);
  const changed = changedEnrolment(seen, enrolment.id, {
    next: judged.nextVisit,
    because: judged.because,
    anchor: 'protocol',
    last: { ...judged, visitId, visitedAt: visit.visitedAt, classOverride: input.classOverride },
    missed: 0,
    ...(input.education ? { lessons: askedAbout(lessonsOf(enrolment), input.education, event.at) } : {}),
  });
  const inItsPhase = inPhase(changed, enrolmentOf(changed, enrolment.id) as Enrolment, judged.phase, event.at);
  const referral = referralOf(state, judged, input, event.at);
  const referred = referral ? { ...inItsPhase, referrals: [...inItsPhase.referrals, referral] } : inItsPhase;
  const urgentDraft = referral?.urgency === 'urgent' && !mayRefer(event.actor);
  const drafted = urgentDraft ? withEpisode(referred, urgentReferralToSend(referral, state.configuration), event.at) : referred;
  const tiered = change ? onTier(drafted, { tier: change.to, id: visitId, at: event.at, except: enrolment.id }) : drafted;
  const after = replanned(tiered);
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
            ...input.person,
            ...(input.classOverride === null ? {} : { classOverride: input.classOverride }),
            ...(wasDue !== undefined && localDateOf(visit.visitedAt) > wasDue ? { lateSince: wasDue } : {}),
          },
        },
        ...judged.because.map(asReason),
      ],
    },
  ];
  if (change) entries.push(tierEntry(change));
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
  if (change) messages.push(tell(state, `${event.id}:tier`, 'follow-up-tier-changed', ['gp']));
  const lessons = taught(state, after, event);
  return decided(state, after, event, [...entries, ...lessons.entries], [...messages, ...lessons.messages]);
}

/** One referral for all that calls for one; a second only where the first was no emergency and this is one. */
function referralOf(
  state: FollowUpState,
  { referral, specialistClinicWithinHours }: Evaluation,
  { referralId }: RecordVisit,
  at: number,
): FollowUpReferral | null {
  if (referral === 'none') return null;
  if (isReferredAlready(state, referral)) return null;
  const urgency = referral === 'routine' && specialistClinicWithinHours !== null ? 'same-day' : referral;
  return { id: referralId, urgency, sentAt: at, reviewedAt: null };
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
