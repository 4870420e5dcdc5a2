/** What is owed on a load, on its own clock: tasks, rungs, and the decision of infection control, whose silence opens a recall. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll } from '../../support/builders/facts.ts';
import {
  biological,
  chemical,
  createLoadsGround,
  goodCycle,
  type LoadsGround,
  minutesAfter,
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
  service = await startService();
  ground = createLoadsGround(service);
});
afterAll(() => service?.stop());

/** Waits until the pathway has begun and has heard of everything. */
async function hear(id: string): Promise<void> {
  const begun = () => service.db.selectFrom('pathway').select('version').where('id', '=', id).where('version', '>', 0).executeTakeFirst();
  await expect.poll(begun, { timeout: 30_000, interval: 50 }).toBeDefined();
  await deliverAll(service);
}

const tasksOf = async (id: string) =>
  (await service.get('headnurse', `/v1/loads/${id}`)).body.tasks.map(({ name }: { name: string }) => name);

test('a cycle that nobody ends: the technician has the task, both are told after the program and 30 minutes, and the end clears it', async () => {
  const load = await planLoad(ground, {
    steriliserId: await testedSteriliser(ground, { days: [0, 1] }),
    packIds: await readyPacks(ground, 1, { labelled: 1 }),
  });
  await ground.must('technician', `/v1/loads/${load.id}/start`, { happenedAt: shanghaiTime(1, '08:00') });
  await hear(load.id);
  const before = (await service.get('technician', `/v1/loads/${load.id}`)).body;
  expect(before.clocks).toMatchObject([
    { name: 'end-overdue', owner: { role: 'technician', institutionId: 'inst-cssd' }, dueAt: shanghaiTime(1, '08:34') },
  ]);
  expect(before.tasks).toMatchObject([{ name: 'end-overdue', overdue: false }]);
  const minutes = Math.ceil((Date.parse(shanghaiTime(1, '08:35')) - Date.now()) / 60_000);
  expect((await service.fastForward(load.id, `PT${minutes}M`)).status).toBe(200);
  const late = (await service.get('technician', `/v1/loads/${load.id}`)).body;
  expect(late.tasks).toMatchObject([{ name: 'end-overdue', overdue: true }]);
  const told = await service.db.selectFrom('message').select(['template', 'recipient_id']).where('pathway_id', '=', load.id).execute();
  expect(new Set(told.map(({ template }) => template))).toEqual(new Set(['rung-100']));
  expect(told.map(({ recipient_id }) => recipient_id)).toEqual(expect.arrayContaining(['person-technician', 'person-headnurse']));
  // Its own clock: an act that gives no time happened now, which is tomorrow there.
  const ended = await ground.must('technician', `/v1/loads/${load.id}/end`, goodCycle);
  expect(Date.parse(ended.endedAt)).toBeGreaterThan(Date.parse(shanghaiTime(1, '08:34')));
  await hear(load.id);
  expect(await tasksOf(load.id)).toEqual(['unload-overdue']);
  const { body } = await service.get('office', `/v1/loads/${load.id}/timeline`);
  expect(body.items.map(({ event, to }: { event: string; to: string }) => `${event} ${to}`)).toEqual([
    'start running',
    'rung-100 running',
    'end ended',
  ]);
});

/** An implant that left on a form and was used; then its indicator is invalid. */
async function usedAndTakenBack() {
  const packIds = await readyPacks(ground, 1, { implant: true, labelled: 1 });
  const indicators = [biological(60), chemical()];
  const load = await runLoad(
    ground,
    { steriliserId: await testedSteriliser(ground, { days: [0, 1] }), packIds, indicators },
    { days: 1, time: '08:00' },
  );
  await unloadLoad(ground, load);
  const { body } = await service.get('releaser', `/v1/load-indicators?loadId=${load.id}`);
  const idOf = (kind: string): string => body.items.find((item: { kind: string }) => item.kind === kind).id;
  await ground.must('releaser', `/v1/load-indicators/${idOf('pcd-ci')}/read`, { result: 'pass', happenedAt: load.endedAt });
  await ground.must('releaser', `/v1/loads/${load.id}/release`, { happenedAt: minutesAfter(load.endedAt, 40) });
  const form = { packIds, forInstitutionId: 'inst-c01', clinician: '王医生', reason: '急诊手术' };
  await ground.must('headnurse', `/v1/loads/${load.id}/emergency-release`, { ...form, happenedAt: minutesAfter(load.endedAt, 45) });
  const used = { status: 'opened' as const, opened_at: minutesAfter(load.endedAt, 50), opened_institution_id: 'inst-c01' };
  await service.db.updateTable('pack').set(used).where('id', 'in', packIds).execute();
  await ground.must('releaser', `/v1/load-indicators/${idOf('bi')}/incubate`, { happenedAt: load.endedAt });
  await ground.must('releaser', `/v1/load-indicators/${idOf('bi')}/read`, { growth: false, happenedAt: minutesAfter(load.endedAt, 60) });
  await hear(load.id);
  expect(await tasksOf(load.id)).toEqual(['recall-decision']);
  return { id: load.id as string, readAt: minutesAfter(load.endedAt, 60), bi: idOf('bi'), packIds };
}

const recallsOf = (loadId: string) => service.db.selectFrom('recall').select(['id', 'reason']).where('load_id', '=', loadId).execute();

test('infection control decides on what was used of a load that was taken back: no recall', async () => {
  const { id } = await usedAndTakenBack();
  const task = `/v1/tasks/${encodeURIComponent(`${id}.recall-decision`)}`;
  await ground.must('infection', `${task}/claim`);
  expect((await service.post('infection', `${task}/complete`, { note: '已随访' })).status).toBe(422);
  expect((await service.post('infection', `${task}/complete`, { result: 'no-recall', note: '患者已随访，无感染征象' })).status).toBe(200);
  expect(await tasksOf(id)).toEqual([]);
  expect(await recallsOf(id)).toEqual([]);
});

test('infection control decides on a recall', async () => {
  const { id } = await usedAndTakenBack();
  const task = `/v1/tasks/${encodeURIComponent(`${id}.recall-decision`)}`;
  await ground.must('infection', `${task}/claim`);
  const answer = await service.post('infection', `${task}/complete`, { result: 'recall' });
  expect([answer.status, answer.body.recallIds.length]).toEqual([200, 1]);
  expect(await recallsOf(id)).toMatchObject([{ reason: 'recall-decided' }]);
});

test('silence for four hours opens a recall of the load', async () => {
  const { id, readAt } = await usedAndTakenBack();
  const minutes = Math.ceil((Date.parse(readAt) + 4 * 3_600_000 - Date.now()) / 60_000);
  expect((await service.fastForward(id, `PT${minutes}M`)).status).toBe(200);
  expect(await recallsOf(id)).toMatchObject([{ reason: 'recall-undecided' }]);
  expect(await tasksOf(id)).toEqual([]);
});

test('a reading that is put right after the load was over asks infection control all the same', async () => {
  const { id, bi, readAt } = await usedAndTakenBack();
  const control = { lot: 'L1', growth: true };
  await ground.must('headnurse', `/v1/load-indicators/${bi}/correct`, { growth: false, control, reason: '批号看错', happenedAt: readAt });
  const task = `/v1/tasks/${encodeURIComponent(`${id}.recall-decision`)}`;
  await ground.must('infection', `${task}/claim`);
  await ground.must('infection', `${task}/complete`, { result: 'no-recall' });
  await deliverAll(service);
  expect(await pathwayOf(id)).toMatchObject({ status: 'ended' });

  await ground.must('headnurse', `/v1/load-indicators/${bi}/correct`, { growth: false, reason: '对照未生长', happenedAt: readAt });
  expect((await service.get('headnurse', `/v1/loads/${id}`)).body.status).toBe('quarantined');
  const asked = () =>
    service.db
      .selectFrom('task')
      .select(['id', 'role'])
      .where('name', '=', 'recall-decision')
      .where('status', '=', 'open')
      .executeTakeFirst();
  await expect.poll(asked, { timeout: 30_000, interval: 50 }).toMatchObject({ role: 'infection' });
  const question = `/v1/tasks/${encodeURIComponent((await asked())?.id ?? '')}`;
  await ground.must('infection', `${question}/claim`);
  const answer = await ground.must('infection', `${question}/complete`, { result: 'recall' });
  expect(answer).toMatchObject({ id, recallIds: [expect.any(String)] });
});

const pathwayOf = (id: string) => service.db.selectFrom('pathway').select('status').where('id', '=', id).executeTakeFirst();
