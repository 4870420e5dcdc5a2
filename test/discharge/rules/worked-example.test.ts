/** The worked example of the specification, to the date: a heart-failure patient who is discharged on the day before a week of holidays. */
import { expect, test } from 'vitest';
import { dueOfConversation } from '../../../domain/discharge/conversations.ts';
import { computeDuties } from '../../../domain/discharge/duties.ts';
import { computeLimit, handOverDate, judgeReadmission } from '../../../domain/discharge/limits.ts';
import type { GivenMedicine, GivenOrder, OrderState } from '../../../domain/discharge/order.ts';
import type { OrderGround } from '../../../domain/discharge/order-dates.ts';
import { createOrder } from '../../../domain/discharge/order-life.ts';
import { expandPlan, type GivenPlan } from '../../../domain/discharge/plan.ts';
import { computeRisk } from '../../../domain/discharge/risk.ts';
import { numberOf } from '../../../domain/discharge/rules.ts';
import { daysBetween } from '../../../domain/time/local-date.ts';
import { toShanghaiMinute } from '../../../domain/time/shanghai.ts';
import { instantOf, startClock } from '../../../domain/time/sla-clock.ts';
import { publishedCalendar as calendar, discharge, templateOf } from '../../support/builders/discharge.ts';

const { rules, templates, scores } = discharge;
const at = (text: string) => Date.parse(`2026-${text}:00+08:00`);
const dischargedOn = '2026-09-30';
const template = templateOf('heart-failure');

const medicine = (title: string, given: GivenMedicine): GivenOrder => ({ kind: 'medicine', title, medicine: { longTerm: true, ...given } });
const plan: GivenPlan = {
  template: 'heart-failure',
  without: ['revisit-week-2', 'revisit-week-3'],
  orders: [
    medicine('furosemide', { dose: '1片qd', quantity: { value: 14, unit: '片' } }),
    medicine('sacubitril/valsartan', { dose: '1片bid', quantity: { value: 28, unit: '片' } }),
    medicine('bisoprolol', { dose: '2.5mg qd', quantity: { value: 14, unit: '片' }, strength: { value: 5, unit: 'mg', per: '片' } }),
    medicine('spironolactone', { dose: '1片 qd', quantity: { value: 7, unit: '片' } }),
    { kind: 'pending-result', title: 'TSH', number: 'L-1', expectedOn: '2026-10-05' },
  ],
};
const risk = computeRisk(
  scores,
  {
    stayDays: daysBetween('2026-09-21', dischargedOn),
    admissionType: 'emergency',
    hemoglobinGPerL: 115,
    sodiumMmolPerL: 133,
    oncologyService: false,
    cancer: false,
    procedure: false,
    comorbidities: ['heart-failure', 'diabetes'],
    emergencyVisits6Months: 1,
    admissions12Months: 1,
  },
  { override: null, disposition: 'home' },
);
const duties = computeDuties({ rules, templates, calendar, dischargedOn, today: dischargedOn, risk: risk.level, template });
const ground: OrderGround = { rules, templates, calendar, dischargedOn, today: dischargedOn, visitDueOn: duties.visit.dueOn, template };
const orders = expandPlan(ground, plan).orders.map((given, index) =>
  createOrder(ground, { id: `order-${index + 1}`, given, actedOn: dischargedOn }),
);
const line = ({ given, opensOn, dueOn, owner, medicine: read }: OrderState) =>
  [given.item ?? given.title, opensOn, dueOn, owner.side, owner.role, ...(read?.supply ? [read.supply.endOn] : [])].join(' ');

test('the briefing is called for at half its time, at 80 % and at its end', () => {
  const budgetMs = numberOf(rules, 'briefing-hours') * 3_600_000;
  const clock = startClock({ id: 'c1', name: 'briefing', budgetMs, at: at('09-21T14:00'), rungPercents: [50, 80, 100] });
  expect([50, 80, 100].map((percent) => toShanghaiMinute(instantOf(clock, percent) ?? 0))).toEqual([
    '2026-09-22 14:00',
    '2026-09-23 04:24',
    '2026-09-23 14:00',
  ]);
});

test('the risk is LACE 12 high; HOSPITAL 7 high, 5 medium, 5 high', () => {
  expect(risk.scores.map(({ score, points, level, missing }) => [score, points, level, missing.length])).toEqual([
    ['lace', 12, 'high', 0],
    ['hospital-2013', 7, 'high', 0],
    ['hospital-2016', 5, 'medium', 0],
    ['hospital-simplified-2017', 5, 'high', 0],
  ]);
  expect([risk.level, risk.source]).toEqual(['high', 'scores']);
});

test('each order opens and is due to the day, at the centre or the hospital', () => {
  expect(orders.map(line)).toEqual([
    'furosemide 2026-10-09 2026-10-13 centre gp 2026-10-13',
    'sacubitril/valsartan 2026-10-09 2026-10-13 centre gp 2026-10-13',
    'bisoprolol 2026-10-22 2026-10-27 centre gp 2026-10-27',
    'spironolactone 2026-10-01 2026-10-06 hospital pharmacist 2026-10-06',
    'TSH 2026-09-30 2026-10-05 hospital specialist',
    'revisit-week-1 2026-10-01 2026-10-07 hospital specialist',
    'revisit-week-6 2026-11-05 2026-11-11 hospital specialist',
    'potassium-week-1 2026-10-03 2026-10-07 hospital nurse',
    'potassium-week-4 2026-10-25 2026-10-28 centre nurse',
    'daily-weight 2026-10-01 2026-10-07 hospital nurse',
    'rehabilitation 2026-10-01 2026-10-21 centre nurse',
  ]);
  expect(orders.map(({ status }) => status)).toEqual([...Array(4).fill('waiting'), 'open', ...Array(6).fill('waiting')]);
});

test('the episode ends on 12-29, is handed over on 10-30, and an admission on 10-12 is 12 days after', () => {
  expect(computeLimit(rules, dischargedOn, orders)).toBe('2026-12-29');
  expect(handOverDate(rules, dischargedOn)).toBe('2026-10-30');
  expect(judgeReadmission(rules, dischargedOn, '2026-10-12', false)).toEqual({ daysAfter: 12, planned: false, within30: true });
});

test('a medicine that is stopped on Friday is spoken about by the Saturday that is worked', () => {
  expect(dueOfConversation(ground, orders[1]?.given ?? null, at('10-09T11:00'))).toMatchObject({ dueOn: '2026-10-10', dueAt: null });
});
