/** Small changes to the state of a follow-up, and how a decision is made of two states. */

import type { Entry, MessageIntent, PathwayEvent, Reason, Verdict } from '../kit/pathway.ts';
import type { MessageTemplate } from '../messages/templates.ts';
import { isConfirmed } from '../time/calendar.ts';
import { addDays, addDuration, earlier, type LocalDate, localDateOf } from '../time/local-date.ts';
import { because } from './because.ts';
import { evaluate } from './evaluate.ts';
import type { Because, Evaluation } from './evaluation.ts';
import { dueDate, openingDate, phaseOf, quotaLimit } from './next-visit.ts';
import { replanned } from './plan.ts';
import type { Cited } from './protocol.ts';
import { rhythmFor } from './risk.ts';
import { type EndReason, type Enrolment, type FollowUpState, protocolOf, visitsOf } from './state.ts';
import type { Visit } from './visit.ts';

export type FollowUpVerdict = Verdict<FollowUpState>;

/** Only the fields that differ are stored: an old decision means the same for ever. */
export function decided(
  before: FollowUpState,
  after: FollowUpState,
  event: PathwayEvent,
  entries: Entry[],
  messages: MessageIntent[] = [],
): FollowUpVerdict & { ok: true } {
  const changed = Object.entries(after).filter(([field, value]) => before[field as keyof FollowUpState] !== value);
  return { ok: true, decision: { at: event.at, set: Object.fromEntries(changed), entries, messages } };
}

export const agreement = ({ configuration }: FollowUpState, clause: string, evidence: Reason['evidence']): Reason => ({
  rule: `alliance-configuration/${configuration.version}`,
  clause: `follow-up/${clause}`,
  evidence,
});

/** A protocol's reason as the timeline keeps it; the document it is from stands in the evidence. */
export const asReason = ({ rule, clause, source, evidence }: Because): Reason => ({ rule, clause, evidence: { ...evidence, source } });

export const changedEnrolment = (state: FollowUpState, id: string, change: Partial<Enrolment>): FollowUpState => ({
  ...state,
  enrolments: state.enrolments.map((enrolment) => (enrolment.id === id ? { ...enrolment, ...change } : enrolment)),
});

export const enrolmentOf = (state: FollowUpState, id: string | undefined): Enrolment | undefined =>
  state.enrolments.find((enrolment) => enrolment.id === id);

/** Said wherever a date is counted in a year whose working days nobody has published yet. */
const unconfirmed = ({ calendar }: FollowUpState, dueOn: LocalDate) => (isConfirmed(calendar, dueOn) ? {} : { calendar: 'unconfirmed' });

/** What an enrolment asks for next. */
type Asked = Pick<Enrolment, 'next' | 'because' | 'anchor'>;

/** A visit that follows no other one: by the rhythm of the phase, the year's quota and the tier, from the day that it began. */
export function firstVisit(state: FollowUpState, enrolment: Enrolment, from: LocalDate = enrolment.startedOn): Asked {
  const protocol = protocolOf(state, enrolment);
  const { startedOn, phaseSet } = enrolment;
  const { phase, nominal } = phaseOf(protocol, startedOn, from, phaseSet);
  const limit = quotaLimit(protocol, state.calendar, { startedOn, visits: visitsOf(state, enrolment.id), visitedOn: from });
  const tier = rhythmFor(state, protocol);
  const citing = (cited: Cited) => because(protocol, cited, {});
  const asked = [
    { dueOn: dueDate(state.calendar, from, nominal), why: citing(phase) },
    ...(limit && protocol.quota ? [{ dueOn: limit.latest, why: citing(protocol.quota) }] : []),
    ...(tier ? [{ dueOn: dueDate(state.calendar, from, addDuration(from, tier.every)), why: { ...tier.because, evidence: {} } }] : []),
  ];
  const { dueOn, why } = asked.reduce((first, one) => (one.dueOn < first.dueOn ? one : first));
  return {
    anchor: 'protocol',
    next: { opensOn: openingDate(phase.every, from, dueOn), dueOn },
    because: [{ ...why, evidence: { startedOn, dueOn, phase: phase.id, ...unconfirmed(state, dueOn) } }],
  };
}

/** What the enrolment's protocol says of a visit, with those in the state before it: of a form that is checked, of one that is recorded, and of an earlier one. */
export const judgedBy = (state: FollowUpState, enrolment: Enrolment, visit: Visit): Evaluation =>
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

/** What the present protocol and calendar say of the last visit, or of the enrolment where there was none: for a new version of either. */
export function nextUnder(state: FollowUpState, enrolment: Enrolment): Asked {
  const { next, anchor } = enrolment;
  if (anchor === 'agreement') return { next, because: enrolment.because, anchor };
  const visits = visitsOf(state, enrolment.id);
  const visit = visits.at(-1);
  if (!visit) return firstVisit(state, enrolment);
  const judged = judgedBy({ ...state, visits: visits.slice(0, -1) }, enrolment, visit);
  return { next: judged.nextVisit, because: judged.because, anchor };
}

/** The person has been asked to come: that date stays as it was said. */
export const isAskedFor = ({ plan }: FollowUpState, enrolmentId: string): boolean =>
  plan !== null && plan.stage !== 'planned' && plan.enrolmentIds.includes(enrolmentId);

/** With the dates that the present calendar and tier say, but for `except`. Only those that nobody has been asked for yet move. */
export function redated(state: FollowUpState, at: number, except?: string): FollowUpState {
  const waiting = state.enrolments.filter(({ id, status }) => status === 'active' && id !== except && !isAskedFor(state, id));
  const dated = waiting.reduce(
    (now, enrolment) => changedEnrolment(now, enrolment.id, stillToCome(now, nextUnder(now, enrolment), enrolment, at)),
    state,
  );
  return replanned(dated);
}

/**
 * A stricter rhythm, counted from the last visit, may ask for a day that has passed. Nobody could keep it, and it would count as missed: the visit
 * is asked for within the agreed days, and no later than it was.
 */
export function stillToCome(state: FollowUpState, asked: Asked, { next: stood }: Pick<Enrolment, 'next'>, at: number): Asked {
  const today = localDateOf(at);
  if (!asked.next || asked.next.dueOn >= today) return asked;
  const { next, because, anchor } = againSoon(state, at, 'the date of the protocol has passed');
  if (!next) return asked;
  const dueOn = stood && stood.dueOn >= today ? earlier(stood.dueOn, next.dueOn) : next.dueOn;
  return { anchor, next: { opensOn: next.opensOn, dueOn }, because: [...asked.because, ...because] };
}

/** Asked for again within the agreed days: after a pause, a missed window, a reopening. Never earlier than what stands already. */
export function againSoon(state: FollowUpState, at: number, clause: string): Asked {
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
        evidence: { from: today, againWithinDays, dueOn, ...unconfirmed(state, dueOn) },
      },
    ],
  };
}

export function endEnrolment(state: FollowUpState, id: string, reason: EndReason, at: number): FollowUpState {
  const ended = changedEnrolment(state, id, { status: 'ended', endReason: reason, endedAt: at, next: null, pause: null });
  return withEnd(replanned(ended), at);
}

/** When nobody is on any protocol any more the follow-up has ended; it is over once it can no longer be reopened. */
export function withEnd(state: FollowUpState, at: number): FollowUpState {
  const isOn = state.enrolments.some(({ status }) => status !== 'ended');
  return isOn ? { ...state, endedAt: null } : { ...state, endedAt: state.endedAt ?? at, plan: null, episodes: [] };
}

/** Whoever runs the follow-up: the nurse of the centre, the doctor, the head. */
export const tell = (
  state: FollowUpState,
  step: string,
  template: MessageTemplate,
  roles: readonly string[],
  parameters: MessageIntent['parameters'] = {},
): MessageIntent => ({
  step,
  template,
  recipients: roles.map((role) => ({ to: 'role', role, institutionId: state.centreId, departmentId: null })),
  parameters,
});
