/** Readings: stored once, judged by the document, never refused for what they say; a malformed one changes nothing. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newFact, newResident, postFact } from '../support/builders/facts.ts';
import {
  ago,
  bloodPressure,
  countsOf,
  DAY,
  episodesOf,
  glucose,
  HOUR,
  MINUTE,
  type NewReading,
  postReadings,
} from '../support/builders/readings.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const resident = (home?: string): Promise<string> => newResident(service, home);
const list = (account: string, query: string): Promise<Answer> => service.get(account, `/v1/readings?${query}`);

async function recorded(readings: NewReading[], account = 'gateway'): Promise<NewReading[]> {
  const { status, body } = await postReadings(service, readings, account);
  expect({ status, body }).toMatchObject({ status: 202 });
  return body.results;
}

const outcomes = (results: NewReading[]): unknown[] => results.map(({ result, reason }) => [result, (reason as NewReading)?.code]);

describe('a reading is stored once', () => {
  test('with who sent it, when it was measured and when it came, in the kind’s unit', async () => {
    const patientId = await resident();
    const measuredAt = ago(2 * HOUR);
    const results = await recorded([
      bloodPressure(patientId, 138, 86, { measuredAt }),
      glucose(patientId, 7.8, { measuredAt }),
      { ...glucose(patientId, 72, { measuredAt }), kind: 'heart-rate', unit: '/min' },
      { ...glucose(patientId, 64.5, { measuredAt }), kind: 'weight', unit: 'kg', context: 'self-report' },
      { ...glucose(patientId, 36.6, { measuredAt }), kind: 'temperature', unit: 'Cel' },
    ]);
    expect(results.map(({ result }) => result)).toEqual(Array(5).fill('recorded'));
    const { status, body } = await list('gp', `patientId=${patientId}`);
    expect(status).toBe(200);
    const byKind = Object.fromEntries(body.items.map((item: NewReading) => [item.kind, item]));
    expect(byKind['blood-pressure']).toMatchObject({
      patientId,
      measuredAt,
      systolic: 138,
      diastolic: 86,
      unit: 'mmHg',
      context: 'device',
    });
    expect(byKind.weight).toMatchObject({ value: 64.5, unit: 'kg', context: 'self-report', status: 'recorded' });
    const audit = await service.db
      .selectFrom('audit')
      .selectAll()
      .where('target_type', '=', 'reading-batch')
      .orderBy('id', 'desc')
      .execute();
    expect(audit[0]).toMatchObject({ action: 'reading.record', actor: { personId: 'person-gateway' }, outcome: 'done' });
    const batch = await service.db
      .selectFrom('reading_batch')
      .selectAll()
      .where('id', '=', audit[0]?.target_id as string)
      .execute();
    expect(batch).toMatchObject([{ sender_id: 'person-gateway', request_id: audit[0]?.request_id }]);
  });

  test.each([
    ['126 mg/dL', { value: 126, unit: 'mg/dL' }, { value: 7, given: { value: 126, unit: 'mg/dL' } }],
    ['300 mg/dL', { value: 300, unit: 'mg/dL' }, { value: 16.6 }],
    ['301 mg/dL', { value: 301, unit: 'mg/dL' }, { value: 16.7 }],
    ['70 mg/dL', { value: 70, unit: 'mg/dL' }, { value: 3.9 }],
    ['6.95 mmol/L', { value: 6.95, unit: 'mmol/L' }, { value: 7 }],
  ])('%s in mmol/L to 0.1, half up', async (_, sent, expected) => {
    const patientId = await resident();
    await recorded([glucose(patientId, 0, sent)]);
    const { body } = await list('gp', `patientId=${patientId}`);
    expect(body.items).toMatchObject([{ ...expected, unit: 'mmol/L' }]);
  });

  test.each([
    [24, 14.67, 180, 110],
    [23.93, 14.6, 179, 110],
    [18.6, 12, 140, 90],
  ])('%d/%d kPa is %d/%d mmHg', async (systolic, diastolic, inMmHg, lower) => {
    const patientId = await resident();
    await recorded([bloodPressure(patientId, systolic, diastolic, { unit: 'kPa' })]);
    const { body } = await list('gp', `patientId=${patientId}`);
    expect(body.items).toMatchObject([{ systolic: inMmHg, diastolic: lower, unit: 'mmHg', given: { systolic, diastolic, unit: 'kPa' } }]);
  });

  test('the same message again is a duplicate, and says which one counts', async () => {
    const patientId = await resident();
    const reading = glucose(patientId, 7.1);
    const [first] = await recorded([reading]);
    const again = await recorded([reading, { ...reading, value: 7.2 }]);
    expect(again).toEqual([
      { result: 'duplicate', readingId: first?.readingId, reason: { code: 'same-message' } },
      { result: 'duplicate', readingId: first?.readingId, reason: { code: 'message-differs' } },
    ]);
    expect(await countsOf(service, patientId)).toEqual({ recorded: 1 });
  });

  test('the same value of the same moment is the same reading, whatever message brought it', async () => {
    const patientId = await resident();
    const reading = bloodPressure(patientId, 141, 91);
    const results = await recorded([
      reading,
      { ...reading, messageId: randomUUID() },
      { ...reading, messageId: randomUUID(), diastolic: 92 },
    ]);
    // Which of two that say the same is kept does not matter.
    expect(outcomes(results.slice(0, 2)).toSorted()).toEqual([
      ['duplicate', 'same-reading'],
      ['recorded', undefined],
    ]);
    expect(results[1]?.readingId).toBe(results[0]?.readingId);
    expect(outcomes(results.slice(2))).toEqual([['recorded', undefined]]);
    // 18.8 kPa is 141 mmHg
    const inKpa = await recorded([{ ...reading, messageId: randomUUID(), systolic: 18.8, diastolic: 12.13, unit: 'kPa' }]);
    expect(outcomes(inKpa)).toEqual([['duplicate', 'same-reading']]);
  });

  test('one message id of two sources is two messages; of two people in one batch the first counts', async () => {
    const [one, two] = [await resident(), await resident()];
    const reading = glucose(one, 7.3);
    const results = await recorded([reading, { ...reading, source: 'other', value: 7.4 }, { ...reading, patientId: two }]);
    expect(outcomes(results)).toEqual([
      ['recorded', undefined],
      ['recorded', undefined],
      ['duplicate', 'message-differs'],
    ]);
    expect(await countsOf(service, two)).toEqual({});
  });

  test('the same batch twenty times at once', async () => {
    const patients = await Promise.all(Array.from({ length: 5 }, () => resident()));
    const readings = patients.flatMap((patientId) => [bloodPressure(patientId, 150, 95), glucose(patientId, 14.5)]);
    const shuffled = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? readings : readings.toReversed()));
    const answers = await Promise.all(shuffled.map((batch) => postReadings(service, batch)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const results = answers.flatMap(({ body }) => body.results as NewReading[]);
    expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(10);
    expect(new Set(results.map(({ readingId }) => readingId)).size).toBe(10);
  });

  test('the same readings by two gateways at once, in any order, are each stored once', async () => {
    const patients = await Promise.all(Array.from({ length: 8 }, () => resident()));
    const measuredAt = ago(20 * MINUTE);
    const batchOf = (source: string) => patients.map((patientId) => bloodPressure(patientId, 131, 82, { source, measuredAt }));
    const gateways = Array.from({ length: 10 }, (_, n) => batchOf(`gateway-${n}`)).map((batch, n) =>
      n % 2 === 0 ? batch : batch.toReversed(),
    );
    const answers = await Promise.all(gateways.map((batch) => postReadings(service, batch)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const results = answers.flatMap(({ body }) => body.results as NewReading[]);
    expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(8);
    expect(new Set(results.map(({ readingId }) => readingId)).size).toBe(8);
  });

  test('of a message that stands twice in a batch the first counts, whoever it is about', async () => {
    const [one, other] = [await resident(), await resident()];
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const messageId = randomUUID();
      const results = await recorded([glucose(first, 6.1, { messageId }), glucose(second, 6.2, { messageId })]);
      expect(outcomes(results)).toEqual([
        ['recorded', undefined],
        ['duplicate', 'message-differs'],
      ]);
    }
  });

  test('what was put aside is listed for the institution of the resident, and for nobody else’s', async () => {
    const [mine, others] = [await newResident(service), await newResident(service, 'inst-c02')];
    for (const id of [mine, others]) await postReadings(service, [bloodPressure(id, 226, 2_047, { measuredAt: ago(MINUTE) })]);
    const listed = (await list('nurse', 'status=quarantined&limit=200')).body.items as { patientId: string; patient: object }[];
    expect(listed.find(({ patientId }) => patientId === mine)).toMatchObject({ status: 'quarantined', patient: { id: mine } });
    expect(listed.some(({ patientId }) => patientId === others)).toBe(false);
    expect((await list('nurse', 'status=quarantined&institutionId=inst-c02')).body.items).toEqual([]);
    expect((await list('nurse', 'status=recorded')).status).toBe(422);
  });

  test('the same key and body: the first answer; the same key with another body is refused', async () => {
    const readings = [glucose(await resident(), 6.5)];
    const key = randomUUID();
    const first = await postReadings(service, readings, 'gateway', key);
    const again = await postReadings(service, readings, 'gateway', key);
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    expect((await postReadings(service, [glucose(await resident(), 6.5)], 'gateway', key)).status).toBe(422);
  });
});

describe('what cannot be true is kept aside, with the reason', () => {
  const pressure = (systolic: number, diastolic: number) => (id: string) => bloodPressure(id, systolic, diastolic);
  const sugar = (value: number) => (id: string) => glucose(id, value);
  const single = (kind: string, unit: string, value: number) => (id: string) => ({ ...glucose(id, value), kind, unit });

  test.each([
    ['systolic 301', pressure(301, 90), 'too-high', { field: 'systolic', value: 301, most: 300 }],
    ['systolic 39', pressure(39, 25), 'too-low', { field: 'systolic', value: 39, least: 40 }],
    ['diastolic 201', pressure(220, 201), 'too-high', { field: 'diastolic', value: 201, most: 200 }],
    ['diastolic 19', pressure(100, 19), 'too-low', { field: 'diastolic', value: 19, least: 20 }],
    ['as much above as below', pressure(120, 120), 'systolic-not-above-diastolic', { systolic: 120, diastolic: 120 }],
    ['upside down', pressure(80, 120), 'systolic-not-above-diastolic', { systolic: 80, diastolic: 120 }],
    ['glucose 0.5', sugar(0.5), 'too-low', { field: 'value', value: 0.5, least: 0.6 }],
    ['glucose 60.1', sugar(60.1), 'too-high', { field: 'value', value: 60.1, most: 60 }],
    ['a negative glucose', sugar(-7), 'too-low', { field: 'value', value: -7, least: 0.6 }],
    ['a heart rate of 301', single('heart-rate', '/min', 301), 'too-high', { field: 'value', value: 301, most: 300 }],
    ['a weight of 401', single('weight', 'kg', 401), 'too-high', { field: 'value', value: 401, most: 400 }],
    ['a temperature of 29.9', single('temperature', 'Cel', 29.9), 'too-low', { field: 'value', value: 29.9, least: 30 }],
    ['as much as a number may say', pressure(1_000_000, 1_000_000), 'too-high', { field: 'systolic', value: 1_000_000, most: 300 }],
  ])('%s', async (_, make, code, evidence) => {
    const patientId = await resident();
    const results = await recorded([make(patientId)]);
    expect(results).toMatchObject([{ result: 'quarantined', reason: { code, evidence } }]);
    expect((await list('gp', `patientId=${patientId}`)).body.items).toEqual([]);
    const aside = await list('gp', `patientId=${patientId}&status=quarantined`);
    expect(aside.body.items).toMatchObject([{ status: 'quarantined', reason: { code, evidence } }]);
    expect(await episodesOf(service, patientId)).toEqual([]);
  });

  test.each([
    ['systolic 300', pressure(300, 90)],
    ['systolic 40', pressure(40, 25)],
    ['diastolic 200', pressure(220, 200)],
    ['diastolic 20', pressure(100, 20)],
    ['one apart', pressure(121, 120)],
    ['glucose 0.6', sugar(0.6)],
    ['glucose 60', sugar(60)],
    ['a heart rate of 20', single('heart-rate', '/min', 20)],
  ])('%s can be true', async (_, make) => {
    expect(outcomes(await recorded([make(await resident())]))).toEqual([['recorded', undefined]]);
  });

  test('of the future: five minutes ahead is a clock, six are not', async () => {
    const patientId = await resident();
    const results = await recorded([
      glucose(patientId, 7, { measuredAt: ago(-5 * MINUTE + 5_000) }),
      glucose(patientId, 7, { measuredAt: ago(-6 * MINUTE) }),
    ]);
    expect(outcomes(results)).toEqual([
      ['recorded', undefined],
      ['quarantined', 'in-the-future'],
    ]);
  });

  test('before the birth and after the death; before the death it counts', async () => {
    const patientId = await resident();
    await postFact(service, newFact({ patientId, occurredAt: ago(DAY) }));
    const results = await recorded([
      glucose(patientId, 7, { measuredAt: ago(DAY - MINUTE) }),
      glucose(patientId, 7, { measuredAt: ago(DAY + MINUTE) }),
      glucose(patientId, 7, { measuredAt: '1949-12-31T15:59:59Z' }),
    ]);
    expect(outcomes(results)).toEqual([
      ['quarantined', 'after-death'],
      ['recorded', undefined],
      ['quarantined', 'before-birth'],
    ]);
  });
});

describe('a malformed batch is answered precisely, and leaves nothing', () => {
  test.each([
    ['no readings', () => [], 'readings'],
    ['1001 readings', (good: NewReading) => Array.from({ length: 1_001 }, () => ({ ...good, messageId: randomUUID() })), 'readings'],
    ['an unknown kind', (good: NewReading) => [good, { ...good, kind: 'mood' }], 'readings.1.kind'],
    ['an unknown unit', (good: NewReading) => [good, good, { ...good, unit: 'g/L' }], 'readings.2.unit'],
    ['a unit of another kind', (good: NewReading) => [{ ...good, unit: 'mmHg' }], 'readings.0.unit'],
    ['no unit', (good: NewReading) => [{ ...good, unit: undefined }], 'readings.0.unit'],
    ['a value in words', (good: NewReading) => [{ ...good, value: '7.0' }], 'readings.0.value'],
    ['a value beyond all devices', (good: NewReading) => [{ ...good, value: 1e308 }], 'readings.0.value'],
    [
      'a pressure without its lower value',
      (good: NewReading) => [{ ...good, kind: 'blood-pressure', unit: 'mmHg', systolic: 120 }],
      'readings.0.diastolic',
    ],
    ['an unknown field', (good: NewReading) => [good, { ...good, mood: 'good' }], 'readings.1.mood'],
    ['an unknown context', (good: NewReading) => [{ ...good, context: 'dream' }], 'readings.0.context'],
    ['no instant', (good: NewReading) => [{ ...good, measuredAt: '2026-03-01' }], 'readings.0.measuredAt'],
    ['no message id', (good: NewReading) => [{ ...good, messageId: ' ' }], 'readings.0.messageId'],
    ['nobody', (good: NewReading) => [good, { ...good, patientId: undefined }], 'readings.1.patientId'],
    ['two names', (good: NewReading) => [{ ...good, localId: { system: 'a', value: 'b' } }], 'readings.0.patientId'],
    ['NUL', (good: NewReading) => [good, { ...good, messageId: 'a\0b' }], 'readings.1.messageId'],
    ['a lone surrogate', (good: NewReading) => [good, { ...good, source: '\ud800' }], 'readings.1.source'],
    [
      'NUL in a local id',
      (good: NewReading) => [{ ...good, patientId: undefined, localId: { system: 'a', value: '\0' } }],
      'readings.0.localId.value',
    ],
  ])('%s', async (_, make, path) => {
    const good = glucose(await resident(), 7);
    const before = await contentsOf(service.db);
    const { status, body } = await postReadings(service, make(good));
    expect({ status, paths: body.errors?.map((error: { path: string }) => error.path) }).toEqual({
      status: 422,
      paths: expect.arrayContaining([path]),
    });
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('a thousand readings with long names are taken, in one batch', async () => {
    const patientId = await resident();
    const readings = Array.from({ length: 1_000 }, (_, n) =>
      glucose(patientId, 5 + (n % 50) / 10, {
        source: 's'.repeat(100),
        messageId: `${randomUUID()}${'m'.repeat(160)}`,
        measuredAt: ago((n + 1) * HOUR),
      }),
    );
    expect((await recorded(readings)).filter(({ result }) => result === 'recorded')).toHaveLength(1_000);
    expect(await countsOf(service, patientId)).toEqual({ recorded: 1_000 });
  });
});

describe('who may send what, and who sees it', () => {
  test.each(['gp', 'nurse'])(
    '%s records for residents of the centre; of others nothing is told, and nothing of the batch is stored',
    async (account) => {
      const [mine, other] = [await resident('inst-c01'), await resident('inst-c02')];
      expect(outcomes(await recorded([bloodPressure(mine, 130, 80)], account))).toEqual([['recorded', undefined]]);
      const before = await contentsOf(service.db);
      const batch = [bloodPressure(mine, 131, 81), bloodPressure(other, 131, 81), bloodPressure('patient-none', 131, 81)];
      const { status, body } = await postReadings(service, batch, account);
      expect(status).toBe(422);
      const [first, second] = body.errors;
      expect([first.path, second.path]).toEqual(['readings.1.patientId', 'readings.2.patientId']);
      expect(first.message).toBe(second.message);
      expect(await contentsOf(service.db)).toEqual(before);
    },
  );

  test('what staff record is of the clinic, unless they say that the resident reported it', async () => {
    const patientId = await resident();
    await recorded([bloodPressure(patientId, 130, 80), bloodPressure(patientId, 132, 80, { context: 'self-report' })], 'nurse');
    const { body } = await list('nurse', `patientId=${patientId}`);
    expect(body.items.map(({ context }: NewReading) => context).sort()).toEqual(['clinic', 'self-report']);
  });

  test('a centre reads of its own residents, a hospital of all, others nothing; each look is recorded', async () => {
    const patientId = await resident('inst-c01');
    await recorded([glucose(patientId, 7)]);
    const asked = Object.fromEntries(
      await Promise.all(
        ['gp', 'nurse', 'specialist', 'pharmacist', 'gp2', 'gateway', 'driver', 'auditor'].map(async (account) => [
          account,
          (await list(account, `patientId=${patientId}`)).status,
        ]),
      ),
    );
    expect(asked).toEqual({ gp: 200, nurse: 200, specialist: 200, pharmacist: 200, gp2: 404, gateway: 403, driver: 403, auditor: 403 });
    expect((await list('gp', 'patientId=patient-none')).status).toBe(404);
    const looks = await service.db
      .selectFrom('audit')
      .select('actor')
      .where('patient_id', '=', patientId)
      .where('action', '=', 'reading.list')
      .execute();
    expect(looks).toHaveLength(4);
  });

  test('a reader of readings may not send any', async () => {
    const { status } = await postReadings(service, [glucose(await resident(), 7)], 'pharmacist');
    expect(status).toBe(403);
  });
});

describe('the list', () => {
  test('goes page by page, by kind and between two instants, each reading once', async () => {
    const patientId = await resident();
    const hours = Array.from({ length: 12 }, (_, n) => ago((n + 1) * HOUR));
    // two at each instant
    const readings = hours.flatMap((measuredAt, n) => [
      glucose(patientId, 5 + n / 10, { measuredAt }),
      bloodPressure(patientId, 120 + n, 80, { measuredAt }),
    ]);
    await recorded(readings);
    const seen: NewReading[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await list('gp', `patientId=${patientId}&limit=5${cursor}`);
      seen.push(...body.items);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(24);
    expect(seen.map(({ measuredAt }) => measuredAt)).toEqual(hours.flatMap((at) => [at, at]));
    const between = await list('gp', `patientId=${patientId}&kind=blood-pressure&from=${hours[5]}&to=${hours[2]}`);
    expect(between.body.items.map(({ measuredAt }: NewReading) => measuredAt)).toEqual([hours[3], hours[4], hours[5]]);
  });

  test.each(['', 'patientId=x&kind=mood', 'patientId=x&from=yesterday', 'patientId=x&open=true', 'patientId=x&status=held'])(
    'of ?%s: 422',
    async (query) => {
      expect((await list('gp', query)).status).toBe(422);
    },
  );
});
