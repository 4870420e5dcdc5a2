/** What a plan says and lacks, what its template adds, what a symptom means, and until when an episode goes on. */
import { expect, test } from 'vitest';
import { actedOn, actingInstantOf } from '../../../domain/discharge/duties.ts';
import { computeLimit, judgeReadmission } from '../../../domain/discharge/limits.ts';
import type { GivenOrder } from '../../../domain/discharge/order.ts';
import { withOutcome } from '../../../domain/discharge/order-life.ts';
import { expandPlan, findMissingInformation, findPlanProblems, type GivenPlan, listWarnings } from '../../../domain/discharge/plan.ts';
import { type Symptom, symptoms } from '../../../domain/discharge/rules.ts';
import { abnormalDueOn, judgeSymptoms, triageAt, triageVisitDueOn } from '../../../domain/discharge/triage.ts';
import { toShanghaiMinute } from '../../../domain/time/shanghai.ts';
import { buildOrder, buildOrderGround, publishedCalendar as calendar, discharge } from '../../support/builders/discharge.ts';

const { rules, templates } = discharge;
const medicine: GivenOrder = { kind: 'medicine', title: 'x', medicine: { dose: '1片qd', quantity: { value: 7, unit: '片' } } };
const expand = (plan: Partial<GivenPlan>) => expandPlan(buildOrderGround({ ...plan, template: plan.template }), { orders: [], ...plan });

test('a template adds its items but those left out and those that are given', () => {
  const items = (plan: Partial<GivenPlan>) => expand(plan).orders.map(({ item, kind }) => `${kind} ${item ?? '-'}`);
  expect(items({ template: 'stroke' })).toEqual([
    'retest lipids',
    'revisit revisit-month-6',
    'rehabilitation rehabilitation',
    'education warning-signs',
  ]);
  expect(
    items({
      template: 'stroke',
      without: ['lipids', 'warning-signs'],
      orders: [{ kind: 'rehabilitation', title: 'x', item: 'rehabilitation' }],
    }),
  ).toEqual(['rehabilitation rehabilitation', 'revisit revisit-month-6']);
  expect(items({})).toEqual([]);
});

test('a template adds no medicine: one that is given is its own, else it warns', () => {
  const without = expand({ template: 'joint-replacement', orders: [medicine] });
  expect(without.orders.some(({ item }) => item === 'anticoagulant')).toBe(false);
  expect(listWarnings([], without.missingMedicines, false)).toEqual([{ code: 'medicine-missing', orderId: null }]);
  const given = expand({ template: 'joint-replacement', orders: [{ ...medicine, item: 'anticoagulant' }] });
  expect(given.missingMedicines).toEqual([]);
  expect(expand({ template: 'joint-replacement', without: ['anticoagulant'] }).missingMedicines).toEqual([]);
});

test('the dressing is changed every 3 days until the sutures are removed', () => {
  const dressing = (plan: Partial<GivenPlan>) =>
    expand({ template: 'general-surgery', ...plan }).orders.find(({ item }) => item === 'dressing')?.repeat;
  // An operation at the chest on 10-31: sutures on days 7 to 9, until 11-09.
  expect(dressing({ operatedOn: '2026-10-31', site: 'chest' })).toEqual({ everyDays: 3, untilOn: '2026-11-09' });
  expect(dressing({ orders: [{ kind: 'wound', title: 'x', item: 'sutures', dueOn: '2026-11-11' }] })).toEqual({
    everyDays: 3,
    untilOn: '2026-11-11',
  });
  expect(dressing({ operatedOn: '2026-10-31', site: 'chest', without: ['sutures'] })).toEqual({ everyDays: 3, untilOn: '2026-11-09' });
  // Without the day of the operation the wound is looked at until the visit.
  expect(dressing({})).toEqual({ everyDays: 3, untilOn: '2026-11-16' });
});

test('every template has dates for all its items once the operation is known', () => {
  for (const template of templates.templates) {
    const ground = buildOrderGround({ template: template.id, operatedOn: '2026-10-30', site: 'limb', joint: 'hip' });
    const { orders } = expandPlan(ground, { template: template.id, site: 'limb', orders: [] });
    expect(orders.map((given) => buildOrder(given, ground).reviewReasons)).toEqual(orders.map(() => []));
  }
});

test('a template or an item that there is not is named with its place', () => {
  const problems = (plan: Partial<GivenPlan>) =>
    findPlanProblems(templates, { orders: [], ...plan }).map(({ path, unknown }) => `${path} ${unknown}`);
  expect(problems({ template: 'flu', orders: [{ ...medicine, item: 'elixir' }] })).toEqual(['template template', 'orders.0.item item']);
  expect(problems({ template: 'stroke', without: ['lipids', 'daily-weight'] })).toEqual(['without.1 item']);
  expect(problems({ template: 'stroke', orders: [{ ...medicine, item: 'anticoagulant' }] })).toEqual([]);
});

test('discharge information has six parts; an empty list says none, medicines and results need a word', () => {
  const whole: GivenPlan = {
    responsibleClinician: '王',
    procedures: [],
    diagnoses: [],
    allergies: [],
    instructions: '休息',
    noMedication: true,
    noPendingResults: true,
    orders: [],
  };
  const missing = (over: Partial<GivenPlan>, orders: GivenOrder[] = [], results = 0) =>
    findMissingInformation({ ...whole, ...over }, orders, results);
  expect(missing({})).toEqual([]);
  expect(missing({ responsibleClinician: ' ', procedures: undefined, diagnoses: undefined, instructions: '' })).toEqual([
    'responsible-clinician',
    'procedures',
    'diagnoses',
    'instructions',
  ]);
  expect(missing({ noMedication: undefined })).toEqual(['medicines-and-allergies']);
  expect(missing({ noMedication: undefined }, [medicine])).toEqual([]);
  expect(missing({ allergies: undefined }, [medicine])).toEqual(['medicines-and-allergies']);
  expect(missing({ noPendingResults: undefined })).toEqual(['results-or-pending-tests']);
  expect(missing({ noPendingResults: undefined }, [{ kind: 'pending-result', title: 'x' }])).toEqual([]);
  expect(missing({ noPendingResults: undefined }, [], 1)).toEqual([]);
});

test('warnings name the order; an unknown disposition is one', () => {
  const long = buildOrder({ ...medicine, medicine: { dose: '1片qd', quantity: { value: 30, unit: '片' } } });
  expect(listWarnings([long, buildOrder(medicine)], [], true)).toEqual([
    { code: 'long-supply', orderId: 'order-1' },
    { code: 'disposition-unknown', orderId: null },
  ]);
});

const at = Date.parse('2026-11-06T15:00:00+08:00');
const triage = (told: Symptom[], orders: GivenOrder[] = []) => {
  const found = judgeSymptoms(rules, told, orders, at);
  return found && `${found.level} ${found.ownerRole} ${toShanghaiMinute(found.dueAt).slice(11)}`;
};

test.each([
  ['chest-pain', 'emergency gp 15:30'],
  ['breathless-at-rest', 'emergency gp 15:30'],
  ['syncope', 'emergency gp 15:30'],
  ['altered-consciousness', 'emergency gp 15:30'],
  ['face-arm-speech', 'emergency gp 15:30'],
  ['heavy-bleeding', 'emergency gp 15:30'],
  ['low-glucose', 'urgent nurse 19:00'],
  ['weight-gain', 'urgent nurse 19:00'],
  ['breathless-on-exertion', 'urgent nurse 19:00'],
  ['other', 'urgent nurse 19:00'],
] as const)('%s: %s', (symptom, expected) => {
  expect(triage([symptom])).toBe(expected);
});

test('every symptom is judged, the worst of several decides, none is nothing', () => {
  for (const symptom of symptoms) expect(triage([symptom])).toBeDefined();
  expect(triage(['fever', 'syncope', 'other'])).toBe('emergency gp 15:30');
  expect(triage([])).toBeUndefined();
});

test.each(['门冬胰岛素注射液', '甘精胰岛素', '格列美脲片', 'gliclazide MR 30 mg', '消渴丸'])(
  'low glucose of somebody who takes %s is an emergency',
  (title) => {
    expect(triage(['low-glucose'], [{ ...medicine, title }])).toBe('emergency gp 15:30');
    expect(triage(['low-glucose'], [{ kind: 'education', title }])).toBe('urgent nurse 19:00');
  },
);

test('an abnormal value is judged, and a visit after triage made, within one working day; a critical value within 30 minutes', () => {
  expect(triageVisitDueOn(rules, calendar, at)).toBe('2026-11-09');
  expect(toShanghaiMinute(triageAt(rules, 'emergency', at, []).dueAt)).toBe('2026-11-06 15:30');
  expect(abnormalDueOn(rules, calendar, at)).toBe('2026-11-09');
});

test('an episode ends 90 days after the discharge, or 14 after the last due date that is no refill', () => {
  const until = (...orders: GivenOrder[]) =>
    computeLimit(
      rules,
      '2026-03-02',
      orders.map((given) => buildOrder(given, buildOrderGround({ dischargedOn: '2026-03-02' }))),
    );
  expect(until()).toBe('2026-05-31');
  expect(until({ kind: 'retest', title: 'x', dueOn: '2026-05-15' })).toBe('2026-05-31');
  expect(until({ kind: 'retest', title: 'x', dueOn: '2026-06-30' })).toBe('2026-07-14');
  const quantity = { value: 84, unit: '片' };
  expect(until({ ...medicine, medicine: { dose: '1片qd', quantity, longTerm: true } })).toBe('2026-05-31');
  expect(until({ ...medicine, medicine: { dose: '1片qd', quantity } })).toBe('2026-06-12');
  const retest = buildOrder({ kind: 'retest', title: 'x', dueOn: '2026-06-30' });
  expect(computeLimit(rules, '2026-03-02', [withOutcome(retest, 'done')])).toBe('2026-05-31');
});

test.each([
  ['2026-11-02', 0, true],
  ['2026-12-02', 30, true],
  ['2026-12-03', 31, false],
])('admitted again on %s: %i days after, within 30: %s', (admittedOn, daysAfter, within30) => {
  expect(judgeReadmission(rules, '2026-11-02', admittedOn, true)).toEqual({ daysAfter, planned: true, within30 });
});

test('a date acts at 09:00', () => {
  expect(toShanghaiMinute(actingInstantOf('2026-11-03'))).toBe('2026-11-03 09:00');
  expect(actedOn(actingInstantOf('2026-11-03'))).toBe('2026-11-03');
  expect(actedOn(actingInstantOf('2026-11-03') - 1)).toBe('2026-11-02');
});
