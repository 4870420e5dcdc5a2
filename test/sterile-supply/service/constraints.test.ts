/**
 * The twelve invariants with what holds each: a statement in the shape of the act that goes around its friendly check, as the same role of the database,
 * and acts at once that would break the invariant together though neither does alone.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { inTransaction, type Trx } from '../../../db/kit/transaction.ts';
import { refusalOfConstraint } from '../../../db/sterile-supply/constraint-refusals.ts';
import { describeError } from '../../../domain/kit/errors.ts';
import { createSupplyRows, type SupplyRows } from '../../support/builders/sterile-supply-rows.ts';
import { supplyFlaws } from '../../support/oracles/supply-flaws.ts';
import { demoDatabase } from '../../support/service/database.ts';

let db: Database;
let rows: SupplyRows;
beforeAll(async () => {
  db = createDatabase(createPool(await demoDatabase(), { connections: 12, statementTimeoutMs: 20_000 }));
  rows = createSupplyRows(db);
});
afterAll(async () => {
  expect(await supplyFlaws(db)).toEqual({});
  await db?.destroy();
});

type Work = (trx: Trx) => Promise<unknown>;
const act = (work: Work) => inTransaction(db, { system: true, part: 'operator' }, work);

/** The constraint that refused the work; undefined when it went through. */
async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { constraint, message } = error as { constraint?: string; message: string };
    return constraint ?? message;
  }
}

/** Both have written before either commits, as far as the locks let them. */
async function atOnce(...works: Work[]): Promise<(string | undefined)[]> {
  let writing = works.length;
  let go: () => void = () => {};
  const allHaveWritten = new Promise<void>((resolve) => {
    go = resolve;
  });
  return Promise.all(
    works.map((work) =>
      constraintOf(
        act(async (trx) => {
          const done = work(trx).finally(() => {
            writing -= 1;
            if (writing === 0) go();
          });
          await done;
          // One that waits for the other's lock goes on only after that one's commit.
          await Promise.race([allHaveWritten, new Promise((resolve) => setTimeout(resolve, 300))]);
        }),
      ),
    ),
  );
}

/** Of works at once one goes through, and each of the others is refused by this constraint. */
function oneOf(answers: (string | undefined)[], constraint: string): void {
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(new Set(answers.filter((answer) => answer !== undefined))).toEqual(new Set([constraint]));
}

const today = new Date().toISOString().slice(0, 10);
const at = (time: string): string => `${today}T${time}:00Z`;
const set =
  (table: 'pack' | 'steriliser_load' | 'steriliser' | 'supply_round' | 'exchange_slip' | 'slip_line', id: string, values: object) =>
  (on: Database | Trx) =>
    on.updateTable(table).set(values).where('id', '=', id).execute();
const giveTo = (id: string, centre = 'inst-c01') =>
  set('pack', id, { status: 'at-centre', allocated_institution_id: centre, status_since: at('02:00') });

async function releasedPack(over: Record<string, unknown> = {}): Promise<{ packId: string; loadId: string; steriliserId: string }> {
  const { packIds, ...ground } = await rows.releasedPacks(1, over);
  return { packId: packIds[0] as string, ...ground };
}

/** A load that has run and was unloaded, with a biological indicator in its incubator. */
async function loadInIncubation(): Promise<{ loadId: string; indicatorId: string; packId: string }> {
  const { loadId, packId } = await releasedPack();
  const indicatorId = randomUUID();
  await db
    .insertInto('load_indicator')
    .values({ id: indicatorId, load_id: loadId, kind: 'bi', product: '1292', lot: 'L', status: 'incubating' })
    .execute();
  return { loadId, indicatorId, packId };
}

const readAs = (id: string, status: 'pass' | 'fail' | 'invalid') => (trx: Database | Trx) =>
  trx
    .updateTable('load_indicator')
    .set({ status, read_at: at('05:00'), read_by: 'person-releaser' })
    .where('id', '=', id)
    .execute();

async function newSlip(roundId: string | null, status: 'submitted' | 'frozen', direction: 'collect' | 'deliver', over: object = {}) {
  const id = randomUUID();
  const lineId = randomUUID();
  await db
    .updateTable('exchange_slip')
    .set({ status: 'cancelled' })
    .where('institution_id', '=', 'inst-c04')
    .where('status', 'in', ['draft', 'submitted'])
    .execute();
  await db
    .insertInto('exchange_slip')
    .values({ id, institution_id: 'inst-c04', round_id: roundId, status: 'submitted', created_by: '{}' })
    .execute();
  await db
    .insertInto('slip_line')
    .values({ id: lineId, slip_id: id, position: 1, direction, set_type_id: 'dressing-set', declared: 3, ...over })
    .execute();
  if (status === 'frozen') await set('exchange_slip', id, { status })(db);
  return { id, lineId };
}

const stow = (round: { id: string; stopId: string }, boxId: string, special: 'prion' | null) => (trx: Trx) =>
  trx
    .insertInto('consignment')
    .values({
      id: randomUUID(),
      round_id: round.id,
      stop_id: round.stopId,
      lane: 'soiled',
      box_id: boxId,
      seal_number: randomUUID(),
      special,
    })
    .execute();

async function newBox(lane: 'sterile' | 'soiled'): Promise<string> {
  const id = randomUUID();
  await db.insertInto('transport_box').values({ id, code: id, lane, capacity_litres: 60 }).execute();
  return id;
}
async function newVehicle(): Promise<string> {
  const id = randomUUID();
  await db.insertInto('vehicle').values({ id, code: id, sterile_litres: 100, soiled_litres: 100 }).execute();
  return id;
}

/** A round that was closed with its one stop left, and nothing to come. */
async function closedRound(): Promise<{ id: string; stopId: string }> {
  const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
  await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
  await set('supply_round', round.id, { status: 'closed' })(db);
  return round;
}

/** A recall without lines that two persons have signed. */
async function signedRecall(steriliserId: string): Promise<string> {
  const id = await rows.recall(steriliserId, [], { cause: 'c', report: 'r' });
  for (const [role, person_id] of [
    ['headnurse', 'person-headnurse'],
    ['infection', 'person-infection'],
  ] as const)
    await db
      .insertInto('recall_signature')
      .values({ recall_id: id, role, person_id, signed_at: at('05:00') })
      .execute();
  return id;
}

const openLine = (recallId: string, packId: string) =>
  ({ id: randomUUID(), recall_id: recallId, pack_id: packId, holder_type: 'cssd', holder_id: 'inst-cssd', state: 'open' }) as const;

/** As the act of departing writes it: the round, its leg, the use of the vehicle. */
const departWith = (roundId: string, vehicleId: string) => async (trx: Trx) => {
  await set('supply_round', roundId, { status: 'departed' })(trx);
  await trx
    .insertInto('round_leg')
    .values({ round_id: roundId, n: 1, vehicle_id: vehicleId, from_at: at('01:00') })
    .execute();
  await trx
    .updateTable('vehicle')
    .set({ last_used_at: at('01:00') })
    .where('id', '=', vehicleId)
    .execute();
};

const count = (slipId: string, person: string, minute: number) => (trx: Trx) =>
  trx
    .insertInto('slip_count')
    .values({ id: randomUUID(), slip_id: slipId, counted_at: at(`03:0${minute}`), counted_by: person, body: '{}' })
    .execute();

interface Case {
  invariant: number;
  constraint: string;
  /** Around the friendly check. */
  around?: () => Promise<unknown>;
  /** At once; one goes through at most. */
  race?: () => Promise<(string | undefined)[]>;
}

const cases: Case[] = [
  // 1
  {
    invariant: 1,
    constraint: 'pack_dispensable',
    async around() {
      const { packId } = await releasedPack({ owner_institution_id: 'inst-c02' });
      await set('pack', packId, { status: 'allocated', allocated_institution_id: 'inst-c02', status_since: at('02:00') })(db);
      await set('pack', packId, { allocated_institution_id: 'inst-c01' })(db);
    },
    async race() {
      const { packId, loadId, steriliserId } = await releasedPack();
      const recallId = await rows.recall(steriliserId, []);
      const line = {
        id: randomUUID(),
        recall_id: recallId,
        pack_id: packId,
        holder_type: 'cssd',
        holder_id: 'inst-cssd',
        state: 'open',
      } as const;
      const failing: Work = async (trx) => {
        await trx.insertInto('recall_line').values(line).execute();
        await trx.insertInto('recall_load').values({ recall_id: recallId, load_id: loadId }).execute();
        await set('steriliser_load', loadId, { status: 'failed' })(trx);
      };
      const answers = await atOnce(failing, giveTo(packId));
      // The failure always goes through; the hand-over came before it, or not at all.
      expect(answers[0]).toBeUndefined();
      const { status } = await db.selectFrom('pack').select('status').where('id', '=', packId).executeTakeFirstOrThrow();
      expect(status).toBe(answers[1] === undefined ? 'at-centre' : 'released');
      return answers[1] === undefined ? [undefined, 'pack_dispensable'] : answers;
    },
  },
  {
    invariant: 1,
    constraint: 'pack_never_back_to_store',
    async around() {
      const { packId } = await releasedPack();
      await giveTo(packId)(db);
      await set('pack', packId, { status: 'released' })(db);
    },
  },
  {
    invariant: 1,
    constraint: 'load_follows_indicators',
    async around() {
      const { indicatorId } = await loadInIncubation();
      await readAs(indicatorId, 'fail')(db);
    },
    async race() {
      const { loadId, indicatorId } = await loadInIncubation();
      const second = randomUUID();
      await db
        .insertInto('load_indicator')
        .values({ id: second, load_id: loadId, kind: 'bi', product: '1292', lot: 'L', status: 'incubating' })
        .execute();
      await readAs(indicatorId, 'pass')(db);
      await set('steriliser_load', loadId, { status: 'quarantined' })(db);
      await readAs(second, 'pass')(db);
      // Each of the two is lawful as long as the other has not happened.
      return atOnce(set('steriliser_load', loadId, { status: 'confirmed' }), (trx) =>
        trx
          .updateTable('load_indicator')
          .set({ status: 'invalid', corrections: JSON.stringify([{ reason: 'the control did not grow' }]) })
          .where('id', '=', second)
          .execute(),
      );
    },
  },
  ...(
    [
      ['load_release_unloaded', { unloaded_at: null }],
      ['load_release_physical', { physical: 'fail' }],
    ] as const
  ).map(
    ([constraint, values]): Case => ({
      invariant: 1,
      constraint,
      async around() {
        const steriliserId = await rows.steriliser();
        await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
        const loadId = await rows.load(steriliserId, [await rows.pack()]);
        await rows.startLoad(loadId, at('00:30'));
        await rows.releaseLoad(loadId, at('01:00'), values);
      },
    }),
  ),
  {
    invariant: 1,
    constraint: 'load_release_chemical',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId, [await rows.pack()]);
      await db
        .insertInto('load_indicator')
        .values({ id: randomUUID(), load_id: loadId, kind: 'pcd-ci', product: 'x', lot: 'L', class: 5, status: 'fail' })
        .execute();
      await rows.startLoad(loadId, at('00:30'));
      await rows.releaseLoad(loadId, at('01:00'));
    },
  },
  {
    invariant: 1,
    constraint: 'load_never_back',
    async around() {
      const { loadId } = await releasedPack();
      await set('steriliser_load', loadId, { status: 'rejected', rejected_at: at('04:00') })(db);
      await set('steriliser_load', loadId, { status: 'released', rejected_at: null })(db);
    },
  },
  // 2
  {
    invariant: 2,
    constraint: 'rows of custody are never changed',
    around: () => sql`truncate custody`.execute(db),
    async race() {
      const packId = await rows.pack();
      await Promise.all(['inst-c01', 'inst-c02'].map((id) => rows.seen('pack', packId, { type: 'centre', id }, at('03:00'))));
      const open = await db.selectFrom('custody').select('id').where('thing_id', '=', packId).where('until', 'is', null).execute();
      return open.map((_, index) => (index === 0 ? undefined : 'two places'));
    },
  },
  // 3
  {
    invariant: 3,
    constraint: 'slip_line_frozen',
    async around() {
      const { lineId } = await newSlip(null, 'frozen', 'deliver');
      await set('slip_line', lineId, { declared: 5 })(db);
    },
    async race() {
      const { id, lineId } = await newSlip(null, 'submitted', 'deliver');
      const answers = await atOnce(set('exchange_slip', id, { status: 'frozen' }), set('slip_line', lineId, { declared: 5 }));
      // The change came before the freezing, or it was refused.
      return answers[1] === undefined ? [undefined, 'slip_line_frozen'] : answers;
    },
  },
  {
    invariant: 3,
    constraint: 'slip_line_of_open_round',
    async around() {
      const round = await closedRound();
      const { lineId } = await newSlip(round.id, 'frozen', 'deliver', { outcome: 'short', short_reason: 'no-stock', delivered: 0 });
      await set('slip_line', lineId, { outcome: null })(db);
    },
    async race() {
      const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      const { lineId } = await newSlip(round.id, 'frozen', 'deliver', { outcome: 'short', short_reason: 'no-stock', delivered: 0 });
      const answers = await atOnce(set('supply_round', round.id, { status: 'closed' }), set('slip_line', lineId, { outcome: null }));
      const refused = answers.find((answer) => answer !== undefined);
      expect(['slip_line_of_open_round', 'supply_round_closes_whole']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'slip_line_of_open_round'));
    },
  },
  {
    invariant: 3,
    constraint: 'round_stop_of_open_round',
    async around() {
      const round = await closedRound();
      await db
        .insertInto('round_stop')
        .values({ id: randomUUID(), round_id: round.id, institution_id: 'inst-c02', arrive_at: at('05:00'), status: 'scheduled' })
        .execute();
    },
    async race() {
      const round = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      const answers = await atOnce(set('supply_round', round.id, { status: 'closed' }), (trx) =>
        trx
          .insertInto('round_stop')
          .values({ id: randomUUID(), round_id: round.id, institution_id: 'inst-c02', arrive_at: at('05:00'), status: 'scheduled' })
          .execute(),
      );
      const refused = answers.find((answer) => answer !== undefined);
      expect(['round_stop_of_open_round', 'supply_round_closes_served']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'round_stop_of_open_round'));
    },
  },
  {
    invariant: 3,
    constraint: 'slip_line_difference_told',
    async around() {
      const { lineId } = await newSlip(null, 'frozen', 'collect');
      await set('slip_line', lineId, { received: 2, incomplete: 0, damaged: 0, missing: 1, extra: 0 })(db);
    },
  },
  {
    invariant: 3,
    constraint: 'exchange_slip_closes_whole',
    async around() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      await set('exchange_slip', id, { status: 'closed' })(db);
    },
  },
  {
    invariant: 3,
    constraint: 'supply_round_closes_served',
    async around() {
      const { id } = await rows.round({ status: 'handed-over', vehicle_id: await newVehicle() });
      await set('supply_round', id, { status: 'closed' })(db);
    },
  },
  // 4
  {
    invariant: 4,
    constraint: 'round_leg_clean',
    async around() {
      const vehicleId = await newVehicle();
      await db
        .updateTable('vehicle')
        .set({ last_used_at: at('00:00') })
        .where('id', '=', vehicleId)
        .execute();
      const { id } = await rows.round({ vehicle_id: vehicleId, status: 'loaded' });
      await act(departWith(id, vehicleId));
    },
    async race() {
      const vehicleId = await newVehicle();
      const rounds = [
        await rows.round({ vehicle_id: vehicleId, status: 'loaded' }),
        await rows.round({ vehicle_id: vehicleId, status: 'loaded' }),
      ];
      return atOnce(...rounds.map(({ id }) => departWith(id, vehicleId)));
    },
  },
  {
    invariant: 4,
    constraint: 'supply_round_has_leg',
    around: async () => set('supply_round', (await rows.round({ status: 'loaded' })).id, { status: 'departed' })(db),
  },
  {
    invariant: 4,
    constraint: 'supply_round_closes_clean',
    async around() {
      const vehicleId = await newVehicle();
      await db
        .updateTable('vehicle')
        .set({ last_used_at: at('00:00') })
        .where('id', '=', vehicleId)
        .execute();
      const round = await rows.round({ status: 'handed-over', vehicle_id: vehicleId });
      await db.updateTable('round_stop').set({ status: 'left' }).where('round_id', '=', round.id).execute();
      await set('supply_round', round.id, { status: 'closed' })(db);
    },
  },
  {
    invariant: 4,
    constraint: 'vehicle_cleaning_recorded',
    around: async () =>
      db
        .updateTable('vehicle')
        .set({ last_cleaned_at: at('04:00') })
        .where('id', '=', await newVehicle())
        .execute(),
  },
  {
    invariant: 4,
    constraint: 'transport_box_use_stays',
    async around() {
      const id = await newBox('soiled');
      await db
        .updateTable('transport_box')
        .set({ last_used_at: at('04:00') })
        .where('id', '=', id)
        .execute();
      await db.updateTable('transport_box').set({ last_used_at: null }).where('id', '=', id).execute();
    },
  },
  // 5
  {
    invariant: 5,
    constraint: 'stop_step_of_person',
    around: async () => rows.step((await rows.round()).stopId, 'sterile-handed', at('01:00'), { in_order: false }),
  },
  {
    invariant: 5,
    constraint: 'stop_step_hygiene',
    async around() {
      const { stopId } = await rows.round();
      await rows.step(stopId, 'soiled-stowed', at('01:00'));
      await rows.step(stopId, 'sterile-handed', at('01:01'));
    },
    async race() {
      const { stopId } = await rows.round();
      const step = (name: 'soiled-stowed' | 'sterile-handed', time: string) => (trx: Trx) =>
        createSupplyRows(trx).step(stopId, name, at(time));
      return atOnce(step('soiled-stowed', '01:00'), step('sterile-handed', '01:01'));
    },
  },
  {
    invariant: 5,
    constraint: 'stop_step_stays',
    async around() {
      const { stopId } = await rows.round();
      await rows.step(stopId, 'gloves-off', at('01:00'));
      await db.updateTable('stop_step').set({ step: 'hand-hygiene' }).where('stop_id', '=', stopId).execute();
    },
  },
  // 6
  {
    invariant: 6,
    constraint: 'steriliser_run_alone',
    async around() {
      const { steriliserId } = await releasedPack();
      await rows.bowieDick(steriliserId, at('00:40'), at('00:50'));
    },
    async race() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loads = [await rows.load(steriliserId), await rows.load(steriliserId)];
      return Promise.all(loads.map((id) => constraintOf(rows.startLoad(id, at('01:00')))));
    },
  },
  {
    invariant: 6,
    constraint: 'steriliser_run_stays',
    async around() {
      const { loadId } = await releasedPack();
      await db
        .updateTable('steriliser_run')
        .set({ started_at: at('00:50') })
        .where('id', '=', loadId)
        .execute();
    },
  },
  {
    invariant: 6,
    constraint: 'load_start_stays',
    around: async () => set('steriliser_load', (await releasedPack()).loadId, { started_at: at('00:10') })(db),
  },
  {
    invariant: 6,
    constraint: 'steriliser_back_by_requalification',
    async around() {
      const id = await rows.steriliser({ status: 'out-of-service' });
      await set('steriliser', id, { status: 'in-service' })(db);
    },
  },
  // 7
  {
    invariant: 7,
    constraint: 'pack_names_its_load',
    around: async () => set('pack', (await releasedPack()).packId, { load_id: null })(db),
  },
  {
    invariant: 7,
    constraint: 'load_pack_once',
    async around() {
      const steriliserId = await rows.steriliser();
      const packId = await rows.pack();
      for (const _ of [1, 2]) await rows.load(steriliserId, [packId]);
    },
    async race() {
      const steriliserId = await rows.steriliser();
      const packId = await rows.pack();
      const loads = [await rows.load(steriliserId), await rows.load(steriliserId)];
      return Promise.all(loads.map((load_id) => constraintOf(db.insertInto('load_pack').values({ load_id, pack_id: packId }).execute())));
    },
  },
  {
    invariant: 7,
    constraint: 'load_members_named',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId);
      await db
        .insertInto('load_pack')
        .values({ load_id: loadId, pack_id: await rows.pack({ checker_id: 'person-checker', labelled_on: today }) })
        .execute();
      await rows.startLoad(loadId, at('01:00'));
    },
  },
  // 8
  {
    invariant: 8,
    constraint: 'load_members_checked',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const packId = await rows.pack();
      const loadId = await rows.load(steriliserId);
      await act(async (trx) => {
        await trx.insertInto('load_pack').values({ load_id: loadId, pack_id: packId }).execute();
        await set('pack', packId, { load_id: loadId, status: 'planned' })(trx);
      });
      await rows.startLoad(loadId, at('01:00'));
    },
  },
  {
    invariant: 8,
    constraint: 'pack_hands_stay',
    around: async () => set('pack', (await releasedPack()).packId, { packer_id: 'person-headnurse' })(db),
  },
  {
    invariant: 8,
    constraint: 'slip_recount_by_another',
    async around() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      for (const minute of [1, 2]) await act(count(id, 'person-technician', minute));
    },
    async race() {
      const { id } = await newSlip(null, 'frozen', 'collect');
      return atOnce(count(id, 'person-technician', 1), count(id, 'person-technician', 2));
    },
  },
  {
    invariant: 8,
    constraint: 'stop_signed_by_both',
    around: async () => rows.step((await rows.round()).stopId, 'signed', at('01:00')),
  },
  {
    invariant: 8,
    constraint: 'recall_closes_in_service',
    async around() {
      const steriliserId = await rows.steriliser({ status: 'out-of-service' });
      const id = await signedRecall(steriliserId);
      await db.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute();
    },
  },
  // 9
  {
    invariant: 9,
    constraint: 'load_failed_recalled',
    around: async () => set('steriliser_load', (await releasedPack()).loadId, { status: 'failed' })(db),
  },
  {
    invariant: 9,
    constraint: 'recall_holds_load',
    async around() {
      const { loadId, steriliserId } = await releasedPack();
      await db
        .insertInto('recall_load')
        .values({ recall_id: await rows.recall(steriliserId, []), load_id: loadId })
        .execute();
    },
  },
  {
    invariant: 9,
    constraint: 'recall_line_not_found',
    async around() {
      const { packId, steriliserId } = await releasedPack();
      const id = await rows.recall(steriliserId, [packId]);
      await db.updateTable('recall_line').set({ state: 'ended', end: 'not-found' }).where('recall_id', '=', id).execute();
    },
  },
  {
    invariant: 9,
    constraint: 'recall_line_open',
    async around() {
      const { packId, steriliserId } = await releasedPack();
      const id = await signedRecall(steriliserId);
      await db.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute();
      await db.insertInto('recall_line').values(openLine(id, packId)).execute();
    },
    async race() {
      const { packId, steriliserId } = await releasedPack();
      const id = await signedRecall(steriliserId);
      const answers = await atOnce(
        (trx) => trx.updateTable('recall').set({ status: 'closed' }).where('id', '=', id).execute(),
        (trx) => trx.insertInto('recall_line').values(openLine(id, packId)).execute(),
      );
      const refused = answers.find((answer) => answer !== undefined);
      expect(['recall_line_open', 'recall_closes_whole']).toContain(refused);
      return answers.map((answer) => (answer === undefined ? undefined : 'recall_line_open'));
    },
  },
  // 10
  {
    invariant: 10,
    constraint: 'load_indicator_correction',
    async around() {
      const { indicatorId } = await loadInIncubation();
      await readAs(indicatorId, 'pass')(db);
      await readAs(indicatorId, 'invalid')(db);
    },
  },
  {
    invariant: 10,
    constraint: 'scan_once',
    async around() {
      const scan = await newScan();
      await scan(db);
      await scan(db);
    },
    async race() {
      const scan = await newScan();
      return atOnce(scan, scan);
    },
  },
  {
    invariant: 10,
    constraint: 'scan_content_kept',
    async around() {
      await (await newScan())(db);
      await db.updateTable('scan').set({ type: 'opened' }).execute();
    },
  },
  ...[
    'pack_label',
    'slip_count',
    'cleaning',
    'wash_batch',
    'inspection',
    'bowie_dick_test',
    'climate_reading',
    'scan_conflict',
    'recall_load',
  ].map(
    (table): Case => ({
      invariant: 10,
      constraint: `rows of ${table} are never changed`,
      around: () => sql`delete from ${sql.table(table)}`.execute(db),
    }),
  ),
  // 11
  {
    invariant: 11,
    constraint: 'pack_expiry_only_shrinks',
    around: async () => set('pack', (await releasedPack()).packId, { expires_on: '2099-01-01' })(db),
    async race() {
      const { packId } = await releasedPack();
      // Two breaches re-date a pack at once: whichever comes last, the worse date stays.
      const answers = await atOnce(set('pack', packId, { expires_on: '2026-01-10' }), set('pack', packId, { expires_on: '2026-01-20' }));
      const { expires_on } = await db.selectFrom('pack').select('expires_on').where('id', '=', packId).executeTakeFirstOrThrow();
      expect(expires_on).toBe('2026-01-10');
      return answers[1] === undefined ? [undefined, 'pack_expiry_only_shrinks'] : answers;
    },
  },
  {
    invariant: 11,
    constraint: 'pack_label_date',
    around: async () => set('pack', (await releasedPack()).packId, { labelled_on: '2099-01-01' })(db),
  },
  {
    invariant: 11,
    constraint: 'load_members_labelled',
    async around() {
      const steriliserId = await rows.steriliser();
      await rows.bowieDick(steriliserId, at('00:00'), at('00:20'));
      const loadId = await rows.load(steriliserId, [await rows.pack()]);
      await act(async (trx) => {
        await trx
          .insertInto('steriliser_run')
          .values({ id: loadId, steriliser_id: steriliserId, started_at: at('01:00') })
          .execute();
        await set('steriliser_load', loadId, { status: 'running', started_at: at('01:00'), operator_id: 'person-technician' })(trx);
      });
    },
  },
  // 12
  {
    invariant: 12,
    constraint: 'consignment_special_alone',
    async around() {
      const round = await rows.round();
      const box = await newBox('soiled');
      await act(stow(round, box, null));
      await act(stow(round, box, 'prion'));
    },
    async race() {
      const round = await rows.round();
      const box = await newBox('soiled');
      return atOnce(stow(round, box, null), stow(round, box, 'prion'));
    },
  },
  {
    invariant: 12,
    constraint: 'set_instance_washed_by_batch',
    async around() {
      const id = await rows.setInstance({ status: 'in-decon', special: 'prion' });
      const endedAt = at('04:00');
      await act(async (trx) => {
        await trx
          .insertInto('wash_batch')
          .values({
            id: randomUUID(),
            washer_id: 'washer-1',
            started_at: at('03:00'),
            ended_at: endedAt,
            temperature_c: 93,
            seconds: 150,
            direct_use: false,
            result: 'pass',
            a0: 2_993,
            set_instance_ids: [id],
            recorded_by: '{}',
          })
          .execute();
        await trx
          .updateTable('set_instance')
          .set({ status: 'washed', special: null, status_since: endedAt })
          .where('id', '=', id)
          .execute();
      });
    },
  },
];

async function newScan(): Promise<(trx: Database | Trx) => Promise<unknown>> {
  const device_id = randomUUID();
  await db
    .insertInto('scan_device')
    .values({ id: device_id, name: 'phone', registered_by: '{}', role: 'courier', institution_id: 'inst-cssd' })
    .execute();
  return (trx) =>
    trx
      .insertInto('scan')
      .values({
        id: randomUUID(),
        device_id,
        seq: 1,
        type: 'seen',
        at: at('00:00'),
        corrected_at: at('00:00'),
        body: '{}',
        content_hash: Buffer.from('x'),
        result: 'applied',
        sent_by: '{}',
      })
      .execute();
}

const around = cases.filter((one) => one.around).map((one) => [`${one.invariant} ${one.constraint}`, one] as const);
const races = cases.filter((one) => one.race).map((one) => [`${one.invariant} ${one.constraint}`, one] as const);

describe('what goes around the friendly check is refused by the table', () => {
  test.each(around)('%s', async (_, { constraint, around: attempt }) => {
    const refused = await constraintOf(attempt?.() ?? Promise.resolve());
    if (constraint.startsWith('rows of')) expect(refused).toContain(constraint);
    else expect(refused).toBe(constraint);
  });
});

describe('of acts at once that would break it together, one goes through', () => {
  test.each(races)('%s', async (_, { constraint, race }) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const answers = (await race?.()) ?? [];
      if (constraint.startsWith('rows of')) expect(answers).toEqual([undefined]);
      else oneOf(answers, constraint);
    }
  });
});

test('each of the twelve invariants has what holds it', () => {
  expect(new Set(cases.map(({ invariant }) => invariant))).toEqual(new Set(Array.from({ length: 12 }, (_, index) => index + 1)));
});

test('a special pathogen that a scan saw among others is written as it was', async () => {
  const round = await rows.round();
  const box = await newBox('soiled');
  await act(stow(round, box, null));
  const answer = await constraintOf(
    act(async (trx) => {
      const seal_number = randomUUID();
      const consignment = {
        id: randomUUID(),
        round_id: round.id,
        stop_id: round.stopId,
        lane: 'soiled',
        box_id: box,
        special: 'prion',
      } as const;
      await trx
        .insertInto('consignment')
        .values({ ...consignment, seal_number })
        .execute();
      await trx
        .insertInto('supply_event')
        .values({
          id: randomUUID(),
          happened_at: at('01:00'),
          late: false,
          event: 'soiled-stowed',
          thing_type: 'transport-box',
          thing_id: box,
          stop_id: round.stopId,
          scan_id: randomUUID(),
          details: JSON.stringify({ sealNumber: seal_number }),
          actor: '{}',
          institution_id: 'inst-cssd',
        })
        .execute();
    }),
  );
  expect(answer).toBeUndefined();
  // The round is no question of the oracle: what was seen there has happened.
  await sql`alter table consignment disable trigger consignment_special_alone`.execute(db);
  await db.updateTable('consignment').set({ special: null }).where('round_id', '=', round.id).execute();
  await sql`alter table consignment enable trigger consignment_special_alone`.execute(db);
});

test('every constraint that an act can run into is refused in words, in both languages', async () => {
  const { rows: raised } = await sql<{ name: string }>`
    select distinct substring(proname from 'check_(.*)') as name from pg_proc join pg_trigger on tgfoid = pg_proc.oid
    where proname like 'check\\_%' and not tgisinternal`.execute(db);
  const names = raised.map(({ name }) => name.replace(/_(new|old)$/, '')).filter((name) => name !== 'scan_content_kept');
  expect(names.length).toBeGreaterThan(50);
  for (const constraint of names) {
    const refused = refusalOfConstraint(Object.assign(new pg.DatabaseError('refused', 0, 'error'), { constraint }));
    expect(refused?.code, constraint).toBeDefined();
    if (!refused) continue;
    const { zh, en, status } = describeError(refused.code);
    expect(
      [zh, en].every((words) => words.length > 5),
      constraint,
    ).toBe(true);
    expect([409, 422], constraint).toContain(status);
  }
});

test('whoever loses a deadlock is done again, and both acts have happened', async () => {
  const ids = [await rows.pack(), await rows.pack()] as const;
  let runs = 0;
  const inOrder =
    (first: string, second: string): Work =>
    async (trx) => {
      runs += 1;
      await set('pack', first, { label_print: sql`label_print + 1` })(trx);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await set('pack', second, { label_print: sql`label_print + 1` })(trx);
    };
  expect(await Promise.all([constraintOf(act(inOrder(...ids))), constraintOf(act(inOrder(ids[1], ids[0])))])).toEqual([
    undefined,
    undefined,
  ]);
  expect(runs).toBeGreaterThan(2);
  const prints = await db.selectFrom('pack').select('label_print').where('id', 'in', ids).execute();
  expect(prints.map(({ label_print }) => label_print)).toEqual([2, 2]);
});
