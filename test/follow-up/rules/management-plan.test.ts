/** A hospital's management plan bends the follow-up one way only: targets down, visits nearer, items more. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../domain/follow-up/evaluate.ts';
import { itemsDue } from '../../../domain/follow-up/items.ts';
import { bendProtocol, listKeptItems } from '../../../domain/follow-up/management-plan.ts';
import type { HandedPlan } from '../../../domain/follow-up/protocol.ts';
import { createRandom } from '../../../domain/kit/random.ts';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { calendar, monday, newPatient, newVisit, protocol, visitWithPressure } from '../../support/builders/follow-up.ts';
import { newLife } from '../../support/builders/follow-up-state.ts';

const seed = Number(process.env.CAREPATH_TEST_SEED ?? 1);
const accepted = startOf(monday);
const plan = (over: Partial<HandedPlan> = {}): HandedPlan => ({
  referralId: 'r1',
  acceptedAt: accepted,
  targets: { systolic: null, diastolic: null, fastingGlucose: null },
  visitEveryDays: null,
  items: [],
  until: null,
  ...over,
});
const htn = protocol('htn-2017');
const judge = (visit: Parameters<typeof evaluate>[0]['visit'], over: Partial<HandedPlan> | null, visits: (typeof visit)[] = []) =>
  evaluate({
    protocol: bendProtocol(htn, over && plan(over)),
    calendar,
    patient: newPatient(),
    visit,
    visits,
    startedOn: addDays(monday, -400),
  });

describe('the plan', () => {
  const lower = { targets: { systolic: 130, diastolic: 80, fastingGlucose: null } };

  test('lowers a target, says by which referral, and never raises one', () => {
    const visit = visitWithPressure(monday, 134, 78);
    expect(judge(visit, null)).toMatchObject({ controlled: true, target: { systolic: 140, diastolic: 90 } });
    const bent = judge(visit, lower);
    expect(bent).toMatchObject({ controlled: false, action: 'adjust', target: { systolic: 130, diastolic: 80 } });
    expect(bent.because.some(({ evidence }) => evidence.managementPlan === 'r1')).toBe(true);
    const higher = judge(visitWithPressure(monday, 145, 78), { targets: { systolic: 160, diastolic: 100, fastingGlucose: 9 } });
    expect(higher).toMatchObject({ controlled: false, target: { systolic: 140, diastolic: 90, fastingGlucose: null } });
  });

  test('does not judge visits from before its acceptance, nor after its last day', () => {
    const before = visitWithPressure(addDays(monday, -20), 134, 78);
    expect(judge(visitWithPressure(addDays(monday, 3), 134, 78), lower, [before]).uncontrolledInARow).toBe(1);
    const ended = { ...lower, until: addDays(monday, 2) };
    expect(judge(visitWithPressure(addDays(monday, 2), 134, 78), ended).controlled).toBe(false);
    expect(judge(visitWithPressure(addDays(monday, 3), 134, 78), ended).controlled).toBe(true);
  });

  test('adds its items to each visit, in words of its own too, and takes none away', () => {
    const bent = bendProtocol(htn, plan({ items: ['foot-exam', 'blood-pressure', 'plan-item-3'] }));
    const codes = itemsDue(bent, undefined, [], monday).map(({ code }) => code);
    expect(codes).toEqual([...itemsDue(htn, undefined, [], monday).map(({ code }) => code), 'foot-exam', 'plan-item-3']);
  });

  test('shows what the last visit has kept of it, and nothing before one', () => {
    const asked = plan({ items: ['foot-exam', 'weight', 'blood-pressure'] });
    const kept = (...visits: Parameters<typeof listKeptItems>[1]) => listKeptItems(asked, visits).map((item) => item.kept);
    expect(kept()).toEqual(['open', 'open', 'open']);
    expect(kept(newVisit(addDays(monday, -1), { itemsDone: ['foot-exam'] }))).toEqual(['open', 'open', 'open']);
    expect(kept(visitWithPressure(monday, 130, 80, { itemsDone: ['foot-exam'] }))).toEqual(['yes', 'no', 'yes']);
  });

  test(`never asks for less than the protocol, whatever it says (seed ${seed})`, () => {
    const random = createRandom(seed);
    const maybe = <T>(value: T): T | null => (random.chance(0.5) ? value : null);
    for (let round = 0; round < 300; round++) {
      const drawn: Partial<HandedPlan> = {
        targets: {
          systolic: maybe(random.integer(90, 200)),
          diastolic: maybe(random.integer(40, 130)),
          fastingGlucose: maybe(random.integer(4, 20)),
        },
        visitEveryDays: maybe(random.integer(1, 366)),
        until: maybe(addDays(monday, random.integer(0, 400))),
      };
      const visit = visitWithPressure(addDays(monday, random.integer(0, 300)), random.integer(100, 175), random.integer(60, 105));
      const [own, bent] = [judge(visit, null), judge(visit, drawn)];
      expect(bent.nextVisit.dueOn <= own.nextVisit.dueOn, JSON.stringify({ drawn, visit })).toBe(true);
      if (own.controlled === false) expect(bent.controlled).toBe(false);
      expect((bent.target.systolic ?? 0) <= (own.target.systolic ?? 0) && (bent.target.diastolic ?? 0) <= (own.target.diastolic ?? 0)).toBe(
        true,
      );
      expect(bent.target.fastingGlucose).toBe(own.target.fastingGlucose);
      if (own.action === 'refer-urgent') expect(bent.action).toBe('refer-urgent');
    }
  });
});

test('an accepted down referral bends the follow-up from then on, and a later plan that is only a text bends nothing', () => {
  const life = newLife();
  life.enrol('e1', 'htn-2017');
  life.days(1);
  const handed = { referralId: 'r1', institutionId: 'inst-c01', firstFollowUpWithinSeconds: 259_200, nextVisitOn: null };
  const {
    referralId: _,
    acceptedAt: __,
    ...data
  } = plan({ targets: { systolic: 130, diastolic: null, fastingGlucose: null }, visitEveryDays: 7, items: ['foot-exam'] });
  life.fact('down-referral-accepted', { ...handed, plan: data });
  expect(life.state.managementPlan).toMatchObject({ referralId: 'r1', items: ['foot-exam'] });
  const [enrolment] = life.state.enrolments;
  expect(enrolment?.next?.dueOn).toBe(addDays(monday, 8));
  expect(enrolment?.because.at(-1)).toMatchObject({ rule: 'management-plan', clause: 'visitEveryDays' });
  life.visit('e1', 134);
  expect(life.state.enrolments[0]?.last).toMatchObject({ controlled: false, target: { systolic: 130 } });
  life.fact('down-referral-accepted', { ...handed, referralId: 'r2' });
  expect(life.state.managementPlan).toBeNull();
});
