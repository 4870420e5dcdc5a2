/** Records a visit. The protocol evaluates it, which moves the next visit and may start a referral, all in one decision. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import { referringRoles } from '../alliance/roles.ts';
import type { ErrorCode } from '../kit/errors.ts';
import type { Actor } from '../kit/pathway.ts';
import { addMonths, localDateOf, startOf } from '../time/local-date.ts';
import { refusalInState, type StateRefusal } from './allowed-commands.ts';
import { acceptWith, evaluateVisit, type FollowUpVerdict, findEnrolment, withEnrolment } from './changes.ts';
import { withLessonChecks } from './education.ts';
import { type NewEpisode, withEpisode, withoutWouldRefer } from './episodes.ts';
import type { Evaluation } from './evaluation.ts';
import type { FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { type FollowUpMessage, messageToRoles } from './messages.ts';
import { withPlan, withVisitMade } from './plan.ts';
import { type RiskUpdate, rescoreRisk, tierEntryOf } from './risk.ts';
import {
  type Enrolment,
  type FollowUpState,
  isReferredAlready,
  lessonsOf,
  type RecordedVisit,
  type StartedReferral,
  visitsOf,
} from './state.ts';
import { describeHandouts, enterPhase } from './teaching.ts';
import { applyTier } from './tiers.ts';

type RecordVisitEvent = FollowUpEventNamed<'record-visit'>;

/** Rules look back to the beginning of the year before, for the quota and for what comes in a row. */
const KEPT_MONTHS = 24;

/** A referral by somebody who may refer goes out at once. One by anybody else is a draft that a doctor has to send. */
export const mayRefer = (actor: Actor | null): boolean => actor !== null && referringRoles.some((role) => role === actor.role);

export function recordVisit(state: FollowUpState, enrolment: Enrolment, event: RecordVisitEvent): FollowUpVerdict {
  const { visit } = event.input;
  const isBeforeLast = visitsOf(state, enrolment.id).some(({ visitedAt }) => visitedAt > visit.visitedAt);
  const refusal = findRefusal(state, enrolment, event, isBeforeLast);
  if (refusal) return refuse(refusal);

  const recorded: RecordedVisit = { ...visit, id: event.input.visitId, enrolmentId: enrolment.id };
  const withVisit: FollowUpState = { ...state, visits: visitsToKeep([...state.visits, recorded], event.at) };
  if (isBeforeLast) return acceptWith(state, withVisit, event, [lateEntryOf(enrolment, recorded)]);

  const { state: scored, change: tierChange } = rescoreRisk(withFactsOfVisit(withVisit, event), visit.visitedAt, visit, event.input.risk);
  const evaluation = evaluateVisit({ ...scored, visits: state.visits }, enrolment, visit);
  if (evaluation.missing.length > 0) return refuse('transition-not-allowed');
  const referral = findReferral(state, evaluation, event);

  const evaluated = withEvaluation(scored, enrolment, evaluation, event);
  const referred = referral ? withReferral(evaluated, referral, event) : evaluated;
  const after = withPlan(tierChange ? withTier(referred, enrolment, tierChange, event) : referred);

  const lessons = describeHandouts(state, after, event);
  const entries = [
    visitEntryOf(state, enrolment, evaluation, event),
    ...(tierChange ? [tierEntryOf(tierChange)] : []),
    ...(referral ? [referralEntryOf(enrolment, referral)] : []),
    ...lessons.entries,
  ];
  const messages = messagesToCentre(state, { evaluation, referral, tierChange }, event);
  return acceptWith(state, after, event, entries, [...messages, ...lessons.messages]);
}

type RefusalCode = Extract<ErrorCode, 'patient-died' | 'visit-before-last' | 'transition-not-allowed' | StateRefusal>;
const refuse = (code: RefusalCode): FollowUpVerdict => ({ ok: false, refusal: { code } });

/** A visit before the last one is recorded only when the caller says that it comes late. Its enrolment may then have ended. */
function findRefusal(
  state: FollowUpState,
  enrolment: Enrolment,
  { input: { visit, late } }: RecordVisitEvent,
  isBeforeLast: boolean,
): RefusalCode | undefined {
  if (state.deceasedAt !== null && visit.visitedAt > state.deceasedAt) return 'patient-died';
  if (isBeforeLast) return late ? undefined : 'visit-before-last';
  return refusalInState(state, enrolment, 'record-visit');
}

/** Returns the visits that rules may look at, oldest first. */
const visitsToKeep = (visits: readonly RecordedVisit[], at: number): RecordedVisit[] => {
  const since = startOf(addMonths(localDateOf(at), -KEPT_MONTHS));
  return visits.filter(({ visitedAt }) => visitedAt >= since).toSorted((a, b) => a.visitedAt - b.visitedAt);
};

/** Returns the state with the facts about the person that the visit has changed, and with the risk model in force. */
const withFactsOfVisit = (state: FollowUpState, { input }: RecordVisitEvent): FollowUpState => ({
  ...state,
  riskModel: input.riskModel ?? state.riskModel,
  person: { ...state.person, ...input.person },
});

/** Gives the enrolment its evaluation, next date and lessons, in the phase that it has reached. What the visit was asked for is done. */
function withEvaluation(
  state: FollowUpState,
  enrolment: Enrolment,
  evaluation: Evaluation,
  { input, at }: RecordVisitEvent,
): FollowUpState {
  const done = withVisitMade(withoutWouldRefer(state, enrolment.id), enrolment.id);
  const changed = withEnrolment(done, enrolment.id, {
    next: evaluation.nextVisit,
    because: evaluation.because,
    anchor: 'protocol',
    last: { ...evaluation, visitId: input.visitId, visitedAt: input.visit.visitedAt, classOverride: input.classOverride },
    missed: 0,
    ...(input.education ? { lessons: withLessonChecks(lessonsOf(enrolment), input.education, at) } : {}),
  });
  return enterPhase(changed, findEnrolment(changed, enrolment.id) as Enrolment, evaluation.phase, at);
}

/** Returns the referral that the visit leads to; null when it leads to none, or when an open one already does what is called for. */
function findReferral(
  state: FollowUpState,
  { referral, specialistClinicWithinHours }: Evaluation,
  { input, at }: RecordVisitEvent,
): StartedReferral | null {
  if (referral === 'none') return null;
  if (isReferredAlready(state, referral)) return null;
  const urgency = referral === 'routine' && specialistClinicWithinHours !== null ? 'same-day' : referral;
  return { id: input.referralId, urgency, sentAt: at, reviewedAt: null };
}

/** Says whether the referral is urgent and only a draft, because the actor may not refer. A doctor then has to send it within the agreed time. */
const isUrgentDraft = ({ urgency }: StartedReferral, actor: Actor): boolean => urgency === 'urgent' && !mayRefer(actor);

function withReferral(state: FollowUpState, referral: StartedReferral, { actor, at }: RecordVisitEvent): FollowUpState {
  const referred = { ...state, referrals: [...state.referrals, referral] };
  return isUrgentDraft(referral, actor) ? withEpisode(referred, referralToSend(referral, state.configuration), at) : referred;
}

const referralToSend = ({ id }: StartedReferral, { urgentReviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id,
  rule: 'urgent-referral-to-send',
  role: 'gp',
  dueWithinSeconds: urgentReviewWithinSeconds,
});

type TierChange = NonNullable<RiskUpdate['change']>;

const withTier = (state: FollowUpState, { id }: Enrolment, { to }: TierChange, { input, at }: RecordVisitEvent): FollowUpState =>
  applyTier(state, { tier: to, id: input.visitId, at, except: id });

function visitEntryOf(state: FollowUpState, enrolment: Enrolment, evaluation: Evaluation, { input }: RecordVisitEvent): FollowUpEntry {
  const visitedOn = localDateOf(input.visit.visitedAt);
  const dueOn = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan.dueOn : enrolment.next?.dueOn;
  const evidence = {
    visitId: input.visitId,
    visitedOn,
    class: evaluation.class,
    action: evaluation.action,
    opensOn: evaluation.nextVisit.opensOn,
    dueOn: evaluation.nextVisit.dueOn,
    ...input.person,
    ...(input.classOverride === null ? {} : { classOverride: input.classOverride }),
    ...(dueOn !== undefined && visitedOn > dueOn ? { lateSince: dueOn } : {}),
  };
  return {
    event: 'visit-recorded',
    from: enrolment.status,
    to: enrolment.status,
    because: [{ rule: enrolment.protocol, clause: 'visit', evidence }, ...evaluation.because],
  };
}

const lateEntryOf = ({ status }: Enrolment, { id, visitedAt }: RecordedVisit): FollowUpEntry => ({
  event: 'visit-recorded-late',
  from: status,
  to: status,
  because: [
    {
      rule: 'follow-up-rules',
      clause: 'visit entered late: recorded, decides nothing',
      evidence: { visitId: id, visitedOn: localDateOf(visitedAt) },
    },
  ],
});

const referralEntryOf = ({ protocol }: Enrolment, { id, urgency }: StartedReferral): FollowUpEntry => ({
  event: 'referral-started',
  from: null,
  to: null,
  because: [{ rule: protocol, clause: 'referral', evidence: { referralId: id, urgency } }],
});

interface VisitResult {
  evaluation: Evaluation;
  referral: StartedReferral | null;
  tierChange: TierChange | null;
}

/** Returns the messages about the visit to the doctor and the head of the centre. */
function messagesToCentre(
  state: FollowUpState,
  { evaluation, referral, tierChange }: VisitResult,
  { id, actor }: RecordVisitEvent,
): FollowUpMessage[] {
  const messages: FollowUpMessage[] = [];
  if (evaluation.notify === 'head') messages.push(messageToRoles(state, id, 'follow-up-still-uncontrolled', ['head', 'gp']));
  if (referral && isUrgentDraft(referral, actor))
    messages.push(messageToRoles(state, `${id}:referral`, 'reading-episode', ['gp', 'head'], { episodeId: referral.id }));
  if (tierChange) messages.push(messageToRoles(state, `${id}:tier`, 'follow-up-tier-changed', ['gp']));
  return messages;
}
