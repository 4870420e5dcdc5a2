/** What is owed while the patient is in hospital: the briefing, the telling of results, the teaching; and what is left of it at the discharge. */
import { dueRungs, fireRungs, instantOf } from '../time/sla-clock.ts';
import type { InStayDutyName } from './codes.ts';
import { actedOn } from './duties.ts';
import { createOrder } from './order-life.ts';
import { buildClock, groundOf, TEACHING, withOrder } from './orders.ts';
import { withResult, withResultTold } from './pending-results.ts';
import { numberOf } from './rules.ts';
import type { DischargeState, InStayDuty, Owner, StayResult } from './state.ts';

const HOUR_MS = 3_600_000;
const specialist: Owner = { side: 'hospital', role: 'specialist' };

/** A clock that is begun anew is another one, with steps of its own. */
const briefingClockId = ({ number }: Pick<DischargeState, 'number'>): string => `briefing-${number}`;

/** The duties of a stay that has begun; in one that is told only with its end nothing is owed any more. */
export function withInStayDuties(state: DischargeState, at: number): DischargeState {
  if (state.inStay.length > 0) return resumeClocks(state, at);
  const admittedAt = state.standing?.admittedAt ?? state.noticedAt;
  const clock = buildClock(briefingClockId(state), 'briefing', specialist, admittedAt, numberOf(state.rules, 'briefing-hours') * HOUR_MS);
  const open = (duty: InStayDutyName, dueAt: number | null): InStayDuty => ({ duty, state: 'open', dueAt, doneAt: null });
  const inStay = [open('briefing', instantOf(clock.clock, 100) ?? null), open('results', null), open('education', null)];
  return { ...state, inStay, clocks: [...state.clocks, clock] };
}

/** After a discharge that was taken back the clocks of the stay run on from the admission; nobody is called about what has passed. */
function resumeClocks(state: DischargeState, at: number): DischargeState {
  const missed = state.inStay.map((one) => (one.state === 'missed' ? { ...one, state: 'open' as const } : one));
  const known: DischargeState = { ...state, inStay: missed };
  const admittedAt = state.standing?.admittedAt ?? state.noticedAt;
  const isBriefed = missed.some(({ duty, state: now }) => duty === 'briefing' && now === 'done');
  const briefing = isBriefed
    ? []
    : [buildClock(briefingClockId(state), 'briefing', specialist, admittedAt, numberOf(state.rules, 'briefing-hours') * HOUR_MS)];
  const results = state.results.filter(({ toldAt }) => toldAt === null).map((result) => clockOfResult(state, result));
  const passed = [...briefing, ...results].map((one) => ({ ...one, clock: fireRungs(one.clock, dueRungs(one.clock, at), at) }));
  return { ...known, clocks: [...state.clocks, ...passed] };
}

const clockOfResult = ({ rules, number: standing }: DischargeState, { number, reportedAt }: StayResult) =>
  buildClock(`result-${number}-of-${standing}`, 'tell-results', specialist, reportedAt, numberOf(rules, 'result-told-hours') * HOUR_MS);

const withDone = (state: DischargeState, duty: InStayDutyName, doneAt: number): DischargeState => ({
  ...state,
  inStay: state.inStay.map((one) => (one.duty === duty ? { ...one, state: 'done', doneAt } : one)),
});

export const brief = (state: DischargeState, doneAt: number): DischargeState => ({
  ...withDone(state, 'briefing', doneAt),
  clocks: state.clocks.filter(({ task }) => task !== 'briefing'),
});

/** Not understood, it is still owed. */
export const educate = (state: DischargeState, isUnderstood: boolean, doneAt: number): DischargeState =>
  isUnderstood ? withDone(state, 'education', doneAt) : state;

export const isReported = ({ results }: DischargeState, number: string): boolean => results.some((one) => one.number === number);

export function tellResults(state: DischargeState, numbers: readonly string[], doneAt: number): DischargeState {
  const results = state.results.map((one) => (numbers.includes(one.number) ? { ...one, toldAt: one.toldAt ?? doneAt } : one));
  const isTold = (id: string): boolean => numbers.some((number) => id.slice(0, id.lastIndexOf('-of-')) === `result-${number}`);
  const clocks = state.clocks.filter(({ clock, task }) => task !== 'tell-results' || !isTold(clock.id));
  return { ...state, results, clocks };
}

/** Whoever treats tells a result within its time, as long as the patient is in hospital. */
export function withResultClock(state: DischargeState, number: string): DischargeState {
  const result = state.results.find((one) => one.number === number);
  const isTimed = state.clocks.some(({ task, clock }) => task === 'tell-results' && clock.id.startsWith(`result-${number}-of-`));
  if (state.status !== 'admitted' || !result || result.toldAt !== null || isTimed) return state;
  return { ...state, clocks: [...state.clocks, clockOfResult(state, result)] };
}

/** What was not done in the stay: a briefing is missed, a result that nobody has told is still to be told, teaching becomes an order. */
export function closeStay(state: DischargeState, at: number): DischargeState {
  const inStay = state.inStay.map((one) => (one.state === 'open' ? { ...one, state: closedAs(state, one), doneAt: one.doneAt } : one));
  const ofStay = ['briefing', 'tell-results'];
  const closed: DischargeState = { ...state, inStay, clocks: state.clocks.filter(({ task }) => !ofStay.includes(task)) };
  const ground = groundOf(closed, at);
  const taught = state.inStay.every(({ duty, state: now }) => duty !== 'education' || now === 'done');
  const isOrdered = state.orders.some(({ given }) => given.kind === 'education');
  const teaching =
    taught || isOrdered
      ? []
      : [createOrder(ground, { id: `${TEACHING}${state.discharges}`, given: { kind: 'education', title: '' }, actedOn: actedOn(at) })];
  return { ...closed, orders: [...closed.orders, ...teaching] };
}

const closedAs = ({ results }: DischargeState, { duty }: InStayDuty): InStayDuty['state'] =>
  duty === 'results' && results.every(({ toldAt }) => toldAt !== null) ? 'done' : 'missed';

/** A result that was told in the stay is told, whatever asked for it. */
export const withToldResults = (state: DischargeState): DischargeState =>
  state.results.reduce((now, { number, reportedAt, abnormal, critical, toldAt }) => {
    const order = now.orders.find(({ given, status }) => given.kind === 'pending-result' && given.number === number && status !== 'closed');
    if (!order || toldAt === null) return now;
    return withOrder(now, withResultTold(withResult(order, { at: reportedAt, abnormal, critical }), toldAt));
  }, state);
