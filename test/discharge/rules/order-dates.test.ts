/** When orders open and are due, and what of them a person has to look at. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOrder } from '../../../domain/discharge/code-orders.ts';
import { classesOf, isHighAlert } from '../../../domain/discharge/medicines.ts';
import type { GivenMedicine, GivenOrder, OrderState } from '../../../domain/discharge/order.ts';
import { operationSites } from '../../../domain/discharge/rules.ts';
import { addWorkingDays } from '../../../domain/time/calendar.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { buildOrder, buildOrderGround, publishedCalendar as calendar, discharge } from '../../support/builders/discharge.ts';

const { rules } = discharge;
const D = '2026-11-02';
const shown = ({ opensOn, dueOn, owner, reviewReasons, status }: OrderState) =>
  reviewReasons.length > 0 ? `${status} ${reviewReasons.join(' ')} ${owner.role}` : `${opensOn} ${dueOn} ${owner.side} ${owner.role}`;
const dated = (given: Partial<GivenOrder>, over: Parameters<typeof buildOrderGround>[0] = {}) =>
  shown(buildOrder({ kind: 'retest', title: 'x', ...given }, buildOrderGround({ dischargedOn: D, visitDueOn: '2026-11-16', ...over })));

test.each([
  ['retest', 'review no-rule nurse'],
  ['other', 'review no-rule nurse'],
  ['wound', 'review no-rule nurse'],
  ['medicine', 'review no-rule pharmacist'],
  ['revisit', '2026-11-03 2026-11-16 hospital specialist'],
  ['pending-result', '2026-11-02 2026-11-09 hospital specialist'],
  ['rehabilitation', '2026-11-03 2026-11-16 centre nurse'],
  ['education', '2026-11-03 2026-11-16 centre nurse'],
  ['device', '2026-11-03 2026-11-05 centre nurse'],
  // Day 90 is a Sunday, and 2027 is not published.
  ['vaccination', '2026-11-03 2027-01-29 centre nurse'],
] as const)('%s without a date: %s', (kind, expected) => {
  expect(dated({ kind })).toBe(expected);
});

test('own dates go before the item of a template, and this before the kind', () => {
  expect(dated({ kind: 'retest', dueOn: '2026-11-20' })).toBe('2026-11-03 2026-11-20 centre nurse');
  expect(dated({ kind: 'retest', opensOn: '2026-11-18', dueOn: '2026-11-20' })).toBe('2026-11-18 2026-11-20 centre nurse');
  expect(dated({ kind: 'retest', item: 'potassium-week-1' }, { template: 'heart-failure' })).toBe('2026-11-05 2026-11-09 centre nurse');
  expect(dated({ kind: 'retest', item: 'potassium-week-1', dueOn: '2026-11-20' }, { template: 'heart-failure' })).toBe(
    '2026-11-03 2026-11-20 centre nurse',
  );
  // An item of another template dates nothing here.
  expect(dated({ kind: 'retest', item: 'potassium-week-1' }, { template: 'stroke' })).toBe('review no-rule nurse');
  expect(dated({ kind: 'rehabilitation', item: 'rehabilitation' }, { template: 'stroke' })).toBe('2026-11-03 2026-11-05 centre nurse');
  expect(dated({ kind: 'rehabilitation', opensOn: '2026-11-10' })).toBe('2026-11-10 2026-11-16 centre nurse');
  // A window that would end before it opens is for a person.
  expect(dated({ kind: 'device', opensOn: '2026-11-10' })).toBe('review no-rule nurse');
});

test('an own date on or before the discharge is the day after', () => {
  expect(dated({ kind: 'retest', dueOn: D })).toBe('2026-11-03 2026-11-03 centre nurse');
  expect(dated({ kind: 'retest', dueOn: '2026-10-01', opensOn: '2026-10-01' })).toBe('2026-11-03 2026-11-03 centre nurse');
  expect(dated({ kind: 'pending-result', expectedOn: '2026-11-01' })).toBe('2026-11-02 2026-11-03 hospital specialist');
});

test('a pending result is due on its day, worked or not, also when that is over', () => {
  expect(dated({ kind: 'pending-result', expectedOn: '2026-11-08' })).toBe('2026-11-02 2026-11-08 hospital specialist');
  expect(dated({ kind: 'pending-result', expectedOn: '2026-11-08' }, { today: '2026-11-20' })).toBe(
    '2026-11-02 2026-11-08 hospital specialist',
  );
});

test('who does what is done in a holiday: specialist for visits, pharmacist for medicines, else the ward; a revisit at the centre is the gp’s', () => {
  const over = { dischargedOn: '2026-09-30', visitDueOn: '2026-10-07' };
  expect(dated({ kind: 'revisit', place: 'centre' }, over)).toBe('2026-10-01 2026-10-07 hospital specialist');
  expect(dated({ kind: 'revisit', place: 'centre' })).toBe('2026-11-03 2026-11-16 centre gp');
  expect(dated({ kind: 'device' }, over)).toBe('2026-10-01 2026-10-03 hospital nurse');
  expect(dated({ kind: 'other', dueOn: '2026-11-10', place: 'hospital' })).toBe('2026-11-03 2026-11-10 hospital nurse');
  expect(dated({ kind: 'other', dueOn: '2026-11-10' })).toBe('2026-11-03 2026-11-10 centre nurse');
});

test.each([
  ['head-neck', '2026-11-04 2026-11-05'],
  ['lower-abdomen', '2026-11-06 2026-11-06'],
  ['perineum', '2026-11-06 2026-11-06'],
  ['chest', '2026-11-07 2026-11-09'],
  ['upper-abdomen', '2026-11-07 2026-11-09'],
  ['back', '2026-11-07 2026-11-09'],
  ['buttock', '2026-11-07 2026-11-09'],
  ['limb', '2026-11-10 2026-11-12'],
  ['joint', '2026-11-14 2026-11-14'],
  ['retention', '2026-11-14 2026-11-14'],
] as const)('sutures of %s from an operation on 10-31: %s', (site, expected) => {
  expect(dated({ kind: 'wound', site }, { operatedOn: '2026-10-31' }).slice(0, 21)).toBe(expected);
  expect(dated({ kind: 'wound' }, { operatedOn: '2026-10-31', site }).slice(0, 21)).toBe(expected);
});

test('sutures are dated at every site, and without the day of the operation by nobody', () => {
  for (const site of operationSites) {
    expect(dated({ kind: 'wound', site }, { operatedOn: D })).toMatch(/^2026/);
    expect(dated({ kind: 'wound', site })).toBe('review no-rule nurse');
  }
  // Long after the operation they are due at once.
  expect(dated({ kind: 'wound', site: 'head-neck' }, { operatedOn: '2026-10-20' })).toBe('2026-11-03 2026-11-03 centre nurse');
});

const medicine = (given: Partial<GivenMedicine>, over: Parameters<typeof buildOrderGround>[0] = {}, more: Partial<GivenOrder> = {}) =>
  buildOrder(
    { kind: 'medicine', title: 'x', medicine: { dose: '1片qd', quantity: { value: 14, unit: '片' }, ...given }, ...more },
    buildOrderGround({ dischargedOn: D, ...over }),
  );

test.each([
  ['taken for long: a refill', { longTerm: true }, '2026-11-10 2026-11-13 centre gp'],
  ['until later than it lasts: a refill', { untilOn: '2026-12-01' }, '2026-11-10 2026-11-13 centre gp'],
  ['a course from its end for 7 days', {}, '2026-11-15 2026-11-20 centre gp'],
  ['a course until an earlier day', { untilOn: '2026-11-10' }, '2026-11-10 2026-11-17 centre gp'],
  ['when needed', { dose: { asNeeded: true } }, '2026-11-26 2026-12-02 centre gp'],
  ['when needed, as a text', { dose: '1片 必要时' }, '2026-11-26 2026-12-02 centre gp'],
  ['from a later start', { longTerm: true, startOn: '2026-11-10' }, '2026-11-18 2026-11-23 centre gp'],
  [
    'a supply that ends on the day of the discharge',
    { longTerm: true, quantity: { value: 1, unit: '片' } },
    '2026-11-03 2026-11-03 centre gp',
  ],
  ['as an amount', { dose: { amount: 0.5, unit: '片', perDay: 2 }, longTerm: true }, '2026-11-10 2026-11-13 centre gp'],
  ['with a supply told in days', { quantity: undefined, expectedSupplyDays: 14, longTerm: true }, '2026-11-10 2026-11-13 centre gp'],
  ['neither', { quantity: undefined }, 'review quantity-too-small pharmacist'],
  ['nobody can read it', { dose: '前3天30mg后减量' }, 'review dose-not-parsed pharmacist'],
  ['an amount of an unknown unit', { dose: { amount: 1, unit: '勺', perDay: 2 } }, 'review dose-not-parsed pharmacist'],
  ['units that do not meet', { dose: '5mg qd' }, 'review unit-mismatch pharmacist'],
  ['less than a day', { dose: '20片qd' }, 'review quantity-too-small pharmacist'],
  ['84 days are the most', { quantity: { value: 84, unit: '片' }, longTerm: true }, '2027-01-19 2027-01-22 centre gp'],
  ['85 are too many', { quantity: { value: 85, unit: '片' }, longTerm: true }, 'review long-supply pharmacist'],
] as const)('a medicine, %s', (_, given, expected) => {
  expect(shown(medicine(given as Partial<GivenMedicine>))).toBe(expected);
});

test.each([
  [7, false, false],
  [8, false, true],
  [28, false, true],
  [28, true, false],
  [29, true, true],
  [85, true, true],
])('a supply of %i days, for long: %s, warns: %s', (days, longTerm, warns) => {
  expect(medicine({ quantity: { value: days, unit: '片' }, longTerm }).isLongSupply).toBe(warns);
});

test('a medicine that is given for an item of the template is dated by it: 35 days after a hip, 14 after a knee', () => {
  const over = { template: 'joint-replacement', operatedOn: '2026-10-30' } as const;
  const course = { quantity: { value: 7, unit: '片' } };
  expect(shown(medicine(course, { ...over, joint: 'hip' }, { item: 'anticoagulant' }))).toBe('2026-11-03 2026-11-06 centre gp');
  expect(shown(medicine({ quantity: { value: 40, unit: '片' } }, { ...over, joint: 'hip' }, { item: 'anticoagulant' }))).toBe(
    '2026-12-04 2026-12-11 centre gp',
  );
  expect(shown(medicine({ quantity: { value: 12, unit: '片' } }, { ...over, joint: 'knee' }, { item: 'anticoagulant' }))).toBe(
    '2026-11-13 2026-11-20 centre gp',
  );
  expect(shown(medicine(course, { ...over, joint: undefined }, { item: 'anticoagulant' }))).toBe('review no-rule pharmacist');
  expect(shown(medicine({ ...course, untilOn: '2026-11-06' }, { ...over, joint: undefined }, { item: 'anticoagulant' }))).toBe(
    '2026-11-06 2026-11-13 centre gp',
  );
});

test('a refill opens three working days before it is due, neither before the day after the discharge, and is due before the supply ends', () => {
  const dischargedOn = fc.integer({ min: 0, max: 250 }).map((day) => addDays('2026-01-05', day));
  fc.assert(
    fc.property(dischargedOn, fc.integer({ min: 1, max: 84 }), (on, days) => {
      const { opensOn, dueOn, medicine: read } = medicine({ quantity: { value: days, unit: '片' }, longTerm: true }, { dischargedOn: on });
      const endOn = read?.supply?.endOn ?? '';
      expect(endOn).toBe(addDays(on, days - 1));
      expect(dueOn !== null && opensOn !== null && opensOn <= dueOn && opensOn > on).toBe(true);
      expect(dueOn !== null && (dueOn <= endOn || dueOn === addDays(on, 1))).toBe(true);
      expect(opensOn).toBe([addWorkingDays(calendar, dueOn ?? '', -3), addDays(on, 1)].sort().at(-1));
    }),
  );
});

test.each([
  ['门冬胰岛素注射液', ['insulin'], true],
  ['格列美脲片', ['sulfonylurea'], false],
  ['Warfarin 3 mg', ['anticoagulant'], true],
  ['ｗａｒｆａｒｉｎ', ['anticoagulant'], true],
  ['阿司匹林肠溶片', ['antiplatelet'], true],
  ['醋酸泼尼松片', ['steroid'], true],
  ['丙戊酸钠缓释片', ['antiepileptic'], true],
  ['呋塞米片', [], false],
] as const)('%s is of the classes %j, stopping it harms soon: %s', (title, classes, highAlert) => {
  expect(classesOf(rules, { title })).toEqual(classes);
  const order = { title, medicine: { dose: '1片qd' } };
  expect(isHighAlert(rules, order)).toBe(highAlert);
  expect([true, false].map((said) => isHighAlert(rules, { ...order, medicine: { ...order.medicine, highAlert: said } }))).toEqual([
    true,
    false,
  ]);
});

test('an order without its words is dated as the order itself, and twice coded it is the same', () => {
  for (const dose of ['1片qd', '半片bid', '1-2片tid', '0.1片 q8h', '3片 每周3次', '1片 必要时', '前3天30mg后减量', '10mg qd']) {
    const ground = buildOrderGround({ dischargedOn: D });
    const given: GivenOrder = {
      kind: 'medicine',
      title: '华法林',
      medicine: { dose, quantity: { value: 42, unit: '片' }, longTerm: true },
    };
    const coded = codeOrder(rules, given);
    const { given: _, ...dates } = buildOrder(given, ground);
    const { given: kept, ...codedDates } = buildOrder(coded, ground);
    expect(codedDates).toEqual(dates);
    expect(codeOrder(rules, kept)).toEqual(coded);
    expect([kept.title, isHighAlert(rules, kept), JSON.stringify(kept).includes(dose)]).toEqual(['', true, false]);
  }
});
