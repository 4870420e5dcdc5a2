/** The floor of the supply department through the API: from a set's registration to its opened pack, and every refusal on the way. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCode } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const countSheet = [
  { itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 },
  { itemCode: 'bowl', name: { zh: '弯盘', en: 'Kidney dish' }, quantity: 1 },
];
const newType = (fields: object = {}) => ({
  code: newCode('type-'),
  name: { zh: '换药包', en: 'Dressing set' },
  countSheet,
  packaging: 'pouch',
  programs: ['steam-132', 'steam-134'],
  surgical: false,
  implant: false,
  lowUse: false,
  volumeLitres: 2,
  ...fields,
});

async function register(fields: object = {}, type: object = {}): Promise<string> {
  const { body: setType } = await service.post('headnurse', '/v1/set-types', newType(type));
  const { body, status } = await service.post('headnurse', '/v1/set-instances', {
    setTypeId: setType.id,
    code: newCode('set-'),
    ownership: 'pool',
    ...fields,
  });
  expect(status).toBe(201);
  return body.id;
}

const washer = async (): Promise<string> => (await service.post('headnurse', '/v1/washers', { code: newCode('washer-') })).body.id;

async function wash(setInstanceIds: string[], fields: object = {}) {
  const endedAt = new Date();
  return service.post('technician', '/v1/wash-batches', {
    washerId: await washer(),
    startedAt: new Date(endedAt.getTime() - 30 * 60_000).toISOString(),
    endedAt: endedAt.toISOString(),
    temperatureC: 93,
    seconds: 150,
    setInstanceIds,
    ...fields,
  });
}

async function registerInspected(type: object = {}): Promise<string> {
  const id = await register({}, type);
  await wash([id]);
  await service.post('technician', '/v1/inspections', { items: [{ setInstanceId: id, result: 'pass' }] });
  return id;
}

const statusOf = async (setId: string) => (await service.get('headnurse', `/v1/set-instances/${setId}`)).body.status;

describe('a set', () => {
  test('goes from its registration through wash, inspection and assembly to a checked pack', async () => {
    const id = await register();
    const { body: registered } = await service.get('technician', `/v1/set-instances/${id}`);
    expect(registered).toMatchObject({
      status: 'in-decon',
      custody: { holder: { type: 'cssd', id: 'inst-cssd' } },
      allowed: ['wash', 'report-missing'],
    });
    const washed = await wash([registered.code]);
    expect(washed).toMatchObject({ status: 201, body: { result: 'pass', a0: 2993, setInstanceIds: [id] } });
    expect((await service.get('technician', `/v1/wash-batches/${washed.body.id}`)).body).toEqual(washed.body);
    const inspected = await service.post('technician', '/v1/inspections', { items: [{ setInstanceId: id, result: 'pass' }] });
    expect(inspected).toMatchObject({ status: 201, body: { items: [{ setInstanceId: id, result: 'pass', missingItems: [] }] } });
    const { status, body: pack } = await service.post('technician', '/v1/packs', { setInstanceId: id });
    expect(status).toBe(201);
    expect(pack).toMatchObject({
      status: 'assembled',
      setInstanceId: id,
      packaging: 'pouch',
      labelPrint: 0,
      custody: { holder: { type: 'cssd', id: 'inst-cssd' } },
      allocation: null,
      use: null,
    });
    expect(await statusOf(id)).toBe('packed');
    const checked = await service.post('checker', `/v1/packs/${pack.code}/check`, {});
    expect(checked).toMatchObject({ status: 200, body: { id: pack.id, status: 'checked', version: 2 } });
    expect((await service.get('checker', `/v1/packs?setTypeId=${pack.setTypeId}`)).body).toEqual({
      items: [checked.body],
      nextCursor: null,
    });
  });

  test('that is incomplete waits for what is missing, or for the head nurse; one that is damaged for its repair', async () => {
    const [completed, signedOff, damaged] = [await register(), await register(), await register()] as const;
    await wash([completed, signedOff, damaged]);
    const missingItems = [{ itemCode: 'forceps', quantity: 1 }];
    const { status } = await service.post('technician', '/v1/inspections', {
      items: [
        { setInstanceId: completed, result: 'incomplete', missingItems },
        { setInstanceId: signedOff, result: 'incomplete', missingItems },
        { setInstanceId: damaged, result: 'damaged' },
      ],
    });
    expect(status).toBe(201);
    const act = (account: string, id: string, name: string) => service.post(account, `/v1/set-instances/${id}/${name}`, {});
    expect((await act('technician', completed, 'complete')).body).toMatchObject({
      status: 'inspected',
      incomplete: false,
      missingItems: [],
    });
    expect(await act('technician', signedOff, 'sign-off-incomplete')).toMatchObject({ status: 403 });
    expect((await act('headnurse', signedOff, 'sign-off-incomplete')).body).toMatchObject({
      status: 'inspected',
      incomplete: true,
      missingItems,
    });
    expect((await act('technician', damaged, 'repaired')).body).toMatchObject({ status: 'in-decon' });
  });

  test('that carries a special pathogen is not washed without its pretreatment', async () => {
    const id = await register();
    await service.db.updateTable('set_instance').set({ special: 'gas-gangrene' }).where('id', '=', id).execute();
    expect(await wash([id])).toMatchObject({ status: 409, body: { code: 'special-path-required' } });
    expect(await wash([id], { pretreatment: 'chlorine 2,000 mg/L, 45 min' })).toMatchObject({ status: 201, body: { result: 'pass' } });
    expect((await service.get('technician', `/v1/set-instances/${id}`)).body).toMatchObject({ status: 'washed', special: null });
  });

  test('stays unwashed when its batch reaches no row of the norm', async () => {
    const id = await register();
    expect(await wash([id], { seconds: 59 })).toMatchObject({ status: 201, body: { result: 'fail', row: null } });
    expect(await wash([id], { directUse: true, seconds: 149 })).toMatchObject({ status: 201, body: { result: 'fail' } });
    expect(await statusOf(id)).toBe('in-decon');
  });

  test('of a list that holds a wrong one, nothing is done', async () => {
    const [washed, other] = [await register(), await register()] as const;
    await wash([washed]);
    expect(await wash([other, washed])).toMatchObject({ status: 409, body: { code: 'transition-not-allowed', state: 'washed' } });
    expect(await wash([other, 'no-such-set'])).toMatchObject({
      status: 422,
      body: { code: 'invalid-request', errors: [{ path: 'setInstanceIds.1' }] },
    });
    expect(await wash([other, other])).toMatchObject({ status: 422, body: { errors: [{ path: 'setInstanceIds.1' }] } });
    expect(await statusOf(other)).toBe('in-decon');
  });

  test('lies used at the centre where it is registered, and only that centre sees it', async () => {
    const id = await register({ ownership: 'centre-owned', ownerInstitutionId: 'inst-c02', institutionId: 'inst-c02' });
    expect((await service.get('gp2', `/v1/set-instances/${id}`)).body).toMatchObject({
      status: 'used',
      custody: { holder: { type: 'centre', id: 'inst-c02' } },
    });
    expect((await service.get('nurse', `/v1/set-instances/${id}`)).status).toBe(404);
    expect((await service.get('courier', `/v1/set-instances/${id}`)).status).toBe(404);
    const { items } = (await service.get('nurse', '/v1/set-instances?ownership=centre-owned&limit=200')).body;
    expect(items.map((set: { id: string }) => set.id)).not.toContain(id);
    expect(
      (await service.get('gp2', '/v1/set-instances?holderId=inst-c02&limit=200')).body.items.map((set: { id: string }) => set.id),
    ).toContain(id);
  });

  test('gets lost and is retired from wherever it is, but not out of its pack', async () => {
    const id = await registerInspected();
    const packed = await registerInspected();
    await service.post('technician', '/v1/packs', { setInstanceId: packed });
    const act = (account: string, setId: string, name: string) =>
      service.post(account, `/v1/set-instances/${setId}/${name}`, { reason: 'x' });
    expect((await act('courier', id, 'report-missing')).status).toBe(404);
    expect((await act('checker', id, 'report-missing')).body).toMatchObject({ status: 'missing' });
    expect(await act('checker', id, 'report-missing')).toMatchObject({ status: 409, body: { state: 'missing', allowed: ['retire'] } });
    expect((await act('headnurse', id, 'retire')).body).toMatchObject({ status: 'retired', allowed: [] });
    expect(await act('headnurse', packed, 'retire')).toMatchObject({ status: 409, body: { state: 'packed', allowed: [] } });
  });

  test('is packed once when two pack it at the same moment', async () => {
    const id = await registerInspected();
    const answers = await Promise.all([1, 2, 3].map(() => service.post('technician', '/v1/packs', { setInstanceId: id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    for (const { status, body } of answers)
      if (status === 409) expect(body).toMatchObject({ code: 'transition-not-allowed', state: 'packed' });
  });
});
