/** As referral-kills, of the stay in hospital: an admission, a discharge, a readmission and a correction each happen exactly once, whoever dies. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainPlan } from '../support/builders/episodes-on-service.ts';
import { apiPoints, workerPoints } from '../support/chaos/kill-order.ts';
import {
  FIVE_MINUTES,
  type KillableService,
  randomOfRun,
  startKillableService,
  testThatEveryMessageArrivedOnce,
  testThatNoProcessEndedByItself,
} from '../support/chaos/killable-service.ts';
import { admissionOf, dischargeOf, factOf, type Stay, staysOn } from '../support/chaos/stays-under-kills.ts';
import { findBrokenInvariants } from '../support/oracles/invariants.ts';

const random = randomOfRun();

let service: KillableService;
beforeAll(async () => {
  service = await startKillableService('gp', 'nurse', 'nurse-h1', 'gateway');
});
afterAll(() => service?.stop());

const { newStay, newStayAtHome, insistOn, untilAllIsTold, episodeOf } = staysOn(() => service, random);
const cancellationOf = (stay: Stay) => factOf(stay, 'discharge-cancelled', 0);

const statusOf = async (stay: Stay) => {
  const { state } = await episodeOf(stay);
  return [state.status, state.endReason];
};

interface FourStays {
  admitted: Stay;
  discharged: Stay;
  readmitted: Stay;
  again: Stay;
  corrected: Stay;
}

/** One that is only to be admitted, one in hospital, and two at home, of whom one comes back under another number. */
async function fourStays(): Promise<FourStays> {
  const [admitted, discharged, readmitted, corrected] = await Promise.all([newStay(), newStay(), newStayAtHome(), newStayAtHome()]);
  await insistOn(admissionOf(discharged));
  await untilAllIsTold();
  return { admitted, discharged, readmitted, again: { ...readmitted, visitNumber: `V-${randomUUID()}` }, corrected };
}

const tellAll = ({ admitted, discharged, again, corrected }: FourStays) =>
  Promise.all([admissionOf(admitted), dischargeOf(discharged), admissionOf(again, 0), cancellationOf(corrected)].map(insistOn));

/** Beside the invariants: what each of the four was to lead to is there. */
async function expectAllHappened({ admitted, discharged, readmitted, again, corrected }: FourStays): Promise<void> {
  await untilAllIsTold();
  expect(await findBrokenInvariants(service.evidence)).toEqual([]);
  const stays = [admitted, discharged, readmitted, again, corrected];
  expect(await Promise.all(stays.map(statusOf))).toEqual([
    ['admitted', null],
    ['discharged', null],
    ['suspended', null],
    ['admitted', null],
    ['admitted', null],
  ]);
}

describe('the worker dies at a step of a commit: of an admission, a discharge, a readmission and a correction at once', () => {
  test.each(workerPoints)('%s', { timeout: FIVE_MINUTES }, async (point) => {
    const { processes, restart } = service;
    const seen = await fourStays();
    const [discharged, readmitted, corrected] = await Promise.all([seen.discharged, seen.readmitted, seen.corrected].map(episodeOf));
    await processes.arm('worker', {
      point,
      statements: random.integer(1, 8),
      targets: [
        { event: 'create' },
        { event: 'visit-standing', pathwayId: discharged?.id ?? '' },
        { event: 'later-stay', pathwayId: readmitted?.id ?? '' },
        { event: 'visit-standing', pathwayId: corrected?.id ?? '' },
      ],
    });
    await tellAll(seen);
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    await expectAllHappened(seen);
  });
});

describe('the API dies: of a plan and a contact at once, and in the transaction that stores a discharge', () => {
  test.each(apiPoints)('%s', { timeout: FIVE_MINUTES }, async (point) => {
    const { processes, callers, restart } = service;
    const [planned, contacted, discharged] = await Promise.all([newStayAtHome(), newStayAtHome(), newStay()]);
    await insistOn(admissionOf(discharged));
    await untilAllIsTold();
    const [plan, contact] = await Promise.all([planned, contacted].map(episodeOf));
    await processes.arm('api', {
      point,
      targets: [
        { event: 'record-plan', pathwayId: plan?.id ?? '' },
        { event: 'record-contact', pathwayId: contact?.id ?? '' },
      ],
    });
    const answers = Promise.all([
      callers.insist({ account: 'nurse-h1', path: `/v1/episodes/${plan?.id}/record-plan`, body: plainPlan }),
      callers.insist({
        account: 'nurse',
        path: `/v1/episodes/${contact?.id}/record-contact`,
        body: { channel: 'phone', outcome: 'reached' },
      }),
    ]);
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    expect((await answers).map(({ status }) => status)).toEqual([200, 200]);

    await processes.arm('api', { point: 'stored', targets: [{ event: '*' }] });
    const fact = insistOn(dischargeOf(discharged));
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    await fact;
    await untilAllIsTold();
    expect(await findBrokenInvariants(service.evidence)).toEqual([]);
    expect(await statusOf(discharged)).toEqual(['discharged', null]);
    const { state } = await episodeOf(contacted);
    expect(state.attempts).toHaveLength(1);
    expect((await episodeOf(planned)).state.duties.find(({ duty }) => duty === 'plan')?.state).toBe('done');
  });
});

test('Postgres dies for 20 s while people are admitted, discharged, come back and are taken back', { timeout: FIVE_MINUTES }, async () => {
  const { processes, restart } = service;
  const seen = await fourStays();
  const told = tellAll(seen);
  await sleep(random.integer(50, 800)); // the moment of the kill is drawn, not waited for
  await processes.parts.postgres.kill();
  await sleep(20_000);
  await restart('postgres');
  await told;
  await expectAllHappened(seen);
});

testThatEveryMessageArrivedOnce(() => service);
testThatNoProcessEndedByItself(() => service);
