/**
 * The invariants of sterile supply under any race: people who check nothing send statements at once. Whatever is let through is looked at by other
 * questions than those that the constraints ask.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import type { Trx } from '../../../db/kit/transaction.ts';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import type { PackStatus } from '../../../domain/sterile-supply/vocabulary.ts';
import { createSupplyRows, type SupplyRows } from '../../support/builders/sterile-supply-rows.ts';
import { supplyFlaws } from '../../support/oracles/supply-flaws.ts';
import { demoDatabase } from '../../support/service/database.ts';

let db: Database;
let rows: SupplyRows;
beforeAll(async () => {
  db = createDatabase(createPool(await demoDatabase(), { connections: 16, statementTimeoutMs: 60_000 }));
  rows = createSupplyRows(db);
});
afterAll(() => db?.destroy());

interface World {
  packIds: string[];
  setIds: string[];
  loadIds: string[];
  sterilisers: string[];
  rounds: Array<{ id: string; stopId: string }>;
  recalls: string[];
  date: string;
}

async function buildWorld(date: string): Promise<World> {
  const sterilisers = [await rows.steriliser(), await rows.steriliser()];
  for (const id of sterilisers) await rows.bowieDick(id, `${date}T00:00:00Z`, `${date}T00:01:00Z`);
  const packIds: string[] = [];
  for (let index = 0; index < 3; index += 1) packIds.push(...(await rows.releasedPacks(4)).packIds);
  const setIds = await db.selectFrom('pack').select('set_instance_id').where('id', 'in', packIds).execute();
  for (let index = 0; index < 6; index += 1) packIds.push(await rows.pack());
  const loadIds: string[] = [];
  for (const steriliserId of sterilisers) for (let index = 0; index < 3; index += 1) loadIds.push(await rows.load(steriliserId));
  const rounds = [await rows.round(), await rows.round()];
  const recalls = [await rows.recall(sterilisers[0] as string, [], { cause: 'c', report: 'r' })];
  return { packIds, setIds: setIds.map(({ set_instance_id }) => set_instance_id), loadIds, sterilisers, rounds, recalls, date };
}

type Attempt = (trx: Trx, world: World, random: Random) => Promise<unknown>;

const minute = (random: Random) => String(random.integer(0, 59)).padStart(2, '0');
const instant = ({ date }: World, random: Random, hours = [0, 1, 2, 3, 4, 5]) => `${date}T0${random.pick(hours)}:${minute(random)}:00Z`;
const people = ['person-technician', 'person-releaser', 'person-headnurse', 'person-infection', 'person-checker'];
const centres = ['inst-c01', 'inst-c02', 'inst-c03'];

/** Whatever reached a shelf is looked at in the transaction itself: by then, whoever spoke against the pack before has committed or waits. */
async function move(trx: Trx, packId: string, values: { status: PackStatus } & Record<string, unknown>): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('pack')
    .set({ ...values, status_since: new Date() })
    .where('id', '=', packId)
    .where('status', '<>', values.status)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return;
  const { rows: flaws } = await sql<{ why: string }>`
    select 'recalled' as why from recall_line join recall on recall.id = recall_id where pack_id = ${packId} and not drill
    union all select 'load ' || coalesce(load.status, 'none') from pack left join steriliser_load as load on load.id = load_id
      where pack.id = ${packId} and coalesce(load.status, 'none') not in ('released', 'released-early', 'confirmed')
    union all select 'expired' from pack where id = ${packId} and expires_on < current_date - 1
    union all select 'never out of a load' from pack where id = ${packId} and outer_ci is distinct from 'pass'`.execute(trx);
  if (flaws.length > 0) broken.push(`${packId} moved although ${flaws.map(({ why }) => why).join(', ')}`);
}

const broken: string[] = [];
const letThrough: Record<string, number> = {};

const attempts: Record<string, Attempt> = {
  allocate: (trx, world, random) =>
    move(trx, random.pick(world.packIds), { status: 'allocated', allocated_institution_id: random.pick(centres) }),
  handOver: (trx, world, random) =>
    move(trx, random.pick(world.packIds), { status: 'at-centre', allocated_institution_id: random.pick(centres) }),
  open: async (trx, world, random) => {
    const institution = random.pick(centres);
    await move(trx, random.pick(world.packIds), { status: 'opened', opened_institution_id: institution, opened_at: new Date() });
  },
  restock: (trx, world, random) =>
    trx
      .updateTable('pack')
      .set({ status: 'released', allocated_institution_id: null })
      .where('id', '=', random.pick(world.packIds))
      .execute(),
  reject: (trx, world, random) =>
    trx
      .updateTable('pack')
      .set({ status: 'rejected', reject_reason: 'compromised' })
      .where('id', '=', random.pick(world.packIds))
      .execute(),
  lengthen: (trx, world, random) =>
    trx
      .updateTable('pack')
      .set({ expires_on: sql<string>`expires_on + ${random.integer(-3, 3)}::integer` })
      .where('id', '=', random.pick(world.packIds))
      .execute(),
  newPack: (trx, world, random) =>
    trx
      .insertInto('pack')
      .columns(['id', 'code', 'set_instance_id', 'set_type_id', 'packaging', 'surgical', 'implant', 'status', 'packer_id'])
      .expression((query) =>
        query
          .selectFrom('set_instance')
          .select([
            sql<string>`${randomUUID()}`.as('id'),
            sql<string>`${randomUUID()}`.as('code'),
            'id as set_instance_id',
            'set_type_id',
            sql<string>`'pouch'`.as('packaging'),
            sql<boolean>`true`.as('surgical'),
            sql<boolean>`false`.as('implant'),
            sql<'assembled'>`'assembled'`.as('status'),
            sql<string>`'person-technician'`.as('packer_id'),
          ])
          .where('id', '=', random.pick(world.setIds)),
      )
      .execute(),
  check: (trx, world, random) =>
    trx
      .updateTable('pack')
      .set({ checker_id: random.pick(people) })
      .where('id', '=', random.pick(world.packIds))
      .execute(),
  joinLoad: (trx, world, random) =>
    trx
      .insertInto('load_pack')
      .values({ load_id: random.pick(world.loadIds), pack_id: random.pick(world.packIds) })
      .execute(),
  leaveLoad: (trx, world, random) => trx.deleteFrom('load_pack').where('pack_id', '=', random.pick(world.packIds)).execute(),
  dropFromLoad: (trx, world, random) =>
    trx.updateTable('load_pack').set({ counts: false }).where('pack_id', '=', random.pick(world.packIds)).execute(),
  nameLoad: (trx, world, random) =>
    trx
      .updateTable('pack')
      .set({ load_id: random.pick(world.loadIds) })
      .where('id', '=', random.pick(world.packIds))
      .execute(),
  bowieDick: async (trx, world, random) => {
    const id = randomUUID();
    const steriliser_id = random.pick(world.sterilisers);
    const started_at = instant(world, random);
    const ended_at = new Date(Date.parse(started_at) + 120_000);
    await trx.insertInto('steriliser_run').values({ id, steriliser_id, started_at, ended_at }).execute();
    const result = random.pick(['pass', 'pass', 'fail'] as const);
    await trx.insertInto('bowie_dick_test').values({ id, steriliser_id, started_at, ended_at, result, recorded_by: '{}' }).execute();
  },
  start: async (trx, world, random) => {
    const id = random.pick(world.loadIds);
    const { steriliser_id } = await trx
      .selectFrom('steriliser_load')
      .select('steriliser_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const started_at = instant(world, random);
    const ended_at = random.chance(0.95) ? new Date(Date.parse(started_at) + 240_000) : null;
    if (random.chance(0.9)) await trx.insertInto('steriliser_run').values({ id, steriliser_id, started_at, ended_at }).execute();
    await trx
      .updateTable('steriliser_load')
      .set({ status: 'running', started_at, operator_id: random.pick(people) })
      .where('id', '=', id)
      .where('status', '=', 'planned')
      .execute();
  },
  release: (trx, world, random) =>
    trx
      .updateTable('steriliser_load')
      .set({ status: 'released', released_by: random.pick(people) })
      .where('id', '=', random.pick(world.loadIds))
      .where('status', '=', 'running')
      .execute(),
  rejectLoad: (trx, world, random) =>
    trx
      .updateTable('steriliser_load')
      .set({ status: 'rejected' })
      .where('id', '=', random.pick(world.loadIds))
      .where('status', '=', 'running')
      .execute(),
  takeOut: async (trx, world, random) => {
    const id = random.pick(world.sterilisers);
    await trx.updateTable('steriliser').set({ status: 'out-of-service' }).where('id', '=', id).execute();
    await trx
      .insertInto('steriliser_outage')
      .values({ id: randomUUID(), steriliser_id: id, since: instant(world, random, [5]), reason: 'x' })
      .execute();
  },
  returnToService: async (trx, world, random) => {
    const id = random.pick(world.sterilisers);
    await trx.updateTable('steriliser').set({ status: 'in-service' }).where('id', '=', id).execute();
    await trx
      .updateTable('steriliser_outage')
      .set({ until: new Date() })
      .where('steriliser_id', '=', id)
      .where('until', 'is', null)
      .execute();
  },
  recall: (trx, world, random) =>
    trx
      .insertInto('recall_line')
      .values({
        id: randomUUID(),
        recall_id: random.pick(world.recalls),
        pack_id: random.pick(world.packIds),
        holder_type: 'cssd',
        holder_id: 'inst-cssd',
        state: 'open',
      })
      .execute(),
  endLine: (trx, world, random) =>
    trx
      .updateTable('recall_line')
      .set({ state: 'ended', end: 'retrieved', ended_at: new Date() })
      .where('pack_id', '=', random.pick(world.packIds))
      .execute(),
  forgetLine: (trx, world, random) => trx.deleteFrom('recall_line').where('pack_id', '=', random.pick(world.packIds)).execute(),
  sign: (trx, world, random) =>
    trx
      .insertInto('recall_signature')
      .values({
        recall_id: random.pick(world.recalls),
        role: random.pick(['headnurse', 'infection'] as const),
        person_id: random.pick(people),
        signed_at: new Date(),
      })
      .execute(),
  closeRecall: (trx, world, random) =>
    trx.updateTable('recall').set({ status: 'closed' }).where('id', '=', random.pick(world.recalls)).execute(),
  observe: (trx, world, random) => observe(trx, world, random, random.pick(world.packIds)),
  forgeCustody: (trx, world, random) =>
    trx.updateTable('custody').set({ holder_id: 'inst-c09' }).where('thing_id', '=', random.pick(world.packIds)).execute(),
  consign: (trx, world, random) => {
    const { id, stopId } = random.pick(world.rounds);
    return trx
      .insertInto('consignment')
      .values({
        id: randomUUID(),
        round_id: id,
        stop_id: stopId,
        lane: random.pick(['sterile', 'soiled'] as const),
        box_id: random.pick(['box-sterile-1', 'box-soiled-1']),
        seal_number: `storm-${random.integer(1, 30)}`,
      })
      .execute();
  },
  swapLane: (trx, _, random) =>
    trx
      .updateTable('transport_box')
      .set({ lane: random.pick(['sterile', 'soiled'] as const) })
      .where('id', '=', 'box-sterile-2')
      .execute(),
  step: (trx, world, random) =>
    trx
      .insertInto('stop_step')
      .values({
        id: randomUUID(),
        stop_id: random.pick(world.rounds).stopId,
        step: random.pick(['soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed'] as const),
        // Steps share their instant now and then, as those do that a courier tells together.
        happened_at: new Date(Math.floor(Date.now() / 100) * 100),
        done_by: '{}',
      })
      .execute(),
  closeRound: (trx, world, random) =>
    trx.updateTable('supply_round').set({ status: 'closed' }).where('id', '=', random.pick(world.rounds).id).execute(),
};

async function observe(trx: Trx, world: World, random: Random, packId: string): Promise<void> {
  const place = random.integer(0, 3);
  const holder =
    place === 0
      ? { type: 'cssd' as const, id: 'inst-cssd' }
      : place === 1
        ? { type: 'round' as const, id: random.pick(world.rounds).id }
        : { type: 'centre' as const, id: random.pick(centres) };
  await trx
    .insertInto('supply_event')
    .values({
      id: randomUUID(),
      happened_at: instant(world, random),
      late: false,
      event: 'seen',
      thing_type: 'pack',
      thing_id: packId,
      holder_type: holder.type,
      holder_id: holder.id,
      actor: '{}',
      institution_id: 'inst-cssd',
    })
    .execute();
}

/**
 * Errors by which Postgres refuses: constraints, restrictions of triggers, the loser of a deadlock, and whoever takes a stronger lock on a row of theirs in
 * the moment in which others take it too, which Postgres 15 answers with an internal error. Each has rolled its transaction back.
 */
function isRefusal(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return /^(23|40)/.test(code) || message.startsWith('new multixact has more than one updating member');
}

test.each([1, 2, 3, 4])('storm %i: no sequence of statements at once breaks an invariant', { timeout: 300_000 }, async (seed) => {
  broken.length = 0;
  const date = `2026-0${seed}-15`;
  const world = await buildWorld(date);
  const names = Object.keys(attempts);
  await Promise.all(
    Array.from({ length: 12 }, async (_, person) => {
      const random = createRandom(seed * 100 + person);
      for (let turn = 0; turn < 150; turn += 1) {
        const chosen = Array.from({ length: random.integer(1, 3) }, () => random.pick(names));
        try {
          await db.transaction().execute(async (trx) => {
            for (const name of chosen) await attempts[name]?.(trx, world, random);
          });
          for (const name of chosen) letThrough[name] = (letThrough[name] ?? 0) + 1;
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
    }),
  );
  expect(broken).toEqual([]);
  expect(await supplyFlaws(db)).toEqual({});
});

test('the storms let through what is lawful, and never what is not', () => {
  for (const name of ['allocate', 'handOver', 'start', 'joinLoad', 'recall', 'observe', 'step', 'bowieDick', 'consign', 'release'])
    expect(letThrough[name] ?? 0, name).toBeGreaterThan(0);
  for (const name of ['forgetLine', 'forgeCustody']) expect(letThrough[name], name).toBeUndefined();
});
