/** The number that is paid for and the number that is treated to, for one visit. */
import { expect, test } from 'vitest';
import { bothIndicators } from '../../../domain/follow-up/indicators.ts';
import { newVisit, patientOfAge, protocol, visitWithGlucose, visitWithPressure } from '../../support/builders/follow-up.ts';

const hypertension = [protocol('htn-2025'), protocol('htn-2017')];
const on = '2026-03-02';

test.each<[age: number, systolic: number, diastolic: number, payment: boolean, clinical: boolean]>([
  [50, 129, 79, true, true],
  [50, 130, 79, true, false],
  [50, 129, 80, true, false],
  [50, 140, 79, false, false],
  [65, 149, 79, true, false],
  [80, 149, 89, true, true],
  [80, 150, 89, false, false],
])('at %i years %i/%i: payment %s, clinical %s', (age, systolic, diastolic, payment, clinical) => {
  const both = bothIndicators(hypertension, patientOfAge(age), visitWithPressure(on, systolic, diastolic));
  expect([both.payment?.controlled, both.clinical?.controlled]).toEqual([payment, clinical]);
  expect([both.payment?.protocol, both.clinical?.protocol]).toEqual(['htn-2017', 'htn-2025']);
});

test('not measured is neither; readings at home measure nothing', () => {
  const both = bothIndicators(
    hypertension,
    patientOfAge(50),
    visitWithPressure(on, 120, 70, { bloodPressures: [{ systolic: 120, diastolic: 70, atHome: true }] }),
  );
  expect([both.payment?.controlled, both.clinical?.controlled]).toEqual([null, null]);
});

test('a disease with one number has it as both, one without has none', () => {
  const both = bothIndicators([protocol('t2dm-2017'), protocol('t2dm-new')], patientOfAge(50), visitWithGlucose(on, 6.9));
  expect(both.clinical).toEqual(both.payment);
  expect(both.payment).toMatchObject({ protocol: 't2dm-2017', controlled: true, target: { fastingGlucose: 7 } });
  expect(bothIndicators([protocol('elderly')], patientOfAge(70), newVisit(on))).toEqual({ payment: null, clinical: null });
});

test('only what is in effect on the day of the visit counts; of several the newest', () => {
  const before = bothIndicators(hypertension, patientOfAge(50), visitWithPressure('2024-12-31', 135, 79));
  expect([before.clinical?.protocol, before.clinical?.controlled]).toEqual(['htn-2017', true]);
  const ours = { ...protocol('htn-2017'), id: 'htn-ours', effectiveFrom: '2026-01-01' };
  expect(bothIndicators([...hypertension, ours], patientOfAge(50), visitWithPressure(on, 135, 79)).payment?.protocol).toBe('htn-ours');
});
