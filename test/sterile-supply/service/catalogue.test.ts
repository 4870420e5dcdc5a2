/** The catalogue of sterile supply over the API: what is entered, what is refused, who may, and that every list and resource is there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCode } from '../../support/builders/supply-things.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const newType = (fields: object = {}) => ({
  code: newCode('type-'),
  name: { zh: '换药包', en: 'Dressing set' },
  countSheet: [{ itemCode: 'forceps', name: { zh: '镊子', en: 'Forceps' }, quantity: 2 }],
  packaging: 'pouch',
  programs: ['steam-134'],
  surgical: false,
  implant: false,
  lowUse: true,
  volumeLitres: 2.5,
  ...fields,
});
const put = (account: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  service.call(account, 'PUT' as 'POST', path, { body, key: null, headers });

describe('a type of sets', () => {
  test('is entered by the head nurse and read by everybody of sterile supply, by id and by code; for others it is not there', async () => {
    const given = newType({ gtin: '04012345678901', pictures: ['https://pictures.invalid/1'] });
    const { status, body } = await service.post('headnurse', '/v1/set-types', given);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...given, status: 'active', version: 1, allowed: [] });
    for (const account of ['nurse', 'courier', 'driver', 'dispatcher', 'technician', 'infection', 'office', 'auditor'])
      expect((await service.get(account, `/v1/set-types/${given.code}`)).body).toEqual(body);
    for (const account of ['specialist', 'pharmacist']) expect((await service.get(account, `/v1/set-types/${body.id}`)).status).toBe(404);
    expect((await service.post('technician', '/v1/set-types', newType())).status).toBe(403);
  });

  test('with a code that is taken is there already, also when two come at once', async () => {
    const given = newType();
    const answers = await Promise.all([1, 2].map(() => service.post('headnurse', '/v1/set-types', given)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('already-exists');
  });

  test.each([
    ['no count sheet', { countSheet: [] }, 'countSheet'],
    ['a wrong check digit', { gtin: '04012345678902' }, 'gtin'],
    ['an unknown packaging', { packaging: 'plastic' }, 'packaging'],
    ['no program', { programs: [] }, 'programs'],
    ['no volume', { volumeLitres: 0 }, 'volumeLitres'],
    ['one language', { name: { zh: '换药包' } }, 'name.en'],
    ['a time of its own', { happenedAt: new Date().toISOString() }, 'happenedAt'],
  ])('with %s is refused', async (_, wrong, path) => {
    const { status, body } = await service.post('headnurse', '/v1/set-types', newType(wrong));
    expect(status).toBe(422);
    expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
});

describe('a set', () => {
  const register = (fields: object) =>
    service.post('headnurse', '/v1/set-instances', { setTypeId: 'dressing-set', code: newCode('s-'), ownership: 'pool', ...fields });

  test.each([
    ['of a centre without saying which', { ownership: 'centre-owned' }, 'ownerInstitutionId'],
    ['of the pool with an owner', { ownerInstitutionId: 'inst-c01' }, 'ownerInstitutionId'],
    ['owned by a hospital', { ownership: 'centre-owned', ownerInstitutionId: 'inst-h1' }, 'ownerInstitutionId'],
    ['lying at a hospital', { institutionId: 'inst-h1' }, 'institutionId'],
    ['of an unknown type', { setTypeId: 'no-such-type' }, 'setTypeId'],
  ])('%s is refused', async (_, wrong, path) => {
    expect(await register(wrong)).toMatchObject({ status: 422, body: { code: 'invalid-request', errors: [{ path }] } });
  });

  test('of a vendor lies at the supply department until it is told otherwise', async () => {
    expect(await register({ ownership: 'vendor-loan', institutionId: 'inst-cssd' })).toMatchObject({
      status: 201,
      body: { status: 'in-decon', ownership: 'vendor-loan', custody: { holder: { type: 'cssd', id: 'inst-cssd' } } },
    });
  });
});

describe('vehicles, boxes and washers', () => {
  test('are registered at the supply department; what was used is clean again after its cleaning, whatever was told late', async () => {
    const { body: vehicle } = await service.post('headnurse', '/v1/vehicles', {
      code: newCode('v-'),
      sterileLitres: 300,
      soiledLitres: 200,
    });
    expect(vehicle).toMatchObject({
      status: 'clean',
      custody: { holder: { type: 'cssd' } },
      sterileLitres: 300,
      soiledLitres: 200,
      allowed: ['clean'],
    });
    const { status, body: box } = await service.post('headnurse', '/v1/boxes', {
      code: newCode('b-'),
      lane: 'soiled',
      capacityLitres: 40,
      vehicleId: vehicle.code,
    });
    expect({ status, box }).toMatchObject({ status: 201, box: { lane: 'soiled', vehicleId: vehicle.id } });
    const usedAt = new Date(Date.now() - 3_600_000);
    await service.db.updateTable('transport_box').set({ last_used_at: usedAt }).where('id', '=', box.id).execute();
    const clean = (happenedAt: Date) =>
      service.post('courier', `/v1/boxes/${box.code}/clean`, { method: '500 mg/L', happenedAt: happenedAt.toISOString() });
    expect((await clean(new Date(usedAt.getTime() - 60_000))).body).toMatchObject({ status: 'used', allowed: ['clean'] });
    const cleanedAt = new Date(usedAt.getTime() + 60_000);
    expect((await clean(cleanedAt)).body).toMatchObject({ status: 'clean', lastCleanedAt: cleanedAt.toISOString() });
    expect((await clean(usedAt)).body).toMatchObject({ status: 'clean', lastCleanedAt: cleanedAt.toISOString() });
    expect((await service.post('nurse', `/v1/boxes/${box.id}/clean`, { method: 'x' })).status).toBe(403);
    expect((await service.post('courier', '/v1/boxes/no-such-box/clean', { method: 'x' })).status).toBe(404);
  });

  test.each([
    ['/v1/vehicles', { code: 'vehicle-1', sterileLitres: 1, soiledLitres: 1 }],
    ['/v1/boxes', { code: 'box-sterile-1', lane: 'sterile', capacityLitres: 1 }],
    ['/v1/washers', { code: 'washer-1' }],
  ])('of %s a code is given once', async (path, body) => {
    expect(await service.post('headnurse', path, body)).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect((await service.get('nurse', `${path}/${body.code}`)).body).toMatchObject({ code: body.code });
    expect((await service.get('nurse', `${path}?limit=200`)).body.items.map(({ code }: { code: string }) => code)).toContain(body.code);
  });

  test('the lane of a box never changes, whoever tries', async () => {
    await expect(
      service.db.updateTable('transport_box').set({ lane: 'soiled' }).where('id', '=', 'box-sterile-1').execute(),
    ).rejects.toMatchObject({
      constraint: 'transport_box_lane_fixed',
    });
  });
});

describe('a centre that is served', () => {
  const centre = {
    visitDays: [1, 3, 5],
    windows: [{ from: '08:30', to: '11:30' }],
    countMode: 'sealed-declared',
    storage: 'conforming',
    latitude: 22.54,
    longitude: 114.05,
  };

  test('is written whole by the head nurse or the dispatcher, and by If-Match over what they have seen', async () => {
    const { status, body } = await put('dispatcher', '/v1/supply-centres/inst-c05', centre);
    expect([200, 201]).toContain(status);
    expect(body).toMatchObject({ ...centre, id: 'inst-c05', institutionId: 'inst-c05' });
    expect((await service.get('nurse', '/v1/supply-centres/inst-c05')).body).toEqual(body);
    expect((await put('headnurse', '/v1/supply-centres/inst-c05', centre, { 'if-match': `"${body.version}"` })).status).toBe(200);
    expect((await put('headnurse', '/v1/supply-centres/inst-c05', centre, { 'if-match': `"${body.version}"` })).status).toBe(412);
    expect((await put('technician', '/v1/supply-centres/inst-c05', centre)).status).toBe(403);
    expect((await put('headnurse', '/v1/supply-centres/inst-h1', centre)).status).toBe(404);
  });

  test('is visited some day; the department itself, where the vehicles start, is not', async () => {
    const never = { ...centre, visitDays: [], windows: [] };
    expect(await put('headnurse', '/v1/supply-centres/inst-c05', never)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'visitDays' }] },
    });
    expect(await put('dispatcher', '/v1/supply-centres/inst-cssd', never)).toMatchObject({ status: 200, body: never });
  });

  test.each([
    ['a window that ends before it begins', { windows: [{ from: '11:30', to: '08:30' }] }, 'windows.0'],
    ['an eighth day', { visitDays: [8] }, 'visitDays.0'],
    ['a day twice', { visitDays: [1, 1] }, 'visitDays'],
    ['a place off the globe', { latitude: 91 }, 'latitude'],
  ])('with %s is refused', async (_, wrong, path) => {
    expect(await put('headnurse', '/v1/supply-centres/inst-c05', { ...centre, ...wrong })).toMatchObject({
      status: 422,
      body: { errors: [{ path }] },
    });
  });
});

test('the norm rules of a day are read with clause and mark; before the first there are none', async () => {
  const { body } = await service.get('nurse', '/v1/norm-rules?on=2026-03-09&limit=200');
  expect(body.items).toContainEqual({
    id: 'cooling-minutes',
    norm: 'WS 310.2',
    clause: '5.8',
    mark: 'standard-unchecked',
    effectiveFrom: '2017-06-01',
    value: 30,
  });
  expect((await service.get('nurse', '/v1/norm-rules?on=2017-05-31')).body).toEqual({ items: [], nextCursor: null });
  const first = (await service.get('nurse', '/v1/norm-rules?limit=3')).body;
  const second = (await service.get('nurse', `/v1/norm-rules?limit=200&cursor=${first.nextCursor}`)).body;
  expect([...first.items, ...second.items]).toEqual(body.items);
});
