/** As kills.test.ts, of follow-up: an enrolment, a visit that refers, a window that opens and a fact each happen exactly once, whoever dies. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultMessageConfiguration } from '../../domain/alliance/configuration.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import { createRandom } from '../../domain/kit/random.ts';
import { today } from '../support/builders/enrolments.ts';
import { newFact, newResident } from '../support/builders/facts.ts';
import { type Callers, createCallers, type Question } from '../support/chaos/callers.ts';
import { apiPoints, type KillPoint, workerPoints } from '../support/chaos/kill-order.ts';
import { missedDeadline } from '../support/oracles/deadlines.ts';
import { brokenDeliveries, brokenInvariants, type Evidence } from '../support/oracles/invariants.ts';
import { type Processes, startProcesses } from '../support/service/processes.ts';

const seed = Number(process.env.CAREPATH_TEST_SEED ?? Date.now() % 1_000_000);
console.log(`Crash tests with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);
const random = createRandom(seed);

/** kills.test.ts kills the same kit at every step in each run; here a run takes some of them, and all with CAREPATH_TEST_ALL=1. */
const isWhole = process.env.CAREPATH_TEST_ALL === '1';
const commitPoints: readonly KillPoint[] = isWhole ? workerPoints : ['inside', 'after-commit'];
const referralPoints = isWhole ? workerPoints : [random.pick(workerPoints)];

const FIVE_MINUTES = 300_000;

let processes: Processes;
let callers: Callers;
let evidence: Evidence;

beforeAll(async () => {
  processes = await startProcesses();
  callers = createCallers(processes.apiUrl);
  evidence = { ...processes, answered: callers.answered };
  await callers.signIn('gp', 'gateway');
  // Reminders go at any hour and however many: whether each has reached its reader once is asked at the end.
  const messages = { ...defaultMessageConfiguration, quietHours: { fromMinute: 0, untilMinute: 0 }, patientMessagesPerDay: 1_000 };
  await sql`
    insert into alliance_configuration (version, configuration)
    select version + 1, configuration || ${JSON.stringify({ messages })}::jsonb from alliance_configuration order by version desc limit 1`.execute(
    processes.db,
  );
});
afterAll(() => processes?.stop());

interface Enrolled {
  id: string;
  pathwayId: string;
  patientId: string;
  now: string;
}

const newEnrolment = async (): Promise<Question> => {
  const patientId = await newResident(processes, 'inst-c01', { phone: `139${random.integer(10_000_000, 99_999_999)}` });
  return { account: 'gp', path: '/v1/enrolments', body: { patientId, protocol: 'htn-2017', startedOn: today() } };
};
async function enrolled(): Promise<Enrolled> {
  const { status, body } = await callers.insist(await newEnrolment());
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}
/** An emergency: the referral goes out with it. */
const crisisOf = ({ id, now }: Enrolled): Question => ({
  account: 'gp',
  path: `/v1/enrolments/${id}/visits`,
  body: { visitedAt: now, mode: 'clinic', form: { bloodPressures: [{ systolic: 186, diastolic: 112 }] } },
});
const admissionOf = ({ patientId }: Enrolled): Question => ({
  account: 'gateway',
  path: '/v1/facts',
  body: newFact({ type: 'patient-admitted', institutionId: 'inst-h1', patientId }),
});

const stateOf = async ({ pathwayId }: Enrolled): Promise<FollowUpState> =>
  (await processes.db.selectFrom('pathway').select('state').where('id', '=', pathwayId).executeTakeFirstOrThrow()).state as FollowUpState;

/** Beside the invariants: what each of the four was to lead to is there. */
async function expectAllHappened(seen: { referring: Enrolled; waiting: Enrolled; admitted: Enrolled }): Promise<void> {
  expect(await brokenInvariants(evidence)).toEqual([]);
  const { referrals, visits } = await stateOf(seen.referring);
  expect([visits.length, referrals.map(({ urgency }) => urgency)]).toEqual([1, ['urgent']]);
  const referral = processes.db
    .selectFrom('referral')
    .select(['status', 'patient_id'])
    .where('id', '=', referrals[0]?.id ?? '');
  expect(await referral.execute()).toEqual([{ status: 'received', patient_id: seen.referring.patientId }]);
  expect((await stateOf(seen.waiting)).plan?.stage).toBe('open');
  const told = processes.db
    .selectFrom('message')
    .select('template')
    .where('recipient_id', '=', seen.waiting.patientId)
    .where('template', 'like', 'follow-up-open%');
  expect(await told.execute()).toEqual([{ template: 'follow-up-open' }]);
  expect((await stateOf(seen.admitted)).enrolments).toMatchObject([{ status: 'paused', pause: { reason: 'admission' } }]);
}

const threeEnrolled = async () => {
  const [referring, waiting, admitted] = await Promise.all([enrolled(), enrolled(), enrolled()]);
  return { referring, waiting, admitted };
};
const restart = async (...names: (keyof Processes['parts'])[]) => {
  await Promise.all(names.map((name) => processes.parts[name].start()));
};

describe('the worker dies at a step of a commit: of an enrolment, a visit that refers, a window that opens and a fact at once', () => {
  test.each(commitPoints)('%s', { timeout: FIVE_MINUTES }, async (point) => {
    const seen = await threeEnrolled();
    const { referring, waiting, admitted } = seen;
    await processes.arm('worker', {
      point,
      statements: random.integer(1, 8),
      targets: [
        { event: 'enrol' },
        { event: 'record-visit', pathwayId: referring.pathwayId },
        { event: 'due', pathwayId: waiting.pathwayId },
        { event: 'patient-admitted', pathwayId: admitted.pathwayId },
      ],
    });
    const answers = Promise.all([
      callers.insist(await newEnrolment()),
      callers.insist(crisisOf(referring)),
      callers.insist(admissionOf(admitted)),
      missedDeadline(processes, waiting.pathwayId),
    ]);
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    const [enrolment, visit, fact, missed] = await answers;
    expect([enrolment.status, visit.status, fact.status, missed]).toEqual([201, 201, 202, []]);
    await expectAllHappened(seen);
  });

  test.each(referralPoints)('and of the referral that a visit has asked for: %s', { timeout: FIVE_MINUTES }, async (point) => {
    const referring = await enrolled();
    await processes.arm('worker', { point, statements: random.integer(1, 8), targets: [{ event: 'create' }] });
    const answer = callers.insist(crisisOf(referring));
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    expect((await answer).status).toBe(201);
    expect(await brokenInvariants(evidence)).toEqual([]);
    expect((await stateOf(referring)).referrals).toHaveLength(1);
  });
});

describe('the API dies: of an enrolment and a visit that refers at once, and of a fact', () => {
  test.each(apiPoints)('%s', { timeout: FIVE_MINUTES }, async (point) => {
    const [referring, admitted] = await Promise.all([enrolled(), enrolled()]);
    await processes.arm('api', { point, targets: [{ event: 'enrol' }, { event: 'record-visit', pathwayId: referring.pathwayId }] });
    const answers = Promise.all([callers.insist(await newEnrolment()), callers.insist(crisisOf(referring))]);
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    expect((await answers).map(({ status }) => status)).toEqual([201, 201]);

    // The fact is one transaction; it is cut off in the middle of it.
    await processes.arm('api', { point: 'stored', targets: [{ event: '*' }] });
    const fact = callers.insist(admissionOf(admitted));
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    expect((await fact).status).toBe(202);
    expect(await brokenInvariants(evidence)).toEqual([]);
    expect((await stateOf(referring)).referrals).toHaveLength(1);
    expect((await stateOf(admitted)).enrolments).toMatchObject([{ status: 'paused' }]);
  });
});

test('Postgres dies for 20 s while visits refer, facts come in and a window opens', { timeout: FIVE_MINUTES }, async () => {
  const seen = await threeEnrolled();
  const more = await Promise.all(Array.from({ length: 4 }, () => enrolled()));
  const questions = [
    crisisOf(seen.referring),
    admissionOf(seen.admitted),
    ...more.flatMap((one) => [crisisOf(one), admissionOf(one)]),
    await newEnrolment(),
  ];
  const answers = Promise.all(questions.map((question) => callers.insist(question)));
  await sleep(random.integer(50, 800)); // the moment of the kill is drawn, not waited for
  await processes.parts.postgres.kill();
  await sleep(20_000);
  await restart('postgres');
  // Whoever was admitted before the visit was recorded is on a pause, and the visit is refused.
  for (const { question, status } of await answers) expect([201, 202, 409], question.path).toContain(status);
  expect(await missedDeadline(processes, seen.waiting.pathwayId)).toEqual([]);
  await expectAllHappened(seen);
});

test('worker and Temporal die after the commit, and the callers are gone: nothing is lost, every deadline is still kept', {
  timeout: FIVE_MINUTES,
}, async () => {
  const seen = await threeEnrolled();
  const { referring, waiting, admitted } = seen;
  await processes.arm('worker', {
    point: 'after-commit',
    targets: [
      { event: 'record-visit', pathwayId: referring.pathwayId },
      { event: 'due', pathwayId: waiting.pathwayId },
      { event: 'patient-admitted', pathwayId: admitted.pathwayId },
    ],
  });
  expect((await callers.insist(admissionOf(admitted))).status).toBe(202);
  const opening = missedDeadline(processes, waiting.pathwayId).catch(() => 'broken off');
  const answer = callers.ask({ ...crisisOf(referring), key: randomUUID() });
  expect(await processes.parts.worker.ended()).toBe('SIGKILL');
  await Promise.all([processes.parts.temporal.kill(), processes.parts.api.kill()]);
  expect(await answer).toBeUndefined();
  await restart('temporal');
  await restart('worker', 'api');
  await opening;
  await expectAllHappened(seen);
  for (const { pathwayId } of [referring, waiting, admitted]) expect(await missedDeadline(processes, pathwayId)).toEqual([]);
  expect(await brokenInvariants(evidence)).toEqual([]);
});

test('after all of it every message has reached its receiver once', { timeout: FIVE_MINUTES }, async () => {
  expect(await brokenDeliveries(evidence)).toEqual([]);
});

test('no process has ended by itself', () => {
  expect(Object.values(processes.parts).map((part) => [part.name, part.unasked()])).toEqual([
    ['postgres', 0],
    ['temporal', 0],
    ['worker', 0],
    ['api', 0],
  ]);
});
