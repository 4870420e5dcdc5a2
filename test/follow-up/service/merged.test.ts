/** Two records of one resident, each in follow-up, become one, on the running service: one follow-up stays, and nothing that was open is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { deliverAll, newFact, newRelay, newResident, postFact } from '../../support/builders/facts.ts';
import { postReadings, threeHighDays } from '../../support/builders/readings.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const read = async (id: string) => (await service.get('gp', `/v1/enrolments/${id}`)).body;

async function enrol(patientId: string, protocol: string) {
  const { status, body } = await service.post('gp', '/v1/enrolments', { patientId, protocol, startedOn: localDateOf(Date.now()) });
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}

async function visit(id: string, systolic: number) {
  const form = { bloodPressures: [{ systolic, diastolic: 80 }], fastingGlucose: { value: 6, unit: 'mmol/L' } };
  const body = { visitedAt: new Date().toISOString(), mode: 'clinic', form };
  const answer = await service.post('gp', `/v1/enrolments/${id}/visits`, body);
  expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
  return answer.body;
}

const mergeInto = async (patientId: string, survivorPatientId: string) =>
  expect((await postFact(service, newFact({ type: 'patients-merged', patientId, survivorPatientId }))).status).toBe(202);
const openFollowUps = (patientIds: string[]) =>
  service.db
    .selectFrom('pathway')
    .select('id')
    .where('kind', '=', 'follow-up')
    .where('status', '=', 'open')
    .where('patient_id', 'in', patientIds)
    .execute();
const openTasks = (pathwayId: string) =>
  service.db.selectFrom('task').select('name').where('pathway_id', '=', pathwayId).where('status', '=', 'open').execute();

test('the survivor’s stays; the other disease goes on in it with its visits; the same disease counts in; an episode stays open', {
  timeout: 120_000,
}, async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const pressure = await enrol(survivor, 'htn-2017');
  const otherPressure = await enrol(double, 'htn-2017');
  const glucose = await enrol(double, 't2dm-2017');
  await visit(pressure.id, 128);
  await visit(otherPressure.id, 128);
  const seen = await visit(glucose.id, 128);
  await postReadings(service, threeHighDays(double));
  await deliverAll(service);
  expect(await openTasks(glucose.pathwayId)).toEqual([{ name: 'reading-episode' }]);

  await mergeInto(double, survivor);
  await deliverAll(service);
  expect(await openFollowUps([survivor, double])).toEqual([{ id: pressure.pathwayId }]);
  expect(await read(otherPressure.id)).toMatchObject({ status: 'ended', statusReason: 'merged', allowed: [] });
  const goesOn = await read(glucose.id);
  expect(goesOn).toMatchObject({ status: 'active', patientId: survivor, pathwayId: pressure.pathwayId, nextVisit: seen.nextVisit });
  expect(goesOn.lastVisit.id).toBe(seen.lastVisit.id);
  expect(goesOn.episodes).toHaveLength(1);
  expect([await openTasks(pressure.pathwayId), await openTasks(glucose.pathwayId)]).toEqual([[{ name: 'reading-episode' }], []]);
  expect((await service.get('gp', `/v1/enrolments/${pressure.id}/visits`)).body.items).toHaveLength(2);
  expect((await service.get('gp', `/v1/enrolments/${glucose.id}/visits`)).body.items).toHaveLength(1);
  const { items } = (await service.get('gp', `/v1/enrolments/${pressure.id}/timeline`)).body;
  expect(items.at(-1)).toMatchObject({
    event: 'follow-up-joined',
    because: [{ evidence: { goingOn: glucose.id, countingIn: `${otherPressure.id} in ${pressure.id}` } }],
  });
  const [{ id: episodeId }] = goesOn.episodes;
  const closed = await service.post('gp', `/v1/enrolments/${glucose.id}/close-episode`, { episodeId, done: '复测 138/82' });
  expect([closed.status, closed.body.episodes]).toEqual([200, []]);
  expect((await service.get('gp', `/v1/reading-episodes?patientId=${survivor}`)).body.items).toMatchObject([{ done: '复测 138/82' }]);
  const again = await service.post('gp', '/v1/enrolments', {
    patientId: survivor,
    protocol: 't2dm-2017',
    startedOn: localDateOf(Date.now()),
  });
  expect([again.status, again.body.code]).toEqual([409, 'already-enrolled']);
});

test('only the double is in follow-up: it goes on as it is, of the survivor', { timeout: 60_000 }, async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const enrolment = await enrol(double, 'htn-2017');
  await mergeInto(double, survivor);
  await deliverAll(service);
  expect(await read(enrolment.id)).toMatchObject({
    status: 'active',
    patientId: survivor,
    pathwayId: enrolment.pathwayId,
    nextVisit: enrolment.nextVisit,
  });
});

test('the survivor’s has ended and the double’s goes on: that one is kept, and holds what may be reopened', {
  timeout: 60_000,
}, async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const ended = await enrol(survivor, 'htn-2017');
  expect((await service.post('gp', `/v1/enrolments/${ended.id}/withdraw`, { reason: 'wishes so' })).status).toBe(200);
  const kept = await enrol(double, 't2dm-2017');
  await mergeInto(double, survivor);
  await deliverAll(service);
  expect(await openFollowUps([survivor, double])).toEqual([{ id: kept.pathwayId }]);
  const reopened = await service.post('gp', `/v1/enrolments/${ended.id}/reopen`, { reason: 'came back' });
  expect([reopened.status, reopened.body.pathwayId, reopened.body.status]).toEqual([200, kept.pathwayId, 'active']);
});

test('three records one after the other, before anybody was told: one follow-up holds all three diseases', {
  timeout: 120_000,
}, async () => {
  const [first, second, third] = [await newResident(service), await newResident(service), await newResident(service)];
  const all = [await enrol(first, 'htn-2017'), await enrol(second, 't2dm-2017'), await enrol(third, 'elderly')];
  await visit(all[2].id, 128);
  await mergeInto(third, second);
  await mergeInto(second, first);
  await deliverAll(service, newRelay(service));
  expect(await openFollowUps([first, second, third])).toEqual([{ id: all[0].pathwayId }]);
  for (const { id } of all) expect(await read(id)).toMatchObject({ status: 'active', patientId: first, pathwayId: all[0].pathwayId });
  expect((await service.get('gp', `/v1/enrolments/${all[2].id}/visits`)).body.items).toHaveLength(1);
});
