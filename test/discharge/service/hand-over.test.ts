/** An episode hands its patient on to the pathway of their centre, on the running service: each once, and what is refused is somebody's task. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { storeRelayedCommand } from '../../../db/kit/relayed-commands.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import { planInput } from '../../support/builders/episodes.ts';
import { episodesOn, plainPlan } from '../../support/builders/episodes-on-service.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());
const episodes = episodesOn(() => service);

const PROTOCOL = 'htn-2017';
const read = async (path: string, account = 'gp') => (await service.get(account, path)).body;
const toFollowUp = { ...plainPlan, handover: { to: 'follow-up', protocol: PROTOCOL } };

/** A resident who was discharged with a plan. */
async function discharged(plan: object, phone: string): Promise<{ id: string; patientId: string }> {
  const patientId = await newResident(service, 'inst-c01', { phone });
  const id = await episodes.begin(patientId);
  expect((await service.post('nurse-h1', `/v1/episodes/${id}/record-plan`, plan)).status).toBe(200);
  await episodes.tellDischarged(id);
  return { id, patientId };
}

const enrolmentsOf = async (patientId: string) => (await read(`/v1/enrolments?patientId=${patientId}`)).items;
const waitUntil = (isSo: () => Promise<boolean>) => vi.waitUntil(isSo, { timeout: 20_000, interval: 50 });

test('on day 30 the centre enrols the patient in the follow-up of the plan, from that day on and once', { timeout: 90_000 }, async () => {
  const unknown = { ...plainPlan, handover: { to: 'follow-up', protocol: 'none' } };
  const { id, patientId } = await discharged(toFollowUp, '13900001211');
  const early = await episodes.begin(patientId);
  expect((await service.post('nurse-h1', `/v1/episodes/${early}/record-plan`, unknown)).body).toMatchObject({
    code: 'invalid-request',
    errors: [{ path: 'handover.protocol' }],
  });
  await service.fastForward(id, 'P29D');
  expect([(await read(`/v1/episodes/${id}`)).handedOver, await enrolmentsOf(patientId)]).toEqual([null, []]);
  await service.fastForward(id, 'P2D');
  await waitUntil(async () => (await enrolmentsOf(patientId)).length > 0);
  const [enrolment, ...others] = await enrolmentsOf(patientId);
  expect(others).toEqual([]);
  const { handedOver } = await read(`/v1/episodes/${id}`);
  expect(handedOver).toEqual({ to: 'follow-up', id: enrolment.id });
  const { items } = await read(`/v1/episodes/${id}/timeline`);
  const lines = items.filter(({ event }: { event: string }) => event === 'handed-over');
  const day = new Date(Date.parse(lines[0].happenedAt) + 8 * 3_600_000).toISOString();
  expect([lines.length, day.slice(11, 16), enrolment.startedOn, enrolment.status]).toEqual([1, '09:00', day.slice(0, 10), 'active']);
});

test('who is enrolled already keeps that enrolment', { timeout: 90_000 }, async () => {
  const { id, patientId } = await discharged(toFollowUp, '13900001212');
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const known = await service.post('gp', '/v1/enrolments', { patientId, protocol: PROTOCOL, startedOn: today });
  expect(known.status).toBe(201);
  await service.fastForward(id, 'P31D');
  await waitUntil(async () => {
    await deliverAll(service);
    return (await read(`/v1/episodes/${id}`)).handedOver?.id === known.body.id;
  });
  expect((await enrolmentsOf(patientId)).map((one: { id: string }) => one.id)).toEqual([known.body.id]);
  expect((await read(`/v1/worklist?kind=enrol-resident&patientId=${patientId}`)).items).toEqual([]);
});

test('where nobody can be enrolled the doctor of the centre gets a task, which a note completes', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001213' });
  const id = await episodes.begin(patientId);
  // As when the protocol is not in force any more on the day of the hand-over.
  const input = { ...planInput, handover: { to: 'follow-up', protocol: 'none' } };
  const actor = { personId: 'person-h1-nurse', institutionId: 'inst-h1', role: 'nurse' };
  const command = { operation: 'recordDischargePlan', requestId: 'test', pathwayKind: 'discharge', name: 'record-plan' } as const;
  await inTransaction(service.db, { system: true, part: 'operator' }, (trx) =>
    storeRelayedCommand(trx, { ...command, key: `plan:${id}`, pathwayId: id, actor, input }),
  );
  await waitUntil(async () => (await read(`/v1/episodes/${id}`)).plan.state === 'draft');
  await episodes.tellDischarged(id);
  await service.fastForward(id, 'P31D');
  await deliverAll(service);
  const tasks = async () => (await read(`/v1/worklist?kind=enrol-resident&patientId=${patientId}`)).items;
  const [task, ...others] = await tasks();
  expect([others, task.role, (await read(`/v1/episodes/${id}`)).handedOver]).toEqual([[], 'gp', null]);
  expect((await service.post('gp', `/v1/tasks/${task.id}/claim`, {})).status).toBe(200);
  expect((await service.post('gp', `/v1/tasks/${task.id}/complete`, {})).body.errors[0].path).toBe('note');
  expect((await service.post('gp', `/v1/tasks/${task.id}/complete`, { note: '已电话联系，改入糖尿病随访' })).status).toBe(200);
  expect(await tasks()).toEqual([]);
});

test('the plan that is active asks the centre for a first follow-up, which is the visit after the discharge', {
  timeout: 90_000,
}, async () => {
  const { id } = await discharged({ ...plainPlan, handover: { to: 'down-referral' } }, '13900001214');
  const { handedOver, duties } = await read(`/v1/episodes/${id}`);
  const visit = duties.find(({ duty }: { duty: string }) => duty === 'visit');
  const path = `/v1/referrals/${handedOver.id}`;
  await waitUntil(async () => (await service.get('nurse-h1', path)).status === 200);
  expect(await read(path, 'nurse-h1')).toMatchObject({
    direction: 'down',
    status: 'draft',
    legs: [],
    managementPlan: { nextVisitOn: visit.dueOn, text: plainPlan.instructions },
  });
  const done = async (account: string, trigger: string, body: object) => {
    const answer = await service.post(account, `${path}/${trigger}`, body);
    expect([trigger, answer.status, answer.status === 200 ? '' : answer.body]).toEqual([trigger, 200, '']);
  };
  await done('specialist', 'send-referral-package', { consent: { given: true, recordedAt: new Date().toISOString() } });
  await done('gp', 'send-acceptance', {});
  await service.fastForward(id, 'P2D');
  const first = (await read('/v1/worklist?kind=first-follow-up&limit=200')).items.find((item: { id: string }) =>
    item.id.startsWith(handedOver.id),
  );
  await service.post('gp', `/v1/tasks/${first.id}/complete`, { result: '血压平稳' });
  await deliverAll(service);
  const after = await read(`/v1/episodes/${id}`);
  expect(after.duties.find(({ duty }: { duty: string }) => duty === 'visit')).toMatchObject({ state: 'done' });
});
