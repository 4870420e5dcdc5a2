/** An episode is never forgotten: whoever begins to be followed up is looked at for what was open before, and who is not can be looked at all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { deliverAll, newFact, newResident, postFact } from '../support/builders/facts.ts';
import { glucose, MINUTE, noonOf, postReadings, threeHighDays } from '../support/builders/readings.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

async function raised(patientId: string, readings = threeHighDays(patientId)): Promise<string> {
  await postReadings(service, readings);
  const open = await service.db
    .selectFrom('reading_episode')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('closed_at', 'is', null)
    .execute();
  expect(open).toHaveLength(1);
  return open[0]?.id as string;
}

async function enrol(patientId: string, protocol = 'htn-2017') {
  const { status, body } = await service.post('gp', '/v1/enrolments', { patientId, protocol, startedOn: localDateOf(Date.now()) });
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}

const close = (account: string, id: string, done = '复测 138/82', key?: string) =>
  service.post(account, `/v1/reading-episodes/${id}/close`, { done }, key ? { key } : {});
const tasks = (pathwayId: string) =>
  service.db
    .selectFrom('task')
    .select(['id', 'status'])
    .where('pathway_id', '=', pathwayId)
    .where('name', '=', 'reading-episode')
    .execute();

describe('a follow-up that begins is told of what is open', () => {
  test('at the enrolment, without a further reading; once', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const episodeId = await raised(patientId);
    const { pathwayId } = await enrol(patientId);
    await deliverAll(service);
    expect(await tasks(pathwayId)).toEqual([{ id: `${pathwayId}.episode-${episodeId}`, status: 'open' }]);
    await enrol(patientId, 't2dm-2017');
    await postReadings(service, [glucose(patientId, 15, { measuredAt: new Date(Date.parse(noonOf(0)) + MINUTE).toISOString() })]);
    await deliverAll(service);
    expect(await tasks(pathwayId)).toHaveLength(1);
  });

  test('at the reopening, of one that was raised after the end and that it had let pass', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const { id, pathwayId } = await enrol(patientId);
    await service.post('gp', `/v1/enrolments/${id}/withdraw`, { reason: 'wishes so' });
    const episodeId = await raised(patientId);
    await deliverAll(service);
    expect(await tasks(pathwayId)).toEqual([]);
    expect((await service.post('gp', `/v1/enrolments/${id}/reopen`, { reason: 'came back' })).status).toBe(200);
    await deliverAll(service);
    expect(await tasks(pathwayId)).toEqual([{ id: `${pathwayId}.episode-${episodeId}`, status: 'open' }]);
  });

  test('when the record that it was raised under turns out to be the same person’s', { timeout: 60_000 }, async () => {
    const [survivor, double] = [await newResident(service), await newResident(service)];
    const { pathwayId } = await enrol(survivor);
    const episodeId = await raised(double);
    await postFact(service, newFact({ type: 'patients-merged', patientId: double, survivorPatientId: survivor }));
    await deliverAll(service);
    expect(await tasks(pathwayId)).toEqual([{ id: `${pathwayId}.episode-${episodeId}`, status: 'open' }]);
  });
});

describe('of somebody in no follow-up', () => {
  test('the nurse of the home centre closes it with what was done: once, with an audit entry', { timeout: 60_000 }, async () => {
    const patientId = await newResident(service);
    const id = await raised(patientId);
    const first = await close('nurse', id, '复测 138/82，已复诊', 'nurse-closes');
    expect([first.status, first.body]).toMatchObject([200, { id, done: '复测 138/82，已复诊', closedById: 'person-nurse' }]);
    expect((await close('nurse', id, '复测 138/82，已复诊', 'nurse-closes')).body).toEqual(first.body);
    const again = await close('gp', id);
    expect([again.status, again.body.code]).toEqual([409, 'episode-closed']);
    const audit = await service.db
      .selectFrom('audit')
      .select(['action', 'patient_id'])
      .where('target_id', '=', id)
      .where('action', '=', 'reading-episode.close')
      .execute();
    expect(audit).toEqual([{ action: 'reading-episode.close', patient_id: patientId }]);
    const { pathwayId } = await enrol(patientId);
    await deliverAll(service);
    expect(await tasks(pathwayId), 'it has been looked at').toEqual([]);
  });

  test('not by the hospital, not by another centre, not without a word', { timeout: 60_000 }, async () => {
    const [ours, others] = [await newResident(service), await newResident(service, 'inst-c02')];
    const [id, theirs] = [await raised(ours), await raised(others)];
    expect((await close('specialist', id)).status).toBe(403);
    expect((await close('nurse', theirs)).status).toBe(404);
    expect((await service.post('nurse', `/v1/reading-episodes/${id}/close`, {})).body.errors?.[0]?.path).toBe('done');
    expect((await close('nurse', '0199a000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await service.get('gp', `/v1/reading-episodes?patientId=${ours}&open=true`)).body.items).toHaveLength(1);
  });

  test('ten at once: one closes it', { timeout: 60_000 }, async () => {
    const id = await raised(await newResident(service));
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => close('nurse', id, `第 ${n} 次`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
  });
});

test('of somebody in follow-up: closed there, so that its task ends; while the follow-up is being told: try again shortly', {
  timeout: 60_000,
}, async () => {
  const patientId = await newResident(service);
  const { id: enrolmentId, pathwayId } = await enrol(patientId);
  const id = await raised(patientId);
  const early = await close('nurse', id);
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '2']);
  await deliverAll(service);
  const closed = await close('nurse', id, '复测 140/84');
  expect([closed.status, closed.body]).toMatchObject([200, { done: '复测 140/84', closedById: 'person-nurse' }]);
  expect(await tasks(pathwayId)).toMatchObject([{ status: 'done' }]);
  expect((await service.get('gp', `/v1/enrolments/${enrolmentId}`)).body.episodes).toEqual([]);
  expect([(await close('nurse', id)).status, (await close('nurse', id)).body.code]).toEqual([409, 'episode-closed']);
});
