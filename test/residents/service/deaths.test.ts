import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteAskedAfterDeath } from '../../../db/identity-check/asked-after-death.ts';
import { countWaiting } from '../../../db/kit/waiting.ts';
import { createFactRelay } from '../../../worker/fact-relay.ts';
import { followUpsOn, onTarget } from '../../support/builders/enrolments.ts';
import { deliverAll, newReceivedReferral, newResident, silent } from '../../support/builders/facts.ts';
import { bloodPressure, postReadings } from '../../support/builders/readings.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
const followUps = followUpsOn(() => service);

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const relay = () =>
  createFactRelay({
    db: service.db,
    client: service.client,
    log: silent,
    runs: {
      taskQueue: service.config.CAREPATH_TASK_QUEUE,
      eventCap: service.config.CAREPATH_EVENT_CAP,
      byteCap: service.config.CAREPATH_BYTE_CAP,
    },
  });

const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

const tasksOf = (patientId: string) =>
  service.db.selectFrom('task').selectAll().where('patient_id', '=', patientId).where('status', '=', 'open').orderBy('id').execute();

const step = (account: string, patientId: string, name: string, body: object = {}) =>
  service.post(account, `/v1/patients/${patientId}/${name}`, body);

test('a death is asked about once and holds what asks for the resident; refuted, all of it goes on', async () => {
  const patientId = await newResident(service);
  const enrolment = await followUps.enrol('htn-2017', patientId);
  await followUps.forwardToDay(enrolment, enrolment.nextVisit.dueOn);
  const visit = (await tasksOf(patientId)).find(({ name }) => name === 'follow-up-visit');
  expect(visit).toMatchObject({ held_since: null });

  const reported = await step('nurse', patientId, 'report-death', { heardFrom: '邻居', diedOn: today() });
  expect(reported).toMatchObject({ status: 200, body: { id: patientId, diedOn: null } });
  expect((await step('gp', patientId, 'report-death', { heardFrom: '家属' })).body).toMatchObject({
    id: patientId,
    version: reported.body.version,
  });
  const held = await tasksOf(patientId);
  expect(held.filter(({ name }) => name === 'confirm-death')).toMatchObject([{ role: 'gp', about: { diedOn: today() }, held_since: null }]);
  expect(held.find(({ name }) => name === 'follow-up-visit')?.held_since).toEqual(expect.any(Date));

  expect((await step('nurse', patientId, 'confirm-death', { diedOn: today(), cause: '不详', evidence: '无' })).status).toBe(403);
  const refuted = await step('gp', patientId, 'refute-death', { reason: '本人接听电话' });
  expect(refuted.status).toBe(200);
  expect(refuted.body.allowed).toContain('report-death');
  expect(await tasksOf(patientId)).toMatchObject([{ name: 'follow-up-visit', held_since: null }]);
  expect((await step('gp', patientId, 'refute-death', { reason: '再次' })).body).toMatchObject({
    code: 'transition-not-allowed',
    state: 'living',
  });
  await deliverAll(service, relay());
});

test('a confirmed death is the fact at once; taken back by a second person, everything goes on where it stood', async () => {
  const patientId = await newResident(service);
  const enrolment = await followUps.enrol('htn-2017', patientId);
  const before = await followUps.read(enrolment.id);
  const referralId = await newReceivedReferral(service, patientId);
  await step('gp', patientId, 'report-death', { heardFrom: '家属' });
  expect((await step('gp', patientId, 'confirm-death', { diedOn: '2100-01-01', cause: '不详', evidence: '无' })).status).toBe(422);
  const died = await step('gp', patientId, 'confirm-death', { diedOn: today(), cause: '脑出血', evidence: '死亡证明' });
  expect(died).toMatchObject({ status: 200, body: { diedOn: today() } });
  expect((await step('gp', patientId, 'report-death', { heardFrom: '家属' })).body.code).toBe('patient-died');
  expect((await service.post('gp', '/v1/enrolments', { patientId, protocol: 't2dm-2017', startedOn: today() })).body.code).toBe(
    'patient-died',
  );
  await deliverAll(service, relay());
  expect(await followUps.read(enrolment.id)).toMatchObject({ status: 'ended', nextVisit: null });
  expect((await service.get('gp', `/v1/referrals/${referralId}`)).body).toMatchObject({
    status: 'cancelled',
    statusReason: 'patient-died',
  });

  expect((await step('nurse', patientId, 'retract-death', { reason: '同名同姓' })).status).toBe(200);
  expect((await step('nurse', patientId, 'confirm-retraction')).status).toBe(403);
  expect((await step('gp', patientId, 'confirm-retraction')).body.diedOn).toBeNull();
  await deliverAll(service, relay());
  const after = await followUps.read(enrolment.id);
  expect(after).toMatchObject({ status: 'active', nextVisit: before.nextVisit });
  expect((await service.get('gp', `/v1/referrals/${referralId}`)).body).toMatchObject({ status: 'received', closedAt: null });
  const timeline = await service.get('gp', `/v1/enrolments/${enrolment.id}/timeline`);
  expect(timeline.body.items.map(({ event }: { event: string }) => event)).toContain('death-retracted');
  const visit = await followUps.visit(enrolment, onTarget);
  expect(visit.status).toBe(201);
});

test('who has proposed to take a death back may not confirm it', async () => {
  const patientId = await newResident(service);
  await step('gp', patientId, 'report-death', { heardFrom: '家属' });
  await step('gp', patientId, 'confirm-death', { diedOn: today(), cause: '不详', evidence: '死亡证明' });
  await step('gp', patientId, 'retract-death', { reason: '登记错人' });
  expect((await step('gp', patientId, 'confirm-retraction')).body.code).toBe('second-person-required');
  await deliverAll(service, relay());
});

test('a message that goes to somebody a minute after the death became known shows in the metric, has a row, and the head hears of it once', async () => {
  const countOf = async () => (await countWaiting(service.db)).find(({ what }) => what === 'asked-after-death')?.rows;
  expect(await countOf()).toBe(0);
  const patientId = await newResident(service);
  await step('gp', patientId, 'report-death', { heardFrom: '家属' });
  await step('gp', patientId, 'confirm-death', { diedOn: today(), cause: '不详', evidence: '死亡证明' });
  const message = {
    template: 'referral-received',
    parameters: '{}',
    recipient_type: 'patient',
    recipient_id: patientId,
    channel: 'sms',
  } as const;
  const sentAt = new Date(Date.now() + 120_000);
  await service.db
    .insertInto('message')
    .values({ ...message, key: randomUUID(), status: 'sent', sent_at: sentAt })
    .execute();
  expect(await countOf()).toBe(1);
  expect([await noteAskedAfterDeath(service.db), await noteAskedAfterDeath(service.db)]).toEqual([1, 0]);
  const rows = await service.db.selectFrom('asked_after_death').select(['what', 'patient_id']).execute();
  expect(rows).toEqual([{ what: 'message', patient_id: patientId }]);
  const told = await service.db.selectFrom('message').select('recipient_id').where('template', '=', 'asked-after-death').execute();
  expect(told.map(({ recipient_id }) => recipient_id)).toContain('person-head-c01');
  await deliverAll(service, relay());
});

test('a value that was measured after a reported death speaks against it, and the task says so', async () => {
  const patientId = await newResident(service);
  await step('nurse', patientId, 'report-death', { heardFrom: '邻居', diedOn: '2026-01-01' });
  const measuredAt = new Date(Date.now() - 60_000).toISOString();
  expect((await postReadings(service, [bloodPressure(patientId, 131, 82, { measuredAt })])).status).toBeLessThan(300);
  const { items } = (await service.get('gp', `/v1/worklist?patientId=${patientId}`)).body;
  expect(items.find(({ kind }: { kind: string }) => kind === 'confirm-death')).toMatchObject({
    subject: { type: 'patient', id: patientId },
    allowed: expect.arrayContaining(['confirm-death', 'refute-death']),
    about: { diedOn: '2026-01-01', contradictedBy: 'blood-pressure', measuredAt },
  });
});
