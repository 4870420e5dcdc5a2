/**
 * Evaluates a visit by a protocol. The function is pure: the protocol and the calendar are passed in, and the instant is that of the visit. The API's
 * trial of a visit and the pathway's decision both use it, so they cannot differ.
 */

import type { Cited } from '../kit/citation.ts';
import { isConfirmed } from '../time/calendar.ts';
import { addDuration, earlierOf, type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import { isControlled, missingMeasures, targetOf } from './classify.ts';
import { countUncontrolled, type EvaluatedVisit, type Evidence, evidenceOf, measurementsOf } from './conditions.ts';
import type { Because, ClassCode, Evaluation, EvaluationInput, NextVisit, ReferralUrgency } from './evaluation.ts';
import { evidenceOfPlan, rhythmOfPlan } from './management-plan.ts';
import { bloodPressureOf } from './measured-values.ts';
import { dueDate, nextVisitBy, openingDate, phaseOf, quotaLimit } from './next-visit.ts';
import type { Action, Consequence, Rule } from './protocol.ts';
import type { SentReferral, Visit } from './visit.ts';

/** The actions, the least serious first. */
const actions: readonly Action[] = ['continue', 'adjust', 'refer', 'refer-urgent'];
const rankOf = (action: Action): number => actions.indexOf(action);

const referralByAction: Record<Action, ReferralUrgency> = { continue: 'none', adjust: 'none', refer: 'routine', 'refer-urgent': 'urgent' };

interface FiredRule {
  rule: Rule;
  outcome: Consequence;
  evidence: Evidence;
}

export function evaluate(input: EvaluationInput): Evaluation {
  const { protocol, calendar, patient, visit, referrals = [] } = input;
  const before = input.visits.filter(({ visitedAt }) => visitedAt <= visit.visitedAt).toSorted((a, b) => a.visitedAt - b.visitedAt);
  const reviewedAt = lastReviewAt(referrals, visit.visitedAt);
  const since = before.filter(({ visitedAt }) => visitedAt > reviewedAt);
  const controlled = isControlled(protocol, patient, visit);
  const uncontrolledInARow = countUncontrolled(protocol, patient, since, visit);
  const given: EvaluatedVisit = { protocol, patient, visit, pressure: bloodPressureOf(visit), since, controlled, uncontrolledInARow };

  const fired = findFiredRules(given, isReferralOpen(referrals, visit.visitedAt));
  const action = fired[0]?.outcome.action ?? 'continue';
  const winners = fired.filter(({ outcome }) => outcome.action === action);
  const next = chooseNextVisit(input, before, winners);
  const { band, own, age } = targetOf(protocol, patient, visit.visitedAt);
  const classes = classesOf(visit, controlled);
  const clinicHours = winners.flatMap(({ outcome }) => outcome.specialistClinicWithinHours ?? []);
  return {
    class: classes[0] ?? null,
    classes,
    target: { systolic: band.systolic, diastolic: band.diastolic, fastingGlucose: band.fastingGlucose },
    action,
    nextVisit: { opensOn: next.opensOn, dueOn: next.dueOn },
    referral: referralByAction[action],
    because: [
      ...fired.map(({ rule, evidence }) => citeRule(protocol, rule, evidence)),
      ...(controlled === null
        ? []
        : [citeRule(protocol, band, { age, controlled, ...measurementsOf(visit), ...evidenceOfPlan(own, band, protocol.plan) })]),
      ...next.because,
    ],
    uncontrolledInARow,
    controlled,
    phase: next.phase,
    notify: winners.some(({ outcome }) => outcome.notify === 'head') ? 'head' : null,
    specialistClinicWithinHours: clinicHours.length > 0 ? Math.min(...clinicHours) : null,
    missing: action === 'refer-urgent' ? [] : missingMeasures(protocol, visit),
    calendarConfirmed: isConfirmed(calendar, next.dueOn),
  };
}

const lastReviewAt = (referrals: readonly SentReferral[], at: number): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...referrals.flatMap(({ reviewedAt }) => (reviewedAt !== null && reviewedAt <= at ? reviewedAt : [])));

const isReferralOpen = (referrals: readonly SentReferral[], at: number): boolean =>
  referrals.some(({ sentAt, reviewedAt }) => sentAt <= at && (reviewedAt === null || reviewedAt > at));

/** Returns the rules that hold, the most serious first. Equally serious ones keep the protocol's order. */
function findFiredRules(given: EvaluatedVisit, referralOpen: boolean): FiredRule[] {
  return given.protocol.rules
    .flatMap((rule) => {
      const evidence = evidenceOf(rule.when, given);
      if (!evidence) return [];
      return [
        {
          rule,
          outcome: (referralOpen ? rule.whileReferralOpen : undefined) ?? rule.outcome,
          evidence: { ...evidence, ...(referralOpen ? { referralOpen } : {}) },
        },
      ];
    })
    .toSorted((a, b) => rankOf(b.outcome.action) - rankOf(a.outcome.action));
}

/** Returns all classes that hold, the most serious first. */
function classesOf(visit: Visit, controlled: boolean | null): ClassCode[] {
  const classes: ClassCode[] = [];
  if (visit.newComplication) classes.push(4);
  if (visit.adverseReactions.length > 0 || visit.hardToControl) classes.push(3);
  if (controlled !== null) classes.push(controlled ? 1 : 2);
  return classes;
}

interface Candidate extends NextVisit {
  why: (evidence: Evidence) => Because;
  evidence: Evidence;
}

/** Returns the earliest of the visits that the winning rules, the phase, the tier and the quota ask for. */
function chooseNextVisit(
  { protocol, calendar, visit, startedOn, phaseSet, tier }: EvaluationInput,
  before: readonly Visit[],
  winners: readonly FiredRule[],
): NextVisit & { because: Because[]; phase: string } {
  const visitedOn = localDateOf(visit.visitedAt);
  const started = startedOn ?? localDateOf(before[0]?.visitedAt ?? visit.visitedAt);
  const { phase, nominal } = phaseOf(protocol, started, visitedOn, phaseSet);
  const whyOf = (rule: Cited) => (evidence: Evidence) => citeRule(protocol, rule, evidence);
  const buildNextVisit = (dueOn: LocalDate): NextVisit => ({ opensOn: openingDate(phase.every, visitedOn, dueOn), dueOn });

  const asked: Candidate[] = winners.flatMap(({ rule, outcome }) =>
    outcome.next ? [{ ...nextVisitBy(outcome.next, calendar, visitedOn), why: whyOf(rule), evidence: {} }] : [],
  );
  const candidates = [
    ...asked,
    { ...buildNextVisit(dueDate(calendar, visitedOn, nominal)), why: whyOf(phase), evidence: { phase: phase.id } as Evidence },
  ];
  if (tier) {
    const { dueOn } = nextVisitBy({ due: tier.every, opens: phase.every.opens }, calendar, visitedOn);
    candidates.push({ ...buildNextVisit(dueOn), why: (evidence) => ({ ...tier.because, evidence }), evidence: { tier: tier.name } });
  }
  const asPlanned = rhythmOfPlan(protocol.plan, visit.visitedAt);
  if (asPlanned) {
    const { every, because } = asPlanned;
    const dueOn = dueDate(calendar, visitedOn, addDuration(visitedOn, every));
    candidates.push({
      ...buildNextVisit(dueOn),
      why: (evidence) => ({ ...because, evidence: { ...because.evidence, ...evidence } }),
      evidence: {},
    });
  }
  const limit = quotaLimit(protocol, calendar, { startedOn: started, visits: [...before, visit], visitedOn });
  if (limit && protocol.quota)
    candidates.push({ ...buildNextVisit(limit.latest), why: whyOf(protocol.quota), evidence: { ...limit.evidence, latest: limit.latest } });

  const first = candidates.reduce((best, one) => (one.dueOn < best.dueOn ? one : best));
  const { dueOn } = first;
  // A rule may open the window earlier than the rhythm that gives the date. The person may then come from the rule's day on.
  const opensOn = asked.reduce((soonest, one) => earlierOf(soonest, one.opensOn), first.opensOn);
  const confirmed = isConfirmed(calendar, dueOn);
  const evidence = { visitedOn, opensOn, dueOn, ...first.evidence, ...(confirmed ? {} : { calendar: 'unconfirmed' }) };
  return { opensOn, dueOn, because: [first.why(evidence)], phase: phase.id };
}
