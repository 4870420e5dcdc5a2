/** As referral-kills, of follow-up: an enrolment, a visit that refers, a window that opens and a fact each happen exactly once, whoever dies. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followUpKillsOn, startFollowUpKills } from '../support/chaos/follow-up-kills.ts';
import { apiPoints, workerPoints } from '../support/chaos/kill-order.ts';
import {
  FIVE_MINUTES,
  type KillableService,
  randomOfRun,
  testThatEveryMessageArrivedOnce,
  testThatNoProcessEndedByItself,
} from '../support/chaos/killable-service.ts';
import { findMissedDeadline } from '../support/oracles/deadlines.ts';
import { findBrokenInvariants } from '../support/oracles/invariants.ts';

const random = randomOfRun();

let service: KillableService;
beforeAll(async () => {
  service = await startFollowUpKills();
});
afterAll(() => service?.stop());

const kills = followUpKillsOn(() => service, random);
const { newEnrolment, enrolOne, enrolThree, crisisOf, admissionOf, stateOf, expectAllHappened } = kills;

describe('the worker dies at a step of a commit: of an enrolment, a visit that refers, a window that opens and a fact at once', () => {
  test.each(workerPoints)('%s', { timeout: FIVE_MINUTES }, (point) => kills.killWorkerInCommits(point));

  test.each(workerPoints)('and of the referral that a visit has asked for: %s', { timeout: FIVE_MINUTES }, async (point) => {
    const { processes, callers, evidence, restart } = service;
    const referring = await enrolOne();
    await processes.arm('worker', { point, statements: random.integer(1, 8), targets: [{ event: 'create' }] });
    const answer = callers.insist(crisisOf(referring));
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    expect((await answer).status).toBe(201);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
    expect((await stateOf(referring)).referrals).toHaveLength(1);
  });
});

describe('the API dies: of an enrolment and a visit that refers at once, and of a fact', () => {
  test.each(apiPoints)('%s', { timeout: FIVE_MINUTES }, (point) => kills.killApi(point));
});

test('Postgres dies for 20 s while visits refer, facts come in and a window opens', { timeout: FIVE_MINUTES }, async () => {
  const { processes, callers, restart } = service;
  const seen = await enrolThree();
  const more = await Promise.all(Array.from({ length: 4 }, () => enrolOne()));
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
  expect(await findMissedDeadline(processes, seen.waiting.pathwayId)).toEqual([]);
  await expectAllHappened(seen);
});

test('worker and Temporal die after the commit, and the callers are gone: nothing is lost, every deadline is still kept', {
  timeout: FIVE_MINUTES,
}, async () => {
  const { processes, callers, evidence, restart } = service;
  const seen = await enrolThree();
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
  const opening = findMissedDeadline(processes, waiting.pathwayId).catch(() => 'broken off');
  const answer = callers.ask({ ...crisisOf(referring), key: randomUUID() });
  expect(await processes.parts.worker.ended()).toBe('SIGKILL');
  await Promise.all([processes.parts.temporal.kill(), processes.parts.api.kill()]);
  expect(await answer).toBeUndefined();
  await restart('temporal');
  await restart('worker', 'api');
  await opening;
  await expectAllHappened(seen);
  for (const { pathwayId } of [referring, waiting, admitted]) expect(await findMissedDeadline(processes, pathwayId)).toEqual([]);
  expect(await findBrokenInvariants(evidence)).toEqual([]);
});

testThatEveryMessageArrivedOnce(() => service);
testThatNoProcessEndedByItself(() => service);
