import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyWaitingScans } from '../../../db/sterile-supply/waiting-scans.ts';
import {
  addBox,
  addLoad,
  addPack,
  addRound,
  addSet,
  addSetType,
  addSteriliser,
  appendEvents,
  cssd,
  onRound,
} from '../../support/builders/supply-ground.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
let packs = 0;

const HOUR_MS = 3_600_000;
/** The example happens some hours ago, so that every time lies before now. */
const start = Date.now() - 10 * HOUR_MS;
const minute = (n: number) => new Date(start + n * 60_000).toISOString();

beforeAll(async () => {
  service = await startService({ worker: false });
  await addSetType(service.db, 'dressing');
  await addSteriliser(service.db, 's-1');
  await addBox(service.db, 'soiled-1', 'soiled');
});
afterAll(() => service.stop());

async function newDevice(account: string): Promise<string> {
  const { status, body } = await service.post(account, '/v1/devices', { name: '三号手机' });
  expect(status).toBe(201);
  return body.id;
}

const scan = (seq: number, type: string, at: string, over: Record<string, unknown> = {}) => ({ seq, type, at, ...over });

async function send(account: string, deviceId: string, scans: readonly object[], sentAt = new Date().toISOString()): Promise<Answer> {
  const answer = await service.post(account, '/v1/scans', { deviceId, sentAt, scans });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer;
}

const resultsOf = ({ body }: Answer): string[] => body.results.map(({ result }: { result: string }) => result);

/** A pack that is dispensable, allocated to the centre and aboard. */
async function packAboard(roundId: string, institutionId: string, over: Parameters<typeof addPack>[3] = {}): Promise<string> {
  packs += 1;
  const code = `k${packs}`;
  const id = await addPack(service.db, code, 'dressing', { outer_ci: 'pass', wet: false, ...over });
  await addLoad(service.db, `L-${code}`, 's-1', [id], { started_at: new Date(start - packs * HOUR_MS) });
  await service.db
    .updateTable('pack')
    .set({ status: 'on-vehicle', allocated_institution_id: institutionId, observed_by: crypto.randomUUID() })
    .where('id', '=', id)
    .execute();
  await appendEvents(
    service.db,
    [{ thing: { type: 'pack', id }, event: 'departed', from: 'allocated', to: 'on-vehicle', holder: onRound(roundId) }],
    new Date(start),
  );
  return id;
}

async function truthOf(packId: string) {
  const { rows } = await service.pool.query(
    `select status, reject_reason as "rejectReason", holder_type || ' ' || holder_id as held from pack
      left join custody on thing_id = pack.id and thing_type = 'pack' and until is null where pack.id = $1`,
    [packId],
  );
  return rows[0];
}

async function discrepanciesOf(subjectId: string): Promise<Record<string, string>> {
  const { rows } = await service.pool.query('select kind, status from discrepancy where subject_id = $1', [subjectId]);
  return Object.fromEntries(rows.map(({ kind, status }) => [kind, status]));
}

async function alertsOf(subjectId: string): Promise<string[]> {
  const { rows } = await service.pool.query('select name from supply_alert where subject_id = $1 and cleared_at is null', [subjectId]);
  return rows.map(({ name }) => name);
}

const wholeStop = (stopId: string, packId: string) => [
  scan(1, 'arrived', minute(1), { stopId }),
  scan(2, 'soiled-stowed', minute(2), { stopId, consignments: [{ sealNumber: `seal-${stopId}`, boxId: 'soiled-1', intact: true }] }),
  scan(3, 'gloves-off', minute(3), { stopId }),
  scan(4, 'hand-hygiene', minute(4), { stopId }),
  scan(5, 'sterile-handed', minute(5), { stopId, packIds: [packId] }),
  scan(6, 'checked', minute(6), { stopId, accepted: [packId], rejected: [] }),
  scan(7, 'signed', minute(7), {
    stopId,
    signatures: [
      { personId: 'person-courier', method: 'session' },
      { personId: 'person-nurse', method: 'badge-pin' },
    ],
  }),
  scan(8, 'left', minute(8), { stopId }),
];

describe('scans', () => {
  test('a stop that was walked without a network ends as if it had been walked with one', async () => {
    const { roundId, stopIds } = await addRound(service.db, ['inst-c01']);
    const stopId = stopIds[0] as string;
    const pack = await packAboard(roundId, 'inst-c01');
    const device = await newDevice('courier');
    const answer = await send('courier', device, wholeStop(stopId, pack));
    expect(resultsOf(answer)).toEqual(Array(8).fill('applied'));
    expect(answer.body.missing).toEqual([]);
    expect(await truthOf(pack)).toEqual({ status: 'at-centre', rejectReason: null, held: 'centre inst-c01' });
    expect(await discrepanciesOf(stopId)).toEqual({});
    const { rows } = await service.pool.query('select status from round_stop where id = $1', [stopId]);
    expect(rows).toEqual([{ status: 'left' }]);
    const { rows: units } = await service.pool.query('select lane, seal_number from consignment where stop_id = $1', [stopId]);
    expect(units).toEqual([{ lane: 'soiled', seal_number: `seal-${stopId}` }]);
    const { rows: signed } = await service.pool.query(
      'select person_id, side, verified from stop_signature where stop_id = $1 order by person_id',
      [stopId],
    );
    expect(signed).toEqual([
      { person_id: 'person-courier', side: 'round', verified: true },
      { person_id: 'person-nurse', side: 'centre', verified: false },
    ]);
  });

  test('what was sent before is answered as before; another content under its number is kept and not applied', async () => {
    const { roundId } = await addRound(service.db, []);
    const pack = await packAboard(roundId, 'inst-c01');
    const device = await newDevice('nurse');
    const opened = scan(1, 'opened', minute(20), { code: pack });
    const first = await send('nurse', device, [opened]);
    const again = await send('nurse', device, [opened, { ...opened, at: minute(25) }]);
    expect(resultsOf(again)).toEqual(['duplicate', 'conflict']);
    expect(again.body.results[0]).toMatchObject({
      observationId: first.body.results[0].observationId,
      correctedAt: first.body.results[0].correctedAt,
    });
    const { rows } = await service.pool.query('select id from scan_conflict where device_id = $1', [device]);
    expect(rows).toEqual([{ id: again.body.results[1].observationId }]);
    const { rows: once } = await service.pool.query('select opened_at from pack where id = $1', [pack]);
    expect(once[0].opened_at.toISOString()).toBe(minute(20));
  });

  test('a gap holds back what comes after it for a quarter of an hour, and is named', async () => {
    const { roundId } = await addRound(service.db, []);
    const [one, two] = [await packAboard(roundId, 'inst-c01'), await packAboard(roundId, 'inst-c01')];
    const device = await newDevice('nurse');
    const answer = await send('nurse', device, [
      scan(1, 'opened', minute(10), { code: one }),
      scan(4, 'opened', minute(11), { code: two }),
    ]);
    expect(resultsOf(answer)).toEqual(['applied', 'waiting']);
    expect(answer.body.missing).toEqual([2, 3]);
    expect((await truthOf(two)).status).toBe('on-vehicle');
    expect(await applyWaitingScans(service.db, new Date())).toBe(0);
    expect(await applyWaitingScans(service.db, new Date(Date.now() + 15 * 60_000))).toBe(1);
    expect((await truthOf(two)).status).toBe('opened');
    // The gap is filled later all the same, and lies between its neighbours.
    const late = await send('nurse', device, [scan(2, 'seen', minute(55), { code: one })]);
    expect(late.body.results[0].correctedAt).toBe(minute(11));
  });

  test('a clock that is two hours off is set right by the batch, two minutes are left alone; times never fall nor pass receipt', async () => {
    const device = await newDevice('nurse');
    const now = Date.now();
    const iso = (ms: number) => new Date(ms).toISOString();
    const ahead = await send(
      'nurse',
      device,
      [scan(1, 'seen', iso(now + 2 * HOUR_MS - 60_000), { code: 'nothing-1' })],
      iso(now + 2 * HOUR_MS),
    );
    expect(Math.abs(new Date(ahead.body.results[0].correctedAt).getTime() - (now - 60_000))).toBeLessThan(5_000);
    const close = await send(
      'nurse',
      device,
      [
        scan(2, 'seen', iso(now - 30_000), { code: 'nothing-1' }),
        scan(3, 'seen', iso(now - 40_000), { code: 'nothing-1' }),
        scan(4, 'seen', iso(now + 100_000), { code: 'nothing-1' }),
      ],
      iso(now + 90_000),
    );
    const [second, third, fourth] = close.body.results.map(({ correctedAt }: { correctedAt: string }) => new Date(correctedAt).getTime());
    expect(second).toBe(now - 30_000);
    expect(third).toBe(second);
    expect(fourth).toBeLessThanOrEqual(Date.now());
    expect(fourth).toBeGreaterThanOrEqual(now - 1_000);
  });

  test('a revoked device is heard, and waits for the head nurse', async () => {
    const { roundId } = await addRound(service.db, []);
    const pack = await packAboard(roundId, 'inst-c01');
    const device = await newDevice('nurse');
    expect((await service.post('nurse', `/v1/devices/${device}/revoke`, { reason: '遗失' })).status).toBe(403);
    const revoked = await service.post('headnurse', `/v1/devices/${device}/revoke`, { reason: '遗失' });
    expect(revoked.body).toMatchObject({ status: 'revoked', revokedReason: '遗失', allowed: [] });
    expect((await service.post('headnurse', `/v1/devices/${device}/revoke`, { reason: '遗失' })).body.code).toBe('transition-not-allowed');
    const answer = await send('nurse', device, [scan(1, 'opened', minute(10), { code: pack })]);
    expect(resultsOf(answer)).toEqual(['held']);
    expect(await discrepanciesOf(device)).toEqual({ device: 'open' });
    expect(await applyWaitingScans(service.db, new Date(Date.now() + HOUR_MS))).toBe(0);
    expect((await truthOf(pack)).status).toBe('on-vehicle');
    await service.pool.query(
      "update discrepancy set status = 'resolved', resolution = 'explained', resolved_by = 'person-headnurse', resolved_at = now() where subject_id = $1",
      [device],
    );
    expect(await applyWaitingScans(service.db, new Date())).toBe(1);
    expect((await truthOf(pack)).status).toBe('opened');
  });

  test('a device is used by its post at its institution; to others there is none', async () => {
    const device = await newDevice('nurse');
    const batch = { deviceId: device, sentAt: new Date().toISOString(), scans: [] };
    expect((await service.post('nurse', '/v1/scans', batch)).status).toBe(200);
    for (const account of ['gp', 'gp2', 'courier', 'headnurse'])
      expect((await service.post(account, '/v1/scans', batch)).status, account).toBe(422);
    expect((await service.get('nurse', `/v1/devices/${device}`)).body).toMatchObject({
      id: device,
      status: 'active',
      role: 'nurse',
      institutionId: 'inst-c01',
    });
    expect((await service.get('courier', `/v1/devices/${device}`)).status).toBe(404);
    expect((await service.get('headnurse', `/v1/devices/${device}`)).body.allowed).toEqual(['revoke']);
    expect((await service.get('nurse', '/v1/devices')).body.items.length).toBeGreaterThan(0);
    expect((await service.get('specialist', '/v1/devices')).status).toBe(403);
  });

  test('only a malformed envelope is refused; whatever a scan says is kept', async () => {
    const device = await newDevice('courier');
    const sentAt = new Date().toISOString();
    const malformed = [
      { deviceId: device, sentAt, scans: [{ seq: 0, type: 'seen', at: sentAt }] },
      { deviceId: device, scans: [] },
      { deviceId: 'x', sentAt, scans: [] },
      { deviceId: device, sentAt, scans: [], colour: 'red' },
      { deviceId: device, sentAt, scans: Array.from({ length: 501 }, (_, n) => scan(n + 1, 'seen', sentAt)) },
    ];
    for (const body of malformed) expect((await service.post('courier', '/v1/scans', body)).status).toBe(422);
    const answer = await send('courier', device, [
      scan(1, 'teleported', sentAt, { code: 'x', colour: 'red' }),
      scan(2, 'opened', sentAt),
      scan(3, 'sterile-handed', sentAt, { packIds: 'all of them', stopId: 7 }),
      scan(4, 'seen', sentAt, { code: 'no-such-code' }),
      scan(5, 'arrived', sentAt, { stopId: 'no-such-stop' }),
    ]);
    expect(resultsOf(answer)).toEqual(['noted', 'noted', 'noted', 'discrepancy', 'discrepancy']);
    expect(await discrepanciesOf('no-such-code')).toEqual({ 'unknown-code': 'open' });
  });
});

describe('a late scan', () => {
  test('of a step out of order is recorded, and the protocol is a discrepancy until the steps between arrive; leaving unsigned is one of the signature', async () => {
    const { stopIds } = await addRound(service.db, ['inst-c01']);
    const stopId = stopIds[0] as string;
    const [device, other] = [await newDevice('courier'), await newDevice('driver')];
    await send('courier', device, [
      scan(1, 'arrived', minute(1), { stopId }),
      scan(2, 'sterile-handed', minute(5), { stopId, packIds: [] }),
    ]);
    expect(await discrepanciesOf(stopId)).toEqual({ protocol: 'open' });
    await send('driver', other, [
      scan(1, 'soiled-stowed', minute(2), { stopId }),
      scan(2, 'gloves-off', minute(3), { stopId }),
      scan(3, 'hand-hygiene', minute(4), { stopId }),
    ]);
    expect(await discrepanciesOf(stopId)).toEqual({ protocol: 'resolved' });
    const answer = await send('courier', device, [scan(3, 'checked', minute(6), { stopId }), scan(4, 'left', minute(8), { stopId })]);
    expect(resultsOf(answer)).toEqual(['applied', 'discrepancy']);
    expect(await discrepanciesOf(stopId)).toEqual({ protocol: 'resolved', signature: 'open' });
    // Another glove is stripped off after the hands were clean: it does not fit again.
    await send('driver', other, [scan(4, 'soiled-stowed', minute(4.5), { stopId })]);
    expect(await discrepanciesOf(stopId)).toEqual({ protocol: 'open', signature: 'open' });
  });

  test('of packs handed over although they must not be moves custody, opens a gate discrepancy and an alert to stop their use', async () => {
    const { roundId, stopIds } = await addRound(service.db, ['inst-c01']);
    const stopId = stopIds[0] as string;
    const expired = await packAboard(roundId, 'inst-c01', { expires_on: '2026-01-01', nominal_expires_on: '2026-01-01' });
    const good = await packAboard(roundId, 'inst-c01');
    const stale = await packAboard(roundId, 'inst-c01');
    const device = await newDevice('courier');
    await send('courier', device, [
      scan(1, 'sterile-handed', minute(5), { stopId, packIds: [expired, good], bundleIssuedAt: minute(-60) }),
      scan(2, 'sterile-handed', minute(6), { stopId, packIds: [stale], bundleIssuedAt: minute(-13 * 60) }),
    ]);
    expect(await discrepanciesOf(expired)).toEqual({ gate: 'open' });
    expect(await discrepanciesOf(good)).toEqual({});
    expect(await discrepanciesOf(stale)).toEqual({ gate: 'open' });
    for (const pack of [expired, stale]) {
      expect(await truthOf(pack)).toMatchObject({ status: 'at-centre', held: 'centre inst-c01' });
      expect(await alertsOf(pack)).toEqual(['stop-use']);
    }
    expect(await alertsOf(good)).toEqual([]);
  });

  test('of a pack handed to another centre moves custody; only a centre that does not own it must not use it', async () => {
    const { roundId, stopIds } = await addRound(service.db, ['inst-c02']);
    const pool = await packAboard(roundId, 'inst-c01');
    const owned = await packAboard(roundId, 'inst-c01', { owner_institution_id: 'inst-c01' });
    const device = await newDevice('courier');
    await send('courier', device, [scan(1, 'sterile-handed', minute(5), { stopId: stopIds[0], packIds: [pool, owned] })]);
    expect(await discrepanciesOf(pool)).toEqual({ 'wrong-centre': 'open' });
    expect(await truthOf(pool)).toMatchObject({ status: 'at-centre', held: 'centre inst-c02' });
    expect(await alertsOf(pool)).toEqual([]);
    expect(await alertsOf(owned)).toEqual(['stop-use']);
  });

  test('of a pack where nobody brought it wins, and is a duplicate until the scan that brought it arrives', async () => {
    const { roundId, stopIds } = await addRound(service.db, ['inst-c02']);
    const pack = await packAboard(roundId, 'inst-c02');
    const [device, courier] = [await newDevice('nurse'), await newDevice('courier')];
    await appendEvents(service.db, [{ thing: { type: 'pack', id: pack }, event: 'seen', holder: cssd }], new Date(start + 60_000));
    await send('nurse', device, [scan(1, 'seen', minute(30), { code: pack })]);
    expect(await truthOf(pack)).toMatchObject({ held: 'centre inst-c01' });
    expect(await discrepanciesOf(pack)).toEqual({ duplicate: 'open' });
    // Taken back aboard, and brought there.
    await send('courier', courier, [scan(1, 'seen', minute(10), { code: pack, roundId })]);
    expect(await discrepanciesOf(pack)).toEqual({ duplicate: 'resolved' });
    expect(await truthOf(pack)).toMatchObject({ held: 'centre inst-c01' });
    expect(stopIds).toHaveLength(1);
  });

  test('of a pack opened again after more than ten minutes is a reuse; scanned twice at once it is one opening', async () => {
    const { roundId } = await addRound(service.db, []);
    const [once, twice] = [await packAboard(roundId, 'inst-c01'), await packAboard(roundId, 'inst-c01')];
    const device = await newDevice('nurse');
    await send('nurse', device, [
      scan(1, 'opened', minute(10), { code: once }),
      scan(2, 'opened', minute(15), { code: once }),
      scan(3, 'opened', minute(20), { code: twice, patientReference: 'ref-9' }),
      scan(4, 'opened', minute(31), { code: twice }),
    ]);
    expect(await discrepanciesOf(once)).toEqual({});
    expect(await discrepanciesOf(twice)).toEqual({ reuse: 'open' });
    const { rows } = await service.pool.query('select status, patient_reference from pack where id = $1', [twice]);
    expect(rows).toEqual([{ status: 'opened', patient_reference: 'ref-9' }]);
    const { rows: sets } = await service.pool.query(
      'select set_instance.status from set_instance join pack on set_instance_id = set_instance.id where pack.id = $1',
      [twice],
    );
    expect(sets).toEqual([{ status: 'used' }]);
  });

  test('says once for all what is true: rejected stays rejected, opened stays opened, and an older place changes history only', async () => {
    const { roundId, stopIds } = await addRound(service.db, ['inst-c01']);
    const [dropped, back, used] = [
      await packAboard(roundId, 'inst-c01'),
      await packAboard(roundId, 'inst-c01'),
      await packAboard(roundId, 'inst-c01'),
    ];
    const [device, courier] = [await newDevice('nurse'), await newDevice('courier')];
    await send('nurse', device, [
      scan(1, 'compromised', minute(20), { code: dropped, reason: 'torn' }),
      scan(2, 'returned', minute(21), { code: back }),
      scan(3, 'opened', minute(22), { code: used }),
    ]);
    const late = await send('courier', courier, [
      scan(1, 'sterile-handed', minute(5), { stopId: stopIds[0], packIds: [dropped, back, used] }),
    ]);
    expect(resultsOf(late)).toEqual(['discrepancy']);
    expect(await truthOf(dropped)).toEqual({ status: 'rejected', rejectReason: 'compromised', held: 'centre inst-c01' });
    expect(await truthOf(back)).toEqual({ status: 'rejected', rejectReason: 'returned-unopened', held: 'centre inst-c01' });
    expect(await truthOf(used)).toEqual({ status: 'opened', rejectReason: null, held: 'centre inst-c01' });
    expect({ ...(await discrepanciesOf(dropped)), ...(await discrepanciesOf(back)), ...(await discrepanciesOf(used)) }).toEqual({});
  });

  test('of a missing set finds it', async () => {
    await addSet(service.db, 'lost-1', 'dressing', { status: 'missing' });
    await addSet(service.db, 'lost-2', 'dressing', { status: 'missing' });
    const [device, technician] = [await newDevice('nurse'), await newDevice('technician')];
    await send('nurse', device, [scan(1, 'seen', minute(10), { code: 'lost-1' })]);
    await send('technician', technician, [scan(1, 'received', minute(10), { code: 'lost-2' })]);
    const { rows } = await service.pool.query("select id, status from set_instance where id like 'lost-%' order by id");
    expect(rows).toEqual([
      { id: 'lost-1', status: 'used' },
      { id: 'lost-2', status: 'in-decon' },
    ]);
  });

  test('of a cleaning counts by its time', async () => {
    const device = await newDevice('driver');
    await send('driver', device, [
      scan(1, 'cleaned', minute(10), { code: 'soiled-1' }),
      scan(2, 'received', minute(11), { code: 'soiled-1' }),
    ]);
    const { rows } = await service.pool.query("select last_cleaned_at from transport_box where id = 'soiled-1'");
    expect(rows[0].last_cleaned_at.toISOString()).toBe(minute(10));
  });
});
