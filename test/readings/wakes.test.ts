/** Only an episode wakes a pathway: on the running service, from the device's message to the task and back to the closed episode. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { deliverAll, listDecidedFacts, listUnsettledDeliveries, newResident } from '../support/builders/facts.ts';
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
