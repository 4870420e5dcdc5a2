/** What a load costs, counted: statements of each act in its transaction, events in the history of its pathway. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll } from '../../support/builders/facts.ts';
import {
  biological,
  chemical,
  createLoadsGround,
  goodCycle,
  type LoadsGround,
  makeSteriliser,
  passBowieDick,
  readyPacks,
  shanghaiTime,
} from '../../support/builders/loads.ts';
import { eventsWithoutSkipping } from '../../support/oracles/history-events.ts';
import { costOf, watchStatements } from '../../support/service/count-statements.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
let ground: LoadsGround;
beforeAll(async () => {
  watchStatements();
  service = await startService({ checkAnswers: false });
  ground = createLoadsGround(service);
});
afterAll(() => service?.stop());

async function cost(account: string, path: string, body: unknown): Promise<{ answer: Answer; act: string[] }> {
  const { answer, act } = await costOf(() => service.post(account, path, body));
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return { answer, act };
}

const at = (time: string) => ({ happenedAt: shanghaiTime(1, time) });
const MOST_STATEMENTS = 12;

/** The acts of one load with a biological and a chemical indicator, in the order in which they are done. */
async function actsOf(
  packs: number,
  heard: () => Promise<unknown> = async () => {},
): Promise<{ loadId: string; counts: Record<string, number> }> {
  const counts: Record<string, number> = {};
  const act = async (name: string, account: string, path: string, body: unknown) => {
    const { answer, act: statements } = await cost(account, path, body);
    counts[name] = statements.length;
    await heard();
    expect(statements.length, `${name}:\n${statements.map((text) => text.slice(0, 80)).join('\n')}`).toBeLessThanOrEqual(MOST_STATEMENTS);
    return answer.body;
  };
  const steriliserId = await makeSteriliser(ground);
  await passBowieDick(ground, steriliserId, 1);
  const packIds = await readyPacks(ground, packs, { labelled: 1 });
  const indicators = [biological(60), chemical()];
  const load = await act('plan', 'technician', '/v1/loads', { steriliserId, program: 'steam-134', packIds, indicators });
  const path = `/v1/loads/${load.id}`;
  await act('start', 'technician', `${path}/start`, at('08:00'));
  await act('end', 'technician', `${path}/end`, { ...goodCycle, ...at('08:40') });
  const { body } = await service.get('releaser', `/v1/load-indicators?loadId=${load.id}`);
  const idOf = (kind: string): string => body.items.find((item: { kind: string }) => item.kind === kind).id;
  await act('read-ci', 'releaser', `/v1/load-indicators/${idOf('pcd-ci')}/read`, { result: 'pass', ...at('08:45') });
  const outcomes = packIds.map((packId) => ({ packId, outerCi: 'pass', wet: false }));
  await act('unload', 'technician', `${path}/unload`, { packs: outcomes, ...at('09:15') });
  await act('release', 'releaser', `${path}/release`, at('09:20'));
  await act('incubate', 'releaser', `/v1/load-indicators/${idOf('bi')}/incubate`, at('09:30'));
  const reading = { growth: false, control: { lot: 'L1', growth: true }, ...at('10:30') };
  await act('read-bi', 'releaser', `/v1/load-indicators/${idOf('bi')}/read`, reading);
  return { loadId: load.id, counts };
}

test(`each act of a load of 3 packs costs at most ${MOST_STATEMENTS} statements, and of 60 packs the same`, async () => {
  const few = await actsOf(3);
  const many = await actsOf(60);
  expect(many.counts).toEqual(few.counts);
});

test('a load costs at most 40 history events, from its start to its confirmation, each act heard by itself', async () => {
  let loadId: string | undefined;
  const statusOf = async () => {
    loadId ??= (await service.db.selectFrom('steriliser_load').select('id').orderBy('id', 'desc').executeTakeFirst())?.id;
    return (
      (await service.db
        .selectFrom('pathway')
        .select(['status', 'version'])
        .where('id', '=', loadId ?? '')
        .executeTakeFirst()) ?? { status: 'none', version: 0 }
    );
  };
  const begun = async () => {
    const load = await service.db.selectFrom('steriliser_load').select('status').orderBy('id', 'desc').executeTakeFirst();
    if (load?.status === 'planned') return;
    await expect.poll(async () => (await statusOf()).version, { timeout: 30_000, interval: 50 }).toBeGreaterThan(0);
    await deliverAll(service);
  };
  const { loadId: id } = await actsOf(3, begun);
  expect(await statusOf()).toMatchObject({ status: 'ended' });
  const events = await eventsWithoutSkipping(service.client, `steriliser-load/${id}`);
  expect(events.length, events.map(({ eventType }) => eventType).join(' ')).toBeLessThanOrEqual(40);
  const { body } = await service.get('headnurse', `/v1/loads/${id}/timeline`);
  expect(body.items.map(({ event }: { event: string }) => event)).toEqual(['start', 'end', 'unload', 'release', 'incubate', 'read']);
});
