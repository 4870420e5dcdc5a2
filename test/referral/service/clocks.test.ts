import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NewReferral, newReferral } from '../../support/builders/referrals.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;

interface Item {
  event: string;
  happenedAt: string;
  from: string | null;
  to: string | null;
}

/** Events with their hours since the first sending. */
async function eventsOf(id: string): Promise<{ event: string; hours: number }[]> {
  const { body } = await service.get('gp', `/v1/referrals/${id}/timeline`);
  const items = body.items as Item[];
  const sentAt = Date.parse(items.find(({ event }) => event === 'send-referral-package')?.happenedAt as string);
  return items.map(({ event, happenedAt }) => ({ event, hours: (Date.parse(happenedAt) - sentAt) / HOUR }));
}

const near = (expected: [string, number][]) => expected.map(([event, hours]) => ({ event, hours: expect.closeTo(hours, 2) }));

test('a routine referral that nobody answers climbs its rungs, goes round the hospitals, expires, and is still checked after two weeks', async () => {
  const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service));
  const forwarded = await service.fastForward(created.id, 'P15D');
  expect(forwarded.status).toBe(200);
  expect(await eventsOf(created.id)).toEqual(
    near([
      ['create', 0],
      ['send-referral-package', 0],
      ['rung-50', 12],
      ['rung-80', 19.2],
      ['rung-100', 24],
      ['reroute', 24],
      ['rung-50', 36],
      ['rung-80', 43.2],
      ['rung-100', 48],
      ['reroute', 48],
      ['rung-50', 60],
      ['rung-80', 67.2],
      ['rung-100', 72],
      ['expire', 72],
      ['rung-50', 108],
      ['rung-80', 129.6],
      ['rung-100', 144],
      ['check-due', 336],
    ]),
  );
  const { body } = await service.get('gp', `/v1/referrals/${created.id}`);
  expect(body).toMatchObject({ status: 'rejected', businessStatus: '4.0', statusReason: 'no-answer', closedAt: null });
  expect(body.legs.map((leg: { institutionId: string }) => leg.institutionId)).toEqual(['inst-h1', 'inst-h2', 'inst-h3']);
  expect(Date.parse(body.now) - Date.parse(body.sentAt)).toBeGreaterThan(360 * HOUR - 60_000);
});

describe('the active check comes 14 days after the first sending, whatever the ending', () => {
  type Act = [account: string, trigger: string, body: object];
  const accept: Act = ['specialist', 'send-acceptance', {}];
  const decline: Act = ['specialist', 'send-decline', { reason: '专科已满' }];
  const outcome: Act = ['specialist', 'send-outcome', { outcome: '治疗完成' }];
  const review: Act = ['gp', 'review-result', {}];
  const ask: Act = ['gp', 'request-cancellation', { reason: '患者要求' }];
  const confirm: Act = ['specialist', 'confirm-cancellation', {}];
  const withdraw: Act = ['gp', 'withdraw', { reason: '误发' }];
  const endings: [string, Partial<NewReferral>, Act[], { checked: boolean; status: string }][] = [
    ['completed and reviewed', {}, [accept, outcome, review], { checked: true, status: 'completed' }],
    ['completed, nobody reviewed it', {}, [accept, outcome], { checked: true, status: 'completed' }],
    ['declined and reviewed', {}, [decline, review], { checked: true, status: 'rejected' }],
    ['declined after acceptance', {}, [accept, decline, review], { checked: true, status: 'rejected' }],
    ['nobody answered', {}, [], { checked: true, status: 'rejected' }],
    ['withdrawn after sending', {}, [withdraw], { checked: true, status: 'cancelled' }],
    ['cancelled by agreement', {}, [ask, confirm], { checked: true, status: 'cancelled' }],
    ['completed although cancellation was asked', {}, [accept, ask, outcome, review], { checked: true, status: 'completed' }],
    ['still open: accepted and forgotten', {}, [accept], { checked: true, status: 'accepted' }],
    ['an emergency', { emergency: true }, [accept, outcome, review], { checked: true, status: 'completed' }],
    ['a draft withdrawn', { draft: true }, [withdraw], { checked: false, status: 'cancelled' }],
    ['a draft never sent', { draft: true }, [], { checked: false, status: 'draft' }],
  ];
  test.each(endings)('%s', { timeout: 120_000 }, async (_, form, acts, { checked, status }) => {
    const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service, form));
    for (const [account, trigger, body] of acts)
      expect((await service.post(account, `/v1/referrals/${created.id}/${trigger}`, body)).status).toBe(200);
    expect((await service.fastForward(created.id, 'P14DT1M')).status).toBe(200);
    const { body: items } = await service.get('gp', `/v1/referrals/${created.id}/timeline`);
    const checks = items.items.filter((item: Item) => item.event === 'check-due');
    expect(checks).toHaveLength(checked ? 1 : 0);
    const { body: now } = await service.get('gp', `/v1/referrals/${created.id}`);
    expect(now.status).toBe(status);
    if (!checked) return;
    expect((Date.parse(checks[0].happenedAt) - Date.parse(now.sentAt)) / HOUR).toBeCloseTo(336, 2);
    const check = now.clocks.find((clock: { name: string }) => clock.name === 'check');
    expect(check).toMatchObject({ budgetSeconds: 72 * 3_600, owner: { institutionId: 'inst-c01', role: 'gp' } });
    expect(now.allowed).toContain('answer-check');
    const { body: list } = await service.get('gp', '/v1/worklist?limit=200');
    const task = list.items.find(
      (item: { pathwayId: string; name: string }) => item.pathwayId === created.id && item.name === 'check-referral',
    );
    expect((await service.post('gp', `/v1/tasks/${task.id}/complete`, { outcome: 'arrived', note: '已电话随访' })).status).toBe(200);
    await expectAgreement(service, created.id);
  });
});

test('a closed referral whose check is answered ends for good after the reopening window, and still refuses in the same words', {
  timeout: 120_000,
}, async () => {
  const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service));
  const at = `/v1/referrals/${created.id}`;
  await service.post('specialist', `${at}/send-decline`, { reason: '专科已满' });
  await service.post('gp', `${at}/review-result`, {});
  await service.fastForward(created.id, 'P15D');
  const before = await service.post('specialist', `${at}/send-acceptance`, {});
  expect((await service.post('gp', `${at}/answer-check`, { outcome: 'arrived', note: '已随访' })).status).toBe(200);
  await expect
    .poll(async () => (await service.client.workflow.getHandle(`referral/${created.id}`).describe()).status.name, { timeout: 20_000 })
    .toBe('COMPLETED');
  const after = await service.post('specialist', `${at}/send-acceptance`, {});
  expect(after.status).toBe(409);
  expect({ ...after.body, requestId: '' }).toEqual({ ...before.body, requestId: '' });
  const newest = service.db
    .selectFrom('command')
    .select(['outcome', 'acked_at'])
    .where('id', 'is not', null)
    .orderBy('created_at', 'desc')
    .limit(1);
  expect((await newest.executeTakeFirstOrThrow()).outcome).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed' } });
  await expect.poll(async () => (await newest.executeTakeFirstOrThrow()).acked_at).not.toBeNull();
  await expectAgreement(service, created.id);
});

test('an emergency calls head and office at once, is urgent whatever was said, calls again until answered, and is never sent on', {
  timeout: 120_000,
}, async () => {
  const form = await newReferral(service, { emergency: true, urgency: 'routine', toDepartmentId: 'dept-h1-cardiology' });
  const { consent: _, ...withoutConsent } = form;
  const { body: created } = await service.post('gp', '/v1/referrals', withoutConsent);
  expect(created).toMatchObject({ urgency: 'urgent', emergency: true, status: 'received', consent: null });
  expect(created.clocks.map(({ name, budgetSeconds }: { name: string; budgetSeconds: number }) => [name, budgetSeconds])).toEqual([
    ['received', 1_800],
    ['consent', 86_400],
  ]);
  const called = async (template: string) => {
    const { body } = await service.get('gp', `/v1/demo/outbox?pathwayId=${created.id}&limit=200`);
    return body.items
      .filter((item: { template: string }) => item.template === template)
      .map((item: { recipient: { id: string } }) => item.recipient.id);
  };
  expect((await called('rung-0')).sort()).toEqual(['person-head', 'person-office', 'person-office2']);
  await service.fastForward(created.id, 'PT91M');
  expect((await eventsOf(created.id)).map(({ event, hours }) => [event, Math.round(hours * 60)])).toEqual([
    ['create', 0],
    ['send-referral-package', 0],
    ['rung-0', 0],
    ['rung-50', 15],
    ['rung-80', 24],
    ['rung-100', 30],
    ['call-repeat', 60],
    ['call-repeat', 90],
  ]);
  const { body: still } = await service.get('gp', `/v1/referrals/${created.id}`);
  expect(still).toMatchObject({ status: 'received', legs: [{ institutionId: 'inst-h1', to: null }] });
  expect((await service.post('specialist', `/v1/referrals/${created.id}/send-acceptance`, {})).status).toBe(200);
  const consented = await service.post('gp', `/v1/referrals/${created.id}/record-consent`, {
    consent: { given: true, recordedAt: '2026-01-02T00:00:00Z' },
  });
  expect(consented.body).toMatchObject({ consent: { given: true } });
  expect(consented.body.clocks.map(({ name }: { name: string }) => name)).toEqual(['accepted']);
  await expectAgreement(service, created.id);
});

test('rungs call whoever does the work, then the head, then office and the other party; each once', async () => {
  const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  const { body: list } = await service.get('specialist', '/v1/worklist?limit=200');
  const task = list.items.find((item: { pathwayId: string }) => item.pathwayId === created.id);
  expect((await service.post('specialist', `/v1/tasks/${task.id}/claim`, {})).status).toBe(200);
  await service.fastForward(created.id, 'PT23H59M');
  const recipients = async (template: string) => {
    const { body } = await service.get('gp', `/v1/demo/outbox?pathwayId=${created.id}&limit=200`);
    return body.items
      .filter((item: { template: string }) => item.template === template)
      .map((item: { recipient: { id: string } }) => item.recipient.id)
      .sort();
  };
  expect(await recipients('rung-50')).toEqual(['person-specialist']);
  expect(await recipients('rung-80')).toEqual(['person-head']);
  await service.fastForward(created.id, 'PT2M');
  expect(await recipients('rung-100')).toEqual(['person-gp', 'person-office', 'person-office2']);
});

test('rungs missed while nobody worked are all recorded, and only the highest calls', { timeout: 120_000 }, async () => {
  const alone = await startService({ worker: false });
  try {
    const stopWorker = await alone.startWorker();
    await agreeOnSeconds(alone, 10);
    const { body: created } = await alone.post('gp', '/v1/referrals', await newReferral(alone, { urgency: 'urgent' }));
    await stopWorker();
    const deadline = Date.parse(created.clocks[0].dueAt);
    await expect.poll(() => Date.now() > deadline, { timeout: 20_000 }).toBe(true);
    const stopAgain = await alone.startWorker();
    const events = async () =>
      (await alone.get('gp', `/v1/referrals/${created.id}/timeline`)).body.items.map((item: Item) => item.event).slice(0, 6);
    await expect
      .poll(events, { timeout: 30_000 })
      .toEqual(['create', 'send-referral-package', 'rung-90', 'rung-95', 'rung-100', 'reroute']);
    const { body } = await alone.get('gp', `/v1/demo/outbox?pathwayId=${created.id}`);
    const templates = body.items
      .filter((item: { key: string }) => item.key.includes(':c1:'))
      .map((item: { template: string }) => item.template);
    expect(templates.filter((template: string) => /^rung-9\d$/.test(template))).toEqual([]);
    expect(templates.filter((template: string) => template === 'rung-100').length).toBeGreaterThan(0);
    await stopAgain();
  } finally {
    await alone.stop();
  }
});

/**
 * A new version of the alliance's agreement in which an urgent referral is to be answered within so many seconds. Its first rung comes late, so
 * that a busy machine has stopped its worker by then.
 */
async function agreeOnSeconds({ db }: Service, seconds: number): Promise<void> {
  const { version, configuration } = await db
    .selectFrom('alliance_configuration')
    .selectAll()
    .orderBy('version', 'desc')
    .executeTakeFirstOrThrow();
  const agreed = configuration as { referral: { budgetsSeconds: { received: { urgent: number } }; rungPercents: number[] } };
  agreed.referral.budgetsSeconds.received.urgent = seconds;
  agreed.referral.rungPercents = [90, 95, 100];
  await db
    .insertInto('alliance_configuration')
    .values({ version: version + 1, configuration: JSON.stringify(agreed) })
    .execute();
}
