/** What a month of discharges comes to. */
import { expect, test } from 'vitest';
import { countIndicators, type DischargeIndicator, type DischargeOutcome } from '../../../domain/discharge/indicators.ts';
import { discharge } from '../../support/builders/discharge.ts';

const D = '2026-03-02';
const good: DischargeOutcome = {
  dischargedOn: D,
  birthDate: '1950-01-01',
  admittedOn: '2026-02-20',
  noticedOn: '2026-02-22',
  leftDead: false,
  diedOn: null,
  transferred: false,
  readmission: null,
  contactDueOn: '2026-03-04',
  contactReachedOn: '2026-03-04',
  contactLost: false,
  ended: true,
  visitedOn: ['2026-03-09'],
  reachedOn: ['2026-03-04'],
  reconciledOn: '2026-03-10',
  informationCompleteOn: '2026-03-04',
  orderOutcomes: ['done', 'done', 'expired', 'not-needed'],
  ordersOpen: 1,
};
const count = (over: Partial<DischargeOutcome>, today = '2026-12-01') => countIndicators(discharge.rules, [{ ...good, ...over }], today);
const shown = (name: DischargeIndicator, over: Partial<DischargeOutcome>, today?: string) => {
  const { kept, decided, pending } = count(over, today)[name];
  return `${kept}/${decided}${pending > 0 ? ` +${pending}` : ''}`;
};

test('all that was done in time is kept', () => {
  expect(Object.entries(count({})).map(([name, { kept, decided, pending }]) => `${name} ${kept}/${decided} ${pending}`)).toEqual([
    'contactInTime 1/1 0',
    'visit7 1/1 0',
    'visit14 1/1 0',
    'visit30 1/1 0',
    'reconciliation 1/1 0',
    'ordersDone 2/3 1',
    'readmission30 0/1 0',
    'readmission30Unplanned 0/1 0',
    'lost 0/1 0',
    'trcNotification 1/1 0',
    'trcInformation 1/1 0',
    'trcEngagement 1/1 0',
    'trcReconciliation 1/1 0',
  ]);
});

test('who left dead or was moved to another hospital is in no indicator', () => {
  for (const over of [{ leftDead: true }, { transferred: true }])
    expect(Object.values(count(over)).every(({ decided, pending }) => decided === 0 && pending === 0)).toBe(true);
});

test('the window of each is counted to its last day, and pending as long as it is open', () => {
  expect(shown('contactInTime', { contactReachedOn: '2026-03-05' })).toBe('0/1');
  expect(shown('contactInTime', {}, '2026-03-04')).toBe('0/0 +1');
  expect(shown('visit7', { visitedOn: [D] })).toBe('0/1');
  expect(shown('visit7', { visitedOn: ['2026-03-10'] })).toBe('0/1');
  expect(shown('visit14', { visitedOn: ['2026-03-16'] })).toBe('1/1');
  expect(shown('visit14', { visitedOn: ['2026-03-17'] })).toBe('0/1');
  expect(shown('visit7', {}, '2026-03-09')).toBe('0/0 +1');
  expect(shown('visit7', {}, '2026-03-10')).toBe('1/1');
  expect(shown('reconciliation', { reconciledOn: D })).toBe('1/1');
  expect(shown('reconciliation', { reconciledOn: '2026-04-02' })).toBe('0/1');
  expect(shown('reconciliation', { reconciledOn: '2026-04-01' })).toBe('1/1');
});

test('a contact that death or another admission has prevented is nobody’s failure', () => {
  expect(shown('contactInTime', { contactReachedOn: null, diedOn: '2026-03-04' })).toBe('0/0');
  expect(shown('contactInTime', { contactReachedOn: null, diedOn: '2026-03-05' })).toBe('0/1');
  const readmission = { admittedOn: '2026-03-03', within30: true, planned: false };
  expect(shown('contactInTime', { contactReachedOn: null, readmission })).toBe('0/0');
  expect(shown('contactInTime', { contactReachedOn: D, readmission })).toBe('1/1');
});

test('readmissions are counted in all and unplanned; the lost once they are', () => {
  const readmission = { admittedOn: '2026-03-20', within30: true, planned: true };
  expect([shown('readmission30', { readmission }), shown('readmission30Unplanned', { readmission })]).toEqual(['1/1', '0/1']);
  expect(shown('readmission30', { readmission: { ...readmission, within30: false } })).toBe('0/1');
  expect(shown('lost', { contactReachedOn: null, contactLost: true })).toBe('1/1');
  expect(shown('lost', { contactReachedOn: null, ended: false })).toBe('0/0 +1');
});

test('TRC counts adults who are alive after 30 days, and of linked stays the last', () => {
  expect(shown('trcEngagement', { birthDate: '2008-03-03' })).toBe('0/0');
  expect(shown('trcEngagement', { birthDate: '2008-03-02' })).toBe('1/1');
  expect(shown('trcEngagement', { diedOn: '2026-04-01' })).toBe('0/0');
  expect(shown('trcEngagement', { diedOn: '2026-04-02' })).toBe('1/1');
  expect(shown('trcEngagement', { readmission: { admittedOn: '2026-03-20', within30: true, planned: false } })).toBe('0/0');
  // The day of the discharge itself is none of the 30.
  expect(shown('trcEngagement', { visitedOn: [], reachedOn: [D] })).toBe('0/1');
  expect(shown('trcNotification', { noticedOn: '2026-02-23' })).toBe('0/1');
  expect(shown('trcNotification', { admittedOn: null })).toBe('0/1');
  expect(shown('trcInformation', { informationCompleteOn: '2026-03-05' })).toBe('0/1');
  expect(shown('trcReconciliation', {}, '2026-04-01')).toBe('0/0 +1');
});
