/** A down referral hands over to follow-up, on the running service; who is in none is said to be in none. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { deliverAll, newFact, newResident, postFact } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const today = () => localDateOf(Date.now());

async function sentBack(patientId: string, managementPlan: unknown): Promise<string> {
  const { overrideReason: _, ...form } = await newReferral(service, { direction: 'down', toInstitutionId: 'inst-c01', patientId });
  const sent = await service.post('specialist', '/v1/referrals', { ...form, managementPlan });
  expect([sent.status, sent.body.errors]).toEqual([201, undefined]);
  return sent.body.id;
}
const accept = async (id: string) => expect((await service.post('gp', `/v1/referrals/${id}/send-acceptance`, {})).status).toBe(200);

async function firstFollowUp(referralId: string) {
  const { items } = (await service.get('gp', '/v1/worklist?limit=200')).body;
  return items.find(({ pathwayId }: { pathwayId: string }) => pathwayId === referralId);
}
const codes = (task: { why: { code: string }[] }) => task.why.map(({ code }) => code);

test('admitted, sent back, accepted: the follow-up goes on by the plan’s date, and says by which referral', {
  timeout: 60_000,
}, async () => {
  const patientId = await newResident(service);
  const { body: enrolment } = await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2017', startedOn: today() });
  await postFact(service, newFact({ type: 'patient-admitted', patientId, institutionId: 'inst-h1' }));
  await deliverAll(service);
  const read = async () => (await service.get('gp', `/v1/enrolments/${enrolment.id}`)).body;
  expect(await read()).toMatchObject({ status: 'paused', statusReason: 'admission' });

  const nextVisitOn = addDays(today(), 10);
  const referralId = await sentBack(patientId, { medicines: ['继续服药'], nextVisitOn });
  await deliverAll(service);
  expect((await read()).status, 'nobody has taken the patient back yet').toBe('paused');
  await accept(referralId);
  await deliverAll(service);
  const back = await read();
  expect(back).toMatchObject({ status: 'active', statusReason: null, missedWindows: 0 });
  expect(back.nextVisit.dueOn <= nextVisitOn && back.nextVisit.dueOn > addDays(today(), 6)).toBe(true);
  const { items } = (await service.get('gp', `/v1/enrolments/${enrolment.id}/timeline`)).body;
  expect(items.at(-1)).toMatchObject({
    event: 'down-referral-accepted',
    because: [{ evidence: { referralId } }, { rule: 'management-plan' }],
  });
  expect(codes(await firstFollowUp(referralId))).not.toContain('no-follow-up');
});

test('in no follow-up: the task says so, and so does the answer when it is done', { timeout: 60_000 }, async () => {
  const referralId = await sentBack(await newResident(service), '每周测血压');
  await accept(referralId);
  const task = await firstFollowUp(referralId);
  expect([task.name, codes(task).at(-1)]).toEqual(['first-follow-up', 'no-follow-up']);
  const done = { result: '血压 128/78' };
  const completed = await service.post('gp', `/v1/tasks/${task.id}/complete`, done, { key: 'first-follow-up' });
  expect([completed.status, completed.body.status, completed.body.notices?.[0]?.code]).toEqual([200, 'completed', 'no-follow-up']);
  const again = await service.post('gp', `/v1/tasks/${task.id}/complete`, done, { key: 'first-follow-up' });
  expect(again.body).toEqual(completed.body);
});

test('a plan’s date that is none is refused', async () => {
  const { overrideReason: _, ...form } = await newReferral(service, {
    direction: 'down',
    toInstitutionId: 'inst-c01',
    patientId: await newResident(service),
  });
  const refused = await service.post('specialist', '/v1/referrals', { ...form, managementPlan: { nextVisitOn: 'soon' } });
  expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([422, 'managementPlan.nextVisitOn']);
});

const plan = {
  targets: { systolic: 130, diastolic: 80 },
  items: ['foot-exam', '每天散步 30 分钟'],
  medicines: ['氨氯地平 5 mg'],
};
const seen = (patientId: string, more: object = {}) =>
  service.post('gp', `/v1/patients/${patientId}/visits`, {
    visitedAt: new Date().toISOString(),
    mode: 'clinic',
    form: { bloodPressures: [{ systolic: 134, diastolic: 78 }], ...more },
  });

test('the plan bends the next visit and says item by item what was kept, to the centre and to the hospital', {
  timeout: 60_000,
}, async () => {
  const patientId = await newResident(service);
  const { body: enrolment } = await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2017', startedOn: today() });
  const referralId = await sentBack(patientId, plan);
  await accept(referralId);
  await deliverAll(service);
  const keptAs = async (account: string) => {
    const { status, body } = await service.get(account, `/v1/enrolments/${enrolment.id}`);
    return [status, body.plan?.referralId, body.plan?.kept];
  };
  const items = (...kept: string[]) => plan.items.map((item, index) => ({ item, kept: kept[index] }));
  expect(await keptAs('gp')).toEqual([200, referralId, items('open', 'open')]);
  const { status, body } = await seen(patientId, { itemsDone: ['foot-exam'] });
  expect([status, body.errors, body.parts?.[0]]).toMatchObject([
    201,
    undefined,
    { class: 2, action: 'adjust', target: { systolic: 130, diastolic: 80 } },
  ]);
  for (const account of ['gp', 'specialist']) expect(await keptAs(account), account).toEqual([200, referralId, items('yes', 'no')]);
});

test('somebody who is enrolled after they came back is followed up by the plan all the same', { timeout: 60_000 }, async () => {
  const patientId = await newResident(service);
  const referralId = await sentBack(patientId, plan);
  await accept(referralId);
  await deliverAll(service);
  const { body: enrolment } = await service.post('gp', '/v1/enrolments', { patientId, protocol: 'htn-2017', startedOn: today() });
  expect(enrolment.plan).toMatchObject({ referralId, kept: [{ kept: 'open' }, { kept: 'open' }] });
  const { body } = await seen(patientId);
  expect([body.errors, body.parts?.[0].target]).toEqual([undefined, { systolic: 130, diastolic: 80, fastingGlucose: null }]);
});
