/** Small changes to the state of a follow-up, and how a decision is made of two states. */
import type { Cited } from '../kit/citation.ts';
import type { PathwayEvent, Reason, Verdict } from '../kit/pathway.ts';
import { isConfirmed } from '../time/calendar.ts';
import { addDays, addDuration, earlierOf, type LocalDate, localDateOf, startOf } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import type { FollowUpEntry } from './events.ts';
import { rhythmOfPlan } from './management-plan.ts';
import type { FollowUpMessage } from './messages.ts';
import { dueDate, openingDate, phaseOf, quotaLimit } from './next-visit.ts';
import { withPlan } from './plan.ts';
import { rhythmFor } from './risk.ts';
import { type EndReason, type Enrolment, type FollowUpState, type PauseReason, protocolOf, visitsOf } from './state.ts';
import type { Visit } from './visit.ts';

export type FollowUpVerdict = Verdict<FollowUpState>;

/**
 * Returns the decision that leads from one state to another. It holds the new values of the fields that differ, so that it means the same
 * to all later code.
 */
export function acceptWith(
  before: FollowUpState,
  after: FollowUpState,
  event: PathwayEvent,
  entries: FollowUpEntry[],
  messages: FollowUpMessage[] = [],
): FollowUpVerdict & { ok: true } {
  const changed = Object.entries(after).filter(([field, value]) => before[field as keyof FollowUpState] !== value);
  return { ok: true, decision: { at: event.at, set: Object.fromEntries(changed), entries, messages } };
}

/** Returns a reason that rests on the alliance's configuration. */
export const agreementReason = ({ configuration }: FollowUpState, clause: string, evidence: Reason['evidence']): Reason => ({
  rule: `alliance-configuration/${configuration.version}`,
  clause: `follow-up/${clause}`,
  evidence,
});

export const withEnrolment = (state: FollowUpState, id: string, change: Partial<Enrolment>): FollowUpState => ({
  ...state,
  enrolments: state.enrolments.map((enrolment) => (enrolment.id === id ? { ...enrolment, ...change } : enrolment)),
});

export const findEnrolment = (state: FollowUpState, id: string | undefined): Enrolment | undefined =>
  state.enrolments.find((enrolment) => enrolment.id === id);

/**
 * Returns evidence that marks a date as unconfirmed when the working days of its year have not been published yet, because such a date may
 * still move.
 */
const unconfirmedEvidence = ({ calendar }: FollowUpState, dueOn: LocalDate) =>
  isConfirmed(calendar, dueOn) ? {} : { calendar: 'unconfirmed' };

/** The next visit that an enrolment asks for, and why. */
export type NextVisitRequest = Pick<Enrolment, 'next' | 'because' | 'anchor'>;

/**
 * Returns the next visit when none has been made since `from`. Its date is the earliest that the rhythm of the phase, the year's quota and
 * the tier ask for.
 */
export function planFirstVisit(state: FollowUpState, enrolment: Enrolment, from: LocalDate = enrolment.startedOn): NextVisitRequest {
  const protocol = protocolOf(state, enrolment);
  const { startedOn, phaseSet } = enrolment;
  const { phase, nominal } = phaseOf(protocol, startedOn, from, phaseSet);
  const limit = quotaLimit(protocol, state.calendar, { startedOn, visits: visitsOf(state, enrolment.id), visitedOn: from });
  const tier = rhythmFor(state, protocol);
  const planned = rhythmOfPlan(protocol.plan, startOf(from));
  const whyOf = (cited: Cited) => citeRule(protocol, cited, {});
  const asked = [
    { dueOn: dueDate(state.calendar, from, nominal), why: whyOf(phase) },
    ...(limit && protocol.quota ? [{ dueOn: limit.latest, why: whyOf(protocol.quota) }] : []),
    ...(tier ? [{ dueOn: dueDate(state.calendar, from, addDuration(from, tier.every)), why: { ...tier.because, evidence: {} } }] : []),
    ...(planned ? [{ dueOn: dueDate(state.calendar, from, addDuration(from, planned.every)), why: planned.because }] : []),
  ];
  const { dueOn, why } = asked.reduce((first, one) => (one.dueOn < first.dueOn ? one : first));
  return {
    anchor: 'protocol',
    next: { opensOn: openingDate(phase.every, from, dueOn), dueOn },
    because: [{ ...why, evidence: { ...why.evidence, startedOn, dueOn, phase: phase.id, ...unconfirmedEvidence(state, dueOn) } }],
  };
}

/** Evaluates a visit by the enrolment's protocol. The state must hold only the visits that were made before it. */
export const evaluateVisit = (state: FollowUpState, enrolment: Enrolment, visit: Visit): Evaluation =>
  evaluate({
    protocol: protocolOf(state, enrolment),
    calendar: state.calendar,
    patient: state.person,
    visits: visitsOf(state, enrolment.id),
    visit,
    startedOn: enrolment.startedOn,
    phaseSet: enrolment.phaseSet,
    referrals: state.referrals,
    tier: rhythmFor(state, protocolOf(state, enrolment)),
  });

/** Returns the next visit by the protocol, calendar and tier in the state, which may be newer than those that the present date follows from. */
export function recalculateNext(state: FollowUpState, enrolment: Enrolment): NextVisitRequest {
  const { next, anchor } = enrolment;
  if (anchor === 'agreement') return { next, because: enrolment.because, anchor };
  const visits = visitsOf(state, enrolment.id);
  const visit = visits.at(-1);
  if (!visit) return planFirstVisit(state, enrolment);
  const evaluation = evaluateVisit({ ...state, visits: visits.slice(0, -1) }, enrolment, visit);
  return { next: evaluation.nextVisit, because: evaluation.because, anchor };
}

/** Says whether the person has been asked to come already. Such a date is never changed, because the person knows it. */
export const isAskedFor = ({ plan }: FollowUpState, enrolmentId: string): boolean =>
  plan !== null && plan.stage !== 'planned' && plan.enrolmentIds.includes(enrolmentId);

/**
 * Recalculates the dates of all active enrolments by the calendar and tier in the state. The enrolments `except` keep their dates, as does
 * every date that the person has been told already.
 */
export function recalculateDueDates(state: FollowUpState, at: number, except: readonly string[] = []): FollowUpState {
  const movable = state.enrolments.filter(({ id, status }) => status === 'active' && !except.includes(id) && !isAskedFor(state, id));
  const dated = movable.reduce(
    (now, enrolment) => withEnrolment(now, enrolment.id, toKeepableRequest(now, recalculateNext(now, enrolment), enrolment, at)),
    state,
  );
  return withPlan(dated);
}

/**
 * Returns a request whose date can still be kept. A stricter rhythm, counted from the last visit, may ask for a day that has passed and would count as
 * missed. The visit is then asked for within the agreed days, and no later than it was before.
 */
export function toKeepableRequest(
  state: FollowUpState,
  request: NextVisitRequest,
  { next: previous }: Pick<Enrolment, 'next'>,
  at: number,
): NextVisitRequest {
  const today = localDateOf(at);
  if (!request.next || request.next.dueOn >= today) return request;
  const { next, because, anchor } = askAgainSoon(state, at, 'the date of the protocol has passed');
  if (!next) return request;
  const dueOn = previous && previous.dueOn >= today ? earlierOf(previous.dueOn, next.dueOn) : next.dueOn;
  return { anchor, next: { opensOn: next.opensOn, dueOn }, because: [...request.because, ...because] };
}

/** Requests a visit within the days that the alliance has agreed on, as after a pause, a missed window or a reopening. */
export function askAgainSoon(state: FollowUpState, at: number, clause: string): NextVisitRequest {
  const today = localDateOf(at);
  const { againWithinDays, version } = state.configuration;
  const dueOn = dueDate(state.calendar, today, addDays(today, againWithinDays));
  return {
    anchor: 'agreement',
    next: { opensOn: today, dueOn },
    because: [
      {
        rule: `alliance-configuration/${version}`,
        clause: `follow-up/${clause}`,
        source: 'agreement of the alliance',
        evidence: { from: today, againWithinDays, dueOn, ...unconfirmedEvidence(state, dueOn) },
      },
    ],
  };
}

export const pauseEnrolment = (state: FollowUpState, id: string, reason: PauseReason, at: number): FollowUpState =>
  withPlan(withEnrolment(state, id, { status: 'paused', pause: { reason, at, asked: false }, next: null }));

/** Returns the state with another centre that runs the follow-up. The old centre keeps the right to look back. */
export const withCentre = (state: FollowUpState, centreId: string): FollowUpState => ({
  ...state,
  centreId,
  formerCentreIds: [...new Set([...state.formerCentreIds, state.centreId])],
});

export function endEnrolment(state: FollowUpState, id: string, reason: EndReason, at: number): FollowUpState {
  const ended = withEnrolment(state, id, { status: 'ended', endReason: reason, endedAt: at, next: null, pause: null });
  return withEnd(withPlan(ended), at);
}

/** Ends the follow-up when its last enrolment has ended. It can still be reopened for a while, and is over only after that. */
export function withEnd(state: FollowUpState, at: number): FollowUpState {
  const hasEnrolment = state.enrolments.some(({ status }) => status !== 'ended');
  return hasEnrolment ? { ...state, endedAt: null } : { ...state, endedAt: state.endedAt ?? at, plan: null, episodes: [], search: null };
}
