/** A discrepancy through the API: reported or found by an act, acknowledged, investigated, resolved, closed by another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDiscrepancies } from '../../../db/discrepancy/open.ts';
import { resolveBySighting } from '../../../db/discrepancy/resolve-by-itself.ts';
import { deliverAll } from '../../support/builders/facts.ts';
import { performAct, placeRound } from '../../support/builders/slips.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

let codes = 0;
const report = (account: string, over: object = {}) =>
  service.post(account, '/v1/discrepancies', {
    kind: 'unknown-code',
    subject: { type: 'code', id: `code-${++codes}` },
    note: '扫码无记录',
    ...over,
  });

const opened = (work: Parameters<typeof openDiscrepancies>[1]) => performAct(service, (act) => openDiscrepancies(act, work));

test('what somebody reports goes from hand to hand until another person closes it', async () => {
  const reported = await report('nurse-c02', { kind: 'incident', subject: { type: 'set-instance', id: 'dressing-set-01' } });
  expect(reported, JSON.stringify(reported.body)).toMatchObject({
    status: 201,
    body: {
      kind: 'incident',
      subject: { type: 'set-instance', id: 'dressing-set-01' },
      status: 'open',
      institutionId: 'inst-c02',
      institution: { id: 'inst-c02', zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.stringMatching(/[a-z]/) },
      owner: { role: 'headnurse', institutionId: 'inst-cssd', institution: { id: 'inst-cssd', zh: expect.any(String) } },
      resolution: null,
      candidates: [],
      allowed: [],
    },
  });
  const at = `/v1/discrepancies/${reported.body.id}`;
  const post = (account: string, step: string, body: object = {}) => service.post(account, `${at}/${step}`, body);
  const present = (await service.get('headnurse', at)).body;
  expect(present.allowed).toEqual(['acknowledge']);
  expect(
    present.clocks.map(({ name, budgetSeconds, owner }: { name: string; budgetSeconds: number; owner: { role: string } }) => [
      name,
      budgetSeconds,
      owner.role,
    ]),
  ).toEqual([
    ['discrepancy', 14_400, 'headnurse'],
    ['discrepancy', 259_200, 'headnurse'],
    ['discrepancy', 604_800, 'office'],
  ]);
  expect(present.tasks).toMatchObject([{ name: 'discrepancy', role: 'headnurse' }]);
  for (const step of ['investigate', 'resolve', 'close'])
    expect(
      (await post('headnurse', step, step === 'close' ? {} : { note: 'x', ...(step === 'resolve' ? { resolution: 'found' } : {}) })).body,
    ).toMatchObject({
      status: 409,
      code: 'transition-not-allowed',
      state: 'open',
      allowed: ['acknowledge'],
    });
  expect((await post('nurse-c02', 'acknowledge')).status).toBe(403);
  expect((await post('dispatcher', 'acknowledge')).status).toBe(403);
  expect((await post('headnurse', 'acknowledge')).body).toMatchObject({ status: 'acknowledged', allowed: ['investigate'] });
  expect((await post('headnurse', 'investigate', { note: '询问当班人员' })).body).toMatchObject({
    status: 'investigating',
    investigation: '询问当班人员',
  });
  expect((await post('headnurse', 'resolve', { resolution: 'lost', note: 'x' })).status).toBe(422);
  const resolved = await post('headnurse', 'resolve', { resolution: 'explained', note: '标签脱落' });
  expect(resolved.body).toMatchObject({ status: 'resolved', resolution: 'explained', resolvedBy: 'person-headnurse', allowed: [] });
  expect((await post('headnurse', 'close')).body).toMatchObject({ status: 409, code: 'same-person' });
  expect((await post('technician', 'close')).status).toBe(403);
  expect((await post('headnurse2', 'close')).body).toMatchObject({ status: 'closed', clocks: [], tasks: [], allowed: [] });
  const { items } = (await service.get('nurse-c02', `${at}/timeline`)).body;
  expect(items.map(({ event, to }: { event: string; to: string }) => [event, to])).toEqual([
    ['open', 'open'],
    ['acknowledge', 'acknowledged'],
    ['investigate', 'investigating'],
    ['resolve', 'resolved'],
    ['close', 'closed'],
  ]);
});

describe('one of a kind about a subject', () => {
  test('a second report is refused as long as the first is not closed', async () => {
    const subject = { type: 'code', id: 'the-same-code' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => report('nurse', { subject })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('already-exists');
    expect((await report('nurse', { subject, kind: 'label' })).status).toBe(201);
  });

  test('an act that finds it again gets the one that is there', async () => {
    const found = { kind: 'duplicate' as const, subject: { type: 'pack' as const, id: 'pack-x' } };
    const [first] = await opened([found]);
    expect(await opened([found, { ...found, kind: 'gate' }, found])).toEqual([first, expect.any(String), first]);
    expect(await opened([])).toEqual([]);
    const concurrent = await Promise.all([1, 2, 3].map(() => opened([{ ...found, kind: 'reuse' }])));
    expect(new Set(concurrent.flat()).size).toBe(1);
  });
});

test('the clocks of what nobody touches ring for the owner, the head nurse and the office', async () => {
  const [id] = (await opened([{ kind: 'count', subject: { type: 'code', id: 'clocked' }, institutionId: 'inst-c03' }])) as [string];
  const isThere = () => service.db.selectFrom('pathway').select('id').where('id', '=', id).where('version', '>', 0).executeTakeFirst();
  for (const deadline = Date.now() + 30_000; !(await isThere()); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() > deadline) throw new Error('The pathway has not begun.');
  expect((await service.fastForward(id, 'P8D')).status).toBe(200);
  const { body } = await service.get('headnurse', `/v1/discrepancies/${id}`);
  expect(body.clocks.map(({ rungs }: { rungs: { firedAt: string | null }[] }) => rungs.every(({ firedAt }) => firedAt !== null))).toEqual([
    true,
    true,
    true,
  ]);
  expect(body.tasks.map(({ role }: { role: string }) => role).sort()).toEqual(['head', 'headnurse', 'office']);
  const messages = await service.db.selectFrom('message').select(['template', 'recipient_id']).where('pathway_id', '=', id).execute();
  expect(new Set(messages.map(({ template }) => template))).toEqual(new Set(['rung-100']));
  expect(messages.length).toBeGreaterThanOrEqual(3);
});

describe('a set that is seen', () => {
  test('settles the gap in its custody, and its pathway hears of it', async () => {
    const [id] = (await opened([{ kind: 'custody-gap', subject: { type: 'set-instance', id: 'suture-set-01' } }])) as [string];
    await performAct(service, (act) => resolveBySighting(act, ['suture-set-01', 'suture-set-02']));
    expect((await service.get('headnurse', `/v1/discrepancies/${id}`)).body).toMatchObject({ status: 'resolved', resolution: 'found' });
    await deliverAll(service);
    const { items } = (await service.get('headnurse', `/v1/discrepancies/${id}/timeline`)).body;
    expect(items.at(-1)).toMatchObject({ event: 'discrepancy-resolved', to: 'resolved' });
    expect((await service.post('headnurse', `/v1/discrepancies/${id}/close`, {})).status).toBe(200);
  });
});

test('what was written off and is seen is asked to be closed again', async () => {
  const subject = { type: 'set-instance', id: 'suture-set-02' };
  const { id } = (await report('nurse-c02', { kind: 'custody-gap', subject })).body;
  const at = `/v1/discrepancies/${id}`;
  const post = async (account: string, step: string, body: object = {}) => (await service.post(account, `${at}/${step}`, body)).status;
  expect([
    await post('headnurse', 'acknowledge'),
    await post('headnurse', 'investigate', { note: '询问当班人员' }),
    await post('headnurse', 'resolve', { resolution: 'written-off', note: '未找到' }),
    await post('headnurse2', 'close'),
  ]).toEqual([200, 200, 200, 200]);
  await performAct(service, (act) => resolveBySighting(act, [subject.id]));
  await deliverAll(service);
  const found = (await service.get('headnurse', at)).body;
  expect(found).toMatchObject({ status: 'resolved', resolution: 'found', tasks: [{ name: 'discrepancy', role: 'headnurse' }] });
  expect(await post('headnurse', 'close')).toBe(200);
});

describe('who sees what', () => {
  test('a centre its own, a courier those of the own rounds and reports, the department all', async () => {
    const { roundId, stopIds } = await placeRound(service, ['inst-c05']);
    const [id] = (await opened([
      { kind: 'protocol', subject: { type: 'stop', id: stopIds[0] ?? '' }, institutionId: 'inst-c05', roundId, stopId: stopIds[0] },
    ])) as [string];
    for (const [account, status] of [
      ['nurse-c05', 200],
      ['courier', 200],
      ['driver', 200],
      ['technician', 200],
      ['auditor', 200],
      ['nurse-c06', 404],
      ['pharmacist', 404],
    ] as const)
      expect((await service.get(account, `/v1/discrepancies/${id}`)).status, account).toBe(status);
    const listed = (await service.get('courier', `/v1/discrepancies?roundId=${roundId}&kind=protocol&status=open`)).body.items;
    expect(listed).toMatchObject([{ id, owner: { role: 'dispatcher' } }]);
    expect((await service.get('nurse-c06', '/v1/discrepancies?institutionId=inst-c05')).body.items).toEqual([]);
    const own = (await report('courier')).body.id;
    expect((await service.get('courier', `/v1/discrepancies/${own}`)).status).toBe(200);
    expect((await service.post('dispatcher', `/v1/discrepancies/${id}/acknowledge`, {})).status).toBe(200);
  });
});

describe('what cannot be meant', () => {
  test.each<[string, object, string]>([
    ['an unknown kind', { kind: 'theft' }, 'kind'],
    ['an unknown type of subject', { subject: { type: 'person', id: 'x' } }, 'subject.type'],
    ['a pack that is none', { subject: { type: 'pack', id: "' or 1=1 --" } }, 'subject.id'],
    ['a stop that is none', { subject: { type: 'stop', id: 'stop' } }, 'subject.id'],
    ['a slip line that is none', { subject: { type: 'slip-line', id: '0199a000-0000-7000-8000-000000000000' } }, 'subject.id'],
    ['a load that is none', { subject: { type: 'load', id: 'L-1' } }, 'subject.id'],
    ['a device that is none', { subject: { type: 'device', id: 'mine' } }, 'subject.id'],
    ['no note', { note: ' ' }, 'note'],
  ])('%s', async (_, over, path) => {
    const answer = await report('technician', over);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
  test('an id that is none finds nothing', async () => {
    for (const id of ['1', "' or 1=1 --", '%00', '0199a000-0000-7000-8000-000000000000'])
      expect((await service.get('headnurse', `/v1/discrepancies/${encodeURIComponent(id)}`)).status, id).toBe(404);
  });
});
