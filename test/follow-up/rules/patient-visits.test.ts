/** A visit over several enrolments, on the decider alone: no crisis value ends in "continue", and the person gets one referral and one plan. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { listVisitCrises } from '../../../db/follow-up/visit-values.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { RecordVisit } from '../../../domain/follow-up/events.ts';
import { measuredValuesOf, toldValuesOf } from '../../../domain/follow-up/measured-values.ts';
import type { Visit } from '../../../domain/follow-up/visit.ts';
import { evolve } from '../../../domain/kit/pathway.ts';
import { startOf } from '../../../domain/time/local-date.ts';
import { buildPressure, monday, newPatient, newVisit } from '../../support/builders/follow-up.ts';
import { FollowUpCourse, gp } from '../../support/builders/follow-up-course.ts';
import { testSeed } from '../../support/seed.ts';

vi.setConfig({ testTimeout: 60_000 });

const seed = testSeed;
console.log(`Generated visits with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);

const protocols = ['htn-2017', 't2dm-2017', 'htn-2025', 'elderly', 'high-risk'] as const;
const visits: fc.Arbitrary<Partial<Visit>> = fc.record({
  mode: fc.constantFrom('clinic', 'home', 'phone'),
  bloodPressures: fc.array(
    fc.record({
      systolic: fc.constantFrom(118, 139, 152, 179, 180, 192),
      diastolic: fc.constantFrom(70, 89, 95, 109, 110, 114),
      atHome: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  fastingGlucose: fc.constantFrom(null, 3.9, 4, 6.4, 8.2, 16.6, 16.7),
  randomGlucose: fc.constantFrom(null, null, 3.5, 9, 20),
  glucoseAtHome: fc.subarray(['fastingGlucose', 'randomGlucose'] as const),
  heartRate: fc.constantFrom(null, 72, 130),
  temperature: fc.constantFrom(null, 36.6, 39.4),
  notMeasuredReason: fc.constantFrom(null, 'device-broken'),
});
const given = fc.record({
  enrolled: fc.uniqueArray(fc.constantFrom(...protocols), {
    minLength: 1,
    maxLength: 3,
    // One protocol a disease.
    selector: (id) => id.split('-')[0],
  }),
  pregnant: fc.boolean(),
  values: visits,
});

function decide({ enrolled, pregnant, values }: { enrolled: readonly string[]; pregnant: boolean; values: Partial<Visit> }) {
  const course = new FollowUpCourse();
  for (const id of enrolled) course.enrol(id, { person: newPatient({ pregnant }) });
  const visit = { ...newVisit(monday, values), visitedAt: startOf(monday) + 12 * 3_600_000 };
  const [first = '', ...further] = enrolled;
  const crises = listVisitCrises(visit);
  const input: RecordVisit = {
    enrolmentId: `enrolment-${first}`,
    visitId: 'visit-1',
    visit,
    late: false,
    classOverride: null,
    referralId: 'referral-1',
    furtherParts: further.map((id, index) => ({ enrolmentId: `enrolment-${id}`, visitId: `visit-1-${index}` })),
    ...(crises.length > 0 ? { crises } : {}),
  };
  const before = course.state;
  const verdict = followUp.decide(before, { kind: 'command', name: 'record-visit', id: 'e1', at: visit.visitedAt, actor: gp, input });
  return { visit, crises, before, verdict, after: verdict.ok ? evolve(before, verdict.decision) : before };
}

test('no value at or over a crisis threshold ends in "continue", is refused for want of another, or is left without a follow-up', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { crises, verdict, after } = decide(one);
      if (crises.length === 0) return;
      expect(verdict.ok).toBe(true);
      for (const { last } of after.enrolments) expect(['refer-urgent', 'confirm-reading']).toContain(last?.action);
    }),
    { seed, numRuns: 600 },
  );
});

test('a value for which the protocol would refer urgently if it had been measured has an owner: the readings, or an episode of the follow-up', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { visit, crises, verdict, after } = decide(one);
      const alarming = toldValuesOf(visit).some(({ kind, ...value }) =>
        kind === 'heart-rate' ? 'value' in value && value.value > 100 : kind === 'temperature' && 'value' in value && value.value > 39,
      );
      if (!verdict.ok || !alarming || crises.length > 0 || !one.enrolled.includes('t2dm-2017')) return;
      const isReferred = after.referrals.some(({ urgency }) => urgency === 'urgent');
      expect(isReferred || after.episodes.some(({ rule }) => rule === 'told-crisis-value')).toBe(true);
    }),
    { seed, numRuns: 600 },
  );
});

test('the person has at most one referral with the highest urgency of the parts, and one plan by the strictest date', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { verdict, after } = decide(one);
      if (!verdict.ok) return;
      const wanted = after.enrolments.map(({ last }) => last?.referral);
      expect(after.referrals.length).toBe(wanted.some((referral) => referral !== 'none') ? 1 : 0);
      if (wanted.includes('urgent')) expect(after.referrals[0]?.urgency).toBe('urgent');
      expect(after.plan?.dueOn).toBe(after.enrolments.flatMap(({ next }) => next?.dueOn ?? []).toSorted()[0]);
      expect(after.visits).toHaveLength(one.enrolled.length);
    }),
    { seed, numRuns: 600 },
  );
});

test('what is told or taken at home never classifies: each part says what it would say without it', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { visit, verdict, after } = decide(one);
      if (!verdict.ok || measuredValuesOf(visit).length > 0) return;
      for (const { last } of after.enrolments) expect([last?.controlled, last?.classes.filter((code) => code <= 2)]).toEqual([null, []]);
    }),
    { seed, numRuns: 600 },
  );
});

test('each part has its line in the timeline, and the parts share one plan', () => {
  const together = decide({
    enrolled: ['htn-2017', 't2dm-2017'],
    pregnant: false,
    values: { bloodPressures: [buildPressure(152, 95)], fastingGlucose: 8.2 },
  });
  expect(together.after.enrolments.map(({ last }) => last?.action)).toEqual(['adjust', 'adjust']);
  expect(together.after.plan).toMatchObject({ enrolmentIds: ['enrolment-htn-2017', 'enrolment-t2dm-2017'], stage: 'planned' });
  expect(together.verdict.ok && together.verdict.decision.entries.map(({ event }) => event)).toEqual(['visit-recorded', 'visit-recorded']);
});
