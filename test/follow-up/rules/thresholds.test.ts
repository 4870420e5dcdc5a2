/** Every threshold of the sources, just below, at and just above, by the two versions. The numbers are written out here, not read from the protocols. */
import { describe, expect, test } from 'vitest';
import { symptomCodes } from '../../../domain/follow-up/symptoms.ts';
import {
  buildPressure,
  evaluateVisit,
  monday,
  newPatient,
  newVisit,
  patientOfAge,
  rulesOf,
  visitWithGlucose,
  visitWithPressure,
} from '../../support/builders/follow-up.ts';

type Act = 'continue' | 'adjust' | 'refer' | 'refer-urgent';
const hypertensionSymptoms = [
  'altered-consciousness',
  'severe-headache',
  'severe-dizziness',
  'nausea-vomiting',
  'blurred-vision',
  'eye-pain',
  'palpitations',
  'chest-tightness',
  'orthopnoea',
];
const diabetesSymptoms = [
  'altered-consciousness',
  'abnormal-behaviour',
  'acetone-breath',
  'palpitations',
  'sweating',
  'anorexia',
  'nausea-vomiting',
  'polydipsia',
  'polyuria',
  'abdominal-pain',
  'deep-breathing',
  'flushing',
  'sudden-vision-loss',
];

describe('controlled: both values below the target of the age and the version', () => {
  test.each<[protocol: string, age: number, daysYounger: number, tolerates: boolean, systolic: number, diastolic: number]>([
    ['htn-2017', 50, 0, false, 140, 90],
    ['htn-2017', 65, 1, false, 140, 90], // 64, the birthday is tomorrow
    ['htn-2017', 65, 0, false, 150, 90], // the birthday counts
    ['htn-2017', 65, 0, true, 140, 90],
    ['htn-2017', 79, 0, false, 150, 90],
    ['htn-2017', 80, 0, false, 150, 90],
    ['htn-2017', 80, 0, true, 140, 90],
    ['htn-2025', 50, 0, false, 130, 80],
    ['htn-2025', 50, 0, true, 130, 80],
    ['htn-2025', 64, 0, false, 130, 80],
    ['htn-2025', 65, 0, false, 130, 80],
    ['htn-2025', 80, 1, false, 130, 80], // 79
    ['htn-2025', 80, 0, false, 150, 90],
    ['htn-2025', 80, 1, true, 130, 80],
    ['htn-2025', 80, 0, true, 140, 90],
  ])(
    '%s at %d years less %d days, tolerates lower: %s → below %d/%d',
    (protocol, age, daysYounger, toleratesLowerTarget, systolic, diastolic) => {
      const patient = patientOfAge(age, daysYounger, { toleratesLowerTarget });
      const codeOf = (upper: number, lower: number) => evaluateVisit(protocol, visitWithPressure(monday, upper, lower), { patient }).class;
      expect(evaluateVisit(protocol, visitWithPressure(monday, 110, 70), { patient }).target).toEqual({
        systolic,
        diastolic,
        fastingGlucose: null,
      });
      expect(codeOf(systolic - 1, diastolic - 1)).toBe(1);
      expect(codeOf(systolic, diastolic - 1)).toBe(2);
      expect(codeOf(systolic - 1, diastolic)).toBe(2);
      expect(codeOf(systolic + 1, diastolic + 1)).toBe(2);
    },
  );

  test.each(['diabetes', 'kidneyDisease'] as const)('htn-2017 with %s: 140/90 at every age', (disease) => {
    for (const age of [40, 64, 65, 80]) {
      const codeOf = (systolic: number, diastolic: number) =>
        evaluateVisit('htn-2017', visitWithPressure(monday, systolic, diastolic), { patient: patientOfAge(age, 0, { [disease]: true }) })
          .class;
      expect([codeOf(139, 89), codeOf(140, 89), codeOf(139, 90)]).toEqual([1, 2, 2]);
    }
  });

  test.each(['t2dm-2017', 't2dm-new', 'complications'])('%s: fasting glucose below 7.0', (protocol) => {
    expect([6.9, 7.0, 7.1].map((value) => evaluateVisit(protocol, visitWithGlucose(monday, value)).class)).toEqual([1, 2, 2]);
    expect(evaluateVisit(protocol, visitWithGlucose(monday, 6.9)).target).toEqual({ systolic: 140, diastolic: 90, fastingGlucose: 7 });
  });

  test('t2dm-2017: a raised pressure short of a crisis does not change the class', () => {
    expect(evaluateVisit('t2dm-2017', visitWithGlucose(monday, 6.5, { bloodPressures: [buildPressure(179, 109)] }))).toMatchObject({
      class: 1,
      action: 'continue',
    });
  });
});

const glucoseProtocols = ['t2dm-2017', 't2dm-new', 'complications'];
const pressureProtocols = ['htn-2017', 'htn-2025', 'complications', 'elderly', 'high-risk'];

describe('a crisis value: referred urgently, checked within two weeks', () => {
  /** The weekly rhythm of the newly diagnosed is tighter than two weeks. */
  const urgentBy = (protocol: string) => ({
    action: 'refer-urgent',
    referral: 'urgent',
    nextVisit: { opensOn: '2026-03-03', dueOn: protocol === 't2dm-new' ? '2026-03-09' : '2026-03-16' },
  });

  test.each([...pressureProtocols, ...glucoseProtocols])('%s: 180/110, either of them', (protocol) => {
    const act = (systolic: number, diastolic: number) =>
      evaluateVisit(
        protocol,
        newVisit(monday, {
          bloodPressures: [buildPressure(systolic, diastolic)],
          fastingGlucose: glucoseProtocols.includes(protocol) ? 5 : null,
        }),
      );
    expect(act(179, 109).action).not.toBe('refer-urgent');
    expect(act(180, 70)).toMatchObject(urgentBy(protocol));
    expect(act(181, 70)).toMatchObject(urgentBy(protocol));
    expect(act(120, 110)).toMatchObject(urgentBy(protocol));
    expect(act(120, 111)).toMatchObject(urgentBy(protocol));
  });

  test.each([...glucoseProtocols, 'high-risk', 'elderly'])('%s: glucose 16.7 and 3.9, fasting or random', (protocol) => {
    const isUrgent = (values: object) =>
      evaluateVisit(protocol, newVisit(monday, { bloodPressures: [buildPressure(120, 70)], ...values })).action === 'refer-urgent';
    for (const kind of ['fastingGlucose', 'randomGlucose'])
      expect([3.8, 3.9, 4.0, 16.6, 16.7, 16.8].map((value) => isUrgent({ [kind]: value }))).toEqual([true, true, false, false, true, true]);
    expect(evaluateVisit(protocol, visitWithGlucose(monday, 16.7))).toMatchObject(urgentBy(protocol));
  });

  test.each(glucoseProtocols)('%s: heart rate above 100, temperature above 39.0', (protocol) => {
    const act = (values: object) => evaluateVisit(protocol, visitWithGlucose(monday, 5, values)).action;
    expect([99, 100, 101].map((heartRate) => act({ heartRate }))).toEqual(['continue', 'continue', 'refer-urgent']);
    expect([38.9, 39.0, 39.1].map((temperature) => act({ temperature }))).toEqual(['continue', 'continue', 'refer-urgent']);
  });

  test.each(['htn-2017', 'htn-2025'])('%s: heart rate, temperature and glucose are no crisis of hypertension', (protocol) => {
    expect(evaluateVisit(protocol, visitWithPressure(monday, 120, 70, { heartRate: 130, temperature: 40, randomGlucose: 20 })).action).toBe(
      'continue',
    );
  });

  test('each symptom of the list of its disease, and no other', () => {
    const actsOn = (protocol: string, visit: ReturnType<typeof newVisit>) =>
      symptomCodes.filter((code) => evaluateVisit(protocol, { ...visit, symptoms: [code] }).action === 'refer-urgent').sort();
    for (const protocol of ['htn-2017', 'htn-2025'])
      expect(actsOn(protocol, visitWithPressure(monday, 120, 70))).toEqual(hypertensionSymptoms.toSorted());
    for (const protocol of ['t2dm-2017', 't2dm-new'])
      expect(actsOn(protocol, visitWithGlucose(monday, 5))).toEqual(diabetesSymptoms.toSorted());
    expect([...new Set([...hypertensionSymptoms, ...diabetesSymptoms])].sort()).toEqual([...symptomCodes].sort());
  });

  test('pregnancy or lactation with a raised value: 140/90, fasting 6.1', () => {
    const patient = newPatient({ pregnant: true, birthDate: '1990-01-01' });
    const htn = (systolic: number, diastolic: number) =>
      evaluateVisit('htn-2017', visitWithPressure(monday, systolic, diastolic), { patient }).action;
    expect([htn(139, 89), htn(140, 89), htn(139, 90)]).toEqual(['continue', 'refer-urgent', 'refer-urgent']);
    const t2dm = (fastingGlucose: number) => evaluateVisit('t2dm-2017', visitWithGlucose(monday, fastingGlucose), { patient }).action;
    expect([t2dm(6.0), t2dm(6.1), t2dm(6.2)]).toEqual(['continue', 'refer-urgent', 'refer-urgent']);
    const htn2025 = (systolic: number, diastolic: number) =>
      evaluateVisit('htn-2025', visitWithPressure(monday, systolic, diastolic), { patient });
    expect([htn2025(139, 89), htn2025(140, 89), htn2025(139, 90)].map(({ referral }) => referral)).toEqual(['routine', 'urgent', 'urgent']);
    expect(htn2025(140, 80)).toMatchObject(urgentBy('htn-2025'));
  });

  test('htn-2025 refers every pregnant woman; a raised value makes it urgent', () => {
    const patient = newPatient({ pregnant: true, birthDate: '1990-01-01' });
    expect(evaluateVisit('htn-2025', visitWithPressure(monday, 118, 72), { patient })).toMatchObject({
      class: 1,
      action: 'refer',
      referral: 'routine',
    });
  });

  test('not pregnant, the same values are none', () => {
    expect(evaluateVisit('htn-2017', visitWithPressure(monday, 140, 80)).action).toBe('adjust');
    expect(evaluateVisit('t2dm-2017', visitWithGlucose(monday, 6.1)).action).toBe('continue');
  });
});

describe('the first, the second, the third time off target', () => {
  const off = {
    'htn-2017': (date: string) => visitWithPressure(date, 150, 80),
    'htn-2025': (date: string) => visitWithPressure(date, 150, 80),
    't2dm-2017': (date: string) => visitWithGlucose(date, 8),
  };
  const dates = ['2025-12-01', '2025-12-15', '2025-12-29'];

  test.each(Object.entries(off))('%s', (protocol, visitOff) => {
    const acts = [0, 1, 2, 3].map((count) => {
      const { action, referral, specialistClinicWithinHours } = evaluateVisit(protocol, visitOff(monday), {
        visits: dates.slice(0, count).map(visitOff),
      });
      return [action, referral, specialistClinicWithinHours];
    });
    expect(acts).toEqual([
      ['adjust', 'none', null],
      ['refer', 'routine', null],
      ['refer', 'routine', 24],
      ['refer', 'routine', 24],
    ] satisfies [Act, string, number | null][]);
  });

  test('2017: seen again within 2 weeks; 2025: from day 14 to day 28; a referral is checked within 2 weeks by both', () => {
    const next = (protocol: string, visits: ReturnType<typeof newVisit>[] = []) =>
      evaluateVisit(protocol, visitWithPressure(monday, 150, 80), { visits }).nextVisit;
    expect(next('htn-2017')).toEqual({ opensOn: '2026-03-03', dueOn: '2026-03-16' });
    expect(next('htn-2025')).toEqual({ opensOn: '2026-03-16', dueOn: '2026-03-30' });
    for (const protocol of ['htn-2017', 'htn-2025'])
      expect(next(protocol, [visitWithPressure('2026-02-02', 150, 80)])).toEqual({ opensOn: '2026-03-03', dueOn: '2026-03-16' });
  });
});

describe('screening at 140/90 on three different days', () => {
  const high = (date: string, systolic = 140, diastolic = 70) => visitWithPressure(date, systolic, diastolic);

  test('high-risk: measured again, then referred to confirm', () => {
    expect(evaluateVisit('high-risk', high(monday))).toMatchObject({ class: null, action: 'continue', nextVisit: { dueOn: '2026-03-16' } });
    expect(evaluateVisit('high-risk', high(monday), { visits: [high('2025-06-02')] }).action).toBe('continue');
    expect(evaluateVisit('high-risk', high(monday), { visits: [high('2025-06-02'), high('2025-09-01', 120, 90)] })).toMatchObject({
      action: 'refer',
      referral: 'routine',
      nextVisit: { dueOn: '2026-03-16' },
    });
    expect(evaluateVisit('high-risk', high(monday), { visits: [high('2025-06-02'), high('2025-06-02')] }).action).toBe('continue');
    expect(
      evaluateVisit('high-risk', visitWithPressure(monday, 139, 89), { visits: [high('2025-06-02'), high('2025-09-01')] }),
    ).toMatchObject({
      action: 'continue',
      nextVisit: { dueOn: '2026-09-02' },
    });
    expect(rulesOf(evaluateVisit('high-risk', visitWithPressure(monday, 139, 89)))).toEqual(['half-yearly']);
  });
});
