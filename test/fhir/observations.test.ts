/** Readings as FHIR Observations: LOINC, UCUM and an identifier; what leaves is valid for two validators, what is not understood is refused. */

import { randomUUID } from 'node:crypto';
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crisisTaskOf, openCrisisReadingsOf, taskOf } from '../support/builders/crisis-readings.ts';
import { newResident } from '../support/builders/facts.ts';
import { ago, countsOf, HOUR, MINUTE, rulesOf } from '../support/builders/readings.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { complaintsOf } from '../support/oracles/fhir-validators.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

// biome-ignore lint/suspicious/noExplicitAny: a test looks into resources of every shape
type Json = any;

const FHIR = 'application/fhir+json';

async function fhir(path: string, body: unknown, account = 'gateway'): Promise<Answer> {
  const answer = await service.call(account, 'POST', path, { body, key: null, headers: { 'content-type': FHIR } });
  expect(answer.headers.get('content-type')).toBe(`${FHIR}; charset=utf-8`);
  expect(complaintsOf(answer.body as Resource), `${path} → ${answer.status}`).toEqual([]);
  return answer;
}

const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const quantity = (value: number, code: string) => ({ value, system: 'http://unitsofmeasure.org', code });

const observation = (patientId: string, over: Json = {}): Json => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:gateway:c01', value: randomUUID() }],
  status: 'final',
  subject: { identifier: { system: 'urn:carepath:patient', value: patientId } },
  effectiveDateTime: '2026-03-01T08:00:00+08:00',
  code: loinc('15074-8'),
  valueQuantity: quantity(7.1, 'mmol/L'),
  ...over,
});
const component = (code: string, value: number, unit = 'mm[Hg]') => ({ code: loinc(code), valueQuantity: quantity(value, unit) });
const pressure = (patientId: string, systolic: number, diastolic: number, unit?: string): Json => ({
  ...observation(patientId),
  code: loinc('85354-9'),
  valueQuantity: undefined,
  component: [component('8480-6', systolic, unit), component('8462-4', diastolic, unit)],
});
const batch = (...resources: Json[]): Json => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: resources.map((resource) => ({ resource, request: { method: 'POST', url: 'Observation' } })),
});

const shownOf = async (patientId: string): Promise<Json[]> => (await service.get('gp', `/v1/readings?patientId=${patientId}`)).body.items;

describe('an Observation', () => {
  test.each([
    ['blood pressure', (id: string) => pressure(id, 138, 86), { kind: 'blood-pressure', systolic: 138, diastolic: 86, unit: 'mmHg' }],
    ['blood pressure in kPa', (id: string) => pressure(id, 24, 12, 'kPa'), { kind: 'blood-pressure', systolic: 180, diastolic: 90 }],
    ['glucose', (id: string) => observation(id), { kind: 'random-glucose', value: 7.1, unit: 'mmol/L' }],
    [
      'fasting glucose in mg/dL',
      (id: string) => observation(id, { code: loinc('14771-0'), valueQuantity: quantity(126, 'mg/dL') }),
      { kind: 'fasting-glucose', value: 7, given: { value: 126, unit: 'mg/dL' } },
    ],
    [
      'fasting glucose by mass',
      (id: string) => observation(id, { code: loinc('1558-6'), valueQuantity: quantity(126, 'mg/dL') }),
      { kind: 'fasting-glucose' },
    ],
    ['capillary glucose by the meter', (id: string) => observation(id, { code: loinc('14743-9') }), { kind: 'random-glucose', value: 7.1 }],
    [
      'capillary glucose by the meter, by mass',
      (id: string) => observation(id, { code: loinc('41653-7'), valueQuantity: quantity(126, 'mg/dL') }),
      { kind: 'random-glucose', value: 7 },
    ],
    ['fasting capillary glucose', (id: string) => observation(id, { code: loinc('14770-2') }), { kind: 'fasting-glucose', value: 7.1 }],
    [
      'heart rate',
      (id: string) => observation(id, { code: loinc('8867-4'), valueQuantity: quantity(72, '/min') }),
      { kind: 'heart-rate', value: 72 },
    ],
    [
      'body weight',
      (id: string) => observation(id, { code: loinc('29463-7'), valueQuantity: quantity(64.5, 'kg') }),
      { kind: 'weight', value: 64.5 },
    ],
    [
      'temperature',
      (id: string) => observation(id, { code: loinc('8310-5'), valueQuantity: quantity(36.6, 'Cel') }),
      { kind: 'temperature', value: 36.6 },
    ],
  ])('of %s is a reading', async (_, make, expected) => {
    const patientId = await newResident(service);
    const { status, headers } = await fhir('/fhir/Observation', make(patientId));
    const [reading, ...more] = await shownOf(patientId);
    expect([status, more]).toEqual([201, []]);
    expect(reading).toMatchObject({ ...expected, measuredAt: '2026-03-01T00:00:00.000Z', source: 'urn:gateway:c01', context: 'device' });
    expect(headers.get('location')).toBe(`/fhir/Observation/${reading.id}/_history/1`);
  });

  test('sent twice is stored once: 200; put aside or held: 202 with the reason', async () => {
    const patientId = await newResident(service);
    const once = observation(patientId);
    const answers = [
      await fhir('/fhir/Observation', once),
      await fhir('/fhir/Observation', once),
      await fhir('/fhir/Observation', observation(patientId, { valueQuantity: quantity(99, 'mmol/L') })),
      await fhir('/fhir/Observation', observation('patient-none')),
    ];
    expect(answers.map(({ status, body }) => [status, body.issue[0].details.coding[0].code])).toEqual([
      [201, 'recorded'],
      [200, 'same-message'],
      [202, 'too-high'],
      [202, 'unknown-patient'],
    ]);
    expect(await countsOf(service, patientId)).toEqual({ recorded: 1, quarantined: 1 });
  });

  test('performed by the person is a self-report; of a nurse’s own it is of the clinic', async () => {
    const patientId = await newResident(service);
    const subject = { reference: `Patient/${patientId}` };
    await fhir('/fhir/Observation', observation(patientId, { subject, performer: [subject] }), 'nurse');
    await fhir('/fhir/Observation', observation(patientId, { effectiveDateTime: ago(HOUR) }), 'nurse');
    expect((await shownOf(patientId)).map(({ context }) => context)).toEqual(['clinic', 'self-report']);
  });

  test.each([
    ['another code', { code: loinc('718-7') }, 'Observation.code'],
    ['no code of LOINC', { code: { text: '血糖' } }, 'Observation.code'],
    ['no value', { valueQuantity: undefined }, 'Observation.valueQuantity.value'],
    ['another unit', { valueQuantity: quantity(7, 'g/L') }, 'Observation.valueQuantity.code'],
    ['a unit in words only', { valueQuantity: { value: 7, unit: 'mmol/L' } }, 'Observation.valueQuantity.code'],
    ['a date without a time', { effectiveDateTime: '2026-03-01' }, 'Observation.effective'],
    ['no instant', { effectiveDateTime: undefined }, 'Observation.effective'],
    ['no identifier', { identifier: undefined }, 'identifier'],
    ['an identifier without its system', { identifier: [{ value: '1' }] }, 'Observation.identifier.system'],
    ['nobody', { subject: {} }, 'Observation.subject'],
    ['a correction', { status: 'amended' }, 'status'],
    ['a modifier', { modifierExtension: [{ url: 'urn:not' }] }, 'modifierExtension'],
  ])('with %s: 422 with the element, and nothing is stored', async (_, over, expression) => {
    const patientId = await newResident(service);
    const before = await contentsOf(service.db);
    const { status, body } = await fhir('/fhir/Observation', observation(patientId, over));
    expect([status, body.issue.map((issue: Json) => issue.expression?.[0])]).toEqual([422, expect.arrayContaining([expression])]);
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('beyond the range of the meter is taken as at least that value, shown so, and confirmed by somebody', async () => {
    const patientId = await newResident(service);
    const beyond = { ...quantity(33.3, 'mmol/L'), comparator: '>' };
    const { status } = await fhir('/fhir/Observation', observation(patientId, { valueQuantity: beyond, effectiveDateTime: ago(MINUTE) }));
    expect([status, (await openCrisisReadingsOf(service, patientId)).length]).toEqual([201, 1]);
    const { body } = await service.get('gp', `/v1/readings?patientId=${patientId}`);
    expect(body.items).toMatchObject([{ value: 33.3, comparator: '>', given: { value: 33.3, comparator: '>' } }]);
    const cuff = { ...pressure(patientId, 299, 120), effectiveDateTime: ago(MINUTE) };
    cuff.component[0].valueQuantity.comparator = '>';
    expect((await fhir('/fhir/Observation', cuff)).status).toBe(201);
    const [shown] = await shownOf(patientId);
    expect(shown).toMatchObject({ systolic: 299, systolicComparator: '>', diastolic: 120 });
  });

  describe('that has no number, or one that cannot be', () => {
    const unit = quantity(0, 'mmol/L');
    const code = (of: string) => ({ coding: [{ code: of }] });
    const noValue = { valueQuantity: undefined };
    test.each([
      ['a glucose above those of anybody', { valueQuantity: quantity(61, 'mmol/L') }, 202, 61],
      ['HI in a text', { ...noValue, valueString: 'HI' }, 422, '>16.7'],
      ['Lo in a text', { ...noValue, valueString: ' Lo ' }, 422, '<3.9'],
      ['HI as the value', { valueQuantity: { ...unit, value: 'HI' } }, 422, '>16.7'],
      ['a number with its mark in a text', { ...noValue, valueString: '> 33.3', valueQuantity: { ...unit, value: '>33.3' } }, 422, '>33.3'],
      ['LO as a code', { ...noValue, valueCodeableConcept: code('LO') }, 422, '<3.9'],
      ['no value because it is without end', { ...noValue, dataAbsentReason: code('positive-infinity') }, 422, '>16.7'],
      ['no value, off the scale', { ...noValue, interpretation: [code('<')] }, 422, '<3.9'],
      [
        'half a pressure that is off the scale',
        { component: [{ ...component('8480-6', 0), valueQuantity: undefined, valueString: 'HI' }, component('8462-4', 90)] },
        422,
        '>180/90',
      ],
    ])('%s: somebody looks at it', async (_, over, expected, value) => {
      const patientId = await newResident(service);
      const isPressure = 'component' in over;
      const sent = observation(patientId, {
        effectiveDateTime: ago(MINUTE),
        ...(isPressure ? { code: loinc('85354-9'), valueQuantity: undefined } : {}),
        ...over,
      });
      const { status } = await fhir('/fhir/Observation', sent);
      const { id } = await crisisTaskOf(service, patientId);
      expect([status, ((await taskOf(service, id)) as Json).about.value]).toEqual([expected, value]);
    });

    test.each([
      ['no value because it was an error', { valueQuantity: undefined, dataAbsentReason: code('error') }],
      ['a word', { valueQuantity: undefined, valueString: 'high' }],
      ['a code for no value', { valueQuantity: quantity(2_047, 'mmol/L') }],
    ])('%s: nobody is asked', async (_, over) => {
      const patientId = await newResident(service);
      await fhir('/fhir/Observation', observation(patientId, { effectiveDateTime: ago(MINUTE), ...over }));
      expect(await openCrisisReadingsOf(service, patientId)).toEqual([]);
    });
  });

  test('that was entered in error counts for nothing from then on, and what it alone has raised is withdrawn', async () => {
    const patientId = await newResident(service);
    const crisis = { ...pressure(patientId, 226, 131), effectiveDateTime: ago(MINUTE) };
    const [first, again] = [
      { ...crisis, status: 'entered-in-error' },
      { ...crisis, status: 'entered-in-error' },
    ];
    await fhir('/fhir/Observation', crisis);
    const taken = await fhir('/fhir/Observation', first);
    expect([taken.status, await openCrisisReadingsOf(service, patientId)]).toEqual([200, []]);
    expect((await fhir('/fhir/Observation', again)).status).toBe(200);
    expect((await service.get('gp', `/v1/readings?patientId=${patientId}`)).body.items).toEqual([]);
    const unknown = { ...first, identifier: [{ system: 'urn:nobody', value: '1' }] };
    expect((await fhir('/fhir/Observation', unknown)).status).toBe(202);
  });

  test('with half a blood pressure, or its halves in two units: 422', async () => {
    const patientId = await newResident(service);
    const whole = pressure(patientId, 138, 86);
    const half = await fhir('/fhir/Observation', { ...whole, component: whole.component.slice(0, 1) });
    expect([half.status, half.body.issue[0].expression]).toEqual([422, ['Observation.component[8462-4].valueQuantity.value']]);
    const mixed = await fhir('/fhir/Observation', { ...whole, component: [whole.component[0], component('8462-4', 11, 'kPa')] });
    expect(mixed.status).toBe(422);
    const twice = await fhir('/fhir/Observation', { ...whole, component: [...whole.component, component('8480-6', 190)] });
    expect(twice.status).toBe(422);
  });
});

describe('a batch', () => {
  test('answers each Observation in its place, and raises what it shows', async () => {
    const patientId = await newResident(service);
    const recent = { effectiveDateTime: ago(MINUTE) };
    const crisis = { ...pressure(patientId, 186, 100), ...recent };
    const { status, body } = await fhir(
      '/fhir',
      batch(crisis, observation(patientId), crisis, observation(patientId, { valueQuantity: quantity(0.1, 'mmol/L') })),
    );
    expect([status, body.type]).toEqual([200, 'batch-response']);
    expect(body.entry.map(({ response }: Json) => response.status)).toEqual(['201 Created', '201 Created', '200 OK', '202 Accepted']);
    expect(await rulesOf(service, patientId)).toEqual(['blood-pressure-crisis']);
  });

  test('with one that is malformed: that one is refused with its place, and the crisis beside it is stored', async () => {
    const patientId = await newResident(service);
    const crisis = { ...pressure(patientId, 226, 131), effectiveDateTime: ago(MINUTE) };
    const { status, body } = await fhir(
      '/fhir',
      batch(crisis, observation(patientId, { code: loinc('718-7') }), { resourceType: 'Patient' }),
    );
    expect([status, body.entry.map(({ response }: Json) => response.status)]).toEqual([
      200,
      ['201 Created', '422 Unprocessable Entity', '422 Unprocessable Entity'],
    ]);
    expect(body.entry[1].response.outcome.issue[0].expression).toEqual(['Bundle.entry[1].resource.code']);
    expect(await openCrisisReadingsOf(service, patientId)).toHaveLength(1);
  });

  test('judges each entry by itself, whatever is wrong with another, and keeps what is critical in one that is refused', async () => {
    const spoil: Record<string, (entry: Json) => void> = {
      'a method of its own': ({ request }) => Object.assign(request, { method: 'PUT' }),
      'another address': ({ request }) => Object.assign(request, { url: 'Patient' }),
      'no request': (entry) => delete entry.request,
      'a control character': ({ resource }) => Object.assign(resource, { note: [{ text: '\u0000' }] }),
      'a hundred levels': ({ resource }) =>
        Object.assign(resource, { extension: [JSON.parse(`${'[{"a":'.repeat(50)}1${'}]'.repeat(50)}`)] }),
      'a preliminary status': ({ resource }) => Object.assign(resource, { status: 'preliminary' }),
      'no identifier': ({ resource }) => delete resource.identifier,
      'a day that does not exist': ({ resource }) => Object.assign(resource, { effectiveDateTime: '2026-02-30T08:00:00+08:00' }),
      'a note of another form': ({ resource }) => Object.assign(resource, { performer: 'x' }),
    };
    for (const [what, change] of Object.entries(spoil)) {
      const [good, bad] = [await newResident(service), await newResident(service)];
      const bundle = batch(
        { ...pressure(good, 226, 131), effectiveDateTime: ago(MINUTE) },
        { ...pressure(bad, 224, 130), effectiveDateTime: ago(MINUTE) },
      );
      change(bundle.entry[1]);
      const { status, body } = await fhir('/fhir', bundle);
      expect([what, status, body.entry[0].response.status]).toEqual([what, 200, '201 Created']);
      expect(body.entry[1].response.status, what).toMatch(/^4/);
      expect(body.entry[1].response.outcome.resourceType).toBe('OperationOutcome');
      expect((await openCrisisReadingsOf(service, good)).length, what).toBe(1);
      // Of what cannot be kept as it is nothing can be kept.
      const isLost = ['a control character', 'a hundred levels'].includes(what);
      expect((await openCrisisReadingsOf(service, bad)).length, what).toBe(isLost ? 0 : 1);
    }
    expect((await fhir('/fhir', { resourceType: 'Bundle', type: 'batch' })).body).toEqual({
      resourceType: 'Bundle',
      type: 'batch-response',
    });
  });

  test('two entries of a transaction that are wrong in different ways are refused, and the process goes on', async () => {
    const patientId = await newResident(service);
    const incomplete = pressure(patientId, 120, 80);
    incomplete.component[1].valueQuantity = { unit: 'mmHg' };
    const unknown = observation(patientId, { code: loinc('718-7') });
    // A rejection that nobody awaits would end the process, and fails this run.
    const refused = await fhir('/fhir', { ...batch(incomplete, unknown), type: 'transaction' });
    expect([refused.status, (await fhir('/fhir', batch(observation(patientId)))).status]).toEqual([422, 200]);
  });

  test('that is a transaction is all or none, and what is critical in a refused one is stored once and confirmed by somebody', async () => {
    const transaction = (...resources: Json[]) => ({ ...batch(...resources), type: 'transaction' });
    const patientId = await newResident(service);
    const usual = observation(patientId);
    const crisis = { ...pressure(patientId, 226, 131), effectiveDateTime: ago(MINUTE) };
    for (let sent = 0; sent < 2; sent += 1) {
      const refused = await fhir('/fhir', transaction(usual, crisis, observation(patientId, { code: loinc('718-7') })));
      const kept = refused.body.issue.find(({ severity }: Json) => severity === 'information');
      expect([refused.status, kept.details.coding[0].code]).toEqual([422, 'kept']);
      expect([await countsOf(service, patientId), (await openCrisisReadingsOf(service, patientId)).length]).toEqual([{ recorded: 1 }, 1]);
    }
    const whole = await fhir('/fhir', transaction(usual, crisis));
    expect(whole.body.entry.map(({ response }: Json) => response.status)).toEqual(['201 Created', '200 OK']);
    const alone = await newResident(service);
    const old = { ...pressure(alone, 226, 131), status: 'amended', effectiveDateTime: ago(8 * 24 * HOUR) };
    const single = await fhir('/fhir/Observation', old);
    expect([single.status, (await openCrisisReadingsOf(service, alone)).length]).toEqual([422, 0]); // older than what wakes anybody
    const late = { ...pressure(alone, 226, 131), status: 'amended', effectiveDateTime: ago(MINUTE) };
    expect([(await fhir('/fhir/Observation', late)).status, (await openCrisisReadingsOf(service, alone)).length]).toEqual([422, 1]);
    const taken = { ...late, status: 'cancelled', identifier: [{ system: 'urn:gateway:c01', value: randomUUID() }] };
    await fhir('/fhir/Observation', taken);
    expect(await countsOf(service, alone)).toEqual({ recorded: 1 });
  });

  test('of a doctor, with somebody else’s resident: that one is refused with the subject', async () => {
    const [mine, other] = [await newResident(service), await newResident(service, 'inst-c02')];
    const { status, body } = await fhir('/fhir', batch(observation(mine), observation(other)), 'gp');
    expect([status, body.entry[1].response.outcome.issue[0].expression]).toEqual([200, ['Bundle.entry[1].resource.subject']]);
    expect([await countsOf(service, mine), await countsOf(service, other)]).toEqual([{ recorded: 1 }, {}]);
  });

  test('of a thousand is taken, of 1001 not', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const many = (count: number) =>
      batch(...Array.from({ length: count }, (_, n) => observation(patientId, { effectiveDateTime: ago((n + 1) * MINUTE) })));
    expect((await fhir('/fhir', many(1_001))).status).toBe(422);
    expect((await fhir('/fhir', many(1_000))).status).toBe(200);
    expect(await countsOf(service, patientId)).toEqual({ recorded: 1_000 });
  });
});
