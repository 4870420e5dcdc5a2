/** Two days without a worker: what came due is decided late, once; nobody is told what is no longer so, and no patient at night. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, daysBetween, type LocalDate, startOf } from '../../../domain/time/local-date.ts';
import { skipTime } from '../../../platform/time-skipping.ts';
import { createDispatcher } from '../../../worker/outbox/dispatcher.ts';
import { createSmsSender } from '../../../worker/outbox/sms-sender.ts';
import { type Enrolled, followUpsOn, onTarget, today } from '../../support/builders/enrolments.ts';
import { deliverAll, newFact, newResident, postFact, silent } from '../../support/builders/facts.ts';
import { lifeWith } from '../../support/builders/follow-up-life.ts';
import { waitUntilSettled } from '../../support/oracles/agreement.ts';
import { type Service, startService } from '../../support/service/service.ts';
import { type ControlledSink, startControlledSmsSink } from '../../support/sinks/sinks.ts';

const HOUR_MS = 3_600_000;

let service: Service;
let gateway: ControlledSink;
const followUps = followUpsOn(() => service);
beforeAll(async () => {
  [service, gateway] = await Promise.all([startService({ worker: false }), startControlledSmsSink()]);
});
afterAll(async () => {
  await service?.stop();
  await gateway?.stop();
});

/** By the follow-ups' own clocks, which the patients live by here. */
async function dispatchAt(at: number): Promise<void> {
  const clock = () => sql<Date>`${new Date(at)}::timestamptz`;
  const senders = [createSmsSender({ url: gateway.url, timeoutMs: 2_000 })];
  const dispatcher = createDispatcher({ db: service.db, senders, log: silent, clock });
  while ((await dispatcher.dispatchOnce()) > 0);
}

/** Nobody is told at night, whatever the hour at which this test runs. */
function nextNoon(): number {
  const noon = startOf(today()) + 12 * HOUR_MS;
  return Date.now() < noon ? noon : noon + 24 * HOUR_MS;
}

const remindersOf = ({ patientId }: Enrolled) =>
  service.db
    .selectFrom('message')
    .select(['status', 'withdrawn_because'])
    .where('recipient_id', '=', patientId)
    .where('template', '=', 'follow-up-open')
    .execute();
const openTasks = async ({ pathwayId }: Enrolled) =>
  (await service.db.selectFrom('task').select('name').where('pathway_id', '=', pathwayId).where('status', '=', 'open').execute()).map(
    ({ name }) => name,
  );

/** A day of enrolment after which the first visit is due about then. */
function startedForDue(about: LocalDate): LocalDate {
  const startedOn = Array.from({ length: 20 }, (_, days) => addDays(today(), -days)).find((day) => {
    const { plan } = lifeWith({ names: ['htn-2017'], startedOn: day }).state();
    return plan !== null && Math.abs(daysBetween(plan.dueOn, about)) <= 1;
  });
  if (!startedOn) throw new Error(`Nobody enrolled lately is due about ${about}.`);
  return startedOn;
}

test('windows that open in an outage of two days: the visit’s task is there, and in the morning who still has to come is reminded, once', {
  timeout: 180_000,
}, async () => {
  let stopWorker = await service.startWorker();
  const phones = { waiting: '13900000001', seen: '13900000002', died: '13900000003', late: '13900000004' };
  const enrol = async (phone: string, more: object = {}) =>
    followUps.enrol('htn-2017', await newResident(service, 'inst-c01', { phone }), more);
  const [waiting, seen, died] = await Promise.all([enrol(phones.waiting), enrol(phones.seen), enrol(phones.died)]);
  const { opensOn } = waiting.nextVisit;
  // This one's window is open already, and the time to come passes in the outage.
  const late = await enrol(phones.late, { startedOn: startedForDue(opensOn) });
  const everybody: Enrolled[] = [waiting, seen, died, late];
  await dispatchAt(nextNoon()); // what they were told because they were enrolled
  gateway.requests.length = 0;

  // From ten in the evening before the day to two at night, two days later.
  const begin = startOf(opensOn) - 2 * HOUR_MS;
  const end = begin + 52 * HOUR_MS;
  for (const one of everybody) await followUps.forwardTo(one, begin);
  await stopWorker();
  const skipped = Promise.all(
    everybody.map(async ({ id, pathwayId }) => {
      const ms = end - Date.parse((await followUps.read(id)).now);
      await skipTime(service.client, `follow-up/${pathwayId}`, ms, id);
    }),
  );
  expect((await postFact(service, newFact({ patientId: died.patientId }))).status).toBe(202);
  // Work that waits for a worker holds the skipped clock: nothing is decided while there is none.
  await expect.poll(() => workWaits(waiting), { timeout: 20_000 }).toBe(true);
  expect(await openTasks(waiting)).toEqual([]);

  stopWorker = await service.startWorker();
  await skipped;
  await deliverAll(service);
  for (const { pathwayId } of everybody) await waitUntilSettled(service, pathwayId, 'follow-up');
  expect((await followUps.visit(seen, onTarget)).status).toBe(201);
  await stopWorker();
  // Their patients live by these clocks.
  await sql`update pathway set clock_offset_ms = 0`.execute(service.db);

  expect(await Promise.all(everybody.map(openTasks))).toEqual([['follow-up-visit'], [], [], ['follow-up-visit']]);
  const told = () => Object.values(phones).map((phone) => gateway.requests.filter(({ to }) => to === phone).length);
  await dispatchAt(end);
  await dispatchAt(end + 6 * HOUR_MS - 60_000);
  expect(told(), 'at night').toEqual([0, 0, 0, 0]);
  await dispatchAt(end + 6 * HOUR_MS);
  expect(told(), 'in the morning').toEqual([1, 0, 0, 0]);
  await dispatchAt(end + 80 * HOUR_MS);
  expect(told()).toEqual([1, 0, 0, 0]);
  expect((await Promise.all(everybody.map(remindersOf))).flat()).toEqual([
    { status: 'sent', withdrawn_because: null },
    { status: 'withdrawn', withdrawn_because: 'already-done' },
    { status: 'withdrawn', withdrawn_because: 'patient-died' },
    { status: 'withdrawn', withdrawn_because: 'too-late' },
  ]);
});

const workWaits = async ({ pathwayId }: Enrolled): Promise<boolean> =>
  Boolean((await service.client.workflow.getHandle(`follow-up/${pathwayId}`).describe()).raw.pendingWorkflowTask);
