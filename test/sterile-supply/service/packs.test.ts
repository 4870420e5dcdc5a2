/** One sterile life of a set over the API: its labels, what ends it, who may do it where, and that it is refused everywhere else. */
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertLoad, insertPacks, insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { readPdfSymbols, readZplSymbols } from '../../support/oracles/read-labels.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let setTypeId: string;
beforeAll(async () => {
  service = await startService({ worker: false });
  setTypeId = await insertSetType(service.db);
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + 8 * 3_600_000 + days * DAY_MS).toISOString().slice(0, 10);
const anHourAgo = () => new Date(Date.now() - 3_600_000);
const cssd = { type: 'cssd', id: 'inst-cssd' };
const c01 = { type: 'centre', id: 'inst-c01' };

type Fields = NonNullable<Parameters<typeof insertPacks>[3]>;

/** A pack that lies somewhere, with its rows as the acts before would have left them. */
async function insertPack(fields: Fields = {}, holder: { type: string; id: string } = cssd, typeId = setTypeId): Promise<string> {
  const [id = ''] = await insertPacks(service.db, typeId, 1, { nominal_expires_on: inDays(100), expires_on: inDays(100), ...fields });
  await moveThings(service.db, 'pack', [id], holder, anHourAgo());
  return id;
}

const atCentre = (fields: Fields = {}) => insertPack({ status: 'at-centre', ...fields }, c01);

const act = (account: string, id: string, name: string, body: object = {}) => service.post(account, `/v1/packs/${id}/${name}`, body);
const get = async (account: string, id: string) => (await service.get(account, `/v1/packs/${id}`)).body;
const setStatusOf = async (packId: string) => {
  const { setInstanceId } = await get('headnurse', packId);
  return (await service.get('headnurse', `/v1/set-instances/${setInstanceId}`)).body.status;
};

async function recallPack(packId: string, { drill = false } = {}): Promise<void> {
  const loadId = await insertLoad(service.db);
  const { steriliser_id } = await service.db
    .selectFrom('steriliser_load')
    .select('steriliser_id')
    .where('id', '=', loadId)
    .executeTakeFirstOrThrow();
  const recall_id = uuid();
  await service.db
    .insertInto('recall')
    .values({ id: recall_id, status: 'open', drill, policy: 'cn-ws310', steriliser_id, reason: 'x', opened_by: '{}' })
    .execute();
  await service.db
    .insertInto('recall_line')
    .values({ id: uuid(), recall_id, pack_id: packId, holder_type: 'cssd', holder_id: 'inst-cssd', state: 'open' })
    .execute();
}

describe('labels', () => {
  test('before its load a pack gets a label without dates; another one needs a reason and counts instead of the first', async () => {
    const id = await insertPack({ status: 'checked', label_print: 0, outer_ci: null, expires_on: null, nominal_expires_on: null });
    const { code } = await get('technician', id);
    const first = await act('technician', id, 'labels', { format: 'zpl' });
    expect(first).toMatchObject({ status: 200, body: { print: 1, code: `${code}-1`, symbol: 'datamatrix' } });
    expect(first.body.text).toContain('未放行 NOT RELEASED');
    expect(first.body.text).not.toMatch(/\d{4}-\d\d-\d\d/);
    expect(first.body).not.toHaveProperty('elementString');
    expect((await readZplSymbols(first.body.document))[0]?.text).toBe(`${code}-1`);
    expect(await act('technician', id, 'labels', { format: 'pdf' })).toMatchObject({ status: 422, body: { errors: [{ path: 'reason' }] } });
    const second = await act('technician', id, 'labels', { format: 'pdf', reason: 'torn' });
    expect(second.body).toMatchObject({ print: 2, code: `${code}-2` });
    expect((await readPdfSymbols(Buffer.from(second.body.document, 'base64')))[0]?.text).toBe(`${code}-2`);
    expect(await get('technician', `${code}-2`)).toMatchObject({ id, labelPrint: 2 });
    const asked = async (printed: string) => (await service.get('technician', `/v1/packs/${printed}/dispensable`)).body.reasons;
    expect(await asked(`${code}-1`)).toMatchObject([
      { code: 'not-sterilised' },
      { code: 'label-superseded', evidence: { print: 1, newestPrint: 2 } },
    ]);
    expect(await asked(`${code}-2`)).toMatchObject([{ code: 'not-sterilised' }]);
    expect((await service.get('technician', `/v1/packs/${code}-3`)).status).toBe(404);
  });

  test('planned for a load a label is dated by its printing, with GTIN and last day for scanners', async () => {
    const typeId = await insertSetType(service.db, { gtin: '4012345678901' });
    const loadId = await insertLoad(service.db, { status: 'planned', started_at: null, ended_at: null });
    const fields = { label_print: 0, outer_ci: null, expires_on: null, nominal_expires_on: null };
    const id = await insertPack({ ...fields, status: 'in-load' }, cssd, typeId);
    await service.db.insertInto('load_pack').values({ load_id: loadId, pack_id: id }).execute();
    await service.db.updateTable('pack').set({ load_id: loadId }).where('id', '=', id).execute();
    const { body } = await act('technician', id, 'labels', { format: 'zpl', happenedAt: '2026-11-29T15:59:00Z' });
    expect(body).toMatchObject({ symbol: 'gs1-datamatrix', print: 1 });
    expect(body.elementString).toMatch(/^\(01\)04012345678901\(21\).+-1\(10\).+\(11\)261129\(17\)270528$/);
    expect(body.text).toContain('未放行 NOT RELEASED');
    const row = await service.db.selectFrom('pack').select('labelled_on').where('id', '=', id).executeTakeFirst();
    expect(row?.labelled_on).toBe('2026-11-29');
  });

  test('of a released pack is the releaser’s, only at the supply department, and says no longer that it is not released', async () => {
    const fields = { status: 'released', sterilised_on: inDays(-1) } as const;
    const id = await insertPack(fields);
    expect(await act('technician', id, 'labels', { format: 'zpl', reason: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'role-may-not' },
    });
    const { status, body } = await act('releaser', id, 'labels', { format: 'zpl', reason: 'x' });
    expect(status).toBe(200);
    expect(body.text).not.toContain('NOT RELEASED');
    expect(body.text).toContain(`有效期至 Use by ${inDays(100)}`);
    const away = await insertPack(fields, c01);
    expect(await act('releaser', away, 'labels', { format: 'zpl', reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'not-in-custody' },
    });
    const delivered = await atCentre();
    expect(await act('releaser', delivered, 'labels', { format: 'zpl', reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'transition-not-allowed', state: 'at-centre' },
    });
  });
});

describe('a check', () => {
  test('is another person’s, and counts once', async () => {
    const unchecked = { status: 'assembled', outer_ci: null, label_print: 0, expires_on: null, nominal_expires_on: null } as const;
    const own = await insertPack({ ...unchecked, packer_id: 'person-checker' });
    expect(await act('checker', own, 'check')).toMatchObject({ status: 409, body: { code: 'same-person' } });
    const id = await insertPack(unchecked);
    expect((await act('technician', id, 'check')).status).toBe(403);
    const answers = await Promise.all(['checker', 'headnurse', 'checker'].map((account) => act(account, id, 'check')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });

  test('by the packer is refused by the table itself', async () => {
    const id = await insertPack({ status: 'assembled' });
    await expect(
      service.db.updateTable('pack').set({ checker_id: 'person-technician' }).where('id', '=', id).execute(),
    ).rejects.toMatchObject({
      constraint: 'pack_packer_is_not_checker',
    });
  });
});

describe('a pack that lies at a centre', () => {
  test('is opened there: the set is used, and who was treated with it is for the centre, infection control and the head nurse', async () => {
    const id = await atCentre();
    expect((await service.get('gp2', `/v1/packs/${id}`)).status).toBe(404);
    expect((await act('gp2', id, 'open', { innerCi: 'pass' })).status).toBe(404);
    expect((await act('technician', id, 'open', { innerCi: 'pass' })).status).toBe(403);
    const { status, body } = await act('nurse', id, 'open', { innerCi: 'pass', patientReference: 'visit-4711' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'opened', use: { patientReference: 'visit-4711' }, rejectReason: null, allowed: [] });
    expect(await setStatusOf(id)).toBe('used');
    for (const account of ['infection', 'headnurse']) expect((await get(account, id)).use.patientReference).toBe('visit-4711');
    for (const account of ['technician', 'dispatcher', 'auditor']) expect((await get(account, id)).use.patientReference).toBeNull();
    expect(await act('nurse', id, 'open', { innerCi: 'pass' })).toMatchObject({ status: 409, body: { state: 'opened', allowed: [] } });
  });

  test('is rejected when its inner indicator failed, and its set is used all the same', async () => {
    const id = await atCentre();
    expect((await act('nurse', id, 'open', { innerCi: 'fail' })).body).toMatchObject({
      status: 'rejected',
      rejectReason: 'inner-ci-failed',
    });
    expect(await setStatusOf(id)).toBe('used');
  });

  test('is not opened when it must not be dispensed there; every reason is given with clause and evidence', async () => {
    const expired = await atCentre({ expires_on: inDays(-1) });
    await recallPack(expired);
    expect(await act('nurse', expired, 'open', { innerCi: 'pass' })).toMatchObject({
      status: 409,
      body: {
        code: 'pack-not-dispensable',
        packs: [
          {
            packId: expired,
            reasons: [
              { code: 'recalled', clause: 'WS 310.3 4.4.1.4', evidence: { recalls: 1 } },
              { code: 'expired', clause: 'WS 310.2 5.9.5', evidence: { expiresOn: inDays(-1), on: inDays(0) } },
            ],
          },
        ],
      },
    });
    const others = await atCentre({ owner_institution_id: 'inst-c02' });
    expect((await act('nurse', others, 'open', { innerCi: 'pass' })).body.packs[0].reasons).toMatchObject([{ code: 'wrong-owner' }]);
    expect(await get('nurse', others)).toMatchObject({ status: 'at-centre' });
  });

  test('is opened in spite of a drill, which blocks nothing', async () => {
    const id = await atCentre();
    await recallPack(id, { drill: true });
    expect((await act('nurse', id, 'open', { innerCi: 'pass' })).status).toBe(200);
  });

  test('goes back unopened and never into the store again', async () => {
    const id = await atCentre();
    expect((await act('nurse', id, 'return-unopened', {})).status).toBe(422);
    expect((await act('nurse', id, 'return-unopened', { reason: 'not needed' })).body).toMatchObject({
      status: 'rejected',
      rejectReason: 'returned-unopened',
      custody: { holder: c01 },
    });
    expect((await act('technician', id, 'break-out')).body).toMatchObject({ code: 'not-in-custody' });
    await moveThings(service.db, 'pack', [id], cssd, new Date());
    expect((await act('checker', id, 'restock', { intact: true })).body).toMatchObject({
      code: 'transition-not-allowed',
      state: 'rejected',
    });
    expect((await act('technician', id, 'break-out')).body).toMatchObject({
      status: 'ended',
      rejectReason: 'returned-unopened',
      allowed: [],
    });
    expect(await setStatusOf(id)).toBe('in-decon');
  });
});

describe('a pack', () => {
  test.each([
    ['dropped', 'compromised'],
    ['torn', 'compromised'],
    ['unclean', 'compromised'],
    ['other', 'compromised'],
    ['label-unreadable', 'label-unreadable'],
  ])('that is %s is rejected as %s', async (reason, rejectReason) => {
    const id = await insertPack();
    expect((await act('checker', id, 'compromise', { reason })).body).toMatchObject({ status: 'rejected', rejectReason });
    expect((await service.get('technician', `/v1/packs/${id}/dispensable`)).body).toMatchObject({
      dispensable: false,
      reasons: [{ code: rejectReason, clause: 'WS 310.2 5.8; WS 310.3 4.4.1.3' }],
    });
  });

  test('that is spoilt leaves its planned load, and stays in one that has started', async () => {
    const unsterile = { outer_ci: null, expires_on: null, nominal_expires_on: null };
    const loadId = await insertLoad(service.db, { status: 'planned', started_at: null, ended_at: null });
    const id = await insertPack({ ...unsterile, status: 'in-load' });
    const stays = await insertPack({ ...unsterile, status: 'in-load' });
    for (const pack_id of [id, stays]) await service.db.insertInto('load_pack').values({ load_id: loadId, pack_id }).execute();
    await service.db.updateTable('pack').set({ load_id: loadId }).where('id', 'in', [id, stays]).execute();
    expect((await act('technician', id, 'compromise', { reason: 'torn' })).body).toMatchObject({ status: 'rejected', loadId: null });
    const { rows } = { rows: await service.db.selectFrom('load_pack').select('pack_id').where('load_id', '=', loadId).execute() };
    expect(rows).toEqual([{ pack_id: stays }]);
    await service.db
      .updateTable('pack')
      .set({ sterilised_on: inDays(-1) })
      .where('id', '=', stays)
      .execute();
    expect((await act('technician', stays, 'compromise', { reason: 'torn' })).body).toMatchObject({ status: 'rejected', loadId });
  });

  test('that is good, used or gone is not broken out; one that is recalled or expired is', async () => {
    for (const fields of [{}, { status: 'opened' as const }, { status: 'ended' as const }]) {
      const id = await insertPack(fields);
      expect((await act('technician', id, 'break-out')).body).toMatchObject({ code: 'transition-not-allowed' });
    }
    const expired = await insertPack({ expires_on: inDays(-1) });
    const recalled = await insertPack();
    await recallPack(recalled);
    for (const id of [expired, recalled]) {
      expect((await get('technician', id)).allowed).toContain('break-out');
      expect((await act('technician', id, 'break-out')).body).toMatchObject({ status: 'ended' });
    }
  });

  test('whose round is under way is not restocked; after its return a whole one goes back to the store, a torn one does not', async () => {
    const roundId = uuid();
    const stopId = uuid();
    const consignmentId = uuid();
    const at = new Date();
    await service.db
      .insertInto('supply_round')
      .values({
        id: roundId,
        on_date: inDays(0),
        vehicle_id: 'vehicle-1',
        driver_id: 'person-driver',
        courier_id: 'person-courier',
        depart_at: at,
        mode: 'soiled-first',
        status: 'departed',
      })
      .execute();
    await service.db
      .insertInto('round_stop')
      .values({ id: stopId, round_id: roundId, institution_id: 'inst-c01', arrive_at: at, status: 'failed' })
      .execute();
    await service.db
      .insertInto('consignment')
      .values({ id: consignmentId, round_id: roundId, stop_id: stopId, lane: 'sterile', box_id: 'box-sterile-1', seal_number: uuid() })
      .execute();
    const aboard = (fields: Fields = {}) =>
      insertPack(
        { status: 'on-vehicle', consignment_id: consignmentId, allocated_institution_id: 'inst-c01', ...fields },
        { type: 'round', id: roundId },
      );
    const [whole, torn, expired] = [await aboard(), await aboard(), await aboard({ expires_on: inDays(-1) })] as const;
    expect(await get('courier', whole)).toMatchObject({ id: whole, allocation: { institutionId: 'inst-c01' } });
    expect((await act('checker', whole, 'restock', { intact: true })).body).toMatchObject({
      code: 'transition-not-allowed',
      state: 'departed',
    });
    await service.db.updateTable('supply_round').set({ status: 'returned' }).where('id', '=', roundId).execute();
    expect((await act('checker', whole, 'restock', { intact: true })).body).toMatchObject({
      status: 'released',
      allocation: null,
      custody: { holder: cssd },
    });
    expect((await act('checker', torn, 'restock', { intact: false })).body).toMatchObject({
      status: 'rejected',
      rejectReason: 'compromised',
    });
    expect((await act('checker', expired, 'restock', { intact: true })).body).toMatchObject({
      code: 'pack-not-dispensable',
      packs: [{ packId: expired, reasons: [{ code: 'expired' }] }],
    });
    expect((await service.get('nurse', `/v1/packs/${whole}/dispensable?for=inst-c02`)).status).toBe(404);
    expect((await service.get('technician', `/v1/packs/${whole}/dispensable?for=inst-c02`)).body).toMatchObject({
      dispensable: true,
      reasons: [],
    });
  });

  test('is asked for a day: the expiry alone goes by it', async () => {
    const id = await insertPack({ expires_on: '2026-12-31' });
    const ask = async (at: string) => (await service.get('technician', `/v1/packs/${id}/dispensable?at=${at}`)).body;
    expect(await ask('2026-12-31T15:59:59Z')).toEqual({
      dispensable: true,
      reasons: [],
      at: '2026-12-31T15:59:59.000Z',
      expiresOn: '2026-12-31',
    });
    expect(await ask('2026-12-31T16:00:00Z')).toMatchObject({ dispensable: false, reasons: [{ code: 'expired' }] });
  });

  test('is found by what a list is asked for, and a pack of elsewhere is not', async () => {
    const mine = await atCentre({ expires_on: inDays(3) });
    const elsewhere = await insertPack({ status: 'at-centre', expires_on: inDays(3) }, { type: 'centre', id: 'inst-c02' });
    const list = async (account: string, query: string) =>
      (await service.get(account, `/v1/packs?limit=200&${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await list('nurse', `holderId=inst-c01&expiresBefore=${inDays(4)}`)).toContain(mine);
    expect(await list('nurse', 'holderId=inst-c02')).toEqual([]);
    expect(await list('nurse', `expiresBefore=${inDays(4)}&status=at-centre`)).not.toContain(elsewhere);
    expect(await list('technician', `expiresBefore=${inDays(4)}&status=at-centre`)).toEqual(expect.arrayContaining([mine, elsewhere]));
    expect(await list('technician', `expiresBefore=${inDays(3)}`)).not.toContain(mine);
    expect(await list('driver', 'status=at-centre')).toEqual([]);
    expect((await service.get('nurse', '/v1/packs?colour=red')).status).toBe(422);
  });
});

test('who has seen another version is told so, and a repeated request is answered as the first one', async () => {
  const id = await insertPack({ status: 'assembled' });
  const stale = await service.post('checker', `/v1/packs/${id}/check`, {}, { headers: { 'if-match': '"7"' } });
  expect(stale).toMatchObject({ status: 412, body: { code: 'version-changed' } });
  const key = uuid();
  const first = await service.post('checker', `/v1/packs/${id}/check`, {}, { key });
  const again = await service.post('checker', `/v1/packs/${id}/check`, {}, { key });
  expect(first.status).toBe(200);
  expect(again).toMatchObject({ status: 200, body: first.body });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});
