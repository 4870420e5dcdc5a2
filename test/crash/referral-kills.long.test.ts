/** Every process of the service is killed with SIGKILL at every step of a command and of a rung. Whoever dies: each happens exactly once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Callers } from '../support/chaos/callers.ts';
import type { KillPoint } from '../support/chaos/kill-order.ts';
import {
  FIVE_MINUTES,
  type KillableService,
  randomOfRun,
  startKillableService,
  testThatEveryMessageArrivedOnce,
  testThatNoProcessEndedByItself,
} from '../support/chaos/killable-service.ts';
import { findMissedDeadline } from '../support/oracles/deadlines.ts';
import { type Evidence, findBrokenInvariants } from '../support/oracles/invariants.ts';
import type { Processes } from '../support/service/processes.ts';

const random = randomOfRun();

let service: KillableService;
let processes: Processes;
let callers: Callers;
let evidence: Evidence;
let restart: KillableService['restart'];
let patients: string[];

beforeAll(async () => {
  service = await startKillableService('gp', 'specialist');
  ({ processes, callers, evidence, restart } = service);
  const rows = await processes.db.selectFrom('patient').select('id').where('home_institution_id', '=', 'inst-c01').orderBy('id').execute();
  patients = rows.map(({ id }) => id);
});
afterAll(() => service?.stop());

const newReferral = () => ({
  account: 'gp',
  path: '/v1/referrals',
  body: {
    patientId: random.pick(patients),
    direction: 'up',
    urgency: 'urgent',
    toInstitutionId: 'inst-h1',
    reason: '血压持续升高，请会诊',
    consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
    overrideReason: '复诊',
  },
});
const acceptanceOf = (id: string) => ({ account: 'specialist', path: `/v1/referrals/${id}/send-acceptance`, body: {} });

async function created(): Promise<string> {
  const { status, body } = await callers.insist(newReferral());
  expect(status).toBe(201);
  return body.id;
}

describe('the worker dies at a step of a commit: of a creation, of a later command and of a rung at once', () => {
  const steps: { point: KillPoint; statements?: number; title: string }[] = [
    { point: 'before', title: 'before the transaction' },
    { point: 'inside', statements: random.integer(1, 8), title: 'inside the transaction' },
    { point: 'before-commit', title: 'before its commit' },
    { point: 'after-commit', title: 'after its commit' },
    { point: 'returned', title: 'before Temporal hears of it' },
  ];
  test.each(steps)('$title', { timeout: FIVE_MINUTES }, async ({ point, statements = 1 }) => {
    const [accepting, waiting] = await Promise.all([created(), created()]);
    await processes.arm('worker', {
      point,
      statements,
      targets: [{ event: 'create' }, { event: 'send-acceptance', pathwayId: accepting }, { event: 'due', pathwayId: waiting }],
    });
    const answers = Promise.all([
      callers.insist(newReferral()),
      callers.insist(acceptanceOf(accepting)),
      findMissedDeadline(processes, waiting),
    ]);
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    const [creation, acceptance, missed] = await answers;
    expect([creation.status, acceptance.status, missed]).toEqual([201, 200, []]);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
  });
});

describe('the API dies: of a creation and of a later command at once', () => {
  const steps: { point: KillPoint; title: string }[] = [
    { point: 'stored', title: 'after it has stored them, before it sends them' },
    { point: 'answered', title: 'after Temporal has answered, before it keeps the response' },
  ];
  test.each(steps)('$title', { timeout: FIVE_MINUTES }, async ({ point }) => {
    const accepting = await created();
    await processes.arm('api', { point, targets: [{ event: 'create' }, { event: 'send-acceptance', pathwayId: accepting }] });
    const answers = Promise.all([callers.insist(newReferral()), callers.insist(acceptanceOf(accepting))]);
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    const [creation, acceptance] = await answers;
    expect([creation.status, acceptance.status]).toEqual([201, 200]);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
  });
});

describe('a server dies while commands are under way', () => {
  async function load(): Promise<number[]> {
    const ids = await Promise.all(Array.from({ length: 6 }, () => created()));
    const questions = ids.flatMap((id) => [newReferral(), acceptanceOf(id)]);
    const answers = await Promise.all(questions.map((question) => callers.insist(question)));
    return answers.map(({ status }) => status);
  }
  const done = Array.from({ length: 6 }, () => [201, 200]).flat();

  test('Temporal', { timeout: FIVE_MINUTES }, async () => {
    const answers = load();
    await sleep(random.integer(200, 1_500)); // the moment of the kill is drawn, not waited for
    await processes.parts.temporal.kill();
    await restart('temporal');
    expect(await answers).toEqual(done);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
  });

  test('Postgres, for 20 s, in which a rung comes due', { timeout: FIVE_MINUTES }, async () => {
    const waiting = await created();
    const answers = load();
    await sleep(random.integer(200, 1_500)); // as above
    await processes.parts.postgres.kill();
    await sleep(20_000);
    await restart('postgres');
    expect(await answers).toEqual(done);
    expect(await findMissedDeadline(processes, waiting)).toEqual([]);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
  });
});

test('worker and Temporal die after the commit of a creation, of a later command and of a rung, and the callers are gone: every deadline is still kept', {
  timeout: FIVE_MINUTES,
}, async () => {
  const { parts, db } = processes;
  const [accepting, waiting] = await Promise.all([created(), created()]);
  await processes.arm('worker', {
    point: 'after-commit',
    targets: [{ event: 'create' }, { event: 'send-acceptance', pathwayId: accepting }, { event: 'due', pathwayId: waiting }],
  });
  const rung = findMissedDeadline(processes, waiting).catch(() => 'broken off');
  const answers = Promise.all([callers.ask(newReferral()), callers.ask(acceptanceOf(accepting))]);
  expect(await parts.worker.ended()).toBe('SIGKILL');
  await Promise.all([parts.temporal.kill(), parts.api.kill()]);
  expect(await answers).toEqual([undefined, undefined]);
  await restart('temporal');
  await restart('worker', 'api');
  await rung;

  // Nobody asks again: workflow and Postgres come level by themselves, and each next rung fires at its instant.
  expect(await findBrokenInvariants(evidence)).toEqual([]);
  const latest = db.selectFrom('command').select(['pathway_id', 'response_status', 'outcome']).orderBy('created_at', 'desc').limit(2);
  const unanswered = await latest.execute();
  for (const command of unanswered) expect(command).toMatchObject({ response_status: null, outcome: { ok: true } });
  const pathwayIds = new Set([waiting, accepting, ...unanswered.map((command) => command.pathway_id as string)]);
  expect(pathwayIds.size).toBe(3);
  for (const pathwayId of pathwayIds) expect(await findMissedDeadline(processes, pathwayId)).toEqual([]);
  expect(await findBrokenInvariants(evidence)).toEqual([]);
});

testThatEveryMessageArrivedOnce(() => service);
testThatNoProcessEndedByItself(() => service);
