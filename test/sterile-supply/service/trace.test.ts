import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addBox,
  addLoad,
  addPack,
  addRound,
  addSet,
  addSetType,
  addSteriliser,
  appendEvents,
  atCentre,
  cssd,
  onRound,
} from '../../support/builders/supply-ground.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let load: string;
let roundId: string;

const day = (n: number, hour = 0) => new Date(Date.UTC(2026, 10, n, hour));
const pack = (id: string) => ({ type: 'pack' as const, id });

beforeAll(async () => {
  service = await startService({ worker: false });
  const { db } = service;
  const type = await addSetType(db, 'dressing');
  await addSet(db, 'set-1', type, { status: 'packed' });
  await addSteriliser(db, 's-1');
  await addBox(db, 'box-1', 'sterile');
  const former = await addPack(db, 'f1', type, { set_instance_id: 'set-1', status: 'ended', created_at: day(1) });
  const now = await addPack(db, 'n1', type, {
    set_instance_id: 'set-1',
    status: 'opened',
    created_at: day(5),
    patient_reference: 'ref-77',
    opened_institution_id: 'inst-c01',
  });
  const other = await addPack(db, 'o1', type, { status: 'released', created_at: day(5) });
  load = await addLoad(db, 'L-1', 's-1', [now, other]);
  const round = await addRound(db, ['inst-c01', 'inst-c02']);
  roundId = round.roundId;
  await db
    .insertInto('consignment')
    .values({
      id: load,
      round_id: roundId,
      stop_id: round.stopIds[0] as string,
      lane: 'sterile',
      box_id: 'box-1',
      seal_number: 'seal-1',
      pack_ids: [now],
    })
    .execute();
  await appendEvents(db, [{ thing: pack(former), event: 'assembled', to: 'assembled', holder: cssd }], day(1));
  await appendEvents(db, [{ thing: { type: 'set-instance', id: 'set-1' }, event: 'registered', to: 'in-decon', holder: cssd }], day(0));
  await appendEvents(db, [{ thing: { type: 'set-instance', id: 'set-1' }, event: 'washed', from: 'in-decon', to: 'washed' }], day(3));
  await appendEvents(db, [{ thing: pack(now), event: 'assembled', to: 'assembled', holder: cssd }], day(5));
  await appendEvents(db, [{ thing: { type: 'load', id: load }, event: 'load-started', from: 'planned', to: 'running' }], day(6));
  await appendEvents(
    db,
    [{ thing: pack(now), event: 'departed', from: 'allocated', to: 'on-vehicle', holder: onRound(roundId), roundId }],
    day(7),
  );
  await appendEvents(
    db,
    [
      {
        thing: pack(now),
        event: 'sterile-handed',
        from: 'on-vehicle',
        to: 'at-centre',
        holder: atCentre('inst-c01'),
        institutionId: 'inst-c01',
      },
    ],
    day(8),
  );
  await appendEvents(db, [{ thing: pack(now), event: 'opened', from: 'at-centre', to: 'opened', institutionId: 'inst-c01' }], day(9));
});
afterAll(() => service.stop());

const eventsOf = (body: { items: { event: string }[] }) => body.items.map(({ event }) => event);

describe('a trace', () => {
  test('of a pack tells its set since the life before, its load and where it went, in the order in which it happened', async () => {
    for (const named of ['pack-n1', 'n1', 'n1-1']) {
      const { status, body } = await service.get('technician', `/v1/trace?packId=${named}`);
      expect(status).toBe(200);
      expect(eventsOf(body)).toEqual(['washed', 'assembled', 'load-started', 'departed', 'sterile-handed', 'opened']);
      expect(body).toMatchObject({ packIds: ['pack-n1'], loadIds: [load], institutionIds: ['inst-c01', 'inst-cssd'] });
      expect(body.items[4]).toEqual({
        happenedAt: day(8).toISOString(),
        recordedAt: expect.any(String),
        late: false,
        event: 'sterile-handed',
        thing: { type: 'pack', id: 'pack-n1', code: 'n1' },
        from: 'on-vehicle',
        to: 'at-centre',
        actor: { personId: 'person-technician', name: expect.any(String), institutionId: 'inst-cssd', role: 'technician' },
        because: [],
      });
    }
  });

  test('of a set, a load, a steriliser or a box names the packs that it had', async () => {
    const trace = async (query: string) => (await service.get('infection', `/v1/trace?${query}`)).body;
    expect(await trace('setInstanceId=set-1')).toMatchObject({ packIds: ['pack-f1', 'pack-n1'], loadIds: [load] });
    expect(eventsOf(await trace('setInstanceId=set-1'))).toHaveLength(8);
    expect(await trace('loadId=L-1')).toMatchObject({ packIds: ['pack-n1', 'pack-o1'], loadIds: [load] });
    expect(await trace(`loadId=${load}`)).toMatchObject({ packIds: ['pack-n1', 'pack-o1'] });
    expect(await trace('steriliserId=s-1')).toMatchObject({
      packIds: ['pack-n1', 'pack-o1'],
      loadIds: [load],
      institutionIds: ['inst-c01', 'inst-cssd'],
    });
    expect(await trace('boxId=box-1')).toMatchObject({ packIds: ['pack-n1'], loadIds: [load] });
  });

  test('shows a patient reference to head nurse, infection control and the centre that used the pack, to nobody else', async () => {
    const sees = async (account: string) => JSON.stringify((await service.get(account, '/v1/trace?packId=n1')).body).includes('ref-77');
    for (const account of ['headnurse', 'infection', 'nurse']) expect(await sees(account), account).toBe(true);
    for (const account of ['technician', 'office', 'auditor', 'courier', 'dispatcher']) expect(await sees(account), account).toBe(false);
  });

  test('is shown to whoever had the thing, and to those who see everything; to others there is no such thing', async () => {
    expect((await service.get('nurse', '/v1/trace?packId=n1')).status).toBe(200);
    expect((await service.get('gp2', '/v1/trace?packId=n1')).status).toBe(404);
    expect((await service.get('nurse', '/v1/trace?packId=o1')).status).toBe(404);
    expect((await service.get('nurse', '/v1/trace?loadId=L-1')).status).toBe(404);
    expect((await service.get('driver', '/v1/trace?packId=n1')).status).toBe(200);
    expect((await service.get('driver', '/v1/trace?packId=o1')).status).toBe(404);
    expect((await service.get('technician', '/v1/trace?packId=nothing')).status).toBe(404);
    expect((await service.get('specialist', '/v1/trace?packId=n1')).status).toBe(403);
  });

  test('is asked for exactly one thing', async () => {
    for (const query of ['', '?packId=n1&loadId=L-1', '?colour=red'])
      expect((await service.get('office', `/v1/trace${query}`)).status).toBe(422);
  });
});
