/** What has become of discharges, counted by the database as the rules count it one by one, at every moment and whatever changes beside the episode. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadDischargeIndicators } from '../../../db/discharge/indicators.ts';
import { fillEpisodeOutcomes } from '../../../db/discharge/outcomes.ts';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { countIndicators, type DischargeOutcome, dischargeIndicators } from '../../../domain/discharge/indicators.ts';
import { type OrderOutcome, orderOutcomes } from '../../../domain/discharge/order.ts';
import { addDays, daysBetween, localDateOf } from '../../../domain/time/local-date.ts';
import { discharge } from '../../support/builders/discharge.ts';
import { deliverAll, newResident, reportFact } from '../../support/builders/facts.ts';
import { expectTotalsToAddUp } from '../../support/oracles/indicator-totals.ts';
import { testSeed } from '../../support/seed.ts';
import { demoDatabase } from '../../support/service/database.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let db: Database;
beforeAll(async () => {
  service = await startService();
  db = createDatabase(createPool(await demoDatabase()));
});
afterAll(async () => {
  await service?.stop();
  await db?.destroy();
});

const from = '2026-03-01';
const day = fc.integer({ min: 0, max: 45 }).map((days) => addDays(from, days));
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

interface Drawn {
  outcome: DischargeOutcome;
  hospitalId: string;
  centreId: string;
}

/** Dates around the windows' ends: each is drawn so many days after the discharge. */
const drawn: fc.Arbitrary<Drawn> = day.chain((dischargedOn) => {
  const after = fc
    .oneof(fc.integer({ min: -2, max: 33 }), fc.constantFrom(0, 1, 2, 3, 7, 8, 14, 15, 30, 31))
    .map((days) => addDays(dischargedOn, days));
  const before = fc.integer({ min: 0, max: 6 }).map((days) => addDays(dischargedOn, -days));
  return fc.record({
    hospitalId: fc.constantFrom('inst-h1', 'inst-h2'),
    centreId: fc.constantFrom('inst-c01', 'inst-c02'),
    outcome: fc
      .record({
        birthDate: fc.oneof(
          fc.constant('1950-01-01'),
          fc.integer({ min: -2, max: 2 }).map((days) => addDays(`2008${dischargedOn.slice(4)}`, days)),
        ),
        admittedOn: maybe(before),
        noticedOn: before,
        leftDead: fc.constantFrom(false, false, false, false, true),
        diedOn: fc.oneof(fc.constant(null), fc.constant(null), after),
        transferred: fc.constantFrom(false, false, false, true),
        readmittedOn: fc.oneof(fc.constant(null), fc.constant(null), after),
        planned: fc.boolean(),
        contactDueOn: maybe(after),
        contactReachedOn: maybe(after),
        contactLost: fc.boolean(),
        ended: fc.boolean(),
        visitedOn: fc.uniqueArray(after, { maxLength: 3 }),
        reachedOn: fc.uniqueArray(after, { maxLength: 3 }),
        reconciledOn: maybe(after),
        informationCompleteOn: maybe(after),
        orderOutcomes: fc.array(fc.constantFrom<OrderOutcome>(...orderOutcomes), { maxLength: 4 }),
        ordersOpen: fc.nat({ max: 3 }),
      })
      .map(({ readmittedOn, planned, ...one }) => {
        const daysAfter = readmittedOn === null ? null : daysBetween(dischargedOn, readmittedOn);
        const readmission =
          readmittedOn === null || daysAfter === null
            ? null
            : { admittedOn: readmittedOn, planned, within30: daysAfter >= 0 && daysAfter <= 30 };
        return { ...one, dischargedOn, readmission };
      }),
  });
});

const uncounted = ['not-needed', 'replaced', 'continued', 'readmitted', 'died', 'withdrawn'];

async function store({ outcome, hospitalId, centreId }: Drawn, today: string): Promise<void> {
  const id = randomUUID();
  const closed = outcome.orderOutcomes.filter((one) => !uncounted.includes(one));
  const clockOffsetMs = daysBetween(localDateOf(Date.now()), today) * 24 * 3_600_000;
  await db.insertInto('pathway').values({ id, kind: 'discharge' }).execute();
  await db
    .insertInto('episode_outcome')
    .values({
      episode_id: id,
      hospital_id: hospitalId,
      centre_id: centreId,
      discharged_on: outcome.dischargedOn,
      admitted_on: outcome.admittedOn,
      noticed_on: outcome.noticedOn,
      left_dead: outcome.leftDead,
      transferred: outcome.transferred,
      contact_due_on: outcome.contactDueOn,
      contact_reached_on: outcome.contactReachedOn,
      contact_lost: outcome.contactLost,
      ended: outcome.ended,
      visited_on: [...outcome.visitedOn],
      reached_on: [...outcome.reachedOn],
      reconciled_on: outcome.reconciledOn,
      information_complete_on: outcome.informationCompleteOn,
      orders_done: closed.filter((one) => one === 'done').length,
      orders_decided: closed.length,
      orders_open: outcome.ordersOpen,
      readmission_days: 30,
      reconciliation_days: 30,
      engagement_days: 30,
      notification_days: 2,
      information_days: 2,
      birth_date: outcome.birthDate,
      died_on: outcome.diedOn,
      readmitted_on: outcome.readmission?.admittedOn ?? null,
      readmission_planned: outcome.readmission?.planned ?? false,
      clock_offset_ms: String(clockOffsetMs),
    })
    .execute();
}

const keyOf = ({ month, hospitalId, centreId }: { month: string; hospitalId: string; centreId: string }) =>
  `${month} ${hospitalId} ${centreId}`;

test('the database counts drawn discharges as the rules do, on days before, in and after their windows', { timeout: 60_000 }, async () => {
  const span = { from: new Date('2026-03-01T00:00+08:00'), to: new Date('2026-05-01T00:00+08:00') };
  await fc.assert(
    fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 90 }), async (all, days) => {
      const today = addDays(from, days);
      await db.deleteFrom('episode_outcome').execute();
      await Promise.all(all.map((one) => store(one, today)));
      const expected = Map.groupBy(all, ({ outcome, ...sides }) => keyOf({ month: outcome.dischargedOn.slice(0, 7), ...sides }));
      const rows = await loadDischargeIndicators(db, span);
      expect(rows.map(keyOf)).toEqual([...expected.keys()].toSorted());
      for (const row of rows) {
        const outcomes = (expected.get(keyOf(row)) ?? []).map(({ outcome }) => outcome);
        expect(row.counts).toEqual(countIndicators(discharge.rules, outcomes, today));
        expect(Object.keys(row.counts)).toEqual([...dischargeIndicators]);
      }
    }),
    { seed: testSeed, numRuns: 40 },
  );
});

const DAY = 24 * 3_600_000;

test('a discharge counts for its hospital and its centre; what is told or skipped later counts too, also beside the episode', {
  timeout: 120_000,
}, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001119' });
  const visitNumber = `V-${randomUUID()}`;
  const dischargedAt = Date.now() - 10 * DAY;
  const tell = (type: string, at: number, over: object) =>
    reportFact(service, { type, patientId, occurredAt: new Date(at).toISOString(), institutionId: 'inst-h1', visitNumber, ...over });
  await tell('patient-admitted', dischargedAt - 6 * DAY, { admissionType: 'emergency' });
  await tell('patient-discharged', dischargedAt, { disposition: 'home' });
  const episode = await vi.waitFor(
    async () => {
      await deliverAll(service);
      const { body } = await service.get('nurse', `/v1/episodes?patientId=${patientId}`);
      expect(body.items[0]?.status).toBe('discharged');
      return body.items[0];
    },
    { timeout: 30_000, interval: 50 },
  );
  const month = localDateOf(dischargedAt).slice(0, 7);
  const ask = async () => {
    const { body } = await service.get('office', `/v1/indicators?from=${month}&to=${month}`);
    const of = (institutionId: string) =>
      body.items.find((one: { institutionId: string }) => one.institutionId === institutionId)?.discharge;
    expect(of('inst-c01')).toEqual(of('inst-h1'));
    expect(body.totals[0].discharge).toEqual(of('inst-h1'));
    expectTotalsToAddUp(body);
    return of('inst-h1');
  };
  const visit = await service.post('gp', `/v1/episodes/${episode.id}/record-visit`, { visitedAt: episode.now, mode: 'clinic' });
  expect(visit.status).toBe(200);
  expect(await ask()).toMatchObject({
    visit7: { kept: 0, decided: 1, pending: 0, share: 0 },
    visit14: { kept: 0, decided: 0, pending: 1, share: null },
    // Due dates that were over when they became known are the next working day's.
    contactInTime: { kept: 0, decided: 0, pending: 1 },
    lost: { kept: 0, decided: 1, pending: 0 },
    readmission30: { kept: 0, decided: 0, pending: 1 },
    trcNotification: { kept: 0, decided: 0, pending: 1 },
  });

  await service.fastForward(episode.id, 'P5D');
  expect(await ask()).toMatchObject({ visit14: { kept: 1, decided: 1, pending: 0, share: 1 }, visit30: { pending: 1 } });

  const childOf = (birth_date: string) => service.db.updateTable('patient').set({ birth_date }).where('id', '=', patientId).execute();
  await childOf(addDays(localDateOf(dischargedAt), -365));
  expect(await ask()).toMatchObject({ trcEngagement: { kept: 0, decided: 0, pending: 0 }, visit30: { pending: 1 } });
  await childOf('1950-01-01');

  await tell('patient-admitted', dischargedAt + 9 * DAY, {
    institutionId: 'inst-h2',
    admissionType: 'elective',
    visitNumber: `V-${randomUUID()}`,
  });
  await deliverAll(service);
  await service.db
    .updateTable('pathway')
    .set({ clock_offset_ms: String(40 * DAY) })
    .where('id', '=', episode.id)
    .execute();
  const later = await ask();
  expect(later).toMatchObject({
    contactInTime: { kept: 1, decided: 1, share: 1 },
    visit30: { kept: 1, decided: 1, pending: 0 },
    readmission30: { kept: 1, decided: 1, share: 1 },
    readmission30Unplanned: { kept: 0, decided: 1, share: 0 },
    trcEngagement: { kept: 0, decided: 0, pending: 0, share: null },
  });

  await service.db.deleteFrom('episode_outcome').execute();
  const next = await fillEpisodeOutcomes(service.db, { after: null });
  expect(await fillEpisodeOutcomes(service.db, next ?? { after: null })).toBeUndefined();
  expect(await ask()).toEqual(later);
});
