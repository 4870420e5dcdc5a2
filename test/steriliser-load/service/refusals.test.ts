/** Each refusal after the start of a load once through the API: end, unloading, release, indicators, the steriliser, and the edges. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  biological,
  chemical,
  createLoadsGround,
  goodCycle,
  type LoadsGround,
  minutesAfter,
  passBowieDick,
  planLoad,
  readyPacks,
  runLoad,
  shanghaiTime,
  testedSteriliser,
  unloadLoad,
} from '../../support/builders/loads.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: LoadsGround;
beforeAll(async () => {
  // Physical acts need neither a worker nor Temporal.
  service = await startService({ worker: false });
  ground = createLoadsGround(service);
});
afterAll(() => service?.stop());

const nowhere = '0199a000-0000-7000-8000-000000000000';
const answerOf = async (account: string, path: string, body: unknown = {}) => {
  const answer = await service.post(account, path, body);
  return [answer.status, answer.body.code];
};

const at = (time: string, days = 0) => ({ happenedAt: shanghaiTime(days, time) });

describe('the end and the unloading', () => {
  test('the whole record is needed, and it may fail', async () => {
    const load = await planLoad(ground, { steriliserId: await testedSteriliser(ground), packIds: await readyPacks(ground, 1) });
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    const { minPressureKpa: _, ...partial } = goodCycle;
    expect(await answerOf('technician', `/v1/loads/${load.id}/end`, { ...partial, ...at('08:40') })).toEqual([422, 'invalid-request']);
    expect(await answerOf('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, ...at('07:59') })).toEqual([422, 'invalid-request']);
    const ended = await ground.must('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, maxTemperatureC: 140, ...at('08:40') });
    expect(ended).toMatchObject({ status: 'ended', physical: 'fail' });
    await unloadLoad(ground, ended);
    expect(await answerOf('releaser', `/v1/loads/${load.id}/release`)).toEqual([409, 'physical-failed']);
    expect(await ground.must('releaser', `/v1/loads/${load.id}/reject`, { reason: '物理监测不合格' })).toMatchObject({
      status: 'rejected',
      allowed: [],
    });
    const [pack] = await service.db.selectFrom('pack').select(['status', 'reject_reason']).where('load_id', '=', load.id).execute();
    expect(pack).toEqual({ status: 'rejected', reject_reason: 'load-rejected' });
  });

  test('a power cut: the cycle was broken off, and the steriliser is free', async () => {
    const steriliserId = await testedSteriliser(ground);
    const load = await planLoad(ground, { steriliserId, packIds: await readyPacks(ground, 1) });
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    expect(await ground.must('technician', `/v1/loads/${load.id}/abort`, { reason: '停电', ...at('08:10') })).toMatchObject({
      status: 'rejected',
      endedAt: null,
    });
    await ground.must('technician', `/v1/loads/${(await planLoad(ground, { steriliserId })).id}/start`, at('08:10'));
  });

  test('every pack of the load, after more than 30 minutes, once', async () => {
    const packIds = await readyPacks(ground, 3);
    const load = await runLoad(ground, { steriliserId: await testedSteriliser(ground), packIds }, { days: 0, time: '08:00' });
    const path = `/v1/loads/${load.id}/unload`;
    const packs = packIds.map((packId, index) => ({ packId, outerCi: index === 1 ? 'fail' : 'pass', wet: index === 2 }));
    expect(await answerOf('technician', path, { packs: packs.slice(1), happenedAt: minutesAfter(load.endedAt, 35) })).toEqual([
      422,
      'ci-missing',
    ]);
    expect(await answerOf('technician', path, { packs: [...packs, { ...packs[0], packId: 'nothing' }] })).toEqual([422, 'invalid-request']);
    expect(await answerOf('technician', path, { packs, happenedAt: minutesAfter(load.endedAt, 30) })).toEqual([409, 'still-cooling']);
    await ground.must('technician', path, { packs, happenedAt: minutesAfter(load.endedAt, 31) });
    expect(await answerOf('technician', path, { packs, happenedAt: minutesAfter(load.endedAt, 32) })).toEqual([
      409,
      'transition-not-allowed',
    ]);
    const rows = await service.db
      .selectFrom('pack')
      .select(['id', 'status', 'reject_reason'])
      .where('load_id', '=', load.id)
      .orderBy('id')
      .execute();
    expect(new Map(rows.map((row) => [row.id, row.reject_reason ?? row.status]))).toEqual(
      new Map([
        [packIds[0], 'sterilised'],
        [packIds[1], 'outer-ci-failed'],
        [packIds[2], 'wet'],
      ]),
    );
    const released = await ground.must('releaser', `/v1/loads/${load.id}/release`);
    expect(released).toMatchObject({ status: 'released', releasedBy: 'person-releaser' });
  });
});

describe('a release', () => {
  test('not before the unloading, not by who handled it, not with a failed indicator, and after a review of two wet packs', async () => {
    const packIds = await readyPacks(ground, 3);
    const load = await runLoad(
      ground,
      { steriliserId: await testedSteriliser(ground), packIds, indicators: [chemical()] },
      { days: 0, time: '08:00' },
    );
    const path = `/v1/loads/${load.id}/release`;
    expect(await answerOf('releaser', path)).toEqual([409, 'transition-not-allowed']);
    await unloadLoad(ground, load, {
      flaws: { [packIds[0] as string]: { wet: true }, [packIds[1] as string]: { wet: true } },
      by: 'headnurse',
    });
    expect(await answerOf('technician', path)).toEqual([403, 'role-may-not']);
    expect(await answerOf('headnurse', path)).toEqual([409, 'same-person']);
    expect(await answerOf('releaser', path)).toEqual([409, 'ci-failed']);
    const reading = `/v1/load-indicators/${load.indicatorIds[0]}/read`;
    expect(await answerOf('releaser', reading, { growth: false })).toEqual([422, 'invalid-request']);
    await ground.must('releaser', reading, { result: 'pass', happenedAt: load.endedAt });
    expect(await answerOf('releaser', path)).toEqual([409, 'load-review-required']);
    expect(await answerOf('releaser', `/v1/loads/${load.id}/review`, { note: '看过' })).toEqual([403, 'role-may-not']);
    await ground.must('headnurse', `/v1/loads/${load.id}/review`, { note: '排水口堵塞，已处理' });
    expect(await ground.must('releaser', path)).toMatchObject({ status: 'released', reviewedBy: 'person-headnurse' });
  });

  test('a load of a recall stays', async () => {
    const load = await runLoad(
      ground,
      { steriliserId: await testedSteriliser(ground), packIds: await readyPacks(ground, 1) },
      { days: 0, time: '08:00' },
    );
    await unloadLoad(ground, load);
    await ground.must('infection', '/v1/recalls', { loadId: load.id, reason: '包装破损投诉' });
    expect(await answerOf('releaser', `/v1/loads/${load.id}/release`)).toEqual([409, 'in-recall']);
  });
});

describe('an implant', () => {
  async function quarantinedLoad(indicatorClass: number) {
    const packIds = await readyPacks(ground, 2, { implant: true });
    const indicators = [biological(180), chemical(indicatorClass)];
    const load = await runLoad(ground, { steriliserId: await testedSteriliser(ground), packIds, indicators }, { days: 0, time: '08:00' });
    await unloadLoad(ground, load);
    const { body } = await service.get('releaser', `/v1/load-indicators?loadId=${load.id}`);
    const idOf = (kind: string) => body.items.find((item: { kind: string }) => item.kind === kind).id;
    await ground.must('releaser', `/v1/load-indicators/${idOf('pcd-ci')}/read`, { result: 'pass', happenedAt: load.endedAt });
    expect(await ground.must('releaser', `/v1/loads/${load.id}/release`)).toMatchObject({ status: 'quarantined' });
    return { ...load, bi: idOf('bi'), ci: idOf('pcd-ci') };
  }
  const form = (packIds: string[]) => ({ packIds, forInstitutionId: 'inst-c01', clinician: '王医生', reason: '急诊手术' });

  test('waits for its indicator, or leaves early on a form for its packs alone; an invalid reading takes it back', async () => {
    const load = await quarantinedLoad(5);
    const path = `/v1/loads/${load.id}/emergency-release`;
    const [one = ''] = load.packIds;
    expect(await answerOf('releaser', path, form([one]))).toEqual([403, 'role-may-not']);
    expect(await answerOf('headnurse', path, form([]))).toEqual([422, 'invalid-request']);
    expect(await answerOf('headnurse', path, form(['nothing']))).toEqual([422, 'invalid-request']);
    expect(await answerOf('headnurse', path, { ...form([one]), forInstitutionId: 'nowhere' })).toEqual([422, 'invalid-request']);
    const early = await ground.must('headnurse', path, { ...form([one]), happenedAt: load.endedAt });
    expect(early).toMatchObject({
      status: 'released-early',
      emergency: { packIds: [one], forInstitutionId: 'inst-c01', by: 'person-headnurse' },
    });
    const statusOf = async () =>
      (await service.db.selectFrom('pack').select('status').where('load_id', '=', load.id).orderBy('id').execute()).map(
        (row) => row.status,
      );
    expect((await statusOf()).sort()).toEqual(['released', 'sterilised']);

    await ground.must('releaser', `/v1/load-indicators/${load.bi}/incubate`, { happenedAt: load.endedAt });
    const due = minutesAfter(load.endedAt, 180);
    const reading = `/v1/load-indicators/${load.bi}/read`;
    const control = { lot: 'L1', growth: true };
    expect(await answerOf('releaser', reading, { growth: false, control, happenedAt: minutesAfter(due, -1) })).toEqual([
      409,
      'incubation-not-over',
    ]);
    expect(await ground.must('releaser', reading, { growth: false, control: { lot: 'L2', growth: true }, happenedAt: due })).toMatchObject({
      status: 'invalid',
    });
    expect((await service.get('releaser', `/v1/loads/${load.id}`)).body).toMatchObject({ status: 'quarantined' });
    expect(await statusOf()).toEqual(['sterilised', 'sterilised']);

    expect(
      await answerOf('releaser', `/v1/load-indicators/${load.bi}/correct`, { growth: false, control, reason: '对照批号看错' }),
    ).toEqual([403, 'role-may-not']);
    const corrected = await ground.must('headnurse', `/v1/load-indicators/${load.bi}/correct`, {
      growth: false,
      control,
      reason: '对照批号看错',
      happenedAt: due,
    });
    expect(corrected).toMatchObject({
      status: 'pass',
      corrections: [{ status: 'invalid', reason: '对照批号看错', correctedBy: 'person-headnurse' }],
    });
    expect((await service.get('releaser', `/v1/loads/${load.id}`)).body).toMatchObject({ status: 'confirmed' });
    expect(await statusOf()).toEqual(['released', 'released']);
  });

  test('leaves early only behind an indicator of class 5', async () => {
    const load = await quarantinedLoad(4);
    expect(await answerOf('headnurse', `/v1/loads/${load.id}/emergency-release`, form(load.packIds))).toEqual([409, 'ci-failed']);
  });
});

describe('indicators and the steriliser', () => {
  async function indicatedLoad(steriliserId: string, time: string) {
    const load = await runLoad(ground, { steriliserId, indicators: [biological(60)] }, { days: 0, time });
    await ground.must('technician', `/v1/load-indicators/${load.indicatorIds[0]}/incubate`, { happenedAt: load.endedAt });
    return { ...load, bi: load.indicatorIds[0] as string, due: minutesAfter(load.endedAt, 60) };
  }
  const statusOf = async (id: string) => (await service.get('headnurse', `/v1/sterilisers/${id}`)).body.status;

  test('an indicator is incubated after the end, once, and read once', async () => {
    const steriliserId = await testedSteriliser(ground);
    const load = await planLoad(ground, { steriliserId, indicators: [biological(60)] });
    const path = `/v1/load-indicators/${load.indicatorIds[0]}`;
    expect(await answerOf('technician', `${path}/incubate`)).toEqual([409, 'transition-not-allowed']);
    expect(await answerOf('releaser', `${path}/read`, { growth: true })).toEqual([409, 'transition-not-allowed']);
    expect(await answerOf('headnurse', `${path}/correct`, { growth: true, reason: 'x' })).toEqual([409, 'transition-not-allowed']);
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    await ground.must('technician', `/v1/loads/${load.id}/end`, { ...goodCycle, ...at('08:40') });
    expect(await answerOf('technician', `${path}/incubate`, at('08:39'))).toEqual([422, 'invalid-request']);
    expect(await ground.must('technician', `${path}/incubate`, at('08:50'))).toMatchObject({
      status: 'incubating',
      dueAt: shanghaiTime(0, '09:50'),
    });
    expect(await answerOf('technician', `${path}/incubate`, at('08:50'))).toEqual([409, 'transition-not-allowed']);
    expect(await answerOf('releaser', `${path}/read`, { result: 'pass' })).toEqual([422, 'invalid-request']);
    expect(await answerOf('releaser', `${path}/read`, {})).toEqual([422, 'invalid-request']);
  });

  test('an invalid reading is no pass, the next load needs an indicator, and two running put the steriliser out', async () => {
    const steriliserId = await testedSteriliser(ground);
    const first = await indicatedLoad(steriliserId, '08:00');
    await ground.must('releaser', `/v1/load-indicators/${first.bi}/read`, { growth: false, happenedAt: first.due });
    expect(await answerOf('technician', `/v1/loads/${(await planLoad(ground, { steriliserId })).id}/start`, at('10:30'))).toEqual([
      409,
      'bi-required',
    ]);
    expect(await statusOf(steriliserId)).toBe('in-service');
    const second = await indicatedLoad(steriliserId, '11:00');
    await ground.must('releaser', `/v1/load-indicators/${second.bi}/read`, { growth: false, happenedAt: second.due });
    expect(await statusOf(steriliserId)).toBe('out-of-service');
  });

  test('two failed Bowie-Dick tests running put the steriliser out', async () => {
    const steriliserId = await testedSteriliser(ground);
    await passBowieDick(ground, steriliserId, 0, 'fail', '10:00');
    expect(await statusOf(steriliserId)).toBe('in-service');
    await passBowieDick(ground, steriliserId, 0, 'fail', '10:30');
    expect(await statusOf(steriliserId)).toBe('out-of-service');
    const overlapping = { steriliserId, startedAt: shanghaiTime(0, '10:35'), endedAt: shanghaiTime(0, '10:50'), result: 'pass' };
    expect(await answerOf('technician', '/v1/bowie-dick-tests', overlapping)).toEqual([409, 'steriliser-busy']);
    expect(await answerOf('technician', '/v1/bowie-dick-tests', { ...overlapping, endedAt: overlapping.startedAt })).toEqual([
      422,
      'invalid-request',
    ]);
  });

  test('a requalification: three empty runs that pass, then it returns to service', async () => {
    const steriliserId = await testedSteriliser(ground);
    const path = `/v1/sterilisers/${steriliserId}`;
    expect(await answerOf('headnurse', `${path}/begin-requalification`, { cause: '大修' })).toEqual([409, 'transition-not-allowed']);
    await ground.must('headnurse', `${path}/take-out`, { reason: '大修', ...at('07:50') });
    expect(
      await answerOf('headnurse', '/v1/loads', {
        steriliserId,
        program: 'steam-134',
        purpose: 'requalification',
        packIds: await readyPacks(ground, 1),
      }),
    ).toEqual([422, 'invalid-request']);
    const begun = await ground.must('headnurse', `${path}/begin-requalification`, { cause: '大修后', ...at('07:55') });
    expect(begun).toMatchObject({ status: 'requalifying', requalification: { passed: 0, of: 3 }, requalificationCause: '大修后' });

    async function run(time: string, reading: { growth: boolean }): Promise<{ passed: number; status: string }> {
      const load = await runLoad(ground, { steriliserId, purpose: 'requalification', indicators: [biological(60)] }, { days: 0, time });
      await ground.must('technician', `/v1/load-indicators/${load.indicatorIds[0]}/incubate`, { happenedAt: load.endedAt });
      await ground.must('releaser', `/v1/load-indicators/${load.indicatorIds[0]}/read`, {
        ...reading,
        control: { lot: 'L1', growth: true },
        happenedAt: minutesAfter(load.endedAt, 60),
      });
      const { body } = await service.get('headnurse', `/v1/loads/${load.id}`);
      return { passed: (await service.get('headnurse', path)).body.requalification.passed, status: body.status };
    }
    expect(await run('08:00', { growth: false })).toEqual({ passed: 1, status: 'confirmed' });
    expect(await run('09:00', { growth: true })).toEqual({ passed: 0, status: 'failed' });
    expect(await statusOf(steriliserId)).toBe('requalifying');
    expect(await run('10:00', { growth: false })).toEqual({ passed: 1, status: 'confirmed' });
    expect(await run('11:00', { growth: false })).toEqual({ passed: 2, status: 'confirmed' });
    expect(await answerOf('headnurse', `${path}/return-to-service`)).toEqual([409, 'transition-not-allowed']);
    expect(await run('12:00', { growth: false })).toEqual({ passed: 3, status: 'confirmed' });
    expect(await ground.must('headnurse', `${path}/return-to-service`, at('14:00'))).toMatchObject({
      status: 'in-service',
      allowed: ['take-out', 'retire'],
    });
    // A requalification that fails recalls nothing.
    expect(await service.db.selectFrom('recall').select('id').where('steriliser_id', '=', steriliserId).execute()).toEqual([]);
    await ground.must('technician', `/v1/loads/${(await planLoad(ground, { steriliserId })).id}/start`, at('14:30'));
  });
});

describe('the edges', () => {
  test.each([
    [
      'a steriliser of a code that is taken',
      'headnurse',
      '/v1/sterilisers',
      { code: 'steriliser-1', kind: 'prevacuum' },
      [409, 'already-exists'],
    ],
    ['a steriliser by a technician', 'technician', '/v1/sterilisers', { code: 'mine', kind: 'prevacuum' }, [403, 'role-may-not']],
    ['a load that does not exist', 'technician', `/v1/loads/${nowhere}/start`, {}, [404, 'not-found']],
    ['a load for a nurse', 'nurse', '/v1/loads', { steriliserId: 'steriliser-1', program: 'steam-134' }, [403, 'role-may-not']],
    [
      'a start in the far past',
      'technician',
      '/v1/loads',
      { steriliserId: 'steriliser-1', program: 'steam-134', happenedAt: '2020-01-01T00:00:00Z' },
      [422, 'invalid-request'],
    ],
  ] as const)('%s', async (_, account, path, body, expected) => expect(await answerOf(account, path, body)).toEqual(expected));

  test('a load is read by number too; nurses and couriers see none', async () => {
    const load = await planLoad(ground, { steriliserId: 'steriliser-1' });
    expect((await service.get('auditor', `/v1/loads/${load.number}`)).body.id).toBe(load.id);
    for (const account of ['nurse', 'courier']) {
      expect((await service.get(account, `/v1/loads/${load.id}`)).status).toBe(404);
      expect((await service.get(account, '/v1/loads')).body).toEqual({ items: [], nextCursor: null });
      expect((await service.get(account, '/v1/sterilisers')).status).toBe(200);
    }
  });

  test('lists go by their filters, page by page', async () => {
    const steriliserId = await testedSteriliser(ground);
    const first = await planLoad(ground, { steriliserId, indicators: [biological(), chemical()] });
    const second = await planLoad(ground, { steriliserId });
    const page = await service.get('releaser', `/v1/loads?steriliserId=${steriliserId}&status=planned&limit=1`);
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([second.id]);
    const rest = await service.get(
      'releaser',
      `/v1/loads?steriliserId=${steriliserId}&status=planned&limit=1&cursor=${page.body.nextCursor}`,
    );
    expect(rest.body).toMatchObject({ items: [{ id: first.id }], nextCursor: null });
    const indicators = await service.get('releaser', `/v1/load-indicators?steriliserId=${steriliserId}&kind=bi&status=placed`);
    expect(indicators.body.items).toHaveLength(1);
    expect((await service.get('releaser', '/v1/loads?colour=red')).status).toBe(422);
  });

  test('somebody who has read an older version is told so', async () => {
    const load = await planLoad(ground, { steriliserId: await testedSteriliser(ground) });
    await ground.must('technician', `/v1/loads/${load.id}/packs`, { add: await readyPacks(ground, 1) });
    const stale = await service.call('technician', 'POST', `/v1/loads/${load.id}/start`, {
      body: at('08:00'),
      headers: { 'if-match': `"${load.version}"` },
    });
    expect([stale.status, stale.body.code]).toEqual([412, 'version-changed']);
  });
});
