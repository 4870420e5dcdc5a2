/** A visit that was entered in error, through the API: tried out, taken back, told to whoever had answered, entered anew; and who may do so. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { followUpsOn, offTarget, onTarget, today } from '../../support/builders/enrolments.ts';
import { deliverAll, newFact, newResident, postFact, reportFact } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const followUps = followUpsOn(() => service);
const { read } = followUps;
const enrol = (protocol: string, patientId?: string) => followUps.enrol(protocol, patientId, { startedOn: addDays(today(), -7) });

/** Yesterday after twelve in Shanghai: the times of one test lie on one day, whatever the time is now. */
const noon = startOf(addDays(today(), -1)) + 12 * 3_600_000;
const at = (minute: number) => new Date(noon + minute * 60_000).toISOString();

const post = (patientId: string, body: object, account = 'gp'): Promise<Answer> =>
  service.post(account, `/v1/patients/${patientId}/visits`, { visitedAt: at(10), mode: 'clinic', form: onTarget, ...body });
const mark = (visitId: string, body: object = {}, account = 'gp', options = {}): Promise<Answer> =>
  service.post(account, `/v1/visits/${visitId}/mark-entered-in-error`, { reason: '录错了人', ...body }, options);

const crisis = { bloodPressures: [{ systolic: 192, diastolic: 112 }], fastingGlucose: { value: 6.1, unit: 'mmol/L' } };
const crisisAtHome = { bloodPressures: [{ systolic: 192, diastolic: 112, atHome: true }] };

async function enrolInTwo() {
  const patientId = await newResident(service);
  const pressure = await enrol('htn-2017', patientId);
  const glucose = await enrol('t2dm-2017', patientId);
  return { patientId, pressure, glucose };
}

const shown = async ({ id }: { id: string }) => {
  const { lastVisit, nextVisit, because, phase, risk, missedWindows, education } = await read(id);
  return { lastVisit, nextVisit, because, phase, risk, missedWindows, education };
};
const inARow = async ({ pathwayId }: { pathwayId: string }) =>
  (await followUps.state(pathwayId)).enrolments.map(({ last }) => last?.uncontrolledInARow);
/** Without the next visit, whose window may open at any moment between two answers. */
const undoneIn = ({ body: { referral, episodes, tasks } }: Answer) => ({
  referral,
  episodes,
  tasks: tasks.filter(({ kind }: { kind: string }) => kind !== 'follow-up-visit'),
});
const openTasks = async (patientId: string) =>
  (await service.db.selectFrom('task').select('name').where('patient_id', '=', patientId).where('status', '=', 'open').execute()).map(
    ({ name }) => name,
  );

test('an emergency by a slip of the pen: tried out, taken back in both diseases with its referral, told in the timeline, and entered anew', async () => {
  const { patientId, pressure, glucose } = await enrolInTwo();
  const before = [await shown(pressure), await shown(glucose)];
  const seen = await post(patientId, { form: crisis });
  const referralId = seen.body.referral.id;
  const statusOf = async () => (await service.get('gp', `/v1/referrals/${referralId}`)).body.status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('received');

  const tried = await mark(seen.body.id, { dryRun: true });
  expect([tried.status, tried.body.referral]).toEqual([200, { id: referralId, becomes: 'withdrawn' }]);
  expect((await read(pressure.id)).lastVisit).toMatchObject({ action: 'refer-urgent' });

  const marked = await mark(seen.body.id, {}, 'gp', { key: 'mark-the-slip' });
  expect([marked.status, marked.body.code]).toEqual([200, undefined]);
  expect(undoneIn(marked)).toEqual(undoneIn(tried));
  expect([await shown(pressure), await shown(glucose)]).toEqual(before);
  await deliverAll(service);
  expect(await statusOf()).toBe('cancelled');

  const again = await mark(seen.body.id, {}, 'gp', { key: 'mark-the-slip' });
  expect([again.status, again.body]).toEqual([200, marked.body]);
  const second = await mark(seen.body.id);
  expect([second.status, second.body]).toMatchObject([409, { code: 'transition-not-allowed', state: 'entered-in-error' }]);
  expect((await mark(seen.body.id, { dryRun: true })).status).toBe(409);

  const { items } = (await service.get('gp', `/v1/enrolments/${pressure.id}/timeline`)).body;
  expect(items.find(({ event }: { event: string }) => event === 'mark-visit-in-error')).toMatchObject({
    note: '录错了人',
    actor: { personId: 'person-gp' },
    because: [{ evidence: { visitId: seen.body.id, referralWithdrawn: referralId } }],
  });
  const listed = (await service.get('gp', `/v1/enrolments/${pressure.id}/visits`)).body.items[0];
  expect(listed).toMatchObject({ id: seen.body.id, enteredInError: { by: { personId: 'person-gp' }, reason: '录错了人' } });

  // The same instant is free again, and nothing counts twice.
  const right = await post(patientId, { form: onTarget });
  expect([right.status, right.body.referral, right.body.parts.map((part: { class: number }) => part.class)]).toEqual([201, null, [1, 1]]);
  const rows = await service.db.selectFrom('follow_up_part').select('figures').where('enrolment_id', '=', pressure.id).execute();
  const visits = rows.flatMap(({ figures }) => figures.filter((figure) => figure % 20 === 7));
  expect(visits).toHaveLength(1);
});

test('a visit told on the telephone: its readings, their task and the note of it are taken back, and the sheet forgets the values', async () => {
  const { patientId } = await enrolInTwo();
  const told = await post(patientId, { mode: 'phone', form: crisisAtHome }, 'nurse');
  expect(told.body.tasks).toMatchObject([{ kind: 'confirm-reading' }]);
  await expect.poll(() => openTasks(patientId), { timeout: 30_000 }).toContain('confirm-reading');
  const tried = await mark(told.body.id, { dryRun: true }, 'nurse');
  const marked = await mark(told.body.id, {}, 'nurse');
  expect([marked.status, marked.body.episodes]).toMatchObject([200, [{ id: expect.any(String), rule: 'blood-pressure-crisis' }]]);
  expect(marked.body.tasks).toContainEqual({ id: expect.stringContaining('.confirm-reading'), kind: 'confirm-reading' });
  expect(undoneIn(tried)).toEqual(undoneIn(marked));
  await deliverAll(service);
  expect(await openTasks(patientId)).not.toContain('confirm-reading');
  const readings = await service.db.selectFrom('reading').select('status').where('patient_id', '=', patientId).execute();
  expect(readings).toEqual([{ status: 'entered-in-error' }]);
  expect((await service.get('nurse', `/v1/patients/${patientId}/sheet`)).body.lastValues).toEqual([]);
});

test('a referral that the hospital has answered goes on, and the hospital is told', async () => {
  const { patientId } = await enrolInTwo();
  const seen = await post(patientId, { form: crisis });
  const referralId = seen.body.referral.id;
  const statusOf = async () => (await service.get('specialist', `/v1/referrals/${referralId}`)).body.status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('received');
  expect((await service.post('specialist', `/v1/referrals/${referralId}/send-acceptance`, {})).status).toBe(200);
  const marked = await mark(seen.body.id);
  expect(marked.body.referral).toEqual({ id: referralId, becomes: 'told' });
  await deliverAll(service);
  const { items } = (await service.get('specialist', `/v1/referrals/${referralId}/timeline`)).body;
  expect(items.at(-1)).toMatchObject({ event: 'visit-entered-in-error' });
  expect(await statusOf()).toBe('accepted');
  const message = { pathway: referralId, template: 'visit-in-error' };
  const told = await service.db
    .selectFrom('message')
    .select('recipient_id')
    .where('pathway_id', '=', message.pathway)
    .where('template', '=', message.template)
    .execute();
  expect(told.length).toBeGreaterThan(0);
});

test('an older visit is taken back too: what came after it counts on without it', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const first = await post(patientId, { visitedAt: at(-2 * 1_440), form: offTarget });
  const second = await post(patientId, { form: offTarget });
  expect(second.body.parts.map((part: { action: string }) => part.action)).toEqual(['refer', 'refer']);
  const marked = await mark(first.body.id);
  expect([marked.status, marked.body.referral]).toEqual([200, null]);
  expect((await read(pressure.id)).lastVisit).toMatchObject({ id: second.body.id, action: 'adjust' });
  expect(await inARow(pressure)).toEqual([1, 1]);
});

test('whoever recorded it may within a day of the resident’s clock, later the head; nobody else, and nobody elsewhere knows of it', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const seen = await post(patientId, {}, 'nurse');
  const answers = await Promise.all(
    ['gp', 'nurse-c08', 'specialist', 'desk'].map(async (account) => (await mark(seen.body.id, { dryRun: true }, account)).status),
  );
  expect(answers).toEqual([403, 404, 403, 403]);
  expect((await mark('01a22a34-a047-710a-910a-37942387f54b')).status).toBe(404);
  expect((await mark(seen.body.id, { reason: '' }, 'nurse')).status).toBe(422);
  expect((await mark(seen.body.id, { dryRun: true }, 'nurse')).status).toBe(200);
  await service.fastForward(pressure.pathwayId, 'PT25H');
  expect((await mark(seen.body.id, {}, 'nurse')).status).toBe(403);
  // Somebody who records after the clock was pushed forward has a day from then on.
  const { now } = await read(pressure.id);
  const later = await post(patientId, { visitedAt: now, mode: 'home' }, 'nurse');
  expect((await mark(later.body.id, { dryRun: true }, 'nurse')).status).toBe(200);
  expect((await mark(seen.body.id, {}, 'head-c01')).status).toBe(200);
});

test('by the enrolments’ own route, and for somebody in no follow-up, it is the same', async () => {
  const enrolment = await enrol('htn-2017');
  const recorded = await service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, { visitedAt: at(5), mode: 'clinic', form: offTarget });
  expect((await mark(recorded.body.lastVisit.id)).status).toBe(200);
  expect((await read(enrolment.id)).lastVisit).toBeNull();

  const patientId = await newResident(service);
  const seen = await post(patientId, { form: { bloodPressures: [{ systolic: 148, diastolic: 92 }] } });
  const tried = await mark(seen.body.id, { dryRun: true });
  expect([tried.status, tried.body]).toEqual([200, { visitPlan: null, referral: null, episodes: [], tasks: [] }]);
  const marked = await mark(seen.body.id, {}, 'gp', { key: 'alone' });
  expect([marked.status, marked.body]).toEqual([200, tried.body]);
  expect((await mark(seen.body.id, {}, 'gp', { key: 'alone' })).body).toEqual(marked.body);
  expect((await mark(seen.body.id)).status).toBe(409);
  const readings = await service.db.selectFrom('reading').select('status').where('patient_id', '=', patientId).execute();
  expect(readings).toEqual([{ status: 'entered-in-error' }]);
  expect((await post(patientId, { form: { bloodPressures: [{ systolic: 138, diastolic: 82 }] } })).status).toBe(201);
});

test('two who mark at once, and one who records the next visit meanwhile: one mark, and everything judged without it', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const wrong = await post(patientId, { visitedAt: at(-2 * 1_440), form: offTarget });
  const [one, other, next] = await Promise.all([
    mark(wrong.body.id),
    mark(wrong.body.id, {}, 'head-c01'),
    post(patientId, { form: offTarget }, 'nurse'),
  ]);
  expect([one, other].map(({ status }) => status).toSorted()).toEqual([200, 409]);
  expect(next.status).toBe(201);
  expect((await read(pressure.id)).lastVisit.id).toBe(next.body.id);
  expect(await inARow(pressure)).toEqual([1, 1]);
});

/** A referral back from hospital that the centre has accepted, and the visit that was its first follow-up. */
async function seeAfterHospital() {
  const patientId = await newResident(service);
  const { overrideReason: _, ...form } = await newReferral(service, { direction: 'down', toInstitutionId: 'inst-c01', patientId });
  const sent = await service.post('specialist', '/v1/referrals', { ...form, managementPlan: '每周测血压，继续服药' });
  const referralId: string = sent.body.id;
  expect((await service.post('gp', `/v1/referrals/${referralId}/send-acceptance`, {})).status).toBe(200);
  const seen = await post(patientId, { visitedAt: new Date().toISOString() });
  const statusOf = async () => (await service.get('gp', `/v1/referrals/${referralId}`)).body.status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('completed');
  const lastLine = async () => (await service.get('specialist', `/v1/referrals/${referralId}/timeline`)).body.items.at(-1);
  return { patientId, referralId, visitId: seen.body.id as string, statusOf, lastLine };
}

test('a first follow-up after hospital that was entered in error stands open again with its time, and the hospital hears of it', async () => {
  const { patientId, referralId, visitId, statusOf, lastLine } = await seeAfterHospital();
  expect((await mark(visitId)).status).toBe(200);
  await deliverAll(service);
  expect(await lastLine()).toMatchObject({ event: 'visit-entered-in-error', from: 'completed', to: 'accepted' });
  expect(await openTasks(patientId)).toContain('first-follow-up');
  const { body } = await service.get('gp', `/v1/referrals/${referralId}`);
  expect(body.clocks).toContainEqual(expect.objectContaining({ name: 'first-follow-up', dueAt: expect.any(String) }));
  expect((await post(patientId, { visitedAt: new Date().toISOString() })).status).toBe(201);
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('completed');
  expect(await openTasks(patientId)).not.toContain('first-follow-up');
});

test('a hospital that has read the outcome is told that it was entered in error, and nothing else changes', async () => {
  const { referralId, visitId, statusOf, lastLine } = await seeAfterHospital();
  expect((await service.post('specialist', `/v1/referrals/${referralId}/review-result`, {})).status).toBe(200);
  expect((await mark(visitId)).status).toBe(200);
  await deliverAll(service);
  expect([await statusOf(), (await lastLine()).event]).toEqual(['completed', 'visit-entered-in-error']);
});

test('a system says it by a fact: the same in follow-up and in none, once; a visit of somebody else stays', async () => {
  const { patientId, pressure, glucose } = await enrolInTwo();
  const before = [await shown(pressure), await shown(glucose)];
  const seen = await post(patientId, { form: crisis });
  const statusOf = async () => (await service.get('gp', `/v1/referrals/${seen.body.referral.id}`)).body.status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('received');

  const other = await newResident(service);
  expect((await postFact(service, newFact({ type: 'entered-in-error', visitId: seen.body.id, patientId: other }))).status).toBe(202);
  expect((await postFact(service, newFact({ type: 'entered-in-error', visitId: other }))).status).toBe(422);
  expect((await postFact(service, newFact({ type: 'entered-in-error' }))).status).toBe(422);
  expect((await read(pressure.id)).lastVisit).not.toBeNull();

  const fact = newFact({ type: 'entered-in-error', visitId: seen.body.id, patientId });
  const told = await postFact(service, fact);
  expect([told.status, told.body.duplicate]).toEqual([202, false]);
  expect((await postFact(service, fact)).body).toEqual({ ...told.body, duplicate: true });
  expect((await postFact(service, newFact({ type: 'entered-in-error', visitId: seen.body.id }))).status).toBe(202);
  await expect.poll(async () => (await read(pressure.id)).lastVisit, { timeout: 30_000 }).toBeNull();
  expect([await shown(pressure), await shown(glucose)]).toEqual(before);
  await deliverAll(service);
  expect(await statusOf()).toBe('cancelled');
  expect((await mark(seen.body.id)).body.code).toBe('transition-not-allowed');

  const alone = await post(other, { form: { bloodPressures: [{ systolic: 192, diastolic: 112 }] } });
  await expect.poll(() => openTasks(other), { timeout: 30_000 }).toEqual(['confirm-reading']);
  await reportFact(service, { type: 'entered-in-error', visitId: alone.body.id });
  await deliverAll(service);
  expect(await openTasks(other)).toEqual([]);
  expect((await mark(alone.body.id)).status).toBe(409);
});

test('a reading of a visit that was taken back alone leaves the visit as it is without it', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const told = await post(patientId, { mode: 'phone', form: crisisAtHome }, 'nurse');
  await expect.poll(() => openTasks(patientId), { timeout: 30_000 }).toContain('confirm-reading');
  const { nextVisit } = await shown(pressure);
  await reportFact(service, { type: 'entered-in-error', readingId: told.body.readings[0].id });
  await deliverAll(service);
  expect(await openTasks(patientId)).not.toContain('confirm-reading');
  const { lastVisit, nextVisit: next } = await shown(pressure);
  expect([lastVisit?.id, lastVisit?.class, next]).toEqual([told.body.id, null, nextVisit]);
  expect(await inARow(pressure)).toEqual([0, 0]);
});
