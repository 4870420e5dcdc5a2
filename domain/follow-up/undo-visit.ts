/**
 * Takes back what the decision that recorded a visit has changed. Each member is compared in three ways: what stands as the visit has left it goes back to
 * what it was before, what has changed since stays or is calculated anew from the visits that are left.
 */
import { isSameJson } from '../kit/changes.ts';
import { evaluateVisit, isAskedFor, type NextVisitRequest, recalculateNext, toKeepableRequest, withEnrolment } from './changes.ts';
import type { Lesson } from './education.ts';
import { SPECIALIST } from './episodes.ts';
import { bloodPressureOf, glucoseOf } from './measured-values.ts';
import { evaluateLastVisit } from './move-version.ts';
import { rescoreRisk } from './risk.ts';
import type { RiskFacts, RiskVariable } from './risk-tier.ts';
import {
  type Enrolment,
  type Episode,
  type FollowUpState,
  type LastEvaluation,
  lessonsOf,
  type Risk,
  type VisitTrace,
  visitsOf,
} from './state.ts';
import { applyTier } from './tiers.ts';
import type { ChangedFacts } from './visit.ts';

/**
 * Returns the state without what the decision has changed in enrolments, plan and episodes. The visits and the facts about the person in the state are
 * already those that are left.
 */
export function undoVisit(state: FollowUpState, trace: VisitTrace, at: number): FollowUpState {
  const isRestored = decidesLast(state, trace);
  const restored = state.enrolments.reduce((now, enrolment) => restoreEnrolment(now, enrolment, trace, at), state);
  return {
    ...restored,
    plan: isRestored && isSameJson(state.plan, trace.after.plan) ? trace.before.plan : restored.plan,
    // Whoever was looked for when the visit seemed to have found them has not been found.
    search: isRestored && isSameJson(state.search, trace.after.search) ? trace.before.search : restored.search,
    episodes: episodesWithout(restored, trace),
  };
}

/** Says whether the last evaluation of some enrolment is that of the visit. */
export const decidesLast = ({ enrolments }: FollowUpState, trace: VisitTrace): boolean =>
  enrolments.some((enrolment) => decidedLast(enrolment, trace));

/** Says whether the enrolment's last evaluation is that of the visit, so that nothing has been decided on top of it. */
const decidedLast = ({ last }: Enrolment, { partIds }: VisitTrace): boolean => last !== null && partIds.includes(last.visitId);

// --- the person -------------------------------------------------------------------------

/** Returns the state without what the visit has said of the person, and with the tier that follows. `stepId` names a new episode. */
export function undoFacts(state: FollowUpState, trace: VisitTrace, at: number, stepId: string): FollowUpState {
  const { before, after, namedSince } = trace;
  const person = restoreMembers(state.person as ChangedFacts, before.person, after.person, namedSince);
  const withPerson: FollowUpState = { ...state, person: { ...state.person, ...person } };
  if (isSameJson(state.risk, after.risk)) return { ...withPerson, risk: before.risk };
  if (!state.risk || !after.risk) return withPerson;
  return withRiskFacts(withPerson, { ...state.risk, facts: riskFactsWithout(state, state.risk, trace) }, at, stepId);
}

/** Scores the risk anew when the visit had brought variables that nobody has named since. */
function withRiskFacts(state: FollowUpState, risk: Risk, at: number, stepId: string): FollowUpState {
  if (isSameJson(state.risk?.facts, risk.facts)) return state;
  const { state: scored, change } = rescoreRisk({ ...state, risk }, risk.at);
  return change ? applyTier(scored, { tier: change.to, id: stepId, at }) : scored;
}

function riskFactsWithout(state: FollowUpState, risk: Risk, { before, after, namedSince }: VisitTrace): RiskFacts {
  const measured = state.visits.filter(({ visitedAt }) => visitedAt > (after.risk?.at ?? 0));
  const measuredSince: RiskVariable[] = [
    'age',
    'sex',
    ...(measured.some((visit) => bloodPressureOf(visit) !== null) ? (['systolic'] as const) : []),
    ...(measured.some((visit) => glucoseOf(visit, 'fastingGlucose') !== null) ? (['fastingGlucose'] as const) : []),
  ];
  return restoreMembers(risk.facts, before.risk?.facts ?? {}, after.risk?.facts ?? {}, [...namedSince, ...measuredSince]);
}

/** Gives each member that stands as `after` has it the value of `before`, and leaves out what that does not have. */
function restoreMembers<Members extends object>(now: Members, before: Members, after: Members, except: readonly string[]): Members {
  const isKept = (name: string) => {
    const key = name as keyof Members;
    return except.includes(name) || isSameJson(before[key], after[key]) || !isSameJson(now[key], after[key]);
  };
  const kept = Object.entries(now).filter(([name]) => isKept(name));
  const back = Object.entries(before).filter(([name]) => !isKept(name));
  return Object.fromEntries([...kept, ...back]) as Members;
}

// --- an enrolment -------------------------------------------------------------------------

function restoreEnrolment(state: FollowUpState, now: Enrolment, trace: VisitTrace, at: number): FollowUpState {
  const [before, after] = [trace.before, trace.after].map(({ enrolments }) => enrolments.find(({ id }) => id === now.id));
  if (!before || !after) return state;
  const isLast = decidedLast(now, trace);
  const isOfAnotherVisit = decidedLast(after, trace) && !isLast;
  if (isOfAnotherVisit) return state;
  const back: Enrolment = isLast ? { ...withPhaseBefore(now, before, after), last: before.last } : now;
  const request = restoreRequest(state, { now: back, before, after, isLast }, at);
  const restored: Enrolment = { ...back, ...request, missed: missedWithout(now, before, after) };
  return { ...state, enrolments: state.enrolments.map((one) => (one.id === now.id ? restored : one)) };
}

const requestOf = ({ next, because, anchor }: Enrolment): NextVisitRequest => ({ next, because, anchor });

/** Returns the next visit as it was asked for before. A date that has been set since stays when people have agreed on it, and else follows from the visits that are left. */
function restoreRequest(
  state: FollowUpState,
  { now, before, after, isLast }: { now: Enrolment; before: Enrolment; after: Enrolment; isLast: boolean },
  at: number,
): NextVisitRequest {
  if (isSameJson(requestOf(before), requestOf(after))) return requestOf(now);
  if (isSameJson(requestOf(now), requestOf(after))) return requestOf(before);
  if (!isLast || now.status !== 'active' || now.anchor !== 'protocol') return requestOf(now);
  return toKeepableRequest(state, recalculateNext(state, now), now, at);
}

/** The visit had ended the windows that were missed before it. Those that were missed since count on top of them, unless the count has begun anew. */
function missedWithout(now: Enrolment, before: Enrolment, after: Enrolment): number {
  if (before.missed === after.missed) return now.missed;
  if (isSameJson(requestOf(now), requestOf(after))) return before.missed;
  return now.missed > after.missed ? before.missed + now.missed : now.missed;
}

function withPhaseBefore(now: Enrolment, before: Enrolment, after: Enrolment): Enrolment {
  const { phase: phaseNow, lessons: _, ...rest } = now;
  const phase = phaseNow === after.phase ? before.phase : phaseNow;
  const lessons = lessonsWithout(lessonsOf(now), lessonsOf(before), lessonsOf(after));
  const hasLessons = lessons.length > 0 || before.lessons !== undefined;
  return { ...rest, ...(phase === undefined ? {} : { phase }), ...(hasLessons ? { lessons } : {}) };
}

/** A lesson that the visit has handed out or asked about stands as before, unless somebody has acknowledged it since. */
function lessonsWithout(now: readonly Lesson[], before: readonly Lesson[], after: readonly Lesson[]): Lesson[] {
  const findLesson = (lessons: readonly Lesson[], code: string) => lessons.find((lesson) => lesson.code === code);
  return now.flatMap((lesson) => {
    const known = findLesson(before, lesson.code);
    return isSameJson(lesson, findLesson(after, lesson.code)) ? (known ?? []) : lesson;
  });
}

// --- episodes -----------------------------------------------------------------------------

const tierOf = (risk: Risk | null) => risk && (risk.set ?? risk.scored);

/** Returns the episodes without those that the visit has opened, and with those that it alone had closed. */
function episodesWithout(state: FollowUpState, trace: VisitTrace): Episode[] {
  const { before, after } = trace;
  if (state.endedAt !== null) return state.episodes;
  const isIn = (episodes: readonly Episode[], { id }: Episode) => episodes.some((one) => one.id === id);
  // A specialist is asked about the tier, which may still be what the visit has brought the person into.
  const isStillCalledFor = ({ rule }: Episode) => rule === SPECIALIST && tierOf(state.risk) === tierOf(after.risk);
  const left = state.episodes.filter((one) => !isIn(after.episodes, one) || isIn(before.episodes, one) || isStillCalledFor(one));
  const wasClosed = (one: Episode) => !isIn(after.episodes, one) && !isIn(state.episodes, one);
  const isUndecided = ({ enrolmentId }: Episode) =>
    !after.enrolments.some(
      ({ id, last }) =>
        id === enrolmentId && last && trace.partIds.includes(last.visitId) && state.visits.some((v) => v.visitedAt > last.visitedAt),
    );
  const back = before.episodes.filter((one) => wasClosed(one) && isUndecided(one));
  const order = (one: Episode) => before.episodes.findIndex(({ id }) => id === one.id);
  return back.length === 0 ? left : [...left, ...back].toSorted((a, b) => order(a) - order(b));
}

// --- evaluations that rest on what is left --------------------------------------------------

/** Evaluates the last visit of an enrolment once more when a visit that was taken back had a part in what it says. `counted` are the visits that it was evaluated among. */
export function reevaluateLast(state: FollowUpState, id: string, counted: FollowUpState['visits'], at: number): FollowUpState {
  const enrolment = state.enrolments.find((one) => one.id === id);
  const visit = visitsOf(state, id).find((one) => one.id === enrolment?.last?.visitId);
  if (!enrolment?.last || !visit) return state;
  const evaluateAmong = (visits: FollowUpState['visits']) =>
    evaluateVisit({ ...state, visits: visits.filter((one) => one.id !== visit.id) }, enrolment, visit);
  const without = evaluateAmong(state.visits);
  if (isSameJson(without, evaluateAmong(counted))) return state;
  const { last } = enrolment;
  // What was urgent then was urgent by the visit's own values, and so was a reading to confirm.
  const isUrgent = last.action === 'refer-urgent' || last.action === 'confirm-reading';
  const changed: LastEvaluation = isUrgent
    ? { ...last, uncontrolledInARow: without.uncontrolledInARow }
    : { ...without, visitId: last.visitId, visitedAt: last.visitedAt, classOverride: last.classOverride };
  const judged = withEnrolment(state, id, { last: changed });
  const isFixed = isUrgent || enrolment.status !== 'active' || enrolment.anchor !== 'protocol' || isAskedFor(state, id);
  if (isFixed) return judged;
  const request: NextVisitRequest = { next: without.nextVisit, because: without.because, anchor: 'protocol' };
  return withEnrolment(judged, id, toKeepableRequest(judged, request, enrolment, at));
}

/** The decision that recorded the last visit is not known here, as after two records became one: the visit before it takes its place. */
export function replaceLast(state: FollowUpState, id: string, at: number): FollowUpState {
  const enrolment = state.enrolments.find((one) => one.id === id);
  if (!enrolment) return state;
  const visit = visitsOf(state, id).at(-1);
  const evaluation = evaluateLastVisit(state, enrolment);
  const last = visit && evaluation ? { ...evaluation, visitId: visit.id, visitedAt: visit.visitedAt, classOverride: null } : null;
  const replaced = withEnrolment(state, id, { last });
  if (enrolment.status !== 'active' || enrolment.anchor !== 'protocol') return replaced;
  return withEnrolment(replaced, id, toKeepableRequest(replaced, recalculateNext(replaced, { ...enrolment, last }), enrolment, at));
}
