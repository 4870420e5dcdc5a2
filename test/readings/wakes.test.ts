/** Only an episode wakes a pathway: on the running service, from the device's message to the task and back to the closed episode. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { openCrisisReadingsOf } from '../support/builders/crisis-readings.ts';
import { deliverAll, listDecidedFacts, listUnsettledDeliveries, newFact, newResident, postFact } from '../support/builders/facts.ts';
import {
  ago,
  bloodPressure,
  DAY,
  episodesOf,
  glucose,
  MINUTE,
  type NewReading,
  noonOf,
  postReadings,
  threeHighDays,
} from '../support/builders/readings.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

async function post(...readings: NewReading[]): Promise<void> {
  expect(await postReadings(service, readings)).toMatchObject({ status: 202 });
}

/** `id` of the enrolment, `pathwayId` of the follow-up. */
async function enrol(patientId: string): Promise<{ id: string; pathwayId: string }> {
  const { status, body } = await service.post('gp', '/v1/enrolments', {
    patientId,
    protocol: 'htn-2017',
    startedOn: localDateOf(Date.now()),
  });
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}

const tasksOf = (pathwayId: string) =>
  service.db.selectFrom('task').select(['name', 'role', 'status', 'due_at', 'opened_at']).where('pathway_id', '=', pathwayId).execute();
const episodeIds = async (patientId: string) =>
  (await service.db.selectFrom('reading_episode').select('id').where('patient_id', '=', patientId).execute()).map(({ id }) => id);
const factsOf = (patientId: string) =>
  service.db
    .selectFrom('fact')
    .select(['source', 'message_id', 'input'])
    .where('type', '=', 'reading-episode')
    .where('patient_id', '=', patientId)
    .execute();

describe('of somebody in follow-up', () => {
  test('three days running are a task of the doctor within a day; what was done closes it', { timeout: 120_000 }, async () => {
    const patientId = await newResident(service);
    const { id, pathwayId } = await enrol(patientId);
    await post(...threeHighDays(patientId, 14.5));
    const [episodeId = ''] = await episodeIds(patientId);
    expect(await factsOf(patientId)).toMatchObject([
      {
        source: 'carepath',
        message_id: episodeId,
        input: {
          episodeId,
          rule: 'glucose-three-days',
          role: 'gp',
          dueWithinSeconds: 86_400,
          occurredAt: Date.parse(noonOf(0)),
          evidence: { days: 3, highestMmolPerL: 14.5 },
        },
      },
    ]);
    await deliverAll(service);
    const [task] = await tasksOf(pathwayId);
    expect(task).toMatchObject({ name: 'reading-episode', role: 'gp', status: 'open' });
    expect((task?.due_at?.getTime() ?? 0) - (task?.opened_at.getTime() ?? 0)).toBe(DAY);

    await post(glucose(patientId, 14.8, { measuredAt: ago(MINUTE) }), glucose(patientId, 14.6, { measuredAt: noonOf(-3) }));
    expect(await factsOf(patientId), 'it is told once').toHaveLength(1);

    const closed = await service.post('gp', `/v1/enrolments/${id}/close-episode`, { episodeId, done: '调整用药，三日后复测' });
    expect([closed.status, closed.body.code]).toEqual([200, undefined]);
    const { body } = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}`);
    expect(body.items).toMatchObject([{ done: '调整用药，三日后复测', closedById: 'person-gp' }]);
    expect(body.items[0].closedAt).not.toBeNull();
    expect(await tasksOf(pathwayId)).toMatchObject([{ status: 'done' }]);
  });

  test('a hundred usual readings leave the pathway asleep', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const { pathwayId } = await enrol(patientId);
    const handle = service.client.workflow.getHandle(`follow-up/${pathwayId}`);
    const before = (await handle.describe()).historyLength;
    await post(
      ...Array.from({ length: 100 }, (_, n) => bloodPressure(patientId, 130 + (n % 9), 80, { measuredAt: ago((n + 1) * MINUTE) })),
    );
    expect(await listUnsettledDeliveries(service)).toEqual([]);
    expect((await handle.describe()).historyLength).toBe(before);
  });

  test('two episodes of one batch are both told; a crisis value is not, because it has a pathway of its own', {
    timeout: 60_000,
  }, async () => {
    const patientId = await newResident(service);
    const { pathwayId } = await enrol(patientId);
    const rise = [120, 121, 119, 160].map((systolic, n) => bloodPressure(patientId, systolic, 80, { measuredAt: ago((9 - n) * MINUTE) }));
    await post(...threeHighDays(patientId), ...rise, glucose(patientId, 3.2));
    await deliverAll(service);
    const open = await service.db
      .selectFrom('reading_episode')
      .select('id')
      .where('patient_id', '=', patientId)
      .where('crisis_reading_id', 'is', null)
      .execute();
    expect(open).toHaveLength(2);
    expect((await listDecidedFacts(service, pathwayId)).toSorted()).toEqual(open.map(({ id }) => id).toSorted());
    expect(await tasksOf(pathwayId)).toHaveLength(2);
  });
});

describe('of somebody who is in none', () => {
  test('readings, episode and its fact stand, and nobody is told; once in follow-up, it is told of what is open', {
    timeout: 60_000,
  }, async () => {
    const patientId = await newResident(service);
    await post(...threeHighDays(patientId));
    expect((await episodesOf(service, patientId)).length).toBe(1);
    expect(await factsOf(patientId), 'a fact is stored whether anybody listens or not').toHaveLength(1);
    expect(await listUnsettledDeliveries(service)).toEqual([]);
    const { pathwayId } = await enrol(patientId);
    await deliverAll(service);
    expect(await listDecidedFacts(service, pathwayId)).toEqual(await episodeIds(patientId));
  });
});

describe('a crisis value reaches somebody', () => {
  test('out of a list that is refused, whatever another reading or its own message is wrong in, once', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => newResident(service)));
    const [good = '', dateless = '', nameless = '', half = '', strange = '', usual = ''] = ids;
    const readings = [
      bloodPressure(good, 226, 131),
      bloodPressure(dateless, 226, 131, { measuredAt: '2026-02-30T08:00:00Z' }),
      glucose(nameless, 1.9, { messageId: '' }),
      bloodPressure(half, 226, 131, { diastolic: undefined }),
      glucose(strange, 33.3, { mood: 'good', comparator: '>' }),
      glucose(usual, 7),
      glucose(good, 8, { messageId: 'a\u0000b' }),
    ];
    for (let sent = 0; sent < 2; sent += 1) {
      const { status, body } = await postReadings(service, readings);
      expect([status, body.readingIds.length]).toEqual([422, 5]);
    }
    const open = await Promise.all(ids.map((id) => openCrisisReadingsOf(service, id)));
    expect(open.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 0]);
    // Staff keep nothing of somebody else's resident.
    const stranger = await newResident(service, 'inst-c02');
    const mine = await newResident(service);
    const refused = await postReadings(service, [bloodPressure(stranger, 226, 131), bloodPressure(mine, 226, 131)], 'nurse');
    expect([refused.status, (await openCrisisReadingsOf(service, stranger)).length]).toEqual([422, 0]);
    expect(await openCrisisReadingsOf(service, mine)).toHaveLength(1);
  });

  test('beyond the range of the meter, measured at a visit, taken at home or told on the telephone, and is shown so', async () => {
    const beyond = { value: 33.3, comparator: '>', unit: 'mmol/L' };
    const visits = [
      [{ mode: 'clinic', form: { randomGlucose: beyond } }, '>33.3'],
      [{ mode: 'clinic', form: { fastingGlucose: { ...beyond, atHome: true } } }, '>33.3'],
      [{ mode: 'phone', form: { randomGlucose: { value: 1.1, comparator: '<', unit: 'mmol/L' } } }, '<1.1'],
    ] as const;
    for (const [visit, shown] of visits) {
      const patientId = await newResident(service);
      const { status, body } = await service.post('gp', `/v1/patients/${patientId}/visits`, { visitedAt: ago(MINUTE), ...visit });
      expect([status, body.readings.map(({ value }: { value: unknown }) => value)]).toEqual([201, [shown]]);
      expect(body.tasks).toMatchObject([{ kind: 'confirm-reading', about: { value: shown } }]);
      const sheet = await service.get('gp', `/v1/patients/${patientId}/sheet`);
      expect(sheet.body.lastValues).toMatchObject([{ value: shown }]);
    }
  });

  test('until a system says by a fact that it was entered in error', async () => {
    const [patientId, other] = [await newResident(service), await newResident(service)];
    const reading = bloodPressure(patientId, 226, 131);
    const named = { source: reading.source, messageId: reading.messageId };
    await post(reading);
    const wrong = newFact({ type: 'entered-in-error', reading: named, patientId: other });
    const unknown = newFact({ type: 'entered-in-error', reading: { source: 'nobody', messageId: '1' } });
    for (const fact of [wrong, unknown]) expect((await postFact(service, fact)).status).toBe(202);
    expect(await openCrisisReadingsOf(service, patientId)).toHaveLength(1);
    const fact = newFact({ type: 'entered-in-error', reading: named, patientId });
    expect((await postFact(service, fact)).body).toMatchObject({ duplicate: false });
    expect((await postFact(service, fact)).body).toMatchObject({ duplicate: true });
    expect(await openCrisisReadingsOf(service, patientId)).toEqual([]);
    expect((await service.get('gp', `/v1/readings?patientId=${patientId}`)).body.items).toEqual([]);
  });
});
