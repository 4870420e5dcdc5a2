/**
 * Truth is free of the order in which scans arrive. The same 200 scans of six devices, whose clocks are hours off, are sent twice each in three orders
 * and in batches of any size, and sometimes a gap is waited for in vain. Each time everything ends the same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyWaitingScans } from '../../../db/sterile-supply/waiting-scans.ts';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import {
  addBox,
  addLoad,
  addPack,
  addRound,
  addSet,
  addSetType,
  addSteriliser,
  appendEvents,
  cssd,
  onRound,
} from '../../support/builders/supply-ground.ts';
import { testSeed } from '../../support/seed.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
const seed = testSeed;

beforeAll(async () => {
  console.log(`scan order: CAREPATH_TEST_SEED=${seed}`);
  service = await startService({ worker: false });
  await addSetType(service.db, 'dressing');
});
afterAll(() => service.stop());

const SCANS = 200;
const PACKS = 14;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Every time is a multiple of it, so that the milliseconds by which a clock's error is mismeasured fall out of the comparison. */
const GRAIN_MS = 10_000;
const start = Math.floor((Date.now() - 20 * HOUR_MS) / GRAIN_MS) * GRAIN_MS;

const devices = [
  { account: 'courier', clockMs: 2 * HOUR_MS },
  { account: 'driver', clockMs: -2 * HOUR_MS },
  { account: 'nurse', clockMs: 0 },
  { account: 'gp', clockMs: 90 * MINUTE_MS },
  { account: 'gp2', clockMs: -2 * HOUR_MS },
  { account: 'technician', clockMs: 2 * HOUR_MS },
] as const;

/** What was scanned, told without the ids of one world. `{…}` names a thing of the world. */
interface Told {
  device: number;
  seq: number;
  at: number;
  type: string;
  body: Record<string, unknown>;
}

const steps = ['arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'];

/** Some of it fits together, much of it does not. */
function tell(random: Random): Told[] {
  const seqs = devices.map(() => 0);
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)] as T;
  return Array.from({ length: SCANS }, (_, n): Told => {
    const device = random.integer(0, devices.length - 1);
    seqs[device] = (seqs[device] ?? 0) + 1;
    const pack = `{pack-${random.integer(0, PACKS - 1)}}`;
    const stop = { stopId: `{stop-${random.integer(0, 2)}}` };
    const told = { device, seq: seqs[device] as number, at: start + n * 5 * MINUTE_MS + random.integer(0, 20) * GRAIN_MS };
    const isRound = device < 2;
    if (isRound && random.chance(0.75)) {
      const type = pick(steps);
      const body = {
        'soiled-stowed': {
          consignments: [
            { sealNumber: `{seal-${n}}`, boxId: '{box}', intact: random.chance(0.9), packIds: random.chance(0.2) ? [pack] : [] },
          ],
        },
        'sterile-handed': {
          packIds: [pack, `{pack-${random.integer(0, PACKS - 1)}}`],
          ...(random.chance(0.2) ? { bundleIssuedAt: new Date(start - 24 * HOUR_MS).toISOString() } : {}),
        },
        checked: random.chance(0.3)
          ? { accepted: [], rejected: [{ packId: pack, reason: 'damaged' }] }
          : { accepted: [pack], rejected: [] },
        signed: {
          signatures: [
            { personId: 'person-courier', method: 'session' },
            ...(random.chance(0.5) ? [{ personId: 'person-nurse', method: 'badge-pin' }] : []),
          ],
        },
      }[type as 'signed'];
      return { ...told, type, body: { ...stop, ...body } };
    }
    const type = pick(['opened', 'seen', 'seen', 'received', 'returned', 'compromised', 'cleaned']);
    const code =
      type === 'cleaned' ? '{box}' : random.chance(0.15) ? `{set-${random.integer(0, 2)}}` : random.chance(0.05) ? '{unknown}' : pack;
    return { ...told, type, body: { code, ...(isRound ? { roundId: '{round}' } : {}) } };
  });
}

interface World {
  names: Map<string, string>;
  deviceIds: string[];
}

async function createWorld(name: string): Promise<World> {
  const { db } = service;
  const names = new Map<string, string>([['unknown', `unknown-${name}`]]);
  await addSteriliser(db, `s-${name}`);
  names.set('box', await addBox(db, `box-${name}`, 'soiled'));
  const { roundId, stopIds } = await addRound(db, ['inst-c01', 'inst-c02', 'inst-c01'], { departed_at: new Date(start) });
  names.set('round', roundId);
  for (const [n, id] of stopIds.entries()) names.set(`stop-${n}`, id);
  for (let n = 0; n < 3; n += 1)
    names.set(`set-${n}`, await addSet(db, `loose-${n}-${name}`, 'dressing', { status: n === 0 ? 'missing' : 'used' }));
  const packs: string[] = [];
  for (let n = 0; n < PACKS; n += 1) {
    const expired = n % 5 === 4 ? { expires_on: '2026-01-01', nominal_expires_on: '2026-01-01' } : {};
    const id = await addPack(db, `p${n}-${name}`, 'dressing', { outer_ci: 'pass', wet: false, ...expired });
    packs.push(id);
    names.set(`pack-${n}`, id);
  }
  const load = await addLoad(db, `L-${name}`, `s-${name}`, packs, { started_at: new Date(start - 30 * HOUR_MS) });
  await db
    .updateTable('pack')
    .set({ status: 'on-vehicle', observed_by: load, allocated_institution_id: 'inst-c01' })
    .where('id', 'in', packs)
    .execute();
  await appendEvents(
    db,
    packs.map((id) => ({ thing: { type: 'pack' as const, id }, event: 'assembled', to: 'assembled', holder: cssd })),
    new Date(start - 40 * HOUR_MS),
  );
  await appendEvents(
    db,
    packs.map((id) => ({
      thing: { type: 'pack' as const, id },
      event: 'departed',
      from: 'allocated',
      to: 'on-vehicle',
      holder: onRound(roundId),
    })),
    new Date(start - HOUR_MS),
  );
  await openRecall(packs.slice(0, 4), { name, roundId, load });
  const deviceIds: string[] = [];
  for (const { account } of devices) deviceIds.push((await service.post(account, '/v1/devices', { name })).body.id);
  return { names, deviceIds };
}

/** A recall of packs that are aboard: what is opened goes to infection control, what comes to a centre goes there. */
async function openRecall(
  packIds: readonly string[],
  { name, roundId, load }: { name: string; roundId: string; load: string },
): Promise<void> {
  const recallId = crypto.randomUUID();
  await service.pool.query(
    `insert into recall (id, status, drill, policy, steriliser_id, load_id, reason, opened_by) values ($1, 'open', true, 'cn-ws310', $2, $3, 'bi', '{}')`,
    [recallId, `s-${name}`, load],
  );
  for (const packId of packIds)
    await service.pool.query(
      `insert into recall_line (id, recall_id, pack_id, holder_type, holder_id, state) values (gen_random_uuid(), $1, $2, 'round', $3, 'open')`,
      [recallId, packId, roundId],
    );
}

const inWorld = ({ names }: World, name: string, body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body)
      .replaceAll(/\{(seal-[^}]+)\}/g, `$1-${name}`)
      .replaceAll(/\{([a-z]+(-\d+)?)\}/g, (_, key) => names.get(key) ?? key),
  );

async function send(world: World, name: string, device: number, scans: readonly Told[]): Promise<void> {
  const { account, clockMs } = devices[device] as (typeof devices)[number];
  const body = {
    deviceId: world.deviceIds[device],
    sentAt: new Date(Date.now() + clockMs).toISOString(),
    scans: scans.map(({ seq, type, at, body: said }) => ({
      seq,
      type,
      at: new Date(at + clockMs).toISOString(),
      ...(inWorld(world, name, said) as object),
    })),
  };
  const answer = await service.post(account, '/v1/scans', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

async function play(name: string, told: readonly Told[], random: Random): Promise<World> {
  const world = await createWorld(name);
  const rest = shuffle([...told, ...told], random);
  while (rest.length > 0) {
    const batch = rest.splice(0, random.integer(1, 30));
    for (const device of devices.keys()) {
      const ofDevice = batch.filter((one) => one.device === device);
      if (ofDevice.length > 0) await send(world, name, device, ofDevice);
    }
    // Now and then a gap is waited for in vain, and what fills it comes afterwards.
    if (random.chance(0.2)) await applyWaitingScans(service.db, new Date(Date.now() + 16 * MINUTE_MS));
  }
  return world;
}

function shuffle<T>(items: T[], random: Random): T[] {
  for (let n = items.length - 1; n > 0; n -= 1) {
    const other = random.integer(0, n);
    [items[n], items[other]] = [items[other] as T, items[n] as T];
  }
  return items;
}

/** Everything that is true in the end, in the names of the story. Times are rounded: a clock's error is measured to the millisecond only. */
async function truthOf({ names, deviceIds }: World, name: string): Promise<unknown> {
  const ids = [...names.values()];
  const ask = async (statement: string, values: unknown[] = [ids]): Promise<unknown[]> =>
    (await service.pool.query(statement, values)).rows;
  const at = (column: string) => `floor(extract(epoch from ${column}) * 1000 / ${GRAIN_MS})::int`;
  const truth = {
    packs: await ask(
      `select id, status, reject_reason, ${at('opened_at')} as opened, opened_institution_id from pack where id = any($1) order by id`,
    ),
    sets: await ask(
      `select id, status from set_instance where id = any($1) or id in (select set_instance_id from pack where id = any($1)) order by id`,
    ),
    custody: await ask(
      `select thing_id, holder_type, holder_id, ${at('since')} as since from custody where thing_id = any($1) order by thing_id, since, id`,
    ),
    stops: await ask(`select id, status from round_stop where id::text = any($1) order by id`),
    steps: await ask(
      `select stop_id, step, in_order, ${at('happened_at')} as at from stop_step where stop_id::text = any($1) order by stop_id, happened_at`,
    ),
    signatures: await ask(`select stop_id, person_id, side, verified from stop_signature where stop_id::text = any($1) order by 1, 2`),
    discrepancies: await ask(
      `select kind, subject_type, case subject_type when 'consignment' then (select seal_number from consignment where id::text = subject_id) else subject_id end as subject
        from discrepancy where status = 'open' and (subject_id = any($1) or round_id::text = any($1)) order by 1, 2, 3`,
    ),
    alerts: await ask(
      `select name, subject_id, institution_id from supply_alert where subject_id = any($1) and cleared_at is null order by 1, 2`,
    ),
    lines: await ask(
      `select pack_id, state, "end", case state when 'open' then holder_type || ' ' || holder_id end as holder from recall_line where pack_id = any($1) order by 1`,
    ),
    cleaned: await ask(`select id, ${at('last_cleaned_at')} as at from transport_box where id = any($1)`),
    waiting: await ask(`select seq from scan where device_id = any($1) and result in ('waiting', 'held')`, [deviceIds]),
    scans: await ask(`select count(*)::int as scans from scan where device_id = any($1)`, [deviceIds]),
  };
  const told = [...names].reduce((text, [key, id]) => text.replaceAll(id, `{${key}}`), JSON.stringify(truth));
  return sortStops(JSON.parse(told.replaceAll(new RegExp(`-${name}(?=")`, 'g'), '')));
}

/** Ids are drawn anew in each world, so rows that were sorted by them are sorted again by their names. */
function sortStops(truth: Record<string, unknown[]>): unknown {
  return Object.fromEntries(Object.entries(truth).map(([key, rows]) => [key, rows.map((row) => JSON.stringify(row)).sort()]));
}

test('200 scans in any order, twice each, from clocks two hours off, end the same', { timeout: 180_000 }, async () => {
  const random = createRandom(seed);
  const told = tell(random);
  const inOrder = await createWorld('order');
  for (const one of told) await send(inOrder, 'order', one.device, [one]);
  const expected = await truthOf(inOrder, 'order');
  expect(expected).toMatchObject({ waiting: [], scans: ['{"scans":200}'] });
  for (const name of ['one', 'two'])
    expect(await truthOf(await play(name, told, random), name), `seed ${seed}, order ${name}`).toEqual(expected);
});
