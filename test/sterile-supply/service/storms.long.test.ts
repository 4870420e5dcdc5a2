/**
 * Twenty people at once through the API, and one person alone: whatever they do, no invariant breaks, nobody is answered with a fault of ours, what was
 * refused has changed nothing, and each pack can be followed from its packing to now.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyCustody } from '../../../db/sterile-supply/custody-chain.ts';
import { loadCustodyExport } from '../../../db/sterile-supply/custody-export.ts';
import { sealLedger } from '../../../db/sterile-supply/custody-seal.ts';
import { createRandom } from '../../../domain/kit/random.ts';
import { createLog } from '../../../platform/log.ts';
import { createFactRelay } from '../../../worker/fact-relay.ts';
import { createLoadsGround, passBowieDick, shanghaiTime } from '../../support/builders/loads.ts';
import { createSupply, type Named, type Supply } from '../../support/builders/sterile-supply.ts';
import type { StormWorld } from '../../support/chaos/storm-tools.ts';
import { type Call, createSupplyStorm } from '../../support/chaos/supply-storm.ts';
import { supplyFlaws } from '../../support/oracles/supply-flaws.ts';
import { type Service, startService } from '../../support/service/service.ts';

const PEOPLE = 20;
const TURNS = Number(process.env.CAREPATH_STORM_TURNS ?? 30);
const SEEDS = (process.env.CAREPATH_STORM_SEEDS ?? '1').split(',').map(Number);

let service: Service;
let stopRelay: () => Promise<void>;
beforeAll(async () => {
  service = await startService();
  const relay = createFactRelay({ db: service.db, client: service.client, log: createLog('worker', 'silent') });
  relay.start();
  stopRelay = () => relay.stop();
});
afterAll(async () => {
  await stopRelay?.();
  await service?.stop();
});

async function buildWorld(prefix: string): Promise<StormWorld> {
  const supply = createSupply(service, { prefix });
  const beganAt = Date.now() - 26 * 3_600_000;
  const type = await supply.createSetType('type');
  const implant = await supply.createSetType('implant', { implant: true });
  for (let n = 0; n < 16; n += 1) await supply.createSet({ code: `set-${n}`, type: n % 4 === 0 ? implant : type });
  for (let n = 0; n < 9; n += 1) await supply.createUsedSet(`used-${n}`, type, `inst-c0${(n % 3) + 1}`);
  const qualifiedAt = new Date(beganAt - 86_400_000).toISOString();
  const sterilisers = [await supply.createSteriliser('s1', { qualifiedAt }), await supply.createSteriliser('s2', { qualifiedAt })];
  const vehicles = [await supply.createVehicle('v1'), await supply.createVehicle('v2'), await supply.createVehicle('v3')];
  const sterile = [await supply.createBox('st1', 'sterile'), await supply.createBox('st2', 'sterile')];
  const soiled = [await supply.createBox('so1', 'soiled'), await supply.createBox('so2', 'soiled')];
  const devices: { id: string }[] = [];
  for (let n = 0; n < PEOPLE; n += 1) devices.push(await supply.post('courier', '/v1/devices', { name: `phone ${n}` }));
  const idOf = ({ id }: { id: string }) => id;
  await prepareLoads(supply, { type, implant });
  return {
    sterilisers: sterilisers.map(idOf),
    vehicles: vehicles.map(idOf),
    boxes: { sterile: sterile.map(idOf), soiled: soiled.map(idOf) },
    devices: devices.map(idOf),
    setTypeIds: [type.id],
    beganAt,
  };
}

/** Before the storm: an implant load that waits for its indicator, packs in the store, and others that stand in a recall. */
async function prepareLoads(supply: Supply, { type, implant }: { type: Named; implant: Named }): Promise<void> {
  const steriliser = await supply.createSteriliser('s3', { qualifiedAt: shanghaiTime(-5, '08:00') });
  await passBowieDick(createLoadsGround(service), steriliser.id, -2);
  const packsOf = (of: Named, name: string, count: number) =>
    supply.makePacks(
      Array.from({ length: count }, (_, n) => ({ code: `${name}-${n}`, type: of })),
      shanghaiTime(-2, '05:00'),
    );
  const indicators = [supply.indicator('bi', { lot: 'L1' }), supply.indicator('pcd-ci')];
  const implants = await packsOf(implant, 'early', 4);
  const load = await supply.planLoad(steriliser, implants, shanghaiTime(-2, '08:00'), { indicators });
  await supply.runLoad(load, shanghaiTime(-2, '08:00'));
  const [chemical] = (await supply.get('releaser', `/v1/load-indicators?loadId=${load.id}&kind=pcd-ci`)).items;
  await supply.post('releaser', `/v1/load-indicators/${chemical.id}/read`, { result: 'pass', happenedAt: shanghaiTime(-2, '08:45') });
  await supply.unloadAndRelease(load, implants, shanghaiTime(-2, '08:00'));
  await supply.sterilise(steriliser, await packsOf(type, 'stored', 8), shanghaiTime(-2, '10:00'));
  const doubted = await supply.sterilise(steriliser, await packsOf(type, 'doubted', 4), shanghaiTime(-2, '12:00'));
  await supply.post('headnurse', '/v1/recalls', { loadId: doubted.id, reason: 'doubt' });
}

const isFault = ({ answer }: Call): boolean => answer.status >= 500 || answer.status === 202;
const shown = ({ account, path, body, answer }: Call) =>
  `${account} ${path} ${JSON.stringify(body)} → ${answer.status} ${answer.body?.code}`;

/** How often each command of the storm was done, of how many times it was tried: `move-stop 3/5`. */
const successesOf = (calls: readonly Call[]): string =>
  Object.entries(Object.groupBy(calls, ({ command }) => command))
    .map(([command, made = []]) => `${command} ${made.filter(({ answer }) => answer.status < 300).length}/${made.length}`)
    .join(', ');

/** A client may be told to come again where acts on one thing stand in line on a busy machine: one in twenty at most, and each is shown. */
function expectSeldomBusy({ busy, calls }: { busy: readonly string[]; calls: readonly Call[] }): void {
  expect(busy.length, busy.join('\n')).toBeLessThanOrEqual(calls.length / 20);
}

/** What happened with a pack names at each entry the status that the entry before had left, and its last is what the pack is now. */
async function brokenLedgers(): Promise<string[]> {
  const { rows } = await sql<{ id: string; why: string }>`
    with entry as (
      select thing_id, event, from_status, to_status, scan_id, position,
        lag(to_status) over (partition by thing_id order by position) as before
      from supply_event where thing_type = 'pack' and to_status is not null
    ), first as (
      select distinct on (thing_id) thing_id, event from supply_event where thing_type = 'pack' order by thing_id, position
    ), last as (select distinct on (thing_id) thing_id, to_status from entry order by thing_id, position desc)
    select pack.id, 'begins with ' || coalesce(first.event, 'nothing') as why
      from pack left join first on first.thing_id = pack.id where first.event is distinct from 'assembled'
    union all select thing_id, event || ' from ' || from_status || ' after ' || before
      from entry where scan_id is null and from_status is not null and before is not null and from_status <> before
    union all select pack.id, pack.status || ' after ' || last.to_status
      from pack join last on last.thing_id = pack.id where pack.status <> last.to_status
    union all select pack.id, 'is nowhere' from pack where not exists (
      select from custody where thing_type = 'pack' and thing_id = pack.id and until is null)`.execute(service.db);
  return rows.map(({ id, why }) => `${id} ${why}`);
}

async function expectSound(): Promise<void> {
  expect(await supplyFlaws(service.db)).toEqual({});
  expect(await brokenLedgers()).toEqual([]);
  await sealLedger(service.db);
  const period = { from: new Date('2020-01-01'), to: new Date(Date.now() + 400 * 86_400_000) };
  const document = await loadCustodyExport(service.db, period, new Date());
  expect(verifyCustody(new TextEncoder().encode(JSON.stringify(document)))).toMatchObject({ whole: true });
}

test.each(SEEDS)(
  'storm of seed %i: twenty people at once break no invariant and are answered in words',
  { timeout: 600_000 },
  async (seed) => {
    const storm = createSupplyStorm(service, await buildWorld(`storm${seed}`));
    await Promise.all(
      Array.from({ length: PEOPLE }, async (_, person) => {
        const random = createRandom(seed * 1_000 + person);
        for (let turn = 0; turn < TURNS; turn += 1) await storm.turn(random);
      }),
    );
    const statuses = Object.entries(Object.groupBy(storm.calls, ({ answer }) => answer.status)).map(
      ([status, calls]) => `${status}: ${calls?.length}`,
    );
    process.stdout.write(`storm of seed ${seed}: ${storm.calls.length} calls, ${statuses.join(', ')}; busy: ${storm.busy.length}\n`);
    process.stdout.write(`${successesOf(storm.calls)}\n`);
    expect(storm.calls.filter(isFault).map(shown)).toEqual([]);
    expectSeldomBusy(storm);
    expect(storm.calls.filter(({ answer }) => answer.status < 300).length).toBeGreaterThan(100);
    await expectSound();
  },
);

const ENOUGH_REFUSED = 50;

/** Each table of sterile supply with a digest of its rows. */
async function digest(tables: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await service.pool.query(
    tables
      .map((table) => `select '${table}' as name, md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest from ${table} as t`)
      .join(' union all '),
  );
  return Object.fromEntries(rows.map(({ name, digest: value }) => [name, value]));
}

const supplyTables = async (): Promise<string[]> => {
  const { rows } =
    await service.pool.query(`select table_name as name from information_schema.tables where table_schema = 'public' and table_name ~
    '^(set_|vehicle|transport_box|cleaning|washer|pack|supply_|custody$|wash_batch|inspection|steriliser|bowie|load_|round_|stop_|consignment|exchange_slip|slip_|discrepancy|recall|climate|breach_|scan|voice_code)'`);
  return rows.map(({ name }) => name);
};

test('what is refused has changed nothing, whatever was asked', { timeout: 600_000 }, async () => {
  const tables = await supplyTables();
  expect(tables.length).toBeGreaterThan(35);
  const storm = createSupplyStorm(service, await buildWorld('refused'));
  const random = createRandom(7);
  let refused = 0;
  // How many of the turns are refused depends on what the clock allows meanwhile: it goes on until enough have been.
  for (let turn = 0; turn < TURNS * 32 && (turn < TURNS * 8 || refused <= ENOUGH_REFUSED); turn += 1) {
    const before = await digest(tables);
    const known = storm.calls.length;
    const name = await storm.turn(random);
    const made = storm.calls.slice(known);
    if (made.length === 0 || made.some(({ answer }) => answer.status < 400)) continue;
    refused += made.length;
    expect(await digest(tables), `${name}: ${made.map(shown).join('; ')}`).toEqual(before);
  }
  process.stdout.write(`${storm.calls.length} calls, ${refused} of them refused without a trace\n`);
  expect(refused).toBeGreaterThan(ENOUGH_REFUSED);
  expect(storm.calls.filter(isFault).map(shown)).toEqual([]);
  // Nobody stands in line with one person alone.
  expect(storm.busy).toEqual([]);
  await expectSound();
});
