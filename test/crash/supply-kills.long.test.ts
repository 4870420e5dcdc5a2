/**
 * Every process of the service is killed with SIGKILL at every step of a load start, a failed indicator, a hand-over at a stop, a return and a
 * hand-over at the department. Whoever asked repeats with the same key, and each act leaves behind what it leaves without a death.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyCustody } from '../../db/sterile-supply/custody-chain.ts';
import { type KillOrder, type KillTarget, type MetTarget, relayPoints } from '../support/chaos/kill-order.ts';
import {
  FIVE_MINUTES,
  type KillableService,
  randomOfRun,
  startKillableService,
  testThatEveryMessageArrivedOnce,
  testThatNoProcessEndedByItself,
} from '../support/chaos/killable-service.ts';
import { type PreparedAct, type SupplyActName, supplyAccounts, supplyActNames, supplyActsOn } from '../support/chaos/supply-acts.ts';
import { findBrokenInvariants } from '../support/oracles/invariants.ts';
import { settle } from '../support/oracles/settling.ts';
import { supplyFlaws } from '../support/oracles/supply-flaws.ts';
import { compareFootprints, type Footprint, readFootprint } from '../support/oracles/supply-footprint.ts';
import type { Part } from '../support/service/processes.ts';

const random = randomOfRun();

let service: KillableService;
beforeAll(async () => {
  service = await startKillableService(...supplyAccounts);
});
afterAll(() => service?.stop());

const { prepareActs } = supplyActsOn(() => service);

/** What each act leaves behind when nobody dies. */
const undisturbed = new Map<SupplyActName, Footprint>();
/** Every act that was done while somebody died, with who that was. */
const done: { act: PreparedAct; during: string }[] = [];

async function findDifferences(acts: typeof done): Promise<string[]> {
  const { db } = service.processes;
  const differences = await Promise.all(
    acts.map(async ({ act: { name, course }, during }) => {
      const broken = compareFootprints(await readFootprint(db, course), undisturbed.get(name) ?? {});
      return broken.map((what) => `${name}, ${during}: ${what}`);
    }),
  );
  return differences.flat();
}

const insistOn = (acts: readonly PreparedAct[]) =>
  Promise.all(acts.map(({ question }) => service.callers.insist(question, 2 * FIVE_MINUTES)));

/** Each was answered as done; one more repetition gets the same answer, and nothing happens by it. */
async function expectDoneOnce(acts: readonly PreparedAct[], answers: ReturnType<typeof insistOn>, during: string): Promise<void> {
  const first = await answers;
  expect(first.map(({ status, body }) => [status, body.code])).toEqual(acts.map(() => [200, undefined]));
  expect((await insistOn(acts)).map(({ body }) => body)).toEqual(first.map(({ body }) => body));
  done.push(...acts.map((act) => ({ act, during })));
}

/** What was done lately has led to everything that it leads to without a death. */
async function expectSameAsUndisturbed(acts: readonly PreparedAct[]): Promise<void> {
  expect(await settle(() => findDifferences(done.filter(({ act }) => acts.includes(act))), 60_000)).toEqual([]);
}

/** What the pathways decide because of the acts: three begin, four facts are heard. */
function pathwayTargets(acts: readonly PreparedAct[]): KillTarget[] {
  const courseOf = (name: SupplyActName) => acts.find((act) => act.name === name)?.course;
  const idOf = (name: SupplyActName, thing: string): string =>
    [...(courseOf(name)?.things ?? [])].find(([, label]) => label === thing)?.[0] ?? '';
  return [
    { event: 'start', pathwayId: idOf('load-start', 'load') },
    // The recall and the discrepancy, whose ids the acts allot.
    { event: 'open' },
    { event: 'open' },
    { event: 'bi-read', pathwayId: idOf('failed-indicator', 'load') },
    { event: 'round-returned', pathwayId: idOf('return', 'round') },
    { event: 'round-handed-over', pathwayId: idOf('hand-over', 'round') },
    { event: 'slip-handed-over', pathwayId: idOf('hand-over', 'slip') },
  ];
}

/** Starts a process that has an order to die, which it may carry out before it has said that it is ready. */
async function startUntilKilled(part: Part): Promise<void> {
  const end = await part.start().then(
    () => part.ended(),
    (error: unknown) => String(error),
  );
  expect(end).toContain('SIGKILL');
}

/** Every pathway is idle, so that what comes next is what the acts have begun. */
const untilSettled = async () => expect(await findBrokenInvariants(service.evidence)).toEqual([]);

test('without a death each act has its effect once, and what it began goes on', { timeout: FIVE_MINUTES }, async () => {
  const acts = await prepareActs();
  expect((await insistOn(acts)).map(({ status, body }) => [status, body.code])).toEqual(acts.map(() => [200, undefined]));
  await untilSettled();
  for (const { name, course } of acts) undisturbed.set(name, await readFootprint(service.processes.db, course));
  const linesOf = (name: SupplyActName, about: string) => undisturbed.get(name)?.[about] ?? [];
  for (const name of supplyActNames)
    for (const fact of linesOf(name, 'facts')) expect(JSON.parse(fact)).toMatchObject({ owed: 1, settled: 1, heard: 1 });
  expect(linesOf('load-start', 'loads').map((line) => JSON.parse(line).status)).toEqual(['running']);
  expect(linesOf('load-start', 'decisions').map((line) => JSON.parse(line).events)).toEqual([['start']]);
  expect(linesOf('failed-indicator', 'recalls')).toHaveLength(1);
  expect(linesOf('failed-indicator', 'recall lines')).toHaveLength(4);
  expect(linesOf('failed-indicator', 'messages').length).toBeGreaterThanOrEqual(4);
  expect(linesOf('sterile-handed', 'packs').map((line) => JSON.parse(line).status)).toEqual(['at-centre', 'at-centre']);
  expect(linesOf('return', 'rounds').map((line) => JSON.parse(line).status)).toEqual(['returned']);
  expect(linesOf('hand-over', 'discrepancies').map((line) => JSON.parse(line).kind)).toEqual(['custody-gap']);
  expect(linesOf('hand-over', 'tasks').map((line) => JSON.parse(line).name)).toContain('count-due');
});

test('the API dies before the five acts, between each two statements of each, before and after their commit: each is done once', {
  timeout: 2 * FIVE_MINUTES,
}, async () => {
  const { processes, restart } = service;
  const acts = await prepareActs();
  const targets = acts.map(({ question }) => ({ event: question.path }));
  // Whoever asks hears nothing and asks again: the same five acts die at one step after the other until the last lets them be done.
  const kill = async (order: Omit<KillOrder, 'targets'>): Promise<MetTarget[]> => {
    await processes.arm('api', { ...order, targets });
    await startUntilKilled(processes.parts.api);
    return processes.met('api');
  };
  const things = acts.flatMap(({ course }) => [...course.things.keys()]);
  const countEntries = async () =>
    (await sql`select from supply_event where thing_id = any(${things}::text[])`.execute(processes.db)).rows.length;
  const entries = await countEntries();
  await processes.parts.api.kill();
  const answers = insistOn(acts);
  await kill({ point: 'before' });
  let met: MetTarget[] = [];
  let steps = 0;
  do {
    // An act with fewer statements stands before its commit meanwhile.
    met = await kill({ point: 'inside', statements: ++steps });
  } while (met.some(({ point }) => point === 'inside'));
  expect(met.map(({ point }) => point)).toEqual(acts.map(() => 'before-commit'));
  expect(steps).toBeGreaterThan(8);
  expect(await countEntries(), 'nothing of an act that died has stayed').toBe(entries);
  await kill({ point: 'after-commit' });
  await restart('api');
  await expectDoneOnce(acts, answers, `API, ${steps} times before its commit and once after it`);
  console.log(
    `The API died between statements ${steps - 1} times: ${met.map(({ event, statements }) => `${event} has ${statements}`).join(', ')}.`,
  );
  await expectSameAsUndisturbed(acts);
});

describe('the worker dies at a step of what the acts have begun: three pathways that begin and four facts at once', () => {
  // A commit that died is tried again, so that it can die at the next step too.
  test.each([
    { before: 'what is committed', points: ['before', 'inside', 'before-commit'] as const },
    { before: 'what Temporal hears of it', points: ['after-commit', 'returned'] as const },
  ])('in the commits, before $before: $points', { timeout: FIVE_MINUTES }, async ({ points }) => {
    const { processes, restart } = service;
    const acts = await prepareActs();
    await untilSettled();
    await processes.parts.worker.kill();
    const answers = insistOn(acts);
    for (const point of points) {
      await processes.arm('worker', { point, statements: random.integer(1, 8), targets: pathwayTargets(acts) });
      await startUntilKilled(processes.parts.worker);
    }
    await restart('worker');
    await expectDoneOnce(acts, answers, `worker, ${points.join(', ')}`);
    await expectSameAsUndisturbed(acts);
  });

  test.each(relayPoints)('in the relays of commands and facts: %s', { timeout: FIVE_MINUTES }, async (point) => {
    const { processes, restart } = service;
    const { worker } = processes.parts;
    const acts = await prepareActs();
    await untilSettled();
    // Everything is stored before a relay looks, so that one round of it meets all of them.
    await worker.kill();
    await expectDoneOnce(acts, insistOn(acts), `worker, ${point}`);
    await processes.arm('worker', { point, targets: pathwayTargets(acts) });
    await startUntilKilled(worker);
    await restart('worker');
    await expectSameAsUndisturbed(acts);
  });
});

describe('a server is away', () => {
  test('Temporal, and the API dies in the middle of the acts: they are done without it, and what they began comes when it is back', {
    timeout: FIVE_MINUTES,
  }, async () => {
    const { processes, restart } = service;
    const { api, temporal } = processes.parts;
    const acts = await prepareActs();
    await untilSettled();
    await temporal.kill();
    await processes.arm('api', {
      point: random.pick(['inside', 'after-commit'] as const),
      statements: random.integer(1, 12),
      targets: acts.map(({ question }) => ({ event: question.path })),
    });
    const answers = insistOn(acts);
    expect(await api.ended()).toBe('SIGKILL');
    // It says that it is ready only when Temporal is there, and takes acts before that.
    const started = api.start();
    await expectDoneOnce(acts, answers, 'Temporal away and the API');
    const { rows } = await sql`select from fact_delivery where settled_at is null`.execute(processes.db);
    expect(rows.length).toBeGreaterThanOrEqual(4);
    await restart('temporal');
    await started;
    await expectSameAsUndisturbed(acts);
  });

  test('Temporal dies while the acts are under way', { timeout: FIVE_MINUTES }, async () => {
    const { processes, restart } = service;
    const acts = await prepareActs();
    const answers = insistOn(acts);
    await sleep(random.integer(0, 1_500)); // the moment of the kill is drawn, not waited for
    await processes.parts.temporal.kill();
    await restart('temporal');
    await expectDoneOnce(acts, answers, 'Temporal');
    await expectSameAsUndisturbed(acts);
  });

  test('Postgres dies for five seconds while the acts are under way', { timeout: FIVE_MINUTES }, async () => {
    const { processes, restart } = service;
    const acts = await prepareActs();
    const answers = insistOn(acts);
    await sleep(random.integer(0, 120)); // as above
    await processes.parts.postgres.kill();
    await sleep(5_000);
    await restart('postgres');
    await expectDoneOnce(acts, answers, 'Postgres');
    await expectSameAsUndisturbed(acts);
  });

  test('API, worker and Temporal die after the commit of the acts, and nobody asks again: what they began comes all the same', {
    timeout: FIVE_MINUTES,
  }, async () => {
    const { processes, callers, restart } = service;
    const acts = await prepareActs();
    await untilSettled();
    await processes.arm('api', { point: 'after-commit', targets: acts.map(({ question }) => ({ event: question.path })) });
    const answers = Promise.all(acts.map(({ question }) => callers.ask(question)));
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await Promise.all([processes.parts.worker.kill(), processes.parts.temporal.kill()]);
    expect(await answers).toEqual(acts.map(() => undefined));
    await restart('temporal');
    await restart('worker', 'api');
    done.push(...acts.map((act) => ({ act, during: 'API, worker and Temporal' })));
    await expectSameAsUndisturbed(acts);
  });
});

test('after all of it every invariant holds, and nothing has happened twice since', { timeout: FIVE_MINUTES }, async () => {
  const { evidence, processes } = service;
  expect(await findBrokenInvariants(evidence)).toEqual([]);
  // The packs that the rounds carry come out of loads that stand in the tables without their tests and runs: nobody operated them. Nothing else of these
  // loads may be wrong, and nothing of the others.
  const { rows: given } = await sql<{ id: string }>`select id from steriliser_load where operator_id is null`.execute(processes.db);
  const flaws = Object.entries(await supplyFlaws(processes.db)).flatMap(([what, ids]) =>
    ids.filter((id) => !(what.startsWith('6 a load') && given.some((load) => load.id === id))).map((id) => `${what}: ${id}`),
  );
  expect(flaws).toEqual([]);
  expect(await findDifferences(done)).toEqual([]);
  console.log(`${done.length} acts were done while somebody died.`);
});

test('the ledger has no gap: every entry is sealed once, and the export of all of it proves itself', {
  timeout: FIVE_MINUTES,
}, async () => {
  const { processes, callers } = service;
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const to = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const exported = await callers.get('headnurse', `/v1/custody-export?from=${from}&to=${to}`);
  expect(exported?.status).toBe(200);
  const { rows } = await sql<{ entries: number }>`select count(*)::int as entries from supply_event`.execute(processes.db);
  const [{ entries }] = rows as [{ entries: number }];
  expect(verifyCustody(new TextEncoder().encode(JSON.stringify(exported?.body)))).toMatchObject({
    whole: true,
    events: entries,
    first: 1,
    last: entries,
  });
});

testThatEveryMessageArrivedOnce(() => service);
testThatNoProcessEndedByItself(() => service);
