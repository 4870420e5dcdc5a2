/** The fact relay: at least once, in order, until the pathway has decided, whoever dies in between. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { leaseDueDeliveries } from '../../db/kit/fact-deliveries.ts';
import { workflowId } from '../../domain/kit/pathway.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { createFactRelay } from '../../worker/fact-relay.ts';
import {
  deliverAll,
  listDecidedFacts,
  listUnsettledDeliveries,
  type NewFact,
  newFact,
  newReceivedReferral,
  newRelay,
  newResident,
  postFact,
  referralOf,
  residentOf,
  silent,
} from '../support/builders/facts.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let stopWorker: (() => Promise<void>) | undefined;

beforeAll(async () => {
  service = await startService({ worker: false });
});
// Some tests stop it, and may fail before they start it again.
beforeEach(async () => {
  stopWorker ??= await service.startWorker();
});
afterAll(async () => {
  await stopWorker?.();
  await service?.stop();
});

const report = async (fact: NewFact): Promise<string> => (await postFact(service, newFact(fact))).body.factId;

/** At the hospital that the referral went to: noted, and the referral goes on. */
const admission = (patientId: string): NewFact => ({ type: 'patient-admitted', patientId, institutionId: 'inst-h1' });

const deliveryOf = (factId: string) =>
  service.db.selectFrom('fact_delivery').selectAll().where('fact_id', '=', factId).executeTakeFirstOrThrow();

async function signalsOf(pathwayId: string): Promise<number> {
  const { events } = await service.client.workflow.getHandle(workflowId('referral', pathwayId)).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

/** As if the time until the next attempt had passed. */
const makeDue = (factId: string) =>
  service.db
    .updateTable('fact_delivery')
    .set({ next_attempt_at: new Date(0) })
    .where('fact_id', '=', factId)
    .execute();

describe('whoever dies in between', () => {
  test('after the signal, before anything was settled: another relay settles it without a second signal', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const factId = await report({ patientId });
    await newRelay(service).relayOnce(); // and this one is heard of no more
    expect((await deliveryOf(factId)).delivered_at).not.toBeNull();
    await vi.waitUntil(async () => (await listDecidedFacts(service, id)).length > 0, { timeout: 20_000, interval: 30 });
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
    expect((await deliveryOf(factId)).attempts).toBe(1);
  });

  test('after the lease, before the signal: it is signalled when the lease has run out', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const factId = await report({ patientId });
    const leased = await leaseDueDeliveries(service.db, { limit: 100 });
    expect(leased.map((delivery) => delivery.factId)).toContain(factId);
    await newRelay(service).relayOnce();
    expect((await deliveryOf(factId)).delivered_at).toBeNull(); // nobody else's while the lease runs
    await makeDue(factId);
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
  });

  test('after the signal, before it was noted: it is signalled again and decided once', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    await stopWorker?.(); // so that nothing is decided meanwhile
    stopWorker = undefined;
    const factId = await report(admission(patientId));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await newRelay(service).relayOnce();
      await service.db.updateTable('fact_delivery').set({ delivered_at: null }).where('fact_id', '=', factId).execute();
      await makeDue(factId);
    }
    expect(await signalsOf(id)).toBe(3);
    stopWorker = await service.startWorker();
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
  });

  test('the worker, while a pathway is being created: the fact that came meanwhile is told to it once it exists', async () => {
    const patientId = await newResident(service);
    await stopWorker?.();
    stopWorker = undefined;
    const created = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId }), { pendingIsAnswer: true });
    expect(created.status).toBe(202); // stored, not decided
    const factId = await report({ patientId });
    const { pathway_id: id } = await deliveryOf(factId);
    await newRelay(service).relayOnce();
    expect((await deliveryOf(factId)).attempts).toBe(0); // it waits for the pathway
    stopWorker = await service.startWorker();
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
    expect((await referralOf(service, id)).status).toBe('cancelled');
  });
});

describe('Temporal away', () => {
  test('facts are taken, and delivered when it is back', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const factId = await report({ patientId });
    const nowhere = createTemporalClient({ TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'default' });
    await createFactRelay({ db: service.db, client: nowhere, log: silent }).relayOnce();
    expect((await deliveryOf(factId)).delivered_at).toBeNull();
    await makeDue(factId);
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
    await nowhere.connection.close();
  });
});

describe('a pathway that has ended', () => {
  test('settles what was owed to it, without a signal', async () => {
    const patientId = await newResident(service);
    const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, draft: true }));
    const factId = await report(admission(patientId));
    await service.post('gp', `/v1/referrals/${body.id}/withdraw`, { reason: '患者要求' });
    await service.fastForward(body.id, 'P30D');
    await deliverAll(service);
    expect(await deliveryOf(factId)).toMatchObject({ attempts: 0, delivered_at: null });
    expect(await listDecidedFacts(service, body.id)).toEqual([]);
  });
});

describe('order', () => {
  test('twenty facts of one patient reach the pathway as they came, through three relays side by side', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const facts: string[] = [];
    for (let n = 0; n < 20; n++) facts.push(await report(admission(patientId)));
    const relays = [newRelay(service), newRelay(service), newRelay(service)];
    for (const relay of relays) relay.start();
    await vi.waitUntil(async () => (await listUnsettledDeliveries(service)).length === 0, { timeout: 40_000, interval: 50 });
    await Promise.all(relays.map((relay) => relay.stop()));
    expect(await listDecidedFacts(service, id)).toEqual(facts);
    expect(await signalsOf(id)).toBe(20);
  });

  test('a pathway that does not answer holds up nobody else’s', async () => {
    const [stuck, other] = [await newResident(service), await newResident(service)];
    const stuckId = await newReceivedReferral(service, stuck);
    const otherId = await newReceivedReferral(service, other);
    // Its workflow is gone although the pathway is open: a matter for people.
    await service.client.workflow.getHandle(workflowId('referral', stuckId)).terminate();
    const lost = await report({ patientId: stuck });
    const factId = await report({ patientId: other });
    const relay = newRelay(service);
    await vi.waitUntil(
      async () => {
        await relay.relayOnce();
        return (await listDecidedFacts(service, otherId)).includes(factId);
      },
      { timeout: 20_000, interval: 30 },
    );
    expect((await deliveryOf(lost)).settled_at).toBeNull();
    await service.db.updateTable('fact_delivery').set({ settled_at: new Date() }).where('fact_id', '=', lost).execute();
  });
});

const HOUR = 3_600_000;
const START = Date.parse('2026-03-01T00:00:00Z');

test('two facts about one person at once never lose each other’s effect', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 48 }), { minLength: 2, maxLength: 6 }), async (hours) => {
      const patientId = await newResident(service);
      const moves = hours.map((hour, n) => ({
        type: 'patient-moved',
        patientId,
        homeInstitutionId: `inst-c0${n + 1}`,
        messageId: `m${n}`,
        occurredAt: new Date(START + hour * HOUR).toISOString(),
      }));
      const source = randomUUID();
      await Promise.all(moves.map((move) => postFact(service, newFact({ ...move, source }))));
      const latest = Math.max(...hours);
      expect((await residentOf(service, patientId)).homeInstitutionId).toBe(`inst-c0${hours.lastIndexOf(latest) + 1}`);
    }),
    { numRuns: 15, seed: 7 },
  );
});
