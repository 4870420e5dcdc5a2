/** As discharge-kills, of what an episode hands on and what comes to it whole: a follow-up, a down referral, a link and a transaction of orders, each once. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { plainPlan } from '../support/builders/episodes-on-service.ts';
import { medicationRequest, orderedService, stayTransaction } from '../support/builders/stay-transactions.ts';
import { apiPoints, type KillOrder, workerPoints } from '../support/chaos/kill-order.ts';
import {
  FIVE_MINUTES,
  type KillableService,
  randomOfRun,
  startKillableService,
  testThatEveryMessageArrivedOnce,
  testThatNoProcessEndedByItself,
} from '../support/chaos/killable-service.ts';
import { dischargeOf, type Stay, staysOn } from '../support/chaos/stays-under-kills.ts';
import { findBrokenInvariants } from '../support/oracles/invariants.ts';

const random = randomOfRun();

let service: KillableService;
beforeAll(async () => {
  service = await startKillableService('gp', 'nurse', 'nurse-h1', 'gateway');
});
afterAll(() => service?.stop());

const { newStay, newStayInHospital, newStayAtHome, insistOn, untilAllIsTold, episodeOf, say } = staysOn(() => service, random);

const toFollowUp = { ...plainPlan, handover: { to: 'follow-up', protocol: 'htn-2017' } };
const toCentre = { ...plainPlan, handover: { to: 'down-referral' } };
const withLink = { ...plainPlan, linkConsent: 'patient' };

interface ThreeStays {
  /** In hospital, with a plan that names a follow-up: the discharge is told when its 30 days are over. */
  followed: Stay;
  referred: Stay;
  linked: Stay;
}

async function threeStays(): Promise<ThreeStays> {
  const [followed, referred, linked] = await Promise.all([newStayInHospital(), newStayAtHome(), newStayAtHome()]);
  await untilAllIsTold();
  await say('nurse-h1', (await episodeOf(followed)).id, 'record-plan', toFollowUp);
  await say('nurse-h1', (await episodeOf(linked)).id, 'record-plan', withLink);
  return { followed, referred, linked };
}

const doAll = async ({ followed, referred, linked }: ThreeStays) =>
  Promise.all([
    insistOn(dischargeOf(followed, 31)),
    say('nurse-h1', (await episodeOf(referred)).id, 'record-plan', toCentre),
    say('nurse', (await episodeOf(linked)).id, 'send-link', { to: 'patient' }),
  ]);

/** Beside the invariants: each of the three has led to what it was to lead to, once. */
async function expectAllHappened({ followed, referred, linked }: ThreeStays): Promise<void> {
  const { db } = service.processes;
  const enrolled = () => db.selectFrom('enrolment').select('status').where('patient_id', '=', followed.patientId).execute();
  const asked = () => db.selectFrom('referral').select(['status', 'direction']).where('patient_id', '=', referred.patientId).execute();
  await vi.waitUntil(async () => (await enrolled()).length > 0 && (await asked()).length > 0, { timeout: 60_000, interval: 200 });
  await untilAllIsTold();
  expect(await findBrokenInvariants(service.evidence)).toEqual([]);
  expect([await enrolled(), await asked()]).toEqual([[{ status: 'active' }], [{ status: 'draft', direction: 'down' }]]);
  const { id, state } = await episodeOf(linked);
  const sent = db.selectFrom('message').select('recipient_id').where('pathway_id', '=', id).where('template', '=', 'discharge-link');
  expect([state.links.length, await sent.execute()]).toEqual([1, [{ recipient_id: linked.patientId }]]);
}

async function killWorkerDuring(seen: ThreeStays, order: KillOrder): Promise<void> {
  await service.processes.arm('worker', order);
  const done = doAll(seen);
  expect(await service.processes.parts.worker.ended()).toBe('SIGKILL');
  await service.restart('worker');
  await done;
  await expectAllHappened(seen);
}

describe('the worker dies at a step of a commit', () => {
  test.each(workerPoints)(
    'of a date of the hand-over, a plan that refers and a link at once: %s',
    { timeout: FIVE_MINUTES },
    async (point) => {
      const seen = await threeStays();
      const [followed, referred, linked] = await Promise.all([seen.followed, seen.referred, seen.linked].map(episodeOf));
      await killWorkerDuring(seen, {
        point,
        statements: random.integer(1, 8),
        targets: [
          { event: 'due', pathwayId: followed?.id ?? '' },
          { event: 'record-plan', pathwayId: referred?.id ?? '' },
          { event: 'send-link', pathwayId: linked?.id ?? '' },
        ],
      });
    },
  );

  test.each(workerPoints)('of the enrolment and the referral that were asked for at once: %s', { timeout: FIVE_MINUTES }, async (point) => {
    const seen = await threeStays();
    await killWorkerDuring(seen, { point, statements: random.integer(1, 8), targets: [{ event: 'enrol' }, { event: 'create' }] });
  });
});

describe('the API dies', () => {
  test.each(apiPoints)('of a link: %s', { timeout: FIVE_MINUTES }, async (point) => {
    const seen = await threeStays();
    const { id } = await episodeOf(seen.linked);
    await service.processes.arm('api', { point, targets: [{ event: 'send-link', pathwayId: id }] });
    const done = doAll(seen);
    expect(await service.processes.parts.api.ended()).toBe('SIGKILL');
    await service.restart('api');
    await done;
    await expectAllHappened(seen);
  });

  const moments: [string, Omit<KillOrder, 'targets'>][] = [
    ['before it is stored', { point: 'before' }],
    ['between its entries', { point: 'inside', statements: random.integer(2, 20) }],
    ['before it is committed', { point: 'before-commit' }],
    ['after it is committed, before it is answered', { point: 'after-commit' }],
  ];
  test.each(moments)('of a transaction of orders: %s', { timeout: FIVE_MINUTES }, async (_, moment) => {
    const stay = await newStay();
    const subject = { identifier: { system: 'urn:carepath:patient', value: stay.patientId } };
    const beside = [medicationRequest(subject, 'M1'), medicationRequest(subject, 'M2'), orderedService(subject, 'S1')];
    const body = stayTransaction({ subject, visitNumber: stay.visitNumber, status: 'finished', beside });
    const question = { account: 'gateway', path: '/fhir', body };
    await service.processes.arm('api', { ...moment, targets: [{ event: '/fhir' }] });
    const answer = service.callers.insist(question);
    expect(await service.processes.parts.api.ended()).toBe('SIGKILL');
    await service.restart('api');
    const first = await answer;
    expect([first.status, first.body.entry?.length]).toEqual([200, 4]);
    // Whoever sends it once more, under another key, gets the same answer, and nothing happens by it.
    expect((await service.callers.insist(question)).body).toEqual(first.body);
    await untilAllIsTold();
    expect(await findBrokenInvariants(service.evidence)).toEqual([]);
    const { state } = await episodeOf(stay);
    expect([state.status, state.orders.map(({ given }) => given.kind).toSorted()]).toEqual([
      'discharged',
      ['medicine', 'medicine', 'retest'],
    ]);
    const stored = service.processes.db
      .selectFrom('visit_message')
      .innerJoin('visit', 'visit.id', 'visit_message.visit_id')
      .select('event')
      .where('visit_number', '=', stay.visitNumber);
    expect(await stored.execute()).toEqual([{ event: 'A03' }]);
  });
});

testThatEveryMessageArrivedOnce(() => service);
testThatNoProcessEndedByItself(() => service);
