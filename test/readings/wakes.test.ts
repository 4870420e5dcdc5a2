/** Only an episode wakes a pathway: on the running service, from the device's message to the task and back to the closed episode. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { deliverAll, listDecidedFacts, listUnsettledDeliveries, newResident } from '../support/builders/facts.ts';
import { ago, bloodPressure, episodesOf, glucose, MINUTE, type NewReading, postReadings } from '../support/builders/readings.ts';
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
  test('a crisis value is a task of the nurse within 30 minutes; what was done closes it', { timeout: 120_000 }, async () => {
    const patientId = await newResident(service);
    const { id, pathwayId } = await enrol(patientId);
    const measuredAt = ago(2 * MINUTE);
    await post(bloodPressure(patientId, 184, 112, { measuredAt }), bloodPressure(patientId, 150, 90, { measuredAt: ago(9 * MINUTE) }));
    const [episodeId = ''] = await episodeIds(patientId);
    expect(await factsOf(patientId)).toEqual([
      {
        source: 'carepath',
        message_id: episodeId,
        input: {
          episodeId,
          rule: 'blood-pressure-crisis',
          role: 'nurse',
          dueWithinSeconds: 1_800,
          occurredAt: Date.parse(measuredAt),
          evidence: { systolic: 184, diastolic: 112 },
        },
      },
    ]);
    await deliverAll(service);
    const [task] = await tasksOf(pathwayId);
    expect(task).toMatchObject({ name: 'reading-episode', role: 'nurse', status: 'open' });
    expect((task?.due_at?.getTime() ?? 0) - (task?.opened_at.getTime() ?? 0)).toBe(30 * MINUTE);

    await post(bloodPressure(patientId, 186, 112, { measuredAt: ago(MINUTE) }));
    expect(await factsOf(patientId), 'it is told once').toHaveLength(1);
    expect(await episodesOf(service, patientId)).toMatchObject([{ times: 2 }]);

    const closed = await service.post('nurse', `/v1/enrolments/${id}/close-episode`, { episodeId, done: '复测 148/92，加服一次药' });
    expect([closed.status, closed.body.code]).toEqual([200, undefined]);
    const { body } = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}`);
    expect(body.items).toMatchObject([{ done: '复测 148/92，加服一次药', closedById: 'person-nurse' }]);
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

  test('two episodes of one batch are both told', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const { pathwayId } = await enrol(patientId);
    await post(bloodPressure(patientId, 190, 100), glucose(patientId, 3.2));
    await deliverAll(service);
    expect((await listDecidedFacts(service, pathwayId)).toSorted()).toEqual((await episodeIds(patientId)).toSorted());
    expect(await tasksOf(pathwayId)).toHaveLength(2);
  });
});

describe('of somebody who is in none', () => {
  test('readings, episode and its fact stand, and nobody is told; once in follow-up, what comes again is', {
    timeout: 60_000,
  }, async () => {
    const patientId = await newResident(service);
    await post(glucose(patientId, 18, { measuredAt: ago(20 * MINUTE) }));
    expect((await episodesOf(service, patientId)).length).toBe(1);
    expect(await factsOf(patientId), 'a fact is stored whether anybody listens or not').toHaveLength(1);
    expect(await listUnsettledDeliveries(service)).toEqual([]);
    const { pathwayId } = await enrol(patientId);
    await post(glucose(patientId, 19, { measuredAt: ago(10 * MINUTE) }));
    await deliverAll(service);
    expect(await episodesOf(service, patientId)).toMatchObject([{ rule: 'glucose-crisis-high', times: 2 }]);
    expect(await listDecidedFacts(service, pathwayId)).toEqual(await episodeIds(patientId));
  });
});
