/** What the supply department owes on a slip: what is soiled must not dry on, and what has come must be counted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll } from '../../support/builders/facts.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'owed', daysAhead: 2 });
});
afterAll(() => service?.stop());

/** A round that has stowed the one set of a slip at 09:02. */
async function pickUp(institutionId: string) {
  const nurse = institutionId.replace('inst-', 'nurse-');
  const type = await ground.newType();
  await ground.usedSets(type, institutionId, 1);
  const soiled = await ground.addBox('soiled');
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId, arrive: '09:00' }]);
  const slip = await ground.post(nurse, '/v1/slips', {
    roundId: round.id,
    lines: [{ direction: 'collect', setTypeId: type, quantity: 1 }],
  });
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  await ground.post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  await ground.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: ground.at(0, '08:40') });
  await ground.visit(round.stops[0].id, nurse, ground.at(0, '09:00'), { soiled: [ground.soiledConsignment(soiled)] });
  await deliverAll(service);
  return { roundId: round.id as string, slipId: slip.id as string, lineId: slip.lines[0].id as string };
}

/** Lets time pass on the slip's clock until an instant of the day. */
async function passUntil(slipId: string, time: string): Promise<void> {
  const { now } = await ground.get('headnurse', `/v1/slips/${slipId}`);
  const minutes = Math.ceil((Date.parse(ground.at(0, time)) - Date.parse(now)) / 60_000);
  expect((await service.fastForward(slipId, `PT${minutes}M`)).status).toBe(200);
}

const tasksOf = async (slipId: string) =>
  (await ground.get('technician', `/v1/slips/${slipId}`)).tasks.map(({ name, role, overdue }: Record<string, unknown>) => ({
    name,
    role,
    overdue,
  }));

/** Who was told of a timer, and at which share of it. */
async function toldOf(slipId: string, timer: string): Promise<string[]> {
  const rows = await service.db
    .selectFrom('message')
    .select(['template', 'recipient_id', 'parameters'])
    .where('pathway_id', '=', slipId)
    .execute();
  const about = rows.filter(({ parameters }) => (parameters as { clock?: string }).clock === timer);
  return about.map(({ template, recipient_id }) => `${template} ${recipient_id}`).sort();
}

test('two hours after the stowing the technician is told, after four the head nurse, each once; the count ends it', async () => {
  const { slipId, lineId } = await pickUp('inst-c07');
  expect(await tasksOf(slipId)).toEqual([{ name: 'dwell', role: 'technician', overdue: false }]);
  await passUntil(slipId, '11:01');
  expect(await toldOf(slipId, 'dwell')).toEqual([]);
  await passUntil(slipId, '11:03');
  expect(await tasksOf(slipId)).toEqual([{ name: 'dwell', role: 'technician', overdue: true }]);
  const first = await toldOf(slipId, 'dwell');
  expect(first).toContain('rung-100 person-technician');
  expect(first.join()).not.toContain('person-headnurse');
  await passUntil(slipId, '13:03');
  const second = await toldOf(slipId, 'dwell');
  expect(second).toEqual([...first, ...second.filter((line) => line.startsWith('rung-200'))].sort());
  expect(second).toContain('rung-200 person-headnurse');
  const { items } = await ground.get('headnurse', '/v1/worklist?kind=dwell&limit=200');
  expect(items.find(({ subject }: { subject: { id: string } }) => subject.id === slipId)).toMatchObject({
    overdue: true,
    escalatedTo: [{ role: 'headnurse' }],
  });
  await ground.post('technician', `/v1/slips/${slipId}/count`, { lines: [{ lineId, received: 1 }] });
  await deliverAll(service);
  expect(await tasksOf(slipId)).toEqual([]);
});

test('four hours after the hand-over a slip that nobody has counted is told to technician and head nurse', async () => {
  const { roundId, slipId } = await pickUp('inst-c08');
  await ground.returnAndHandOver(roundId, ground.at(0, '10:00'));
  await deliverAll(service);
  expect(await tasksOf(slipId)).toContainEqual({ name: 'count-due', role: 'technician', overdue: false });
  await passUntil(slipId, '14:09');
  expect(await toldOf(slipId, 'count-due')).toEqual([]);
  await passUntil(slipId, '14:11');
  expect(await tasksOf(slipId)).toContainEqual({ name: 'count-due', role: 'technician', overdue: true });
  expect(await toldOf(slipId, 'count-due')).toEqual(expect.arrayContaining(['rung-100 person-headnurse', 'rung-100 person-technician']));
});
