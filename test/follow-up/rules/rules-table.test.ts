/** Where the sources leave a choice: each line of what was decided. */
import { describe, expect, test } from 'vitest';
import { missingMeasures } from '../../../domain/follow-up/classify.ts';
import { indicatorsOf } from '../../../domain/follow-up/indicators.ts';
import { mergeReferrals } from '../../../domain/follow-up/merge-visits.ts';
import { screenVisits } from '../../../domain/follow-up/screening.ts';
import { glucoseInMmolPerL, pressureInMmHg } from '../../../domain/readings/units.ts';
import { startOf } from '../../../domain/time/local-date.ts';
import {
  buildPressure,
  evaluateVisit,
  monday,
  newPatient,
  newVisit,
  patientOfAge,
  protocol,
  protocols,
  rulesOf,
  visitWithGlucose,
  visitWithPressure,
} from '../../support/builders/follow-up.ts';

const off = (date: string) => visitWithPressure(date, 150, 95);
const good = (date: string) => visitWithPressure(date, 120, 75);

test('within 2 weeks: 14 local days, the last one included; on a non-working day the working day before', () => {
  expect(evaluateVisit('htn-2017', off('2026-03-04')).nextVisit.dueOn).toBe('2026-03-18');
  expect(evaluateVisit('htn-2017', off('2026-03-07')).nextVisit.dueOn).toBe('2026-03-20'); // a Saturday's 14 days end on a Saturday
  expect(evaluateVisit('htn-2017', off('2026-09-21')).nextVisit.dueOn).toBe('2026-09-30'); // 5 October is in the holiday
  expect(evaluateVisit('htn-2017', off('2026-01-31')).nextVisit.dueOn).toBe('2026-02-14'); // a Saturday that is worked
});

test('the local day: half past eleven at night and half past midnight are different days', () => {
  const at = (instant: string) => ({ ...off(monday), visitedAt: Date.parse(instant) });
  expect(evaluateVisit('htn-2017', at('2026-03-02T15:59:59Z')).nextVisit.dueOn).toBe('2026-03-16');
  expect(evaluateVisit('htn-2017', at('2026-03-02T16:00:00Z')).nextVisit.dueOn).toBe('2026-03-17');
});

test.each([
  ['2026-03-02', '2026-06-02'],
  ['2025-11-30', '2026-02-28'], // clamped; a Saturday that is worked
  ['2026-03-31', '2026-06-30'],
  ['2025-12-09', '2026-03-09'],
  ['2025-12-08', '2026-03-06'], // 8 March is a Sunday
  ['2025-11-20', '2026-02-14'], // 20 February is in the Spring Festival
  ['2026-07-06', '2026-09-30'], // 6 October is in the holiday
])('about 3 months: after %s comes %s', (date, dueOn) => {
  for (const id of ['htn-2017', 'htn-2025']) expect(evaluateVisit(id, good(date)).nextVisit.dueOn).toBe(dueOn);
  expect(evaluateVisit('t2dm-2017', visitWithGlucose(date, 6)).nextVisit.dueOn).toBe(dueOn);
});

test('age: born on 29 February, a year older on 1 March', () => {
  const patient = newPatient({ birthDate: '1960-02-29' });
  const target = (date: string) => evaluateVisit('htn-2017', good(date), { patient }).target.systolic;
  expect([target('2025-02-28'), target('2025-03-01')]).toEqual([140, 150]);
});

describe('two consecutive', () => {
  test('the latest two measured ones, in whatever order they are given', () => {
    const visits = [off('2026-02-09'), good('2026-01-05')];
    expect(evaluateVisit('htn-2017', off(monday), { visits }).action).toBe('refer');
    expect(evaluateVisit('htn-2017', off(monday), { visits: visits.toReversed() }).action).toBe('refer');
    expect(evaluateVisit('htn-2017', off(monday), { visits: [off('2026-01-05'), good('2026-02-09')] }).action).toBe('adjust');
  });
  test('an unmeasured one neither counts nor breaks', () => {
    const unmeasured = newVisit('2026-02-16', { notMeasuredReason: 'refused' });
    expect(evaluateVisit('htn-2017', off(monday), { visits: [off('2026-02-09'), unmeasured] }).action).toBe('refer');
    expect(evaluateVisit('htn-2017', off(monday), { visits: [unmeasured] }).action).toBe('adjust');
  });
  test('of that disease: a glucose visit says nothing about pressure', () => {
    expect(evaluateVisit('htn-2017', off(monday), { visits: [off('2026-02-09'), visitWithGlucose('2026-02-16', 5)] }).action).toBe('refer');
    expect(evaluateVisit('htn-2017', off(monday), { visits: [visitWithGlucose('2026-02-16', 9)] }).action).toBe('adjust');
  });
  test('a controlled visit resets, an adverse reaction at a controlled one too', () => {
    const controlled = { ...good('2026-02-16'), adverseReactions: ['cough'] };
    expect(evaluateVisit('htn-2017', off(monday), { visits: [off('2026-02-09'), controlled] })).toMatchObject({
      action: 'adjust',
      uncontrolledInARow: 1,
    });
  });
  test('a reviewed outcome resets, an open referral does not', () => {
    const visits = [off('2026-01-12'), off('2026-01-26')];
    const sentAt = startOf('2026-01-27');
    expect(evaluateVisit('htn-2017', off(monday), { visits, referrals: [{ sentAt, reviewedAt: startOf('2026-02-10') }] })).toMatchObject({
      action: 'adjust',
      uncontrolledInARow: 1,
    });
    expect(evaluateVisit('htn-2017', off(monday), { visits, referrals: [{ sentAt, reviewedAt: null }] }).uncontrolledInARow).toBe(3);
  });
  test('a past visit is held against the targets of its own day', () => {
    const patient = patientOfAge(65); // turned 65 on the usual Monday
    expect(
      evaluateVisit('htn-2017', visitWithPressure(monday, 151, 80), { patient, visits: [visitWithPressure('2026-02-27', 145, 80)] }).action,
    ).toBe('refer');
    expect(
      evaluateVisit('htn-2017', visitWithPressure('2026-03-16', 151, 80), { patient, visits: [visitWithPressure(monday, 145, 80)] }).action,
    ).toBe('adjust');
  });
});

test('third and later: referred only if no referral is open, else the head is told', () => {
  const visits = [off('2026-01-12'), off('2026-01-26')];
  expect(evaluateVisit('htn-2017', off(monday), { visits })).toMatchObject({
    action: 'refer',
    referral: 'routine',
    notify: null,
    specialistClinicWithinHours: 24,
  });
  const referrals = [{ sentAt: startOf('2026-01-27'), reviewedAt: null }];
  expect(evaluateVisit('htn-2017', off(monday), { visits, referrals })).toMatchObject({
    action: 'adjust',
    referral: 'none',
    notify: 'head',
  });
});

describe('adverse reaction', () => {
  test('the first one: adjust, again within 2 weeks', () => {
    for (const id of ['htn-2017', 'htn-2025'])
      expect(evaluateVisit(id, visitWithPressure(monday, 120, 75, { adverseReactions: ['cough'] }))).toMatchObject({
        class: 3,
        classes: [3, 1],
        action: 'adjust',
        nextVisit: { dueOn: '2026-03-16' },
      });
  });
  test.each(['htn-2017', 'htn-2025', 't2dm-2017'])('%s: the same one twice, or flagged: hard to control, refer', (id) => {
    const on = (date: string, values: object) => visitWithPressure(date, 120, 75, { fastingGlucose: 6, ...values });
    const visits = [on('2026-02-16', { adverseReactions: ['cough'] })];
    const now = (values: object) => evaluateVisit(id, on(monday, values), { visits });
    expect(now({ adverseReactions: ['cough', 'oedema'] })).toMatchObject({ class: 3, action: 'refer', referral: 'routine' });
    expect(now({ adverseReactions: ['oedema'] }).action).toBe('adjust');
    expect(now({ adverseReactions: ['oedema', 'oedema'] }).action).toBe('adjust');
    expect(now({ adverseReactions: ['oedema'], hardToControl: true }).action).toBe('refer');
  });
});

test('emergency before refer before adjust before controlled', () => {
  const all = visitWithPressure(monday, 150, 95, { adverseReactions: ['cough'], newComplication: true, symptoms: ['eye-pain'] });
  expect(evaluateVisit('htn-2017', all).action).toBe('refer-urgent');
  expect(evaluateVisit('htn-2017', { ...all, symptoms: [] }).action).toBe('refer');
  expect(evaluateVisit('htn-2017', { ...all, symptoms: [], newComplication: false }).action).toBe('adjust');
  expect(evaluateVisit('htn-2017', good(monday)).action).toBe('continue');
  expect(rulesOf(evaluateVisit('htn-2017', all)).slice(0, 4)).toEqual([
    'crisis-symptom',
    'new-complication',
    'uncontrolled-first',
    'adverse-reaction',
  ]);
});

test('of equally serious rules the earliest date counts', () => {
  const both = visitWithPressure(monday, 150, 95, { adverseReactions: ['cough'] });
  expect(evaluateVisit('htn-2025', both)).toMatchObject({ action: 'adjust', nextVisit: { opensOn: '2026-03-03', dueOn: '2026-03-16' } });
});

test('the code on the form: complication, adverse reaction, uncontrolled, controlled', () => {
  const code = (values: object, systolic = 150) => evaluateVisit('htn-2017', visitWithPressure(monday, systolic, 80, values));
  expect(code({ newComplication: true, adverseReactions: ['cough'] })).toMatchObject({
    class: 4,
    classes: [4, 3, 2],
    action: 'refer',
    referral: 'routine',
  });
  expect(code({ adverseReactions: ['cough'] })).toMatchObject({ class: 3, classes: [3, 2] });
  expect(code({})).toMatchObject({ class: 2, classes: [2] });
  expect(code({}, 120)).toMatchObject({ class: 1, classes: [1] });
});

test('a missing value needs a reason; then unclassified, within 14 days', () => {
  expect(missingMeasures(protocol('htn-2017'), newVisit(monday))).toEqual(['blood-pressure']);
  expect(missingMeasures(protocol('t2dm-2017'), visitWithPressure(monday, 120, 80))).toEqual(['fasting-glucose']);
  expect(missingMeasures(protocol('t2dm-2017'), newVisit(monday, { randomGlucose: 17 }))).toEqual([]);
  expect(missingMeasures(protocol('elderly'), newVisit(monday))).toEqual([]);
  const unmeasured = newVisit(monday, { notMeasuredReason: 'refused' });
  for (const id of ['htn-2017', 'htn-2025', 't2dm-2017'])
    expect(evaluateVisit(id, unmeasured)).toMatchObject({
      class: null,
      classes: [],
      controlled: null,
      action: 'continue',
      referral: 'none',
      nextVisit: { dueOn: '2026-03-16' },
    });
  expect(evaluateVisit('htn-2017', { ...unmeasured, newComplication: true })).toMatchObject({ class: 4, classes: [4], action: 'refer' });
  expect(evaluateVisit('htn-2017', { ...unmeasured, symptoms: ['eye-pain'] }).action).toBe('refer-urgent');
});

test('a crisis is never refused for want of another value', () => {
  expect(evaluateVisit('t2dm-2017', visitWithPressure(monday, 180, 90))).toMatchObject({
    class: null,
    action: 'refer-urgent',
    missing: [],
  });
  expect(evaluateVisit('t2dm-2017', visitWithPressure(monday, 179, 90)).missing).toEqual(['fasting-glucose']);
  expect(evaluateVisit('htn-2017', newVisit(monday, { symptoms: ['eye-pain'] })).missing).toEqual([]);
  expect(evaluateVisit('htn-2017', newVisit(monday, { newComplication: true })).missing).toEqual(['blood-pressure']);
});

describe('several blood pressures', () => {
  const of = (...pressures: [number, number, boolean?][]) =>
    evaluateVisit(
      'htn-2017',
      newVisit(monday, { bloodPressures: pressures.map(([systolic, diastolic, atHome]) => buildPressure(systolic, diastolic, atHome)) }),
    );
  test('the mean of the last two, half up', () => {
    expect(of([170, 100], [139, 80], [140, 80])).toMatchObject({
      class: 2,
      because: [{ evidence: { systolic: 140, readings: 2 } }, {}, {}],
    });
    expect(of([170, 100], [138, 80], [140, 80]).class).toBe(1);
    expect(of([179, 80], [180, 80]).action).toBe('refer-urgent');
    expect(of([178, 80], [180, 80]).action).toBe('adjust');
    expect(of([120, 89], [120, 90]).class).toBe(2);
  });
  test('readings from home never classify', () => {
    expect(of([120, 75], [170, 100, true])).toMatchObject({ class: 1 });
    const atHome = newVisit(monday, { bloodPressures: [buildPressure(120, 75, true)] });
    expect(evaluateVisit('htn-2017', atHome)).toMatchObject({ class: null, action: 'continue', controlled: null });
    // The value that was told says why none was measured.
    expect([missingMeasures(protocol('htn-2017'), atHome), missingMeasures(protocol('t2dm-2017'), atHome)]).toEqual([
      [],
      ['fasting-glucose'],
    ]);
  });
  test('what is told on the telephone never classifies and never counts, whatever it is', () => {
    const told = { mode: 'phone', bloodPressures: [buildPressure(150, 95)], fastingGlucose: 9, heartRate: 130, temperature: 40 } as const;
    for (const id of ['htn-2017', 't2dm-2017'])
      expect(evaluateVisit(id, newVisit(monday, told))).toMatchObject({ class: null, controlled: null, uncontrolledInARow: 0 });
    const counted = evaluateVisit('htn-2017', off(monday), { visits: [newVisit('2026-02-16', told)] });
    expect(counted).toMatchObject({ action: 'adjust', uncontrolledInARow: 1 });
  });
  test('two visits of one day count once towards two in a row', () => {
    const earlierThatDay = { ...off(monday), visitedAt: off(monday).visitedAt - 3_600_000 };
    expect(evaluateVisit('htn-2017', off(monday), { visits: [earlierThatDay] })).toMatchObject({ action: 'adjust', uncontrolledInARow: 1 });
    expect(evaluateVisit('htn-2017', off(monday), { visits: [off('2026-02-16'), earlierThatDay] })).toMatchObject({
      action: 'refer',
      uncontrolledInARow: 2,
    });
  });
});

test('units: mg/dL and kPa are brought over and rounded half up before they are compared', () => {
  const mg = (value: number) => glucoseInMmolPerL({ value, unit: 'mg/dL' });
  expect([mg(126), mg(125), mg(300), mg(301), mg(70), mg(72)]).toEqual([7.0, 6.9, 16.6, 16.7, 3.9, 4.0]);
  expect([6.94, 6.95, 6.96].map((value) => glucoseInMmolPerL({ value, unit: 'mmol/L' }))).toEqual([6.9, 7.0, 7.0]);
  expect([pressureInMmHg(24, 'kPa'), pressureInMmHg(12, 'kPa'), pressureInMmHg(18.7, 'kPa'), pressureInMmHg(139.5, 'mmHg')]).toEqual([
    180, 90, 140, 140,
  ]);
});

test('glucose: random shows a crisis and never classifies', () => {
  expect(evaluateVisit('t2dm-2017', newVisit(monday, { randomGlucose: 12 }))).toMatchObject({
    class: null,
    action: 'continue',
    nextVisit: { dueOn: '2026-03-16' },
  });
  expect(evaluateVisit('t2dm-2017', newVisit(monday, { randomGlucose: 17 }))).toMatchObject({ class: null, action: 'refer-urgent' });
  expect(evaluateVisit('t2dm-2017', visitWithGlucose(monday, 6, { randomGlucose: 12 }))).toMatchObject({ class: 1, action: 'continue' });
});

describe('three highs', () => {
  const highs = (...dates: string[]) => dates.map((date) => visitWithPressure(date, 141, 80));
  const result = (id: string, ...dates: string[]) => screenVisits(protocol(id), highs(...dates)).result;
  test('2017: on three different days, however far apart', () => {
    expect(result('htn-2017', '2025-01-06', '2025-07-07', '2026-03-02')).toBe('provisional');
    expect(result('htn-2017', '2026-03-02', '2026-03-02', '2026-03-03')).toBe('recheck');
    expect(screenVisits(protocol('htn-2017'), [visitWithPressure(monday, 139, 89)]).result).toBe('clear');
  });
  test('2025: within 28 days', () => {
    expect(result('htn-2025', '2026-03-02', '2026-03-16', '2026-03-30')).toBe('provisional');
    expect(result('htn-2025', '2026-03-02', '2026-03-16', '2026-03-31')).toBe('recheck');
    expect(result('htn-2025', '2025-03-02', '2026-03-02', '2026-03-16', '2026-03-20')).toBe('provisional');
    expect(screenVisits(protocol('htn-2025'), highs('2026-03-02', '2026-03-09', '2026-03-16')).because[0]).toMatchObject({
      rule: 'htn-2025/1#screening',
      evidence: { withinDays: 28, dates: '2026-03-02, 2026-03-09, 2026-03-16' },
    });
  });
});

test('newly diagnosed diabetes: days 7, 14, 21, 28, then monthly to month 6, then as any diabetes', () => {
  const startedOn = '2026-03-04';
  const dates = [startedOn];
  const phases: string[] = [];
  for (let visits = 0; visits < 11; visits++) {
    const { nextVisit, phase } = evaluateVisit('t2dm-new', visitWithGlucose(dates.at(-1) as string, 6), {
      visits: dates.slice(0, -1).map((date) => visitWithGlucose(date, 6)),
    });
    dates.push(nextVisit.dueOn);
    phases.push(phase);
  }
  expect(dates).toEqual([
    '2026-03-04',
    '2026-03-11',
    '2026-03-18',
    '2026-03-25',
    '2026-04-01',
    '2026-04-30',
    '2026-05-29',
    '2026-06-29',
    '2026-07-29',
    '2026-08-28',
    '2026-11-27',
    '2027-02-26',
  ]);
  expect(phases).toEqual([
    'weekly',
    'weekly',
    'weekly',
    'weekly',
    'monthly',
    'monthly',
    'monthly',
    'monthly',
    'monthly',
    'stable',
    'stable',
  ]);
});

test('a tier may only shorten', () => {
  const tier = (days: number) => ({ name: 'some', because: { rule: 'tier', clause: 'tier', source: 'tier' }, every: { days } });
  expect(evaluateVisit('htn-2017', good(monday), { tier: tier(30) }).nextVisit).toEqual({ opensOn: '2026-03-18', dueOn: '2026-04-01' });
  expect(evaluateVisit('htn-2017', good(monday), { tier: tier(365) }).nextVisit.dueOn).toBe('2026-06-02');
  expect(evaluateVisit('htn-2017', off(monday), { tier: tier(30) }).nextVisit.dueOn).toBe('2026-03-16');
});

test('two diseases: one referral, as urgent as the most urgent', () => {
  const of = (...referrals: ('none' | 'routine' | 'urgent')[]) => mergeReferrals(referrals.map((referral) => ({ referral })));
  expect([of(), of('none', 'none'), of('none', 'routine'), of('routine', 'urgent', 'none')]).toEqual(['none', 'none', 'routine', 'urgent']);
});

test('the payment indicator and the clinical target stand side by side', () => {
  const hypertension = protocols.filter(({ disease }) => disease === 'hypertension');
  const of = (age: number, systolic: number) =>
    indicatorsOf(hypertension, patientOfAge(age), visitWithPressure(monday, systolic, 75)).map(({ indicator, controlled }) => [
      indicator,
      controlled,
    ]);
  expect(of(50, 135)).toEqual([
    ['payment', true],
    ['clinical', false],
  ]);
  expect(of(70, 145)).toEqual([
    ['payment', true],
    ['clinical', false],
  ]);
  expect(of(80, 145)).toEqual([
    ['payment', true],
    ['clinical', true],
  ]);
  expect(indicatorsOf(hypertension, patientOfAge(50), newVisit(monday)).map(({ controlled }) => controlled)).toEqual([null, null]);
});

test('every reason names its rule, its clause and its source', () => {
  for (const { id } of protocols)
    for (const visit of [off(monday), visitWithGlucose(monday, 17), newVisit(monday, { notMeasuredReason: 'refused' })]) {
      const { because } = evaluateVisit(id, visit);
      expect(because.length).toBeGreaterThan(0);
      for (const { rule, clause, source } of because) {
        expect(rule).toMatch(new RegExp(`^${id}/1#[a-z0-9-]+$`));
        expect([clause.length > 5, source.length > 5]).toEqual([true, true]);
      }
    }
});

test('what is our own choice waits for a clinician’s signature', () => {
  const pending = protocols.flatMap(({ rules, targets, phases }) =>
    [...rules, ...phases, ...targets.flatMap(({ bands }) => bands)].filter(
      ({ source, signOff }) => source === 'carepath' && signOff !== 'pending',
    ),
  );
  expect(pending).toEqual([]);
});
