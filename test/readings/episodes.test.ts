/** Episodes: every threshold on both sides, whatever the order of arrival; one open a rule; the same as a naive reading of the rules. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeEpisode } from '../../db/readings/episodes.ts';
import { readingProtocol } from '../../db/readings/protocol.ts';
import { newFact, newResident, postFact } from '../support/builders/facts.ts';
import {
  ago,
  bloodPressure,
  DAY,
  episodesOf,
  glucose,
  HOUR,
  MINUTE,
  type NewReading,
  noonOf,
  postReadings,
  rulesOf,
} from '../support/builders/readings.ts';
import { type PlainReading, raisedBy } from '../support/oracles/episode-oracle.ts';
import { testSeed } from '../support/seed.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

async function post(...readings: NewReading[]): Promise<void> {
  const { status, body } = await postReadings(service, readings);
  expect({ status, body }).toMatchObject({ status: 202 });
}

/** The rules that a new resident's readings raise, all in one batch. */
async function raised(make: (patientId: string) => NewReading[]): Promise<string[]> {
  const patientId = await newResident(service);
  await post(...make(patientId));
  return rulesOf(service, patientId);
}

async function close(patientId: string, rule: string): Promise<void> {
  const { id } = await service.db
    .selectFrom('reading_episode')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('rule', '=', rule)
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow();
  const closedBy = { personId: 'person-nurse', institutionId: 'inst-c01', role: 'nurse' };
  await service.db.transaction().execute((trx) => closeEpisode(trx, { id, closedAt: new Date(), closedBy, done: '复测 150/90' }));
}

describe('a crisis value', () => {
  test.each([
    ['179/109', 179, 109, []],
    ['180/109', 180, 109, ['blood-pressure-crisis']],
    ['179/110', 179, 110, ['blood-pressure-crisis']],
    ['180/110', 180, 110, ['blood-pressure-crisis']],
  ])('%s', async (_, systolic, diastolic, rules) => {
    expect(await raised((id) => [bloodPressure(id, systolic, diastolic)])).toEqual(rules);
  });

  test.each([
    [3.9, ['glucose-crisis-low']],
    [3.94, ['glucose-crisis-low']],
    [3.95, []],
    [4, []],
    [16.6, []],
    [16.64, []],
    [16.65, ['glucose-crisis-high']],
    [16.7, ['glucose-crisis-high']],
  ])('glucose %d, fasting or not', async (value, rules) => {
    expect(await raised((id) => [glucose(id, value)])).toEqual(rules);
    expect(await raised((id) => [glucose(id, value, { kind: 'fasting-glucose' })])).toEqual(rules);
  });

  test('in other units: 301 mg/dL is one and 300 is none, 24 kPa is one and 23.9 is none', async () => {
    expect(await raised((id) => [glucose(id, 301, { unit: 'mg/dL' })])).toEqual(['glucose-crisis-high']);
    expect(await raised((id) => [glucose(id, 300, { unit: 'mg/dL' })])).toEqual([]);
    expect(await raised((id) => [bloodPressure(id, 24, 12, { unit: 'kPa' })])).toEqual(['blood-pressure-crisis']);
    expect(await raised((id) => [bloodPressure(id, 23.9, 12, { unit: 'kPa' })])).toEqual([]);
  });

  test('of another kind is none: a heart rate of 200', async () => {
    expect(await raised((id) => [{ ...glucose(id, 200), kind: 'heart-rate', unit: '/min' }])).toEqual([]);
  });

  test('that is a week old is kept and wakes nobody', async () => {
    expect(await raised((id) => [bloodPressure(id, 190, 100, { measuredAt: ago(7 * DAY + MINUTE) })])).toEqual([]);
    expect(await raised((id) => [bloodPressure(id, 190, 100, { measuredAt: ago(7 * DAY - MINUTE) })])).toEqual(['blood-pressure-crisis']);
  });

  test('has its numbers, the document it is judged by and an audit entry', async () => {
    const patientId = await newResident(service);
    await post(bloodPressure(patientId, 182, 104));
    const { status, body } = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}&open=true`);
    expect([status, body.items.length]).toEqual([200, 1]);
    expect(body.items[0]).toMatchObject({ evidence: { systolic: 182, diastolic: 104 }, protocol: 'readings/2', times: 1, closedAt: null });
    const audit = await service.db.selectFrom('audit').selectAll().where('target_id', '=', body.items[0].id).execute();
    expect(audit).toMatchObject([{ action: 'reading-episode.raise', patient_id: patientId, code: 'blood-pressure-crisis' }]);
  });
});

describe('three days running above 13.9', () => {
  const high = (patientId: string, day: number, value = 14, over: NewReading = {}) =>
    glucose(patientId, value, { measuredAt: noonOf(day), ...over });

  test.each([
    ['three days', [0, -1, -2], 14, ['glucose-three-days']],
    ['two days', [0, -1], 14, []],
    ['three with a day between', [0, -2, -3], 14, []],
    ['three days of exactly 13.9', [0, -1, -2], 13.9, []],
    ['of 13.94, which is 13.9', [0, -1, -2], 13.94, []],
    ['of 13.95, which is 14.0', [0, -1, -2], 13.95, ['glucose-three-days']],
    ['four days', [0, -1, -2, -3], 14, ['glucose-three-days']],
    ['three that ended a week ago', [-7, -8, -9], 14, []],
  ])('%s', async (_, days, value, rules) => {
    expect(await raised((id) => days.map((day) => high(id, day, value)))).toEqual(rules);
  });

  test('a day with a low value too is still a day with a high one', async () => {
    expect(await raised((id) => [high(id, 0), high(id, -1), high(id, -2), high(id, -1, 6, { measuredAt: ago(2 * DAY) })])).toEqual([
      'glucose-three-days',
    ]);
  });

  test('fasting and random count alike', async () => {
    expect(await raised((id) => [high(id, 0), high(id, -1, 14, { kind: 'fasting-glucose' }), high(id, -2)])).toEqual([
      'glucose-three-days',
    ]);
  });

  test('whatever arrives last completes it: the first day, the middle one, the last one', async () => {
    for (const order of [
      [0, -1, -2],
      [0, -2, -1],
      [-1, -2, 0],
    ]) {
      const patientId = await newResident(service);
      for (const [n, day] of order.entries()) {
        expect(await rulesOf(service, patientId), `before reading ${n}`).toEqual([]);
        await post(high(patientId, day));
      }
      expect(await episodesOf(service, patientId)).toMatchObject([
        { rule: 'glucose-three-days', evidence: { days: 3, lowestDayMmolPerL: 14, highestMmolPerL: 14 } },
      ]);
    }
  });

  test('days are those of Shanghai: 16:00 UTC begins one', async () => {
    const noon = Date.parse(noonOf(-1));
    const at = (hoursFromNoon: number) => new Date(noon + hoursFromNoon * HOUR).toISOString();
    const three = (hours: number[]) => raised((id) => hours.map((hour) => glucose(id, 14, { measuredAt: at(hour) })));
    // 12 h before noon a day begins, 12 h after it the next one
    expect(await three([-12, 11.99, 12, -12.01])).toEqual(['glucose-three-days']);
    expect(await three([-12, 0, 11.99])).toEqual([]);
    expect(await three([-36, -12, 12])).toEqual(['glucose-three-days']);
    expect(await three([-36.01, -12, 11.99])).toEqual([]);
  });

  test('days that were looked at do not count again', async () => {
    const patientId = await newResident(service);
    await post(high(patientId, -1), high(patientId, -2), high(patientId, -3));
    await close(patientId, 'glucose-three-days');
    await post(high(patientId, 0), high(patientId, -4));
    expect(await rulesOf(service, patientId)).toEqual(['glucose-three-days']);
  });
});

describe('a sudden rise', () => {
  const series = (patientId: string, ...systolics: number[]) =>
    systolics.map((systolic, n) => bloodPressure(patientId, systolic, 80, { measuredAt: ago((systolics.length - n) * HOUR) }));

  test.each([
    ['by 29', [120, 120, 120, 149], []],
    ['by 30', [120, 120, 120, 150], ['blood-pressure-rise']],
    ['by 29⅔', [120, 120, 121, 150], []],
    ['by 30⅓', [120, 119, 120, 150], ['blood-pressure-rise']],
    ['after two only', [120, 120, 150], []],
    ['over the last three, not the fourth', [60, 120, 120, 121, 150], []],
    ['in the middle', [120, 120, 120, 150, 120], ['blood-pressure-rise']],
    ['a fall', [150, 150, 150, 100], []],
  ])('%s', async (_, systolics, rules) => {
    expect(await raised((id) => series(id, ...systolics))).toEqual(rules);
  });

  test('over readings of the last 30 days', async () => {
    const from = (days: number) =>
      raised((id) => [
        bloodPressure(id, 120, 80, { measuredAt: ago(days * DAY + HOUR) }),
        ...series(id, 121, 120, 151).map((each, n) => ({ ...each, measuredAt: ago((3 - n) * HOUR) })),
      ]);
    expect(await from(29)).toEqual(['blood-pressure-rise']);
    expect(await from(30.1)).toEqual([]);
  });

  test('is found when a late reading among those before it shows it', async () => {
    const patientId = await newResident(service);
    const [first, second, third, last] = series(patientId, 120, 120, 120, 150) as [NewReading, NewReading, NewReading, NewReading];
    await post(first, second, last);
    expect(await rulesOf(service, patientId)).toEqual([]);
    await post(third);
    expect(await episodesOf(service, patientId)).toMatchObject([
      { rule: 'blood-pressure-rise', evidence: { systolic: 150, meanOfLast: 120, readings: 3, withinDays: 30 } },
    ]);
  });
});

describe('one open episode a patient and rule', () => {
  test('what comes again is counted; after it was closed it is a new one', async () => {
    const patientId = await newResident(service);
    await post(bloodPressure(patientId, 185, 100, { measuredAt: ago(30 * MINUTE) }));
    await post(
      bloodPressure(patientId, 190, 100, { measuredAt: ago(20 * MINUTE) }),
      bloodPressure(patientId, 191, 100, { measuredAt: ago(19 * MINUTE) }),
    );
    expect(await episodesOf(service, patientId)).toMatchObject([{ times: 2, evidence: { systolic: 185 } }]);
    await close(patientId, 'blood-pressure-crisis');
    // measured before what was looked at
    await post(bloodPressure(patientId, 186, 100, { measuredAt: ago(25 * MINUTE) }));
    expect(await episodesOf(service, patientId)).toHaveLength(1);
    await post(bloodPressure(patientId, 186, 100, { measuredAt: ago(10 * MINUTE) }));
    expect(await episodesOf(service, patientId)).toMatchObject([{ times: 2 }, { times: 1, evidence: { systolic: 186 } }]);
    const open = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}&open=true`);
    const closed = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}&open=false`);
    expect([open.body.items.length, closed.body.items]).toMatchObject([1, [{ done: '复测 150/90', closedById: 'person-nurse' }]]);
  });

  test('a very high and a very low glucose are two: what is to be done differs', async () => {
    expect(await raised((id) => [glucose(id, 20), glucose(id, 3)])).toEqual(['glucose-crisis-high', 'glucose-crisis-low']);
  });

  test('many batches at once raise one, and three days in three batches at once are found', async () => {
    const patientId = await newResident(service);
    const days = [0, -1, -2].map((day) => [glucose(patientId, 14.5, { measuredAt: noonOf(day) })]);
    const crises = Array.from({ length: 10 }, (_, n) => [bloodPressure(patientId, 181 + n, 100)]);
    const answers = await Promise.all([...days, ...crises].map((readings) => postReadings(service, readings)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(await episodesOf(service, patientId)).toMatchObject([
      { rule: 'blood-pressure-crisis', times: 10 },
      { rule: 'glucose-three-days', times: 1 },
    ]);
  });

  test('of somebody who has died nothing is raised any more, whatever comes late', async () => {
    const patientId = await newResident(service);
    await postFact(service, newFact({ patientId, occurredAt: ago(HOUR) }));
    await post(bloodPressure(patientId, 190, 100, { measuredAt: ago(2 * HOUR) }));
    expect(await rulesOf(service, patientId)).toEqual([]);
  });

  test('a person with two records is one person, before and after they are put together', async () => {
    const [double, survivor] = [await newResident(service), await newResident(service)];
    await post(glucose(double, 14, { measuredAt: noonOf(-2) }), bloodPressure(double, 185, 90));
    const { status } = await postFact(service, newFact({ type: 'patients-merged', patientId: double, survivorPatientId: survivor }));
    expect(status).toBe(202);
    await post(
      glucose(survivor, 14, { measuredAt: noonOf(-1) }),
      glucose(double, 14, { measuredAt: noonOf(0) }),
      bloodPressure(double, 186, 90, { measuredAt: ago(MINUTE) }),
    );
    expect(await rulesOf(service, survivor)).toEqual(['glucose-three-days']);
    expect(await episodesOf(service, double)).toMatchObject([{ rule: 'blood-pressure-crisis', times: 2 }]);
    const { body } = await service.get('gp', `/v1/readings?patientId=${double}`);
    expect(body.items).toHaveLength(5);
    const episodes = await service.get('gp', `/v1/reading-episodes?patientId=${survivor}`);
    expect(episodes.body.items).toHaveLength(2);
  });
});

// --- the same as a naive reading ---------------------------------------------------------------

const seed = testSeed;

test(`over random readings in random batches the rules say what a naive reading of them says (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const now = Date.now();
  // Seven minutes off: the service's clock goes on meanwhile, and what is a week old today is older than that a moment later.
  const sometime = fc.integer({ min: 1, max: 40 * 24 * 4 }).map((quarters) => now - (quarters * 15 + 7) * MINUTE);
  const lately = fc.integer({ min: 1, max: 9 * 24 }).map((hours) => now - hours * HOUR - 7 * MINUTE);
  const reading: fc.Arbitrary<PlainReading> = fc.record({
    kind: fc.constantFrom('blood-pressure', 'blood-pressure', 'fasting-glucose', 'random-glucose', 'heart-rate'),
    measuredAt: fc.oneof({ arbitrary: lately, weight: 4 }, sometime),
    systolic: fc.oneof({ arbitrary: fc.integer({ min: 100, max: 155 }), weight: 6 }, fc.integer({ min: 176, max: 182 })),
    diastolic: fc.oneof({ arbitrary: fc.integer({ min: 60, max: 95 }), weight: 9 }, fc.integer({ min: 108, max: 111 })),
    value: fc.oneof(
      { arbitrary: fc.integer({ min: 138, max: 142 }).map((tenths) => tenths / 10), weight: 2 },
      // The highest comes often enough for each run to try its rule.
      fc.constantFrom(3.8, 3.9, 4, 7, 16.6, 16.7, 16.8, 16.8),
    ),
  });
  // Dense enough for rows of days, with days between
  const sweet: fc.Arbitrary<PlainReading> = fc.record({
    kind: fc.constantFrom('fasting-glucose', 'random-glucose'),
    measuredAt: fc.integer({ min: 1, max: 24 * 6 }).map((hours) => now - hours * HOUR - 7 * MINUTE),
    systolic: fc.constant(0),
    diastolic: fc.constant(0),
    value: fc.constantFrom(13.9, 14, 14.1),
  });
  const plausible = fc
    .oneof({ arbitrary: reading, weight: 3 }, sweet)
    .map((each) => ({ ...each, systolic: Math.max(each.systolic, each.diastolic + 1) }));
  // Of one moment there is one value: which of two is the third last would be a matter of taste.
  const keyOf = ({ kind, measuredAt }: PlainReading) => `${kind === 'random-glucose' ? 'fasting-glucose' : kind} ${measuredAt}`;
  const person = fc
    .uniqueArray(plausible, { selector: keyOf, minLength: 1, maxLength: 40 })
    .chain((readings) => fc.tuple(fc.constant(readings), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 })));
  // Few readings, one by one: it shows which arrival completes a rise.
  const rising: fc.Arbitrary<PlainReading> = fc.record({
    kind: fc.constant('blood-pressure' as const),
    measuredAt: fc.integer({ min: 1, max: 12 }).map((hours) => now - hours * HOUR - 7 * MINUTE),
    systolic: fc.constantFrom(119, 120, 120, 121, 149, 150, 151),
    diastolic: fc.constant(80),
    value: fc.constant(0),
  });
  const riser = fc.tuple(fc.uniqueArray(rising, { selector: keyOf, minLength: 4, maxLength: 5 }), fc.constant([1]));
  const seen = new Set<string>();

  const property = fc.asyncProperty(fc.array(fc.oneof(person, riser), { minLength: 4, maxLength: 12 }), async (people) => {
    const patients = await Promise.all(
      people.map(async ([readings, sizes]) => ({
        id: await newResident(service),
        left: [...readings],
        sizes,
        had: [] as PlainReading[],
        rules: new Set<string>(),
      })),
    );
    for (let round = 0; patients.some(({ left }) => left.length > 0); round++) {
      const batch: NewReading[] = [];
      for (const patient of patients) {
        const fresh = patient.left.splice(0, patient.sizes[round % patient.sizes.length]);
        patient.had.push(...fresh);
        batch.push(...fresh.map((each) => asSent(patient.id, each)));
        for (const rule of raisedBy(patient.had, fresh, now, readingProtocol)) patient.rules.add(rule);
      }
      await post(...batch);
    }
    for (const { id, rules } of patients) {
      for (const rule of rules) seen.add(rule);
      expect(await rulesOf(service, id)).toEqual([...rules].sort());
    }
  });
  await fc.assert(property, { seed, numRuns: 25 });
  expect([...seen].sort(), 'each rule was tried').toEqual(readingProtocol.episodes.map(({ id }) => id).sort());
});

function asSent(patientId: string, { kind, measuredAt, systolic, diastolic, value }: PlainReading): NewReading {
  const common = { source: 'oracle', messageId: randomUUID(), measuredAt: new Date(measuredAt).toISOString() };
  if (kind === 'blood-pressure') return bloodPressure(patientId, systolic, diastolic, common);
  if (kind === 'heart-rate') return { ...glucose(patientId, 72, common), kind, unit: '/min' };
  return glucose(patientId, value, { ...common, kind });
}
