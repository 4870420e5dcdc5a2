/** A wrong merger is taken back by a second person: each record has again what was its own, and what came meanwhile goes by the id under which it came. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followUpsOn, offTarget, onTarget, today } from '../../support/builders/enrolments.ts';
import {
  deliverAll,
  newFact,
  newReceivedReferral,
  newResident,
  newRunningRelay,
  postFact,
  referralOf,
  reportFact,
} from '../../support/builders/facts.ts';
import { bloodPressure, postReadings } from '../../support/builders/readings.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
const followUps = followUpsOn(() => service);

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const deliver = () => deliverAll(service, newRunningRelay(service));

async function merge(patientId: string, intoId: string): Promise<string> {
  const proposed = await service.post('gp', `/v1/patients/${patientId}/propose-merger`, { intoId, reason: '同一人' });
  expect(proposed.status).toBe(201);
  const { id } = proposed.body;
  expect((await service.post('head-c01', `/v1/mergers/${id}/confirm`, {})).body).toMatchObject({ state: 'merged' });
  await deliver();
  return id;
}

async function takeBack(id: string): Promise<void> {
  expect((await service.post('nurse', `/v1/mergers/${id}/retract`, { reason: '并非同一人' })).body).toMatchObject({ state: 'retracting' });
  expect((await service.post('head-c01', `/v1/mergers/${id}/confirm-retraction`, {})).body).toMatchObject({ state: 'retracted' });
  await deliver();
}

const openTasks = (patientId: string) =>
  service.db.selectFrom('task').select(['name', 'about']).where('patient_id', '=', patientId).where('status', '=', 'open').execute();

const readingsOf = async (patientId: string) =>
  (await service.db.selectFrom('reading').select('systolic').where('patient_id', '=', patientId).execute()).map(({ systolic }) =>
    Number(systolic),
  );

test('both in follow-up: each goes on where it stood, with the visits of its own enrolments', async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const pressure = await followUps.enrol('htn-2017', survivor);
  const otherPressure = await followUps.enrol('htn-2017', double);
  const glucose = await followUps.enrol('t2dm-2017', double);
  await followUps.visit(otherPressure, offTarget);
  const referralId = await newReceivedReferral(service, double);
  const before = { own: await followUps.read(pressure.id), other: await followUps.read(otherPressure.id) };

  const id = await merge(double, survivor);
  expect(await followUps.read(otherPressure.id)).toMatchObject({ status: 'ended', statusReason: 'merged' });
  const meanwhile = await followUps.visit(glucose, onTarget);
  expect(meanwhile.status).toBe(201);
  await postReadings(service, [bloodPressure(double, 131, 82), bloodPressure(survivor, 129, 81)]);

  const retract = (account: string) => service.post(account, `/v1/mergers/${id}/retract`, { reason: '并非同一人' });
  expect((await retract('gp')).body).toMatchObject({ state: 'retracting' });
  expect((await retract('nurse')).body).toMatchObject({ state: 'retracting' });
  expect(await openTasks(survivor)).toContainEqual({
    name: 'confirm-retraction',
    about: { undoes: 'merger', patientId: double, intoId: survivor },
  });
  const confirm = (account: string) => service.post(account, `/v1/mergers/${id}/confirm-retraction`, {});
  expect((await confirm('nurse')).status).toBe(403);
  expect((await confirm('gp')).body.code).toBe('second-person-required');
  // Two people confirm it at once: it is taken back once.
  const answers = await Promise.all([confirm('head-c01'), confirm('head-c01')]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  expect((await confirm('head-c01')).body).toMatchObject({ code: 'transition-not-allowed', state: 'retracted' });
  await deliver();

  expect((await service.get('gp', `/v1/patients/${double}`)).body.mergedInto).toBeNull();
  expect(await followUps.read(pressure.id)).toMatchObject({
    status: 'active',
    patientId: survivor,
    nextVisit: before.own.nextVisit,
    lastVisit: null,
  });
  const other = await followUps.read(otherPressure.id);
  expect(other).toMatchObject({ status: 'active', patientId: double, nextVisit: before.other.nextVisit });
  expect(other.pathwayId).not.toBe(pressure.pathwayId);
  const goesOn = await followUps.read(glucose.id);
  expect(goesOn).toMatchObject({ status: 'active', patientId: double, pathwayId: other.pathwayId, nextVisit: meanwhile.body.nextVisit });
  expect(goesOn.lastVisit.id).toBe(meanwhile.body.lastVisit.id);
  expect((await service.get('gp', `/v1/enrolments/${pressure.id}/visits`)).body.items).toEqual([]);
  expect((await service.get('gp', `/v1/enrolments/${otherPressure.id}/visits`)).body.items).toHaveLength(1);
  const visits = await service.db.selectFrom('patient_visit').select('patient_id').where('patient_id', 'in', [survivor, double]).execute();
  expect(visits.map(({ patient_id }) => patient_id)).toEqual([double]);
  expect((await service.get('gp', `/v1/referrals/${referralId}`)).body.patientId).toBe(double);
  expect([await readingsOf(double), await readingsOf(survivor)]).toEqual([[131], [129]]);
  const timeline = (await service.get('gp', `/v1/enrolments/${otherPressure.id}/timeline`)).body.items;
  expect(timeline.map(({ event }: { event: string }) => event)).toContain('merger-retracted');
  expect((await followUps.visit(otherPressure, onTarget, { allowSecondSameDay: true })).status).toBe(201);
  expect((await followUps.visit(pressure, onTarget)).status).toBe(201);
}, 120_000);

test('a follow-up that was begun for the survivor inside the other record’s goes on as the survivor’s own', async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const pressure = await followUps.enrol('htn-2017', double);
  const id = await merge(double, survivor);
  const glucose = await followUps.enrol('t2dm-2017', survivor);
  expect(glucose.pathwayId).toBe(pressure.pathwayId);
  await followUps.visit(glucose, onTarget);
  await takeBack(id);
  expect(await followUps.read(pressure.id)).toMatchObject({ status: 'active', patientId: double });
  expect(await followUps.read(glucose.id)).toMatchObject({ status: 'ended', statusReason: 'merged' });
  const { items } = (await service.get('gp', `/v1/enrolments?patientId=${survivor}&status=active`)).body;
  expect(items).toMatchObject([{ protocol: { id: 't2dm-2017' }, patientId: survivor }]);
  expect((await service.get('gp', `/v1/enrolments/${items[0].id}/visits`)).body.items).toHaveLength(1);
  expect(today()).toBe(items[0].startedOn);
}, 120_000);

test('a death and a move that were told of one record before the merger was known reach the pathways of both, whichever survives', async () => {
  for (const told of ['double', 'survivor'] as const) {
    const records = { survivor: await newResident(service), double: await newResident(service) };
    const enrolments = [await followUps.enrol('htn-2017', records.survivor), await followUps.enrol('t2dm-2017', records.double)] as const;
    const referrals = [await newReceivedReferral(service, records.survivor), await newReceivedReferral(service, records.double)] as const;
    await reportFact(service, { type: 'patient-died', patientId: records[told] });
    await deliver();
    await reportFact(service, { type: 'patients-merged', patientId: records.double, survivorPatientId: records.survivor });
    await deliver();
    for (const { id } of enrolments) expect(await followUps.read(id), told).toMatchObject({ status: 'ended' });
    for (const id of referrals)
      expect(await referralOf(service, id), told).toMatchObject({ status: 'cancelled', statusReason: 'patient-died' });
    expect(await openTasks(records.survivor)).toEqual([]);
  }
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const { id } = await followUps.enrol('htn-2017', survivor);
  await reportFact(service, { type: 'patient-moved', patientId: double, homeInstitutionId: 'inst-c02' });
  await reportFact(service, { type: 'patients-merged', patientId: double, survivorPatientId: survivor });
  await deliver();
  expect(await followUps.read(id)).toMatchObject({ institutionId: 'inst-c02' });
}, 120_000);

test('a death that is asked about of one record lets the tasks of both rest after the merger', async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const { id } = await followUps.enrol('htn-2017', survivor);
  await service.fastForward((await followUps.read(id)).pathwayId, 'P100D');
  expect((await openTasks(survivor)).length).toBeGreaterThan(0);
  expect((await service.post('nurse', `/v1/patients/${double}/report-death`, { heardFrom: '家属' })).status).toBe(200);
  await merge(double, survivor);
  const listed = async (patientId: string) =>
    (await service.get('gp', `/v1/worklist?patientId=${patientId}`)).body.items.map(({ kind }: { kind: string }) => kind);
  expect(await listed(survivor)).toEqual(['confirm-death']);
}, 120_000);

test('a crisis value and a death that came under the id of one record are that record’s alone', async () => {
  const [survivor, double] = [await newResident(service), await newResident(service)];
  const enrolments = [await followUps.enrol('htn-2017', survivor), await followUps.enrol('t2dm-2017', double)] as const;
  await postReadings(service, [bloodPressure(survivor, 192, 112)]);
  await deliver();
  const id = await merge(double, survivor);
  await postReadings(service, [bloodPressure(double, 201, 118)]);
  await deliver();
  expect((await openTasks(survivor)).filter(({ name }) => name === 'confirm-reading')).toHaveLength(1);
  await service.post('nurse', `/v1/patients/${double}/report-death`, { heardFrom: '家属' });
  const died = await service.post('gp', `/v1/patients/${double}/confirm-death`, { diedOn: today(), cause: '脑出血', evidence: '死亡证明' });
  expect(died.status).toBe(200);
  await deliver();
  expect(await followUps.read(enrolments[0].id)).toMatchObject({ status: 'ended' });

  await takeBack(id);
  const diedOn = async (patientId: string) => (await service.get('gp', `/v1/patients/${patientId}`)).body.diedOn;
  expect([await diedOn(survivor), await diedOn(double)]).toEqual([null, today()]);
  expect(await followUps.read(enrolments[0].id)).toMatchObject({ status: 'active', patientId: survivor });
  expect(await followUps.read(enrolments[1].id)).toMatchObject({ status: 'ended', patientId: double });
  const confirming = (await openTasks(survivor)).filter(({ name }) => name === 'confirm-reading');
  expect(confirming).toMatchObject([{ about: { value: '192/112' } }]);
}, 120_000);

test('a system that takes a merger or a death back opens a review, and whoever answers it undoes what was reported', async () => {
  const [survivor, double, dead] = [await newResident(service), await newResident(service), await newResident(service)];
  const enrolment = await followUps.enrol('htn-2017', dead);
  const merged = newFact({ type: 'patients-merged', patientId: double, survivorPatientId: survivor });
  const died = newFact({ patientId: dead });
  for (const fact of [merged, died]) expect((await postFact(service, fact)).status).toBe(202);
  await deliver();
  const { items } = (await service.get('gp', '/v1/mergers?state=merged')).body;
  expect(items).toContainEqual(expect.objectContaining({ patientId: double, intoId: survivor }));

  const record = async (patientId: string) => (await service.get('gp', `/v1/patients/${patientId}`)).body;
  for (const [fact, patientId] of [
    [merged, double],
    [died, dead],
  ] as const) {
    const retracts = { source: fact.source, messageId: fact.messageId };
    const report = newFact({ type: 'fact-retracted', retracts });
    const { status, body } = await postFact(service, report);
    expect([status, body.duplicate]).toEqual([202, false]);
    expect((await postFact(service, report)).body.duplicate).toBe(true);
    const reviews = (await service.get('office', '/v1/identity-reviews')).body.items;
    const review = reviews.find((one: { fact: { id: string } }) => one.fact.id === body.factId);
    expect(review).toMatchObject({ reason: 'fact-retracted', fact: { type: 'fact-retracted', retracts, patientId } });
    const resolve = (named: string) => service.post('office', `/v1/identity-reviews/${review.id}/resolve`, { patientId: named });
    expect((await resolve(await newResident(service))).status).toBe(422);
    expect(await resolve(patientId)).toMatchObject({ status: 200, body: { status: 'resolved', patientId } });
  }
  await deliver();
  expect([(await record(double)).mergedInto, (await record(dead)).diedOn]).toEqual([null, null]);
  expect(await followUps.read(enrolment.id)).toMatchObject({ status: 'active' });
}, 120_000);

test('an admission that a system takes back is undone by whoever answers its review: the follow-up goes on as before it', async () => {
  const patientId = await newResident(service);
  const enrolment = await followUps.enrol('htn-2017', patientId);
  const admitted = newFact({ type: 'patient-admitted', patientId, institutionId: 'inst-h1' });
  expect((await postFact(service, admitted)).status).toBe(202);
  await deliver();
  expect(await followUps.read(enrolment.id)).toMatchObject({ status: 'paused' });
  const retracts = { source: admitted.source, messageId: admitted.messageId };
  const factId = await reportFact(service, { type: 'fact-retracted', retracts });
  const reviews = (await service.get('office', '/v1/identity-reviews')).body.items;
  const review = reviews.find(({ fact }: { fact: { id: string } }) => fact.id === factId);
  expect((await service.post('office', `/v1/identity-reviews/${review.id}/resolve`, { patientId })).status).toBe(200);
  await deliver();
  const { status, nextVisit } = await followUps.read(enrolment.id);
  expect([status, nextVisit]).toEqual(['active', enrolment.nextVisit]);
}, 120_000);

test('a birth date that is corrected reaches a running follow-up, and decides the target of the next visit', async () => {
  const patientId = await newResident(service, 'inst-c01', { birthDate: '1970-01-01' });
  const enrolment = await followUps.enrol('htn-2017', patientId);
  const corrected = await service.call('gp', 'PATCH', `/v1/patients/${patientId}`, { body: { birthDate: '1940-01-01', reason: '身份证' } });
  expect(corrected.status).toBe(200);
  await deliver();
  expect((await followUps.state(enrolment.pathwayId)).person).toMatchObject({ birthDate: '1940-01-01', sex: 'female' });
  const visit = await followUps.visit(enrolment, { bloodPressures: [{ systolic: 145, diastolic: 80 }] });
  expect(visit.body.lastVisit).toMatchObject({ action: 'continue', target: { systolic: 150, diastolic: 90 } });
}, 120_000);
