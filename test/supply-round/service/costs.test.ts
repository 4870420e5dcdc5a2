/** What a round costs: statements for each act, history events for a whole day of 13 stops; and who wins when two act at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Named } from '../../support/builders/sterile-supply.ts';
import { createRoundGround, type RoundGround } from '../../support/builders/supply-round.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: RoundGround;
let stopRelay: () => Promise<void>;
beforeAll(async () => {
  service = await startService();
  ground = createRoundGround(service, { prefix: 'cost' });
  stopRelay = ground.startFactRelay();
});
afterAll(async () => {
  await stopRelay?.();
  await service?.stop();
});

const centres = Array.from({ length: 13 }, (_, index) => `inst-c${String(index + 1).padStart(2, '0')}`);
const nurseOf = (institutionId: string) => (institutionId === 'inst-c01' ? 'nurse' : institutionId.replace('inst-', 'nurse-'));
const timeOf = (index: number) => `${String(9 + Math.floor(index / 2)).padStart(2, '0')}:${index % 2 === 0 ? '00' : '30'}`;

/**
 * The statements of one act: what its transaction holds beside the row of the request and the reading of the answer. Of everything that runs on the pool
 * meanwhile it is the transaction that stores a request.
 */
async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const transactions: string[][] = [];
  const { pool } = service;
  const connect = pool.connect.bind(pool);
  const restores = new Map<object, () => void>();
  pool.connect = (async () => {
    const client = await connect();
    if (restores.has(client)) return client;
    const { query } = client;
    let open: string[] = [];
    client.query = ((...args: unknown[]) => {
      const [statement] = args as [string | { text?: string }];
      const text = typeof statement === 'string' ? statement : (statement.text ?? '');
      if (/^begin/i.test(text)) open = [];
      else if (/^commit/i.test(text)) transactions.push(open);
      else open.push(text);
      return (query as (...given: unknown[]) => unknown).apply(client, args);
    }) as typeof query;
    restores.set(client, () => {
      client.query = query;
    });
    return client;
  }) as typeof pool.connect;
  try {
    await work();
  } finally {
    pool.connect = connect;
    for (const restore of restores.values()) restore();
  }
  const act = transactions.find((statements) => statements.some((statement) => isRequest(statement))) ?? [];
  const isOfAct = (statement: string) =>
    !isRequest(statement) && !/supply_round\.version,|stop\.version,|from "pathway"|from "task"/.test(statement);
  return act.filter(isOfAct).length;
}

const isRequest = (statement: string): boolean => /^\s*(insert into command|update "?command)/i.test(statement);

test('a day of 13 stops: each act takes 12 statements at most, the history of the round 400 events', { timeout: 300_000 }, async () => {
  const type = await ground.newType();
  const packs = await ground.storePacks(type, 26);
  for (const institutionId of centres)
    await ground.submitSlip(institutionId, [
      { direction: 'collect', setTypeId: type, quantity: 2 },
      { direction: 'deliver', setTypeId: type, quantity: 2 },
    ]);
  const vehicle = await ground.addVehicle();
  const sterile = await ground.addBox('sterile');
  const soiled = await ground.addBox('soiled');
  const round = await ground.planRound(
    vehicle,
    centres.map((institutionId, index) => ({ institutionId, arrive: timeOf(index) })),
  );
  await ground.post('dispatcher', `/v1/rounds/${round.id}/confirm`);
  const allocated = await service.db
    .selectFrom('pack')
    .select(['id', 'allocated_institution_id as for'])
    .where(
      'id',
      'in',
      packs.map(({ id }) => id),
    )
    .execute();
  const of = (institutionId: string): Named[] => allocated.filter((pack) => pack.for === institutionId).map(({ id }) => ({ id, code: id }));
  const statements: Record<string, number> = {};
  const counted = async (name: string, work: () => Promise<unknown>) => {
    statements[name] = Math.max(statements[name] ?? 0, await countStatements(work));
  };
  for (const { id, institutionId } of round.stops)
    await counted('consign', () => ground.consign(round.id, id, sterile, of(institutionId), ground.at(0, '08:10')));
  const act = (account: string, name: string, time: string, body = {}) =>
    counted(name, () => ground.post(account, `/v1/rounds/${round.id}/${name}`, { ...body, happenedAt: ground.at(0, time) }));
  await act('technician', 'complete-loading', '08:30');
  await act('driver', 'depart', '08:40');
  for (const [index, { id, institutionId }] of round.stops.entries()) {
    const nurse = nurseOf(institutionId);
    const packIds = of(institutionId).map((pack) => pack.id);
    const step = (body: { step: string } & Record<string, unknown>, account = 'courier') =>
      counted(body.step, () => ground.step(id, body, ground.at(0, timeOf(index)), account));
    await step({ step: 'arrived' });
    await step({ step: 'soiled-stowed', consignments: [ground.soiledConsignment(soiled)] });
    await step({ step: 'gloves-off' });
    await step({ step: 'hand-hygiene' });
    await step({ step: 'sterile-handed', packIds });
    await step({ step: 'checked', accepted: packIds, rejected: [] }, nurse);
    await step({ step: 'signed', signatures: ground.signaturesOf(nurse) });
    await step({ step: 'left' });
  }
  await act('driver', 'return', '16:00');
  const { consignments } = await ground.get('technician', `/v1/rounds/${round.id}`);
  const seen = consignments
    .filter(({ lane }: { lane: string }) => lane === 'soiled')
    .map((one: { id: string; sealNumber: string }) => ({ consignmentId: one.id, sealNumber: one.sealNumber, intact: true }));
  await act('technician', 'hand-over', '16:10', { consignments: seen });
  for (const [name, count] of Object.entries(statements)) expect(count, `${name}: ${JSON.stringify(statements)}`).toBeGreaterThan(2);
  expect(Object.entries(statements).filter(([, count]) => count > 12)).toEqual([]);

  await ground.cleanAll([vehicle.id], [sterile.id, soiled.id], ground.at(0, '17:00'));
  const slips = await service.db.selectFrom('exchange_slip').select('id').where('round_id', '=', round.id).execute();
  for (const { id } of slips) await ground.countSlip(id);
  const timeline = async (): Promise<string[]> =>
    (await ground.get('dispatcher', `/v1/rounds/${round.id}/timeline`)).items.map(({ event }: { event: string }) => event);
  await expect.poll(timeline, { timeout: 60_000 }).toContain('hand-over');
  expect(await ground.post('dispatcher', `/v1/rounds/${round.id}/close`)).toMatchObject({ status: 'closed' });
  const { historyLength } = await service.client.workflow.getHandle(`supply-round/${round.id}`).describe();
  expect(historyLength).toBeLessThanOrEqual(400);
  expect((await timeline()).filter((event) => event === 'arrived')).toHaveLength(13);
});

test('of two who load one pack at once, one does; of two who do one step at once, one does', async () => {
  const type = await ground.newType();
  const packs = await ground.storePacks(type, 1);
  const box = await ground.addBox('sterile');
  const round = await ground.planRound(await ground.addVehicle(), [{ institutionId: 'inst-c20', arrive: '09:00' }]);
  const stopId = round.stops[0].id;
  const at = `/v1/rounds/${round.id}`;
  await ground.post('dispatcher', `${at}/confirm`);
  const load = () =>
    service.post('technician', `${at}/consignments`, {
      stopId,
      boxId: box.id,
      sealNumber: ground.nextSeal(),
      packIds: packs.map(({ id }) => id),
      happenedAt: ground.at(0, '08:10'),
    });
  const loads = await Promise.all([load(), load(), load()]);
  expect(loads.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  await ground.post('technician', `${at}/complete-loading`, { happenedAt: ground.at(0, '08:30') });
  const departures = await Promise.all([1, 2].map(() => service.post('driver', `${at}/depart`, { happenedAt: ground.at(0, '08:40') })));
  expect(departures.map(({ status }) => status).sort()).toEqual([200, 409]);
  const arrivals = await Promise.all(
    [1, 2, 3].map(() => service.post('courier', `/v1/stops/${stopId}/steps`, { step: 'arrived', happenedAt: ground.at(0, '09:00') })),
  );
  expect(arrivals.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect(await ground.get('driver', at)).toMatchObject({ totals: { loaded: 1, aboard: 1 } });
});

test('of two rounds that are confirmed at once no pack goes to both', async () => {
  const type = await ground.newType();
  await ground.storePacks(type, 3);
  const rounds: { id: string }[] = [];
  for (const institutionId of ['inst-c21', 'inst-c22']) {
    await ground.submitSlip(institutionId, [{ direction: 'deliver', setTypeId: type, quantity: 2 }]);
    rounds.push(await ground.planRound(await ground.addVehicle(), [{ institutionId, arrive: '09:00' }]));
  }
  await Promise.all(rounds.map(({ id }) => ground.post('dispatcher', `/v1/rounds/${id}/confirm`)));
  const packs = await service.db.selectFrom('pack').select('allocated_institution_id as for').where('set_type_id', '=', type).execute();
  expect(packs.map((pack) => pack.for).filter((one) => one !== null)).toHaveLength(3);
  const reasons = await service.db
    .selectFrom('slip_line')
    .select('short_reason')
    .where('set_type_id', '=', type)
    .orderBy('short_reason')
    .execute();
  expect(reasons).toEqual([{ short_reason: 'no-stock' }, { short_reason: null }]);
});
