/** Records a visit. The protocol evaluates it, which moves the next visit and may start a referral, all in one decision. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import { referringRoles } from '../alliance/roles.ts';
import type { ErrorCode } from '../kit/errors.ts';
import type { Actor } from '../kit/pathway.ts';
import { addMonths, localDateOf, startOf } from '../time/local-date.ts';
import { withAgreedDate } from './agree-visit-date.ts';
import { refusalInState, type StateRefusal } from './allowed-commands.ts';
import { acceptWith, evaluateVisit, type FollowUpVerdict, findEnrolment, withEnrolment } from './changes.ts';
import { listVisitsAsIfMeasured, withCrisis } from './crisis-values.ts';
import { withLessonChecks } from './education.ts';
import { type NewEpisode, withEpisode, withoutWouldRefer } from './episodes.ts';
import type { Because, Evaluation } from './evaluation.ts';
import type { FollowUpEntry, FollowUpEventNamed, VisitPart } from './events.ts';
import { remindOfAgreedVisit } from './invitations.ts';
import { mergeReferrals } from './merge-visits.ts';
import { type FollowUpMessage, messageToRoles } from './messages.ts';
import { withPlan, withVisitMade } from './plan.ts';
import type { Measure } from './protocol.ts';
import { type RiskUpdate, rescoreRisk, tierEntryOf } from './risk.ts';
import { withPersonFound } from './search.ts';
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
import type { Visit } from './visit.ts';

type RecordVisitEvent = FollowUpEventNamed<'record-visit'>;

/** Rules look back to the beginning of the year before, for the quota and for what comes in a row. */
const KEPT_MONTHS = 24;

/** A referral by somebody who may refer goes out at once. One by anybody else is a draft that a doctor has to send. */
export const mayRefer = (actor: Actor | null): boolean => actor !== null && referringRoles.some((role) => role === actor.role);

interface Part extends VisitPart {
  enrolment: Enrolment;
  /** A later visit is recorded already, so this one decides nothing for the enrolment. */
  isBeforeLast: boolean;
}

interface JudgedPart extends Part {
  evaluation: Evaluation;
}

/** Records a visit of one form in all of its parts at once: one plan and at most one referral come out of it. */
export function recordVisit(state: FollowUpState, first: Enrolment, event: RecordVisitEvent): FollowUpVerdict {
  const { visit } = event.input;
  const parts = partsOf(state, first, event);
  const refusal = parts
    ? parts.map((part) => findRefusal(state, part, event)).find((code) => code !== undefined)
    : 'transition-not-allowed';
  if (!parts || refusal) return refuse(refusal ?? 'transition-not-allowed');

  const recorded = parts.map(({ enrolment, visitId }): RecordedVisit => ({ ...visit, id: visitId, enrolmentId: enrolment.id }));
  const withVisits: FollowUpState = { ...state, visits: visitsToKeep([...state.visits, ...recorded], event.at) };
  const lateEntries = parts.filter(({ isBeforeLast }) => isBeforeLast).map((part) => lateEntryOf(part, event));
  const inTime = parts.filter(({ isBeforeLast }) => !isBeforeLast);
  if (inTime.length === 0) return acceptWith(state, withVisits, event, lateEntries);

  const { state: scored, change: tierChange } = rescoreRisk(withFactsOfVisit(withVisits, event), visit.visitedAt, visit, event.input.risk);
  const { judged, isToldCrisisOnly } = judgeParts({ ...scored, visits: state.visits }, inTime, event);
  if (judged.some(({ evaluation }) => evaluation.missing.length > 0)) return refuse('transition-not-allowed');
  const referral = findReferral(state, judged, event);

  const evaluated = judged.reduce((now, part) => withEvaluation(now, part, event), scored);
  const referred = referral ? withReferral(evaluated, referral, event) : evaluated;
  const alarmed = isToldCrisisOnly ? withEpisode(referred, toldCrisis(event.input, state.configuration), event.at) : referred;
  const found = withPersonFound(
    alarmed,
    event.at,
    judged.map(({ enrolmentId }) => enrolmentId),
  );
  const planned = withPlan(tierChange ? withTier(found, judged, tierChange, event) : found);
  const { nextOn } = event.input;
  const after = nextOn === undefined ? planned : withAgreedDate(planned, nextOn);
  if (!after) return refuse('transition-not-allowed');

  const lessons = describeHandouts(state, after, event);
  const entries = [
    ...lateEntries,
    ...judged.map((part) => visitEntryOf(state, part, event)),
    ...(tierChange ? [tierEntryOf(tierChange)] : []),
    ...(referral ? [referralEntryOf(judged, referral)] : []),
    ...lessons.entries,
  ];
  const messages = messagesToCentre(state, { judged, referral, tierChange, isToldCrisisOnly }, event);
  const reminders = nextOn === undefined ? [] : remindOfAgreedVisit(after, event.id);
  return acceptWith(state, after, event, entries, [...messages, ...lessons.messages, ...reminders]);
}

/** Returns the first value without which a part of the visit cannot be evaluated; undefined when the visit can be recorded. */
export function findMissingMeasure(state: FollowUpState, event: RecordVisitEvent): Measure | undefined {
  const first = findEnrolment(state, event.input.enrolmentId);
  const inTime = (first && partsOf(state, first, event))?.filter(({ isBeforeLast }) => !isBeforeLast) ?? [];
  const { judged } = judgeParts({ ...state, person: { ...state.person, ...event.input.person } }, inTime, event);
  return judged.flatMap(({ evaluation }) => evaluation.missing)[0];
}

/** Returns the parts of the visit, that of the enrolment which was asked first; undefined when one of them names no enrolment or one twice. */
function partsOf(state: FollowUpState, first: Enrolment, { input }: RecordVisitEvent): Part[] | undefined {
  const { visitId, visit, education, furtherParts = [] } = input;
  const named: VisitPart[] = [{ enrolmentId: first.id, visitId, ...(education ? { education } : {}) }, ...furtherParts];
  const parts = named.flatMap((part) => {
    const enrolment = findEnrolment(state, part.enrolmentId);
    if (!enrolment) return [];
    const isBeforeLast = visitsOf(state, enrolment.id).some(({ visitedAt }) => visitedAt > visit.visitedAt);
    return [{ ...part, enrolment, isBeforeLast }];
  });
  const isEachOnce = new Set(named.map(({ enrolmentId }) => enrolmentId)).size === named.length;
  return isEachOnce && parts.length === named.length ? parts : undefined;
}

/** Evaluates each part by its own protocol. A crisis value that the person told, or that another protocol judges, never ends in 'continue'. */
function judgeParts(
  state: FollowUpState,
  parts: readonly Part[],
  { input: { visit, crises = [] } }: RecordVisitEvent,
): { judged: JudgedPart[]; isToldCrisisOnly: boolean } {
  const evaluated = parts.map((part) => ({ ...part, evaluation: evaluateVisit(state, part.enrolment, visit) }));
  const isReferredUrgently = evaluated.some(({ evaluation }) => evaluation.action === 'refer-urgent');
  const told = isReferredUrgently ? [] : parts.flatMap(({ enrolment }) => findToldCrises(state, enrolment, visit));
  const reasons = crises.length > 0 ? crises : told;
  const judged = evaluated.map((part) => ({ ...part, evaluation: withCrisis(part.evaluation, reasons, isReferredUrgently) }));
  return { judged, isToldCrisisOnly: crises.length === 0 && told.length > 0 };
}

/** Returns why the protocol would refer urgently if the values that the person told had been measured at the visit; empty when it would not. */
function findToldCrises(state: FollowUpState, enrolment: Enrolment, visit: Visit): Because[] {
  const would = listVisitsAsIfMeasured(visit).map((asIf) => evaluateVisit(state, enrolment, asIf));
  return would.flatMap(({ action, because: [reason] }) => (action === 'refer-urgent' && reason ? [reason] : [])).slice(0, 1);
}

type RefusalCode = Extract<ErrorCode, 'patient-died' | 'visit-before-last' | 'transition-not-allowed' | StateRefusal>;
const refuse = (code: RefusalCode): FollowUpVerdict => ({ ok: false, refusal: { code } });

/** A visit before the last one is recorded only when the caller says that it comes late. Its enrolment may then have ended. */
function findRefusal(
  state: FollowUpState,
  { enrolment, isBeforeLast }: Part,
  { input: { visit, late } }: RecordVisitEvent,
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
  { enrolment, evaluation, visitId, education }: JudgedPart,
  { input, at }: RecordVisitEvent,
): FollowUpState {
  const done = withVisitMade(withoutWouldRefer(state, enrolment.id), enrolment.id);
  const changed = withEnrolment(done, enrolment.id, {
    next: evaluation.nextVisit,
    because: evaluation.because,
    anchor: 'protocol',
    last: { ...evaluation, visitId, visitedAt: input.visit.visitedAt, classOverride: input.classOverride },
    missed: 0,
    ...(education ? { lessons: withLessonChecks(lessonsOf(enrolment), education, at) } : {}),
  });
  return enterPhase(changed, findEnrolment(changed, enrolment.id) as Enrolment, evaluation.phase, at);
}

/**
 * Returns the one referral that the visit leads to, with the highest urgency of its parts; null when it leads to none, or when an open one already does
 * what is called for.
 */
function findReferral(state: FollowUpState, judged: readonly JudgedPart[], { input, at }: RecordVisitEvent): StartedReferral | null {
  const referral = mergeReferrals(judged.map(({ evaluation }) => evaluation));
  if (referral === 'none') return null;
  if (isReferredAlready(state, referral)) return null;
  const isSoon = judged.some(({ evaluation }) => evaluation.referral === 'routine' && evaluation.specialistClinicWithinHours !== null);
  const urgency = referral === 'routine' && isSoon ? 'same-day' : referral;
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

/** A visit starts one referral at most, whose id a told crisis without an urgent referral may use as its own. */
const toldCrisisIdOf = ({ referralId }: RecordVisitEvent['input']): string => referralId;

/** The rules of readings do not alarm for the value, but the protocol of the visit would refer for it: somebody measures again at once. */
const toldCrisis = (input: RecordVisitEvent['input'], { urgentReviewWithinSeconds }: FollowUpConfiguration): NewEpisode => ({
  id: toldCrisisIdOf(input),
  rule: 'told-crisis-value',
  role: 'nurse',
  dueWithinSeconds: urgentReviewWithinSeconds,
});

type TierChange = NonNullable<RiskUpdate['change']>;

const withTier = (state: FollowUpState, judged: readonly Part[], { to }: TierChange, { input, at }: RecordVisitEvent): FollowUpState =>
  applyTier(state, { tier: to, id: input.visitId, at, except: judged.map(({ enrolmentId }) => enrolmentId) });

function visitEntryOf(state: FollowUpState, { enrolment, evaluation, visitId }: JudgedPart, { input }: RecordVisitEvent): FollowUpEntry {
  const visitedOn = localDateOf(input.visit.visitedAt);
  const dueOn = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan.dueOn : enrolment.next?.dueOn;
  const evidence = {
    visitId,
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

const lateEntryOf = ({ enrolment, visitId }: Part, { input: { visit } }: RecordVisitEvent): FollowUpEntry => ({
  event: 'visit-recorded-late',
  from: enrolment.status,
  to: enrolment.status,
  because: [
    {
      rule: 'follow-up-rules',
      clause: 'visit entered late: recorded, decides nothing',
      evidence: { visitId, visitedOn: localDateOf(visit.visitedAt) },
    },
  ],
});

/** The timeline names the protocol of the part that calls for the referral most urgently. */
const referralEntryOf = (judged: readonly JudgedPart[], { id, urgency }: StartedReferral): FollowUpEntry => {
  const merged = mergeReferrals(judged.map(({ evaluation }) => evaluation));
  const { enrolment } = judged.find(({ evaluation }) => evaluation.referral === merged) as JudgedPart;
  return {
    event: 'referral-started',
    from: null,
    to: null,
    because: [{ rule: enrolment.protocol, clause: 'referral', evidence: { referralId: id, urgency } }],
  };
};

interface VisitResult {
  judged: readonly JudgedPart[];
  referral: StartedReferral | null;
  tierChange: TierChange | null;
  isToldCrisisOnly: boolean;
}

/** Returns the messages about the visit to the doctor, the nurse and the head of the centre. */
function messagesToCentre(
  state: FollowUpState,
  { judged, referral, tierChange, isToldCrisisOnly }: VisitResult,
  { id, actor, input }: RecordVisitEvent,
): FollowUpMessage[] {
  const messages: FollowUpMessage[] = [];
  if (judged.some(({ evaluation }) => evaluation.notify === 'head'))
    messages.push(messageToRoles(state, id, 'follow-up-still-uncontrolled', ['head', 'gp']));
  if (referral && isUrgentDraft(referral, actor))
    messages.push(messageToRoles(state, `${id}:referral`, 'reading-episode', ['gp', 'head'], { episodeId: referral.id }));
  if (isToldCrisisOnly)
    messages.push(messageToRoles(state, `${id}:told`, 'reading-episode', ['nurse'], { episodeId: toldCrisisIdOf(input) }));
  if (tierChange) messages.push(messageToRoles(state, `${id}:tier`, 'follow-up-tier-changed', ['gp']));
  return messages;
}
