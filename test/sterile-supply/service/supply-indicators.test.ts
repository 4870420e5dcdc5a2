import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSupplyIndicators } from '../../../db/sterile-supply/supply-indicators.ts';
import { createRandom } from '../../../domain/kit/random.ts';
import { supplyIndicatorNames } from '../../../domain/sterile-supply/supply-indicators.ts';
import { stopSteps } from '../../../domain/sterile-supply/vocabulary.ts';
import {
  addBox,
  addLoad,
  addPack,
  addRound,
  addSetType,
  addSteriliser,
  appendEvents,
  atCentre,
  cssd,
  onRound,
} from '../../support/builders/supply-ground.ts';
import { countIndicators, type SupplyTables } from '../../support/oracles/supply-indicators.ts';
import { testSeed } from '../../support/seed.ts';
import { type Service, startService } from '../../support/service/service.ts';

const closed = { status: 'closed', resolution: 'explained', resolved_by: 'person-headnurse', closed_by: 'person-infection' } as const;

let service: Service;
const seed = testSeed;
const centres = ['inst-c01', 'inst-c02'];
const from = new Date('2026-03-01T00:00:00Z');
const to = new Date('2026-04-01T00:00:00Z');
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  console.log(`supply indicators: CAREPATH_TEST_SEED=${seed}`);
  service = await startService({ worker: false });
  await drawGround();
}, 120_000);
afterAll(() => service.stop());

/** Two months of everything, a quarter of it outside of the period. */
async function drawGround(): Promise<void> {
  const { db } = service;
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)] as T;
  const moment = () => new Date(from.getTime() - 8 * 24 * HOUR_MS + random.integer(0, 46 * 24 * 60) * 60_000);
  const after = (at: Date, hours: number) => new Date(at.getTime() + hours * HOUR_MS);
  const types = [
    await addSetType(db, 'dressing'),
    await addSetType(db, 'suture', { count_sheet: JSON.stringify([{ itemCode: 'a', quantity: 7 }]) }),
  ];
  const sterilisers = [
    await addSteriliser(db, 's-1'),
    // Its qualification counts as a passed indicator.
    await addSteriliser(db, 's-2', { kind: 'gravity', qualified_at: new Date('2026-03-12T00:00:00Z') }),
  ];
  await addBox(db, 'sterile-1', 'sterile');
  await db
    .insertInto('supply_centre')
    .values({
      institution_id: 'inst-c01',
      visit_days: [1],
      windows: JSON.stringify([{ from: '08:00', to: '12:30' }]),
      count_mode: 'sealed-declared',
      storage: 'conforming',
      latitude: 24,
      longitude: 118,
    })
    .onConflict((conflict) => conflict.column('institution_id').doUpdateSet({ windows: JSON.stringify([{ from: '08:00', to: '12:30' }]) }))
    .execute();
  await db.deleteFrom('supply_centre').where('institution_id', '=', 'inst-c02').execute();
  const packs: string[] = [];
  for (let n = 0; n < 24; n += 1) {
    const started = moment();
    const members: string[] = [];
    for (let m = 0; m < 3; m += 1) {
      const id = await addPack(db, `p${n}-${m}`, pick(types), {
        outer_ci: random.chance(0.9) ? 'pass' : 'fail',
        wet: random.chance(0.15),
        inner_ci: pick([null, null, 'pass', 'fail'] as const),
        status: pick(['at-centre', 'released', 'rejected'] as const),
        status_since: moment(),
        sterilised_on: '2026-03-01',
        nominal_expires_on: '2026-03-31',
        expires_on: pick(['2026-03-31', '2026-03-20', '2026-03-10']),
        opened_at: random.chance(0.3) ? moment() : null,
      });
      const thing = { type: 'set-instance' as const, id: `set-p${n}-${m}` };
      if (random.chance(0.8))
        await appendEvents(db, [{ thing, event: 'counted', to: 'in-decon', happenedAt: after(started, -random.integer(-5, 40)) }]);
      // Where a set comes from otherwise is no count.
      if (random.chance(0.5)) await appendEvents(db, [{ thing, event: 'registered', to: 'in-decon', happenedAt: after(started, -1) }]);
      if (random.chance(0.3))
        await appendEvents(db, [
          { thing, event: 'signed-off-incomplete', to: 'inspected', happenedAt: moment() },
          { thing, event: 'washed', to: 'washed', happenedAt: moment() },
        ]);
      members.push(id);
    }
    packs.push(...members);
    const load = await addLoad(db, `L-${n}`, pick(sterilisers), members, {
      started_at: started,
      ended_at: after(started, 1),
      unloaded_at: random.chance(0.9) ? after(started, 2) : null,
      released_at: random.chance(0.8) ? after(started, random.integer(2, 30)) : null,
    });
    for (const kind of ['bi', 'pcd-ci'] as const)
      await db
        .insertInto('load_indicator')
        .values({
          id: uuid(),
          load_id: load,
          kind,
          product: 'x',
          lot: 'l',
          status: pick(['placed', 'pass', 'fail', 'invalid'] as const),
          read_at: random.chance(0.8) ? after(started, 24) : null,
        })
        .execute();
    if (random.chance(0.7)) {
      const id = uuid();
      const steriliserId = `bd-only-${n}`;
      const of = random.chance(0.8) ? 's-1' : await addSteriliser(db, steriliserId);
      const ended = after(started, random.chance(0.8) ? -1 : 3);
      await db
        .insertInto('bowie_dick_test')
        .values({
          id: await runOf(id, of, ended),
          steriliser_id: of,
          started_at: after(ended, -0.1),
          ended_at: ended,
          result: pick(['pass', 'fail'] as const),
          recorded_by: '{}',
        })
        .execute();
    }
  }
  for (let n = 0; n < 16; n += 1) {
    const depart = moment();
    const { roundId, stopIds } = await addRound(db, centres, {
      depart_at: depart,
      departed_at: random.chance(0.9) ? depart : null,
    });
    await db
      .insertInto('consignment')
      .values({
        id: uuid(),
        round_id: roundId,
        stop_id: stopIds[0] as string,
        lane: 'sterile',
        box_id: 'sterile-1',
        seal_number: `seal-${n}`,
        pack_ids: [pick(packs), pick(packs)],
      })
      .execute();
    for (const [index, stopId] of stopIds.entries()) {
      const institutionId = centres[index] as string;
      const arrive = after(depart, index + 1);
      const steps = random.chance(0.6) ? stopSteps : stopSteps.slice(0, random.integer(0, 7));
      await db
        .updateTable('round_stop')
        .set({ arrive_at: arrive, status: steps.at(-1) ?? 'scheduled' })
        .where('id', '=', stopId)
        .execute();
      for (const [place, step] of steps.entries())
        await db
          .insertInto('stop_step')
          .values({
            id: uuid(),
            stop_id: stopId,
            step,
            happened_at: new Date(arrive.getTime() + random.integer(0, 1) * HOUR_MS + place * 60_000),
            done_by: '{}',
            in_order: random.chance(0.97),
            scan_id: uuid(),
          })
          .execute();
      for (const [personId, side] of [
        ['person-courier', 'round'],
        ['person-nurse', 'centre'],
      ] as const)
        if (random.chance(0.85))
          await db
            .insertInto('stop_signature')
            .values({ stop_id: stopId, person_id: personId, side, method: 'paper', verified: false, signed_at: arrive })
            .execute();
      await addSlip(institutionId, { roundId, stopId, countedAt: random.chance(0.8) ? moment() : null });
      const pack = pick(packs);
      const at = after(arrive, 0.5);
      if (random.chance(0.9))
        await appendEvents(db, [{ thing: { type: 'pack', id: pack }, event: 'departed', holder: onRound(roundId), happenedAt: depart }]);
      await appendEvents(db, [
        { thing: { type: 'pack', id: pack }, event: 'sterile-handed', to: 'at-centre', holder: atCentre(institutionId), happenedAt: at },
      ]);
      if (random.chance(0.2))
        await appendEvents(db, [{ thing: { type: 'pack', id: pack }, event: 'seen', holder: cssd, happenedAt: after(at, 5) }]);
      if (random.chance(0.2))
        await db
          .insertInto('discrepancy')
          .values({
            id: uuid(),
            kind: pick(['duplicate', 'gate'] as const),
            subject_type: 'pack',
            subject_id: pack,
            ...pick([{ status: 'open' }, closed] as const),
            owner_role: 'headnurse',
            owner_institution_id: 'inst-cssd',
            opened_by: '{}',
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
    }
  }
  await db
    .updateTable('supply_round')
    .set({ status: 'cancelled' })
    .where(sql<boolean>`id in (select id from supply_round order by depart_at limit 3)`)
    .execute();
  for (let n = 0; n < 4; n += 1) {
    const id = uuid();
    await db
      .insertInto('recall')
      .values({
        id,
        status: 'open',
        drill: n === 3,
        policy: 'cn-ws310',
        steriliser_id: 's-1',
        reason: 'bi',
        opened_by: '{}',
        // One at least lies in the period.
        opened_at: n === 0 ? after(from, 24) : moment(),
      })
      .execute();
    for (const packId of new Set([pick(packs), pick(packs), pick(packs)])) {
      const ends = random.chance(0.5);
      await db
        .insertInto('recall_line')
        .values({
          id: uuid(),
          recall_id: id,
          pack_id: packId,
          holder_type: 'centre',
          holder_id: pick(centres),
          state: ends ? 'ended' : 'open',
          end: ends ? 'retrieved' : null,
        })
        .execute();
    }
  }

  async function runOf(id: string, steriliserId: string, ended: Date): Promise<string> {
    // Runs of one steriliser never overlap, and these are only there so that the test has one: each gets a steriliser of its own for it.
    const own = await addSteriliser(db, `run-${steriliserId}-${id}`);
    await db
      .insertInto('steriliser_run')
      .values({ id, steriliser_id: own, started_at: after(ended, -0.1), ended_at: ended })
      .execute();
    return id;
  }

  async function addSlip(
    institutionId: string,
    { roundId, stopId, countedAt }: { roundId: string; stopId: string; countedAt: Date | null },
  ): Promise<void> {
    const slipId = uuid();
    await db
      .insertInto('exchange_slip')
      .values({
        id: slipId,
        institution_id: institutionId,
        round_id: roundId,
        stop_id: stopId,
        status: 'submitted',
        created_by: '{}',
        counted_at: countedAt,
      })
      .execute();
    const collects = [0, 1].map((position) => {
      const declared = random.integer(1, 5);
      const received = countedAt === null ? null : Math.max(0, declared + random.integer(-1, 1));
      const counts =
        received === null
          ? {}
          : {
              received,
              incomplete: 0,
              damaged: Math.min(received, random.integer(0, 1)),
              missing: Math.max(0, declared - received),
              extra: Math.max(0, received - declared),
            };
      return { id: uuid(), slip_id: slipId, position, direction: 'collect' as const, set_type_id: pick(types), declared, ...counts };
    });
    const outcome = pick(['delivered', 'short', null] as const);
    const deliver = {
      id: uuid(),
      slip_id: slipId,
      position: 2,
      direction: 'deliver' as const,
      set_type_id: pick(types),
      declared: 3,
      delivered: outcome === null ? null : outcome === 'short' ? 1 : 3,
      outcome,
    };
    for (const line of [...collects, deliver]) await db.insertInto('slip_line').values(line).execute();
    await db.updateTable('exchange_slip').set({ status: 'counted' }).where('id', '=', slipId).execute();
    if (countedAt)
      for (const earlier of [24, 0])
        await db
          .insertInto('slip_count')
          .values({
            id: uuid(),
            slip_id: slipId,
            counted_at: after(countedAt, -earlier),
            counted_by: earlier === 0 ? 'person-technician' : 'person-checker',
            body: JSON.stringify({
              lines: collects.map(({ id }) => ({
                lineId: id,
                incomplete: random.chance(0.4) ? [{ missingItems: [{ itemCode: 'a', quantity: random.integer(1, 3) }] }] : [],
              })),
            }),
          })
          .execute();
  }
}

async function readTables(): Promise<SupplyTables> {
  const names = [
    'steriliser_load',
    'pack',
    'load_indicator',
    'set_type',
    'exchange_slip',
    'slip_line',
    'slip_count',
    'supply_event',
    'custody',
    'discrepancy',
    'round_stop',
    'supply_round',
    'stop_step',
    'stop_signature',
    'supply_centre',
    'recall',
    'recall_line',
    'steriliser',
    'bowie_dick_test',
    'consignment',
  ];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await service.pool.query(`select * from ${name}`)).rows])));
}

test('every indicator is what a plain count of the tables gives, for all and for each centre', async () => {
  const tables = await readTables();
  const now = new Date('2026-05-01T00:00:00Z');
  const empty = new Set(supplyIndicatorNames);
  for (const centre of [null, ...centres]) {
    const figures = await loadSupplyIndicators(service.db, { from, to, institutionId: centre, now });
    const expected = countIndicators(tables, { from, to, centre, now });
    expect(figures.map(({ name }) => name)).toEqual(supplyIndicatorNames);
    for (const { name, numerator, denominator } of figures) {
      expect(numerator, `${name} of ${centre}, seed ${seed}`).toBeCloseTo(expected[name][0], 6);
      expect(denominator, `${name} of ${centre}, seed ${seed}`).toBeCloseTo(expected[name][1], 6);
      if (denominator > 0) empty.delete(name);
    }
  }
  expect([...empty], 'counted nothing anywhere').toEqual([]);
});

test('the API gives each by its name with its value; a centre sees its own, the supply department all', async () => {
  const get = (account: string, query = '') => service.get(account, `/v1/supply-indicators?from=2026-03-01&to=2026-03-31${query}`);
  const { status, body } = await get('headnurse');
  expect(status).toBe(200);
  expect(body.items.map(({ name }: { name: string }) => name)).toEqual(supplyIndicatorNames);
  for (const { numerator, denominator, value } of body.items) expect(value).toBe(denominator === 0 ? null : numerator / denominator);
  const own = await get('nurse');
  expect(own.body).toEqual((await get('auditor', '&institutionId=inst-c01')).body);
  expect(own.body.items.find(({ name }: { name: string }) => name === 'bi-fail')).toEqual({
    name: 'bi-fail',
    numerator: 0,
    denominator: 0,
    value: null,
  });
  expect((await get('nurse', '&institutionId=inst-c02')).status).toBe(404);
  expect((await get('headnurse', '&institutionId=inst-nowhere')).status).toBe(422);
  expect((await get('driver')).status).toBe(403);
  expect((await service.get('office', '/v1/supply-indicators')).status).toBe(200);
});
