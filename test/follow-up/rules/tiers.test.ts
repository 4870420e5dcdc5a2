/** Risk tiers inside the pathway: scored at each visit and each year; a tier only brings visits nearer, and its change is a decision with reasons. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RiskFacts } from '../../../domain/follow-up/risk-tier.ts';
import { addDays, addMonths } from '../../../domain/time/local-date.ts';
import { monday, newPatient, visitWithGlucose, visitWithPressure } from '../../support/builders/follow-up.ts';
import { eventsIn, FollowUpCourse, templatesIn } from '../../support/builders/follow-up-course.ts';

const healthy: RiskFacts = {
  bmi: 22,
  waistCm: 75,
  fastingGlucose: 5.2,
  ldlCholesterol: 2.1,
  smoking: 'never',
  alcohol: 'none',
  exerciseMinutesPerWeek: 180,
  familyHistory: 'no',
  targetOrganDamage: 'none',
};
const old = newPatient({ birthDate: '1949-01-01', sex: 'male' });

describe('a tier', () => {
  test('is not given while too little is known, and what is missing is named', () => {
    const course = new FollowUpCourse();
    course.enrol('htn-2017', { person: old });
    const { entries } = course.visit('htn-2017', visitWithPressure(addDays(monday, 1), 135, 80));
    expect(course.state.risk).toMatchObject({ scored: null, missing: expect.arrayContaining(['bmi', 'smoking']) });
    expect(entries.map(({ event }) => event)).not.toContain('tier-changed');
  });

  test('low: the protocol’s rhythm stands; high: monthly, with the score’s reasons, a specialist’s task and word to the doctor', () => {
    const course = new FollowUpCourse();
    course.enrol('htn-2017', { person: old });
    course.visit('htn-2017', visitWithPressure(monday, 128, 80), { risk: healthy });
    expect(course.state.risk).toMatchObject({ scored: 'low' });
    expect(course.of('htn-2017').next?.dueOn).toBe('2026-06-02');
    const day = addDays(monday, 7);
    const raised = course.visit('htn-2017', visitWithPressure(day, 132, 80), {
      risk: { targetOrganDamage: 'several', ldlCholesterol: 3.5 },
    });
    expect(course.state.risk).toMatchObject({ scored: 'high', set: null });
    expect(course.of('htn-2017').next?.dueOn).toBe('2026-04-09');
    expect(course.of('htn-2017').because.at(-1)).toMatchObject({ rule: 'risk-tier/1#high', evidence: { tier: 'high' } });
    const change = raised.entries.find(({ event }) => event === 'tier-changed');
    expect(change).toMatchObject({ from: 'low', to: 'high' });
    expect(change?.because.map(({ rule }) => rule)).toContain('risk-tier/1#target-organ-damage');
    expect(course.state.episodes).toMatchObject([{ rule: 'specialist-consultation', role: 'gp' }]);
    expect(templatesIn([raised])).toContain('follow-up-tier-changed');
  });

  test('brings the other enrolments’ visits nearer too, but not the yearly health check', () => {
    const course = new FollowUpCourse();
    const person = { ...old, diabetes: true };
    course.enrol('htn-2017', { person });
    course.enrol('t2dm-2017', { person });
    course.enrol('elderly', { person });
    const before = course.of('elderly').next?.dueOn;
    course.visit('t2dm-2017', visitWithGlucose(monday, 6.2), {
      risk: { ...healthy, targetOrganDamage: 'several', ldlCholesterol: 3.5, systolic: 135 },
    });
    expect(course.state.risk?.scored).toBe('high');
    expect([course.of('htn-2017').next?.dueOn, course.of('elderly').next?.dueOn]).toEqual(['2026-04-02', before]);
  });

  test('is scored again when a year has passed: age alone may raise it', () => {
    const course = new FollowUpCourse();
    course.enrol('elderly', { person: newPatient({ birthDate: addMonths(monday, -75 * 12 + 6), sex: 'male' }) });
    const facts: RiskFacts = { ...healthy, bmi: 29, smoking: 'current', systolic: 135, fastingGlucose: 5 };
    course.visit('elderly', visitWithPressure(monday, 128, 80), { risk: { ...facts, ldlCholesterol: 2.7 } });
    expect(course.state.risk).toMatchObject({ score: 8, scored: 'middle' });
    const later = course.until(addDays(monday, 366));
    expect(eventsIn(later)).toContain('risk-review');
    expect(course.state.risk).toMatchObject({ score: 9, facts: { age: 75 } });
  });

  test('set by a clinician holds until the score comes to another one; null goes by the score again', () => {
    const course = new FollowUpCourse();
    course.enrol('htn-2017', { person: old });
    course.visit('htn-2017', visitWithPressure(monday, 128, 80), { risk: healthy });
    course.ask('htn-2017', 'change-tier', addDays(monday, 1), { tier: 'high' });
    expect(course.of('htn-2017').next?.dueOn).toBe('2026-04-02');
    course.visit('htn-2017', visitWithPressure(addDays(monday, 2), 128, 80));
    expect(course.state.risk).toMatchObject({ scored: 'low', set: 'high' });
    course.ask('htn-2017', 'change-tier', addDays(monday, 3), { tier: null });
    expect(course.of('htn-2017').next?.dueOn).toBe('2026-06-04');
    course.ask('htn-2017', 'change-tier', addDays(monday, 4), { tier: 'high' });
    course.visit('htn-2017', visitWithPressure(addDays(monday, 5), 138, 80), {
      risk: { smoking: 'current', bmi: 25, familyHistory: 'yes' },
    });
    expect(course.state.risk).toMatchObject({ scored: 'middle', set: null });
  });

  test('whatever it is, no date is later than without one', () => {
    const facts = fc.record({
      bmi: fc.integer({ min: 18, max: 35 }),
      waistCm: fc.integer({ min: 60, max: 110 }),
      ldlCholesterol: fc.integer({ min: 1, max: 5 }),
      smoking: fc.constantFrom('never', 'stopped', 'current'),
      alcohol: fc.constantFrom('none', 'some', 'heavy'),
      exerciseMinutesPerWeek: fc.integer({ min: 0, max: 300 }),
      familyHistory: fc.constantFrom('no', 'yes'),
      targetOrganDamage: fc.constantFrom('none', 'one', 'several'),
    });
    const step = fc.record({ days: fc.integer({ min: 1, max: 80 }), systolic: fc.integer({ min: 100, max: 175 }), facts });
    fc.assert(
      fc.property(fc.constantFrom('htn-2017', 'htn-2025', 'high-risk'), fc.array(step, { minLength: 1, maxLength: 8 }), (id, steps) => {
        const [tiered, plain] = [new FollowUpCourse(), new FollowUpCourse()];
        tiered.enrol(id, { person: old });
        plain.enrol(id, { person: old, riskModel: undefined as never });
        let date = monday;
        for (const { days, systolic, facts: risk } of steps) {
          date = addDays(date, days);
          for (const course of [tiered, plain]) course.visit(id, visitWithPressure(date, systolic, 75), { risk });
          const [with_, without] = [tiered.of(id).next?.dueOn ?? '', plain.of(id).next?.dueOn ?? ''];
          expect(with_ > date && with_ <= without).toBe(true);
          expect(tiered.of(id).last).toMatchObject({ class: plain.of(id).last?.class, action: plain.of(id).last?.action });
        }
      }),
      { numRuns: 150 },
    );
  });
});
