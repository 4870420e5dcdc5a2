/** The entries beside the Encounter of a stay, one by one: what each is taken as, or why it is held. */
import { describe, expect, test } from 'vitest';
import { responseToOrder } from '../../../api/fhir/stay-orders/answer.ts';
import { readEntry } from '../../../api/fhir/stay-orders/read-entries.ts';
import { StayTransactionSchema } from '../../../api/fhir/stay-schemas.ts';
import { codeOrder } from '../../../domain/discharge/code-orders.ts';
import { discharge } from '../../support/builders/discharge.ts';
import { appointment, carePlan, medicationRequest, orderedService, stayTransaction } from '../../support/builders/stay-transactions.ts';

const subject = { identifier: { system: 'urn:carepath:patient', value: 'patient-0001' } };
const period = { start: '2026-09-21', end: '2026-09-30T10:00:00+08:00' };

function read(resource: object, over: { more?: object; others?: object[]; id?: string } = {}) {
  const { more = {}, others = [] } = over;
  const parts = { subject, visitNumber: 'V1', status: 'finished' as const, timestamp: '2026-09-30T10:05:00+08:00' };
  const given = stayTransaction({ ...parts, more: { period, ...more }, beside: [resource, ...others] });
  const body = StayTransactionSchema.parse(given);
  const encounter = given.entry[0]?.resource as never;
  return readEntry({ body, encounter, writtenOn: '2026-09-30', dischargedOn: '2026-09-30', templates: discharge.templates }, 1);
}

/** In a few words: the fate with what matters of it, then what is said beside. */
function inWords(resource: object, over?: Parameters<typeof read>[1]): string {
  const { entry, issues } = read(resource, over);
  const said = issues.map(({ code, at }) => `${code} at ${at.replace('Bundle.entry[1].resource.', '')}`);
  return [fateOf(entry), ...(entry.fate === 'held' ? [issues[0]?.at.replace(/^Bundle.entry\[1\]\.resource\.?/, '') ?? ''] : said)].join(
    ' | ',
  );
}

function fateOf(entry: ReturnType<typeof read>['entry']): string {
  switch (entry.fate) {
    case 'held':
      return `held ${entry.reason}`;
    case 'withdrawal':
      return 'withdrawal';
    case 'plan':
      return `plan ${entry.template} ${entry.description === null ? '' : 'described'}`.trim();
    case 'order': {
      const { kind, title, item, opensOn, dueOn, expectedOn, number, repeat, medicine } = codeOrder(discharge.rules, entry.order);
      const dates = [opensOn, dueOn, expectedOn].some(Boolean) ? `${opensOn ?? ''}..${dueOn ?? expectedOn ?? ''}` : '';
      const repeated = repeat ? `every ${repeat.everyDays} until ${repeat.untilOn}` : '';
      return [kind, title === '' ? '' : 'words', item, number, dates, repeated, medicine ? medicineOf(medicine) : '']
        .filter(Boolean)
        .join(' ');
    }
  }
}

function medicineOf({
  dose,
  quantity,
  expectedSupplyDays,
  startOn,
  untilOn,
  longTerm,
}: NonNullable<ReturnType<typeof codeOrder>['medicine']>) {
  const taken =
    typeof dose === 'string'
      ? dose
      : 'asNeeded' in dose
        ? 'prn'
        : 'read' in dose
          ? dose.read
            ? `${dose.read.numerator}/${dose.read.denominator}${dose.read.unit}`
            : '?'
          : '';
  const bounds = [startOn && `from ${startOn}`, untilOn && `until ${untilOn}`, longTerm && 'long'].filter(Boolean).join(' ');
  return [taken, quantity ? `of ${quantity.value}${quantity.unit}` : expectedSupplyDays ? `for ${expectedSupplyDays}d` : 'of ?', bounds]
    .filter(Boolean)
    .join(' ');
}

const medicine = (over: object = {}) => medicationRequest(subject, 'M1', over);
const dosed = (...dosageInstruction: object[]) => medicine({ dosageInstruction });
const timed = (repeat: object, over: object = {}) =>
  dosed({ timing: { repeat }, doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }], ...over });
const daily = { frequency: 1, period: 1, periodUnit: 'd' };
const coded = (code: object) => dosed({ timing: { code }, doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }] });
const amount = (doseQuantity: object) => dosed({ timing: { repeat: daily }, doseAndRate: [{ doseQuantity }] });
const handedOut = (dispenseRequest: object) => medicine({ dispenseRequest });
const service = (over: object = {}) => orderedService(subject, 'S1', over);
const category = (code: string, over: object = {}) => service({ category: [{ coding: [{ code }] }], ...over });
const when = (over: object) => category('retest', over);
const visit = (over: object = {}) => appointment(subject, 'A1', over);
const plan = (over: object = {}) => carePlan(subject, over);
const UCUM = 'http://unitsofmeasure.org';

describe('a medicine', () => {
  test.each<[string, object, string]>([
    ['once a day', medicine(), 'medicine 1/1片 of 14片'],
    ['twice a day', timed({ ...daily, frequency: 2 }), 'medicine 2/1片 of 14片'],
    ['every 8 hours', timed({ frequency: 1, period: 8, periodUnit: 'h' }), 'medicine 3/1片 of 14片'],
    ['once a week', timed({ frequency: 1, period: 1, periodUnit: 'wk' }), 'medicine 1/7片 of 14片'],
    ['every other day', timed({ frequency: 1, period: 2, periodUnit: 'd' }), 'medicine 1/2片 of 14片'],
    ['a range of times counts with its upper end', timed({ ...daily, frequency: 2, frequencyMax: 3 }), 'medicine 3/1片 of 14片'],
    ['on two days of the week', timed({ frequency: 2, period: 1, periodUnit: 'wk', dayOfWeek: ['mon', 'thu'] }), 'medicine 2/7片 of 14片'],
    ['morning and evening', timed({ ...daily, frequency: 2, when: ['MORN', 'EVE'] }), 'medicine 2/1片 of 14片'],
    ['before meals', timed({ ...daily, frequency: 3, when: ['AC'] }), 'medicine 3/1片 of 14片'],
    [
      'as many hours as times',
      timed({ ...daily, timeOfDay: ['08:00:00', '20:00:00'] }),
      'medicine ? of 14片 | dose-not-read at dosageInstruction',
    ],
    ['hours without a number of times', timed({ timeOfDay: ['08:00:00'] }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['a period without a frequency', timed({ period: 1, periodUnit: 'd' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['once a month', timed({ frequency: 1, period: 1, periodUnit: 'mo' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['a number of doses', timed({ ...daily, count: 3 }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['an offset that nobody knows', timed({ ...daily, eventSpecific: 'x' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['the code BID', coded({ coding: [{ code: 'BID' }] }), 'medicine 2/1片 of 14片'],
    ['the code as text in Chinese', coded({ text: '每日3次' }), 'medicine 3/1片 of 14片'],
    ['an unknown code', coded({ coding: [{ code: 'STAT' }] }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    [
      'a code against its repeat',
      dosed({ timing: { code: { coding: [{ code: 'BID' }] }, repeat: daily }, doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }] }),
      'medicine ? of 14片 | dose-not-read at dosageInstruction',
    ],
    ['milligrams by UCUM', amount({ value: 2.5, unit: 'mg', system: UCUM, code: 'mg' }), 'medicine 5/2mg of 14片'],
    ['a tablet by UCUM', amount({ value: 1, unit: 'tablet', system: UCUM, code: '{tablet}' }), 'medicine 1/1片 of 14片'],
    ['international units', amount({ value: 10, unit: '单位', system: UCUM, code: '[iU]' }), 'medicine 10/1u of 14片'],
    [
      'a code against its unit',
      amount({ value: 1, unit: 'mg', system: UCUM, code: 'g' }),
      'medicine ? of 14片 | dose-not-read at dosageInstruction',
    ],
    ['an unknown unit', amount({ value: 1, unit: '勺' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['no unit', amount({ value: 1 }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['more than an amount', amount({ value: 1, unit: '片', comparator: '>' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['an amount of nothing', amount({ value: 0, unit: '片' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    [
      'a range of amounts',
      dosed({ timing: { repeat: daily }, doseAndRate: [{ doseRange: { low: { value: 1, unit: '片' }, high: { value: 2, unit: '片' } } }] }),
      'medicine 2/1片 of 14片',
    ],
    [
      'two doses beside each other',
      dosed({
        timing: { repeat: daily },
        doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }, { doseQuantity: { value: 2, unit: '片' } }],
      }),
      'medicine ? of 14片 | dose-not-read at dosageInstruction',
    ],
    ['a text', dosed({ text: '每次1片 每日2次 口服' }), 'medicine 2/1片 of 14片'],
    ['a text that nobody can read', dosed({ text: '前3天30mg后减量' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['a text that says the same', timed(daily, { text: '1片qd' }), 'medicine 1/1片 of 14片'],
    ['a text that says something else', timed(daily, { text: '1片bid' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['a text of a change', timed(daily, { text: '前3天1片后减量' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['a text about something beside', timed(daily, { text: '餐后服用' }), 'medicine 1/1片 of 14片'],
    ['when needed', dosed({ asNeededBoolean: true, text: '必要时' }), 'medicine prn of 14片'],
    ['when needed for something', dosed({ asNeededCodeableConcept: { text: '疼痛' } }), 'medicine prn of 14片'],
    ['when needed by the text alone', timed(daily, { text: '1片 必要时' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['no instruction', medicine({ dosageInstruction: undefined }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    ['two instructions', dosed({ text: '早8u' }, { text: '晚6u' }), 'medicine ? of 14片 | dose-not-read at dosageInstruction'],
    [
      'until a day',
      timed({ ...daily, boundsPeriod: { start: '2026-09-25', end: '2026-10-31' } }),
      'medicine 1/1片 of 14片 until 2026-10-31',
    ],
    ['from a later day', timed({ ...daily, boundsPeriod: { start: '2026-10-03' } }), 'medicine 1/1片 of 14片 from 2026-10-03'],
    ['for a week', timed({ ...daily, boundsDuration: { value: 1, unit: '周', code: 'wk' } }), 'medicine 1/1片 of 14片 until 2026-10-06'],
    [
      'for a month',
      timed({ ...daily, boundsDuration: { value: 1, code: 'mo' } }),
      'medicine ? of 14片 | dose-not-read at dosageInstruction | period-not-read at dosageInstruction[0].timing.repeat',
    ],
    ['for days of supply', handedOut({ expectedSupplyDuration: { value: 14, unit: '天' } }), 'medicine 1/1片 for 14d'],
    ['for weeks of supply', handedOut({ expectedSupplyDuration: { value: 2, code: 'wk' } }), 'medicine 1/1片 for 14d'],
    [
      'the quantity before the days',
      handedOut({ quantity: { value: 7, unit: '片' }, expectedSupplyDuration: { value: 14, unit: '天' } }),
      'medicine 1/1片 of 7片',
    ],
    [
      'a month of supply',
      handedOut({ expectedSupplyDuration: { value: 1, code: 'mo' } }),
      'medicine 1/1片 of ? | supply-not-read at dispenseRequest',
    ],
    ['boxes', handedOut({ quantity: { value: 2, unit: '盒' } }), 'medicine 1/1片 of 2盒'],
    ['nothing of the supply', medicine({ dispenseRequest: undefined }), 'medicine 1/1片 of ? | supply-not-read at dispenseRequest'],
    [
      'taken for long',
      medicine({
        courseOfTherapyType: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy', code: 'continuous' }],
        },
      }),
      'medicine 1/1片 of 14片 long',
    ],
    [
      'the item of a template',
      medicine({
        medicationCodeableConcept: { text: '利伐沙班', coding: [{ system: 'urn:carepath:discharge-item', code: 'anticoagulant' }] },
      }),
      'medicine anticoagulant 1/1片 of 14片',
    ],
    [
      'a Medication that it contains',
      medicine({
        medicationCodeableConcept: undefined,
        medicationReference: { reference: '#m' },
        contained: [{ resourceType: 'Medication', id: 'm', code: { text: '华法林' } }],
      }),
      'medicine 1/1片 of 14片',
    ],
    [
      'a reference with its name',
      medicine({ medicationCodeableConcept: undefined, medicationReference: { display: '华法林' } }),
      'medicine 1/1片 of 14片',
    ],
    [
      'a reference to nothing',
      medicine({ medicationCodeableConcept: undefined, medicationReference: { reference: 'Medication/9' } }),
      'held title-missing | medicationReference',
    ],
    ['no name', medicine({ medicationCodeableConcept: { text: ' ' } }), 'held title-missing | medicationCodeableConcept'],
    [
      'a name without end',
      medicine({ medicationCodeableConcept: { text: '药'.repeat(201) } }),
      'held too-long | medicationCodeableConcept',
    ],
    ['without an identifier', medicationRequest(subject), 'medicine 1/1片 of 14片 | no-identifier at identifier'],
    ['without a status', medicine({ status: undefined, intent: undefined }), 'medicine 1/1片 of 14片'],
  ])('%s', (_, resource, words) => expect(inWords(resource)).toBe(words));
});

describe('what is no order that holds', () => {
  test.each<[string, object, string]>([
    ['cancelled', medicine({ status: 'cancelled' }), 'withdrawal | taken-back at status'],
    ['stopped', medicine({ status: 'stopped' }), 'withdrawal | taken-back at status'],
    ['entered in error', medicine({ status: 'entered-in-error' }), 'withdrawal | taken-back at status'],
    [
      'cancelled without an identifier',
      medicationRequest(subject, undefined, { status: 'cancelled' }),
      'held nothing-to-withdraw | status',
    ],
    ['a draft', medicine({ status: 'draft' }), 'held not-in-force | status'],
    ['on hold', medicine({ status: 'on-hold' }), 'held not-in-force | status'],
    ['a status of nowhere', medicine({ status: 'happy' }), 'held not-in-force | status'],
    ['a proposal', medicine({ intent: 'proposal' }), 'held not-an-order | intent'],
    ['a plan', medicine({ intent: 'plan' }), 'held not-an-order | intent'],
    ['not to be taken', medicine({ doNotPerform: true }), 'held not-to-be-done | doNotPerform'],
    ['a modifier extension', medicine({ modifierExtension: [{ url: 'urn:x' }] }), 'held modifier-extension | modifierExtension'],
    [
      'a modifier extension deep inside',
      dosed({ timing: { repeat: daily, modifierExtension: [{ url: 'urn:x' }] } }),
      'held modifier-extension | dosageInstruction[0].timing.modifierExtension',
    ],
    ['another form', medicine({ dosageInstruction: '1片qd' }), 'held not-readable | dosageInstruction'],
    ['a number as words', amount({ value: '1', unit: '片' }), 'held not-readable | dosageInstruction[0].doseAndRate[0].doseQuantity.value'],
    [
      'another patient',
      medicationRequest({ identifier: { system: 'urn:carepath:patient', value: 'patient-0002' } }, 'M1'),
      'held another-patient | subject',
    ],
    ['a patient who may be another', medicationRequest({ reference: 'Patient/x' }, 'M1'), 'held another-patient | subject'],
    ['another encounter', medicine({ encounter: { reference: 'Encounter/9' } }), 'held another-stay | encounter'],
    [
      'another visit',
      medicine({ encounter: { identifier: { system: 'urn:his-h1:visit', value: 'V2' } } }),
      'held another-stay | encounter',
    ],
    ['this visit', medicine({ encounter: { identifier: { system: 'urn:his-h1:visit', value: 'V1' } } }), 'medicine 1/1片 of 14片'],
    ['this encounter', medicine({ encounter: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' } }), 'medicine 1/1片 of 14片'],
    ['a resource of another type', { resourceType: 'Condition', subject }, 'held not-taken | '],
  ])('%s', (_, resource, words) => expect(inWords(resource)).toBe(words));

  test('nothing is ordered by a visit that is no stay in hospital', () => {
    expect(inWords(medicine(), { more: { class: { code: 'AMB' } } })).toBe('held not-a-stay | ');
    expect(inWords(medicine(), { more: { status: 'cancelled' } })).toBe('held not-a-stay | ');
  });

  test('a Patient and a Medication of the Bundle are known by what refers to them', () => {
    const medication = { resourceType: 'Medication', id: 'm1', code: { text: '华法林' } };
    const named = medicine({ medicationCodeableConcept: undefined, medicationReference: { reference: 'Medication/m1' } });
    expect(inWords(named, { others: [medication] })).toBe('medicine 1/1片 of 14片');
    const patient = { resourceType: 'Patient', id: 'p1', identifier: [subject.identifier] };
    expect(inWords(medicationRequest({ reference: 'Patient/p1' }, 'M1'), { others: [patient] })).toBe('medicine 1/1片 of 14片');
    const other = { ...patient, identifier: [{ ...subject.identifier, value: 'patient-0002' }] };
    expect(inWords(medicationRequest({ reference: 'Patient/p1' }, 'M1'), { others: [other] })).toBe('held another-patient | subject');
  });
});

describe('a service', () => {
  test.each<[string, object, string]>([
    ['a kind by its code', category('rehabilitation'), 'rehabilitation'],
    ['a kind in Chinese', service({ category: [{ text: '换药' }] }), 'wound'],
    [
      'a laboratory test of SNOMED',
      service({ category: [{ coding: [{ system: 'http://snomed.info/sct', code: '108252007' }] }] }),
      'retest',
    ],
    ['no category', service({ category: undefined }), 'other'],
    ['an unknown category', category('火星'), 'held kind-unknown | category'],
    ['two kinds', service({ category: [{ text: '康复' }, { text: '换药' }] }), 'held kind-unknown | category'],
    ['a medicine', category('medicine'), 'held kind-unknown | category'],
    ['no name', service({ code: undefined }), 'held title-missing | code'],
    ['due on a day', when({ occurrenceDateTime: '2026-10-20' }), 'retest ..2026-10-20'],
    ['an instant by its day in Shanghai', when({ occurrenceDateTime: '2026-10-19T18:00:00Z' }), 'retest ..2026-10-20'],
    ['a month', when({ occurrenceDateTime: '2026-10' }), 'retest 2026-10-01..2026-10-31'],
    ['a period', when({ occurrencePeriod: { start: '2026-10-03', end: '2026-10-07' } }), 'retest 2026-10-03..2026-10-07'],
    ['from a day on', when({ occurrencePeriod: { start: '2026-10-03' } }), 'retest 2026-10-03..'],
    ['a day that is none', when({ occurrenceDateTime: '2026-02-30' }), 'held date-not-readable | occurrenceDateTime'],
    [
      'a period that ends before it begins',
      when({ occurrencePeriod: { start: '2026-10-07', end: '2026-10-03' } }),
      'held date-not-readable | occurrencePeriod',
    ],
    [
      'every third day',
      when({
        occurrenceTiming: {
          repeat: { boundsPeriod: { start: '2026-10-02', end: '2026-10-11' }, frequency: 1, period: 3, periodUnit: 'd' },
        },
      }),
      'retest ..2026-10-02 every 3 until 2026-10-11',
    ],
    ['a timing without an end', when({ occurrenceTiming: { repeat: daily } }), 'held date-not-readable | occurrenceTiming'],
    ['two dates', when({ occurrenceDateTime: '2026-10-20', occurrencePeriod: {} }), 'held date-not-readable | occurrencePeriod'],
    ['when needed', when({ asNeededBoolean: true }), 'held date-not-readable | asNeededBoolean'],
    ['a result that is waited for', category('pending-result', { occurrenceDateTime: '2026-10-05' }), 'pending-result S1 ..2026-10-05'],
    [
      'the item of a template',
      category('retest', { code: { text: '血钾', coding: [{ system: 'urn:carepath:discharge-item', code: 'potassium-week-1' }] } }),
      'retest potassium-week-1',
    ],
    ['taken back', service({ status: 'revoked' }), 'withdrawal | taken-back at status'],
  ])('%s', (_, resource, words) => expect(inWords(resource)).toBe(words));
});

describe('an appointment, a plan', () => {
  test.each<[string, object, string]>([
    [
      'an appointment is a revisit on its day',
      visit({ start: '2026-10-14T09:00:00+08:00', end: '2026-10-14T09:30:00+08:00' }),
      'revisit 2026-10-14..2026-10-14',
    ],
    ['an appointment without a date', visit(), 'revisit'],
    [
      'a period that is asked for',
      visit({ requestedPeriod: [{ start: '2026-10-07', end: '2026-10-14' }] }),
      'revisit 2026-10-07..2026-10-14',
    ],
    ['two periods that are asked for', visit({ requestedPeriod: [{}, {}] }), 'held date-not-readable | requestedPeriod[1]'],
    ['a day that is none', visit({ start: 'morgen' }), 'held date-not-readable | start'],
    ['an appointment that is only proposed', visit({ status: 'proposed' }), 'held not-in-force | status'],
    ['one that was kept', visit({ status: 'fulfilled' }), 'held not-in-force | status'],
    ['one that is cancelled', visit({ status: 'cancelled' }), 'withdrawal | taken-back at status'],
    [
      'with another patient',
      visit({ participant: [{ actor: { reference: 'Patient/other' } }] }),
      'held another-patient | participant[0].actor',
    ],
    ['a plan names its template', plan(), 'plan heart-failure described'],
    ['a template by its title', plan({ category: [{ text: discharge.templates.templates[0]?.title.zh }] }), 'plan heart-failure described'],
    ['a plan without a template', plan({ category: undefined }), 'plan null described'],
    ['a template that there is not', plan({ category: [{ coding: [{ code: 'mars' }] }] }), 'held template-unknown | category'],
    ['two templates', plan({ category: [{ coding: [{ code: 'stroke' }, { code: 'copd' }] }] }), 'held template-unknown | category'],
    ['a plan that is revoked', plan({ status: 'revoked' }), 'held not-in-force | status'],
    ['a plan that is an option', plan({ intent: 'option' }), 'held not-an-order | intent'],
  ])('%s', (_, resource, words) => expect(inWords(resource)).toBe(words));
});

describe('the answer to an entry', () => {
  const kept = { effect: 'applied' as const, closedOrderIds: new Set<string>() };

  test('what is not kept of an order is named with its place', () => {
    const read1 = read(medicine({ note: [{ text: '空腹' }], dosageInstruction: [{ text: '1片qd', route: { text: '口服' } }] }));
    expect(read1.leftOut).toEqual(['Bundle.entry[1].resource.dosageInstruction[0].route', 'Bundle.entry[1].resource.note']);
    const { status, outcome } = responseToOrder(read1, undefined, kept);
    expect([status, outcome?.resourceType]).toEqual(['201 Created', 'OperationOutcome']);
  });

  test('every entry has a status, and one that is held has its reason and place', () => {
    const held = responseToOrder(read(medicine({ status: 'draft' })), { fate: 'held', reason: 'not-in-force' }, kept);
    expect([held.status, held.outcome]).toMatchObject([
      '202 Accepted',
      {
        issue: [{ severity: 'warning', details: { coding: [{ code: 'not-in-force' }] }, expression: ['Bundle.entry[1].resource.status'] }],
      },
    ]);
    const order = { fate: 'order', orderId: 'o1', order: { kind: 'other', title: '' }, dose: null } as const;
    expect(responseToOrder(read(medicine()), order, kept)).toEqual({ status: '201 Created', location: 'MedicationRequest/o1' });
    expect(responseToOrder(read(medicine()), order, { ...kept, closedOrderIds: new Set(['o1']) }).status).toBe('200 OK');
    expect(responseToOrder(read(medicine()), order, { ...kept, effect: 'held' }).status).toBe('202 Accepted');
  });
});
