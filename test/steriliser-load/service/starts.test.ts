/** The start of a load and its members through the API: each guard once, bad input, and two at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  biological,
  createLoadsGround,
  goodCycle,
  type LoadsGround,
  passBowieDick,
  planLoad,
  readyPacks,
  shanghaiTime,
  testedSteriliser,
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

describe('a start', () => {
  const startOf = async (load: { id: string }, body: unknown = at('08:00')) => answerOf('technician', `/v1/loads/${load.id}/start`, body);

  test('on a steriliser that was taken out, from then on', async () => {
    const steriliserId = await testedSteriliser(ground);
    await ground.must('headnurse', `/v1/sterilisers/${steriliserId}/take-out`, { reason: '漏气', ...at('09:00') });
    const load = await planLoad(ground, { steriliserId });
    expect(await startOf(load, at('09:00'))).toEqual([409, 'steriliser-out-of-service']);
    // What was started before and is told later has happened while it was in service.
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
  });

  test('on one that was never qualified', async () => {
    const { id, status, allowed } = await ground.must('headnurse', '/v1/sterilisers', { code: 'never-qualified', kind: 'gravity' });
    expect([status, allowed]).toEqual(['out-of-service', ['begin-requalification', 'retire']]);
    expect(await startOf(await planLoad(ground, { steriliserId: id, indicators: [biological()] }))).toEqual([
      409,
      'steriliser-out-of-service',
    ]);
  });

  test('while another run is in it, and before a later one without its end', async () => {
    const steriliserId = await testedSteriliser(ground);
    // On the day before, so that the time of day at which the test runs lies in none of these runs.
    const yesterday = -1;
    await passBowieDick(ground, steriliserId, yesterday);
    const first = await planLoad(ground, { steriliserId });
    await ground.must('technician', `/v1/loads/${first.id}/start`, at('10:00', yesterday));
    const second = await planLoad(ground, { steriliserId });
    expect(await startOf(second, at('10:30', yesterday))).toEqual([409, 'steriliser-busy']);
    expect(await startOf(second, at('09:00', yesterday))).toEqual([409, 'steriliser-busy']);
    expect(await startOf(second, { ...at('09:00', yesterday), endedAt: shanghaiTime(yesterday, '10:01') })).toEqual([
      409,
      'steriliser-busy',
    ]);
    expect(await startOf(second, { ...at('09:00', yesterday), endedAt: shanghaiTime(yesterday, '09:00') })).toEqual([
      422,
      'invalid-request',
    ]);
    await ground.must('technician', `/v1/loads/${second.id}/start`, {
      ...at('09:00', yesterday),
      endedAt: shanghaiTime(yesterday, '09:40'),
    });
    const ended = await ground.must('technician', `/v1/loads/${second.id}/end`, goodCycle);
    expect(ended.endedAt).toBe(shanghaiTime(yesterday, '09:40'));
  });

  test('two at once: the constraint lets one of them in', async () => {
    const steriliserId = await testedSteriliser(ground);
    const loads = [await planLoad(ground, { steriliserId }), await planLoad(ground, { steriliserId })];
    const answers = await Promise.all(loads.map((load) => startOf(load)));
    expect(answers.map(([status, code]) => [status, code ?? null]).sort()).toEqual([
      [200, null],
      [409, 'steriliser-busy'],
    ]);
    const runs = await service.db.selectFrom('steriliser_run').selectAll().where('steriliser_id', '=', steriliserId).execute();
    expect(runs).toHaveLength(2);
    const other = { id: nowhere, steriliser_id: steriliserId, started_at: shanghaiTime(0, '08:10'), ended_at: shanghaiTime(0, '08:20') };
    await expect(service.db.insertInto('steriliser_run').values(other).execute()).rejects.toThrow('steriliser_run_alone');
  });

  test('without a Bowie-Dick test that passed on that date', async () => {
    const steriliserId = await testedSteriliser(ground);
    const load = await planLoad(ground, { steriliserId });
    expect(await startOf(load, at('08:00', 1))).toEqual([409, 'bd-required']);
    await passBowieDick(ground, steriliserId, 1, 'fail');
    expect(await startOf(load, at('08:00', 1))).toEqual([409, 'bd-required']);
    await passBowieDick(ground, steriliserId, 1, 'pass', '08:30');
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('09:00', 1));
  });

  test('without an indicator, a week after the last one; an implant always needs one', async () => {
    const steriliserId = await testedSteriliser(ground, { qualified: -8 });
    expect(await startOf(await planLoad(ground, { steriliserId }))).toEqual([409, 'bi-due']);
    const other = await testedSteriliser(ground);
    const packIds = await readyPacks(ground, 1, { implant: true });
    expect(await startOf(await planLoad(ground, { steriliserId: other, packIds }))).toEqual([409, 'bi-required']);
  });

  test('with a label of another date, and too early for a centre’s own pack', async () => {
    const steriliserId = await testedSteriliser(ground);
    const yesterday = await planLoad(ground, { steriliserId, packIds: await readyPacks(ground, 1, { labelled: -1 }) });
    expect(await startOf(yesterday)).toEqual([409, 'label-date']);
    // The centre is visited on no day, and its next planned stop is far away.
    await service.db.updateTable('supply_centre').set({ visit_days: [] }).where('institution_id', '=', 'inst-c31').execute();
    await insertStop('inst-c31', shanghaiTime(20, '09:00'));
    const own = await planLoad(ground, { steriliserId, packIds: await readyPacks(ground, 1, { owner: 'inst-c31' }) });
    expect(await startOf(own)).toEqual([409, 'too-early']);
    const started = await ground.must('technician', `/v1/loads/${own.id}/start`, { ...at('08:00'), overrideReason: '停电前提前灭菌' });
    expect(started).toMatchObject({ status: 'running', overrideReason: '停电前提前灭菌', operatorId: 'person-technician' });
  });

  test('twice', async () => {
    const load = await planLoad(ground, { steriliserId: await testedSteriliser(ground) });
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    const again = await service.post('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    expect([again.status, again.body.code, again.body.state]).toEqual([409, 'transition-not-allowed', 'running']);
  });
});

async function insertStop(institutionId: string, arriveAt: string): Promise<void> {
  const id = '0199a000-0000-7000-8000-00000000aaaa';
  await service.db
    .insertInto('supply_round')
    .values({
      id,
      on_date: arriveAt.slice(0, 10),
      vehicle_id: 'vehicle-1',
      driver_id: 'person-driver',
      courier_id: 'person-courier',
      depart_at: arriveAt,
      mode: 'soiled-first',
      status: 'planned',
    })
    .execute();
  await service.db
    .insertInto('round_stop')
    .values({ id, round_id: id, institution_id: institutionId, arrive_at: arriveAt, status: 'scheduled' })
    .execute();
}

describe('members of a load', () => {
  test('packs that fit its program and are ready, until it starts', async () => {
    const steriliserId = await testedSteriliser(ground);
    const [one = '', two = ''] = await readyPacks(ground, 2);
    const load = await planLoad(ground, { steriliserId, packIds: [one] });
    const gravity = { steriliserId, program: 'steam-121', packIds: [two] };
    expect(await answerOf('technician', '/v1/loads', gravity)).toEqual([409, 'wrong-program']);
    expect(await answerOf('technician', '/v1/loads', { ...gravity, program: 'steam-134', packIds: [one] })).toEqual([
      409,
      'transition-not-allowed',
    ]);
    const changed = await ground.must('technician', `/v1/loads/${load.id}/packs`, { add: [`${two}-1`], remove: [one] });
    expect(changed.packIds).toEqual([two]);
    expect(await service.db.selectFrom('pack').select(['status', 'load_id']).where('id', '=', one).executeTakeFirst()).toEqual({
      status: 'checked',
      load_id: null,
    });
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    expect(await answerOf('technician', `/v1/loads/${load.id}/packs`, { add: [one] })).toEqual([409, 'transition-not-allowed']);
    await expect(service.db.insertInto('load_pack').values({ load_id: load.id, pack_id: one }).execute()).rejects.toThrow('frozen');
  });

  test('the labels of all members come in one document, dated by the act, and again only for a reason', async () => {
    const packIds = await readyPacks(ground, 3);
    await service.db.updateTable('pack').set({ label_print: 0, labelled_on: null }).where('id', 'in', packIds).execute();
    const load = await planLoad(ground, { steriliserId: await testedSteriliser(ground), packIds });
    const printed = await ground.must('technician', `/v1/loads/${load.id}/labels`, { format: 'zpl', ...at('08:00', 1) });
    expect(printed.labels.map(({ packId, print }: { packId: string; print: number }) => [packId, print])).toEqual(
      [...packIds].sort().map((id) => [id, 1]),
    );
    expect(printed.document.match(/NOT RELEASED/g)).toHaveLength(3);
    expect(await answerOf('technician', `/v1/loads/${load.id}/labels`, { format: 'zpl' })).toEqual([422, 'invalid-request']);
    const again = await ground.must('technician', `/v1/loads/${load.id}/labels`, { format: 'pdf', reason: '日期更正', ...at('08:00') });
    expect(Buffer.from(again.document, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
    await ground.must('technician', `/v1/loads/${load.id}/start`, at('08:00'));
    expect(await answerOf('technician', `/v1/loads/${load.id}/labels`, { format: 'zpl', reason: 'x' })).toEqual([
      409,
      'transition-not-allowed',
    ]);
  });

  test('a pack is in one load, however many ask for it at once', async () => {
    const steriliserId = await testedSteriliser(ground);
    const packIds = await readyPacks(ground, 1);
    const answers = await Promise.all(
      [1, 2, 3].map(() => answerOf('technician', '/v1/loads', { steriliserId, program: 'steam-134', packIds })),
    );
    expect(answers.map(([status]) => status).sort()).toEqual([201, 409, 409]);
  });

  test.each([
    ['an unknown pack', { packIds: ['nothing'] }, 422],
    ['a pack twice', { packIds: ['x', 'x'] }, 422],
    ['an unknown steriliser', { steriliserId: 'nothing' }, 422],
    ['an unknown program', { program: 'dry-heat' }, 422],
    ['an unknown field', { colour: 'red' }, 422],
    ['a class that there is not', { indicators: [{ kind: 'pcd-ci', product: 'x', lot: 'y', class: 7 }] }, 422],
  ])('%s', async (_, body, status) => {
    const known = { steriliserId: 'steriliser-1', program: 'steam-134' };
    expect((await service.post('technician', '/v1/loads', { ...known, ...body })).status).toBe(status);
  });
});
