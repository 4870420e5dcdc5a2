/** A resident's follow-up on the running service: enrolled, visited, referred, paused, lost; every date with its reason. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { followUpsOn, today } from '../../support/builders/enrolments.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const followUps = followUpsOn(() => service);
const { enrol, read } = followUps;
const visit = (enrolment: { id: string }, systolic: number, more: object = {}, account = 'gp') =>
  followUps.visit(enrolment, { bloodPressures: [{ systolic, diastolic: 80 }] }, more, account);

test('enrolled: one next visit, with the rule that it is from', async () => {
  const enrolment = await enrol();
  expect(enrolment).toMatchObject({ status: 'active', protocol: { id: 'htn-2017', version: 1 }, version: 1 });
  expect(enrolment.visitPlan).toMatchObject({ dueOn: enrolment.nextVisit.dueOn, enrolmentIds: [enrolment.id], stage: 'planned' });
  const why = await service.get('gp', `/v1/enrolments/${enrolment.id}/why`);
  expect(why.body.because[0]).toMatchObject({ rule: expect.stringContaining('htn-2017/1'), source: expect.stringContaining('规范') });
  const { items } = (await service.get('gp', `/v1/enrolments/${enrolment.id}/timeline`)).body;
  const reasons = items.flatMap(({ because }: { because: { source: string | null }[] }) => because);
  expect(reasons).toContainEqual(expect.objectContaining({ source: expect.stringContaining('规范') }));
});

test('a controlled visit sets the next one in three months; its reminder comes when the window opens; the next visit closes the task', async () => {
  const enrolment = await enrol();
  const visited = await visit(enrolment, 128);
  expect([visited.status, visited.body.code, visited.body.errors]).toEqual([201, undefined, undefined]);
  expect(visited.body.lastVisit).toMatchObject({ class: 1, action: 'continue', referral: 'none' });
  const { opensOn } = visited.body.nextVisit;
  const days = Math.ceil((Date.parse(`${opensOn}T02:00:00Z`) - Date.now()) / DAY_MS);
  expect((await service.fastForward(enrolment.pathwayId, `P${days}D`)).status).toBe(200);
  expect((await read(enrolment.id)).visitPlan.stage).toBe('open');
  const open = await service.db
    .selectFrom('task')
    .select(['name', 'role', 'status'])
    .where('pathway_id', '=', enrolment.pathwayId)
    .execute();
  expect(open).toEqual([{ name: 'follow-up-visit', role: 'nurse', status: 'open' }]);
  // Ticked off without a visit: refused, with what completes it.
  const [task] = (await service.get('nurse', '/v1/worklist')).body.items.filter(
    (one: { pathwayId: string }) => one.pathwayId === enrolment.pathwayId,
  );
  await service.post('nurse', `/v1/tasks/${task.id}/claim`, {});
  const ticked = await service.post('nurse', `/v1/tasks/${task.id}/complete`, {});
  expect([ticked.status, ticked.body.code, ticked.body.allowed]).toEqual([409, 'task-done-by-trigger', ['record-visit']]);
  const again = await visit(enrolment, 130);
  expect([again.status, again.body.errors]).toEqual([201, undefined]);
  const closed = await service.db.selectFrom('task').select('status').where('pathway_id', '=', enrolment.pathwayId).execute();
  expect(closed).toEqual([{ status: 'done' }]);
});

test('two uncontrolled visits in a row start a referral: sent with consent, a draft without', async () => {
  const enrolment = await enrol();
  const first = await visit(enrolment, 150);
  expect(first.body.lastVisit).toMatchObject({ class: 2, action: 'adjust' });
  await service.fastForward(enrolment.pathwayId, 'P13D');
  const consent = { given: true, recordedAt: new Date().toISOString() };
  const second = await visit(enrolment, 152, { referral: { consent } });
  expect(second.body.lastVisit).toMatchObject({ action: 'refer', referral: 'routine' });
  const [referral] = second.body.referrals;
  expect(referral.urgency).toBe('routine');
  await expect
    .poll(async () => (await service.get('gp', `/v1/referrals/${referral.id}`)).body.status, { timeout: 30_000 })
    .toBe('received');
});

test('a crisis value refers at once: a doctor’s goes out as an emergency, a nurse’s is a draft with a task for the doctor', async () => {
  for (const [account, status] of [
    ['gp', 'received'],
    ['nurse', 'draft'],
  ] as const) {
    const enrolment = await enrol();
    const answer = await visit(enrolment, 186, {}, account);
    expect(answer.body.lastVisit).toMatchObject({ action: 'refer-urgent', referral: 'urgent' });
    const [{ id }] = answer.body.referrals;
    await expect
      .poll(async () => (await service.get('gp', `/v1/referrals/${id}`)).body, { timeout: 30_000 })
      .toMatchObject({ status, emergency: true, urgency: 'urgent' });
    const tasks = await service.db.selectFrom('task').select(['name', 'role']).where('pathway_id', '=', enrolment.pathwayId).execute();
    expect(tasks).toEqual(account === 'nurse' ? [{ name: 'reading-episode', role: 'gp' }] : []);
  }
});

test('two diseases: one pathway, one visit, the stricter date; each form advances its own protocol', async () => {
  const patientId = await newResident(service);
  const pressure = await enrol('htn-2017', patientId);
  const glucose = await enrol('t2dm-2017', patientId);
  expect(glucose.pathwayId).toBe(pressure.pathwayId);
  expect(glucose.visitPlan.enrolmentIds.toSorted()).toEqual([glucose.id, pressure.id].toSorted());
  const again = await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2025', startedOn: today() });
  expect([again.status, again.body.code]).toEqual([409, 'already-enrolled']);
});

test('nobody comes: overdue, expired, asked again, then looked for by tasks until a doctor says why somebody is lost', async () => {
  const enrolment = await enrol();
  expect((await service.fastForward(enrolment.pathwayId, 'P175D')).status).toBe(200);
  const searching = await read(enrolment.id);
  expect(searching).toMatchObject({ status: 'active', visitPlan: null, search: { stage: 'home-visit', learned: null } });
  const taskOf = async (account: string, kind: string) => {
    const { items } = (await service.get(account, `/v1/worklist?patientId=${enrolment.patientId}&kind=${kind}`)).body;
    expect(items).toHaveLength(1);
    return items[0];
  };
  const complete = (account: string, id: string, body: object) => service.post(account, `/v1/tasks/${id}/complete`, body);
  const atHome = await taskOf('nurse', 'find-at-home');
  expect(atHome).toMatchObject({ role: 'nurse', dueAt: searching.search.dueAt, about: { why: 'missed-windows' } });
  expect(atHome.subject).toEqual({ type: 'enrolment', id: enrolment.id });
  expect((await complete('nurse', atHome.id, { outcome: 'not-found' })).body.errors?.[0]?.path).toBe('note');
  expect((await complete('nurse', atHome.id, { outcome: 'agreed', note: '上门' })).body.errors?.[0]?.path).toBe('outcome');
  expect((await complete('nurse', atHome.id, { outcome: 'not-found', note: '家中无人' })).status).toBe(200);
  expect(
    (await complete('nurse', (await taskOf('nurse', 'ask-community')).id, { outcome: 'not-found', note: '居委会不知去向' })).status,
  ).toBe(200);
  const decision = await taskOf('gp', 'confirm-lost');
  expect((await complete('nurse', decision.id, { outcome: 'moved', note: '邻居说搬走了' })).status).toBe(403);
  expect((await complete('gp', decision.id, { outcome: 'moved', note: '邻居说搬走了' })).body).toMatchObject({
    id: enrolment.id,
    status: 'ended',
    statusReason: 'lost',
    lostReason: { code: 'moved', zh: '迁居（迁出辖区）' },
    nextVisit: null,
    search: null,
  });
  await service.fastForward(enrolment.pathwayId, 'P31D');
  const { items } = (await service.get('gp', `/v1/enrolments/${enrolment.id}/timeline`)).body;
  // The last windows may have passed more than a week ago, so that somebody was called about the search.
  const events = items.map(({ event }: { event: string }) => event).filter((event: string) => event !== 'search-overdue');
  expect(events).toEqual([
    'enrol',
    'education-handed-out',
    'window-open',
    'overdue',
    'expired',
    'window-open',
    'overdue',
    'expired',
    'search-begun',
    'report-search',
    'report-search',
    'report-search',
    'lost',
  ]);
  // Over: it can be begun anew, as another follow-up.
  const reopened = await service.post('gp', `/v1/enrolments/${enrolment.id}/reopen`, { reason: 'came back' });
  expect([reopened.status, reopened.body.code]).toEqual([409, 'pathway-ended']);
  const anew = await service.post('gp', '/v1/enrolments', { patientId: enrolment.patientId, protocol: 'htn-2017', startedOn: today() });
  expect([anew.status, anew.body.pathwayId === enrolment.pathwayId]).toEqual([201, false]);
});

test('a visit in the future, before the last one or for another patient is refused with its place, and nothing is written', async () => {
  const enrolment = await enrol();
  await visit(enrolment, 128);
  const body = { visitedAt: '2026-01-01T00:00:00Z', mode: 'clinic', form: { bloodPressures: [{ systolic: 130, diastolic: 80 }] } };
  const post = (over: object) => service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, { ...body, ...over });
  expect((await post({ visitedAt: new Date(Date.now() + DAY_MS).toISOString() })).body.errors?.[0]?.path).toBe('visitedAt');
  expect((await post({})).body.errors?.[0]?.path).toBe('visitedAt'); // before the enrolment
  const earlier = new Date(Date.parse((await read(enrolment.id)).lastVisit.visitedAt) - 60_000).toISOString();
  if (localDateOf(Date.parse(earlier)) === today()) expect((await post({ visitedAt: earlier })).body.code).toBe('visit-before-last');
  expect((await post({ visitedAt: new Date().toISOString(), patientId: 'patient-0001x' })).body.code).toBe('patient-mismatch');
  expect((await post({ visitedAt: new Date().toISOString(), form: {} })).body.errors?.[0]?.path).toBe('form.bloodPressures');
  expect(await read(enrolment.id)).toMatchObject({ version: 2 });
});
