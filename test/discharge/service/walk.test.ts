/** An episode on the running service: from the admission through the discharge and what is owed after it to its end, with skipped time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { episodesOn, plainPlan } from '../../support/builders/episodes-on-service.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const episodes = episodesOn(() => service);

test('admitted, discharged, plan, contact, visit, reconciliation, closing contact: completed', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001111' });
  const id = await episodes.begin(patientId);
  const path = `/v1/episodes/${id}`;
  const now = await service.get('nurse-h1', path);
  expect(now.body).toMatchObject({ status: 'admitted', hospitalId: 'inst-h1', centreId: 'inst-c01', patientId, plan: { state: 'none' } });
  expect((await service.get('gp2', path)).status).toBe(404);
  expect((await service.post('nurse-h1', `${path}/educate`, { topics: ['低盐饮食'], understood: 'yes' })).body).toMatchObject({
    inStay: [{ duty: 'briefing', state: 'open' }, { duty: 'results' }, { duty: 'education', state: 'done' }],
  });
  await episodes.tellDischarged(id);
  const done = async (account: string, command: string, body: object) => {
    const answer = await service.post(account, `${path}/${command}`, body);
    expect([command, answer.status, answer.status === 200 ? '' : answer.body]).toEqual([command, 200, '']);
    return answer.body;
  };
  expect((await service.post('nurse', `${path}/record-plan`, plainPlan)).body).toMatchObject({ code: 'transition-not-allowed' });
  expect(await done('nurse-h1', 'record-plan', plainPlan)).toMatchObject({
    plan: { state: 'active', informationComplete: true, missing: [] },
    duties: [{ duty: 'plan', state: 'done', late: false }, { duty: 'contact' }, { duty: 'visit' }, { duty: 'reconciliation' }, {}],
  });
  expect((await service.post('nurse-h1', `${path}/record-plan`, plainPlan)).body).toMatchObject({ code: 'plan-active' });
  await service.fastForward(id, 'P2D');
  const worklist = await service.get('gp', '/v1/worklist?kind=post-discharge-visit&limit=200');
  expect(worklist.body.items.filter((item: { id: string }) => item.id.startsWith(id))).toHaveLength(1);
  await done('nurse', 'record-contact', { channel: 'phone', outcome: 'reached', note: '已联系' });
  const { body: seen } = await service.get('gp', path);
  await done('gp', 'record-visit', { visitedAt: seen.now, mode: 'clinic' });
  await done('pharmacist', 'reconcile', { medicines: [{ name: '呋塞米', action: 'continue' }] });
  await service.fastForward(id, 'P26D');
  expect(await done('nurse', 'record-contact', { channel: 'phone', outcome: 'reached' })).toMatchObject({
    status: 'ended',
    endReason: 'completed',
    allowed: [],
  });
  const { body: timeline } = await service.get('nurse', `${path}/timeline`);
  expect(timeline.items.map(({ event }: { event: string }) => event)).toEqual(
    expect.arrayContaining(['create', 'patient-discharged', 'record-plan', 'window-open', 'record-visit', 'ended']),
  );
  const { body: why } = await service.get('nurse', `${path}/why`);
  expect([why.duties.length, why.next.length]).toEqual([5, 1]);
  const { body: list } = await service.get('nurse-h1', `/v1/episodes?patientId=${patientId}`);
  expect(list.items.map((item: { id: string }) => item.id)).toEqual([id]);
});

test('whoever is said to have died when they are to be contacted is asked about once; nobody calls them meanwhile, and a death that was wrong is taken back', {
  timeout: 90_000,
}, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001113' });
  const id = await episodes.begin(patientId);
  await episodes.tellDischarged(id);
  await service.fastForward(id, 'P1D');
  const callsOf = async () => {
    const { body } = await service.get('nurse', `/v1/worklist?kind=contact&patientId=${patientId}`);
    return body.items.map(({ pathwayId, allowed }: { pathwayId: string; allowed: string[] }) => [pathwayId, allowed.includes('claim')]);
  };
  expect(await callsOf()).toHaveLength(1);
  for (const note of ['家属告知已去世', '再次告知'])
    expect((await service.post('nurse', `/v1/episodes/${id}/record-contact`, { channel: 'phone', outcome: 'dead', note })).status).toBe(
      200,
    );
  const { body: asked } = await service.get('gp', `/v1/worklist?kind=confirm-death&patientId=${patientId}`);
  expect([asked.items.length, await callsOf()]).toEqual([1, []]);
  expect((await service.post('gp', `/v1/patients/${patientId}/refute-death`, { reason: '本人接听' })).status).toBe(200);
  expect(await callsOf()).toHaveLength(1);

  const step = async (account: string, name: string, body: object) => {
    expect([name, (await service.post(account, `/v1/patients/${patientId}/${name}`, body)).status]).toEqual([name, 200]);
    await deliverAll(service);
    const { body: episode } = await service.get('gp', `/v1/episodes/${id}`);
    return [episode.status, episode.endReason, (await callsOf()).length];
  };
  await step('nurse', 'report-death', { heardFrom: '家属' });
  const diedOn = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  expect(await step('gp', 'confirm-death', { diedOn, cause: '不详', evidence: '死亡证明' })).toEqual(['ended', 'died', 0]);
  await step('nurse', 'retract-death', { reason: '同名同姓' });
  expect(await step('gp', 'confirm-retraction', {})).toEqual(['discharged', null, 1]);
});

test('orders of a template with words that stay outside of the pathway: reported, stopped, spoken about', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001112' });
  const id = await episodes.begin(patientId);
  const path = `/v1/episodes/${id}`;
  const post = async (account: string, command: string, body: object) => service.post(account, `${path}/${command}`, body);
  const medicine = (title: string, dose: string) => ({
    kind: 'medicine',
    title,
    medicine: { dose, quantity: { value: 28, unit: '片' }, longTerm: true },
  });
  const written = {
    ...plainPlan,
    noMedication: undefined,
    template: 'heart-failure',
    orders: [medicine('华法林', '1片qd'), medicine('呋塞米', '前3天30mg后减量'), { kind: 'pending-result', title: 'TSH', number: 'L-1' }],
  };
  expect((await post('nurse-h1', 'record-plan', { ...written, template: 'none' })).body).toMatchObject({ errors: [{ path: 'template' }] });
  expect((await post('nurse-h1', 'record-plan', written)).body).toMatchObject({ plan: { state: 'draft', template: 'heart-failure' } });
  await episodes.tellDischarged(id);
  const { body: active } = await service.get('nurse', path);
  const order = (title: string) => active.orders.find((one: { title: string }) => one.title === title);
  expect(active).toMatchObject({ plan: { state: 'active', informationComplete: true }, risk: { scores: { length: 4 } } });
  expect(active.orders.length).toBeGreaterThan(8);
  expect(order('呋塞米')).toMatchObject({ state: 'review', reviewReasons: ['dose-not-parsed'] });
  expect(order('华法林')).toMatchObject({ medicine: { unit: '片', perDay: 1, supplyDays: 28, asNeeded: false } });
  const { state } = await service.db.selectFrom('pathway').select('state').where('id', '=', id).executeTakeFirstOrThrow();
  expect(JSON.stringify(state)).not.toMatch(/TSH|呋塞米|减量/);
  const stopped = await post('nurse', 'report-orders', { orders: [{ orderId: order('华法林').id, outcome: 'stopped', reason: 'cost' }] });
  expect(stopped.body).toMatchObject({ conversations: [{ orderId: order('华法林').id, dueOn: null, decision: null }] });
  const conversationId = stopped.body.conversations[0].id;
  expect((await post('nurse', 'answer-conversation', { conversationId, decision: 'resume', note: '继续' })).status).toBe(403);
  expect((await post('gp', 'answer-conversation', { conversationId, decision: 'resume', note: '继续' })).body).toMatchObject({
    conversations: [{ decision: 'resume' }],
  });
  const missing = await post('nurse', 'report-orders', {
    orders: [{ orderId: order('daily-weight')?.id ?? active.orders.at(-1).id, outcome: 'done' }],
  });
  expect([missing.status, missing.body.errors?.[0]?.path]).toEqual([422, 'orders.0.evidence']);
  const pending = order('TSH').id;
  await post('specialist', 'report-result', { orderId: pending, resultAt: active.now, abnormal: false });
  expect((await post('specialist', 'tell-result', { orderId: pending, toldTo: 'patient' })).body.orders).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: pending, state: 'closed', outcome: 'done' })]),
  );
  expect((await post('specialist', 'tell-result', { orderId: pending, toldTo: 'patient' })).body).toMatchObject({ code: 'order-closed' });
});
