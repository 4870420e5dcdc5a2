/** What people do at random in the department: wash, inspect, pack, run loads, read indicators, release. */
import { centres, type StormCommands, type StormTools } from './storm-tools.ts';

const goodCycle = { exposureSeconds: 252, minTemperatureC: 134.2, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 222 };

export const floorCommands = ({ ids, now, one, some, world }: StormTools): StormCommands => ({
  async wash(post) {
    const setInstanceIds = await some('set_instance', `status = 'in-decon'`, 3);
    if (setInstanceIds.length > 0)
      await post('technician', '/v1/wash-batches', {
        washerId: 'washer-1',
        startedAt: now(-50),
        endedAt: now(),
        temperatureC: 93,
        seconds: 150,
        setInstanceIds,
      });
  },
  async inspect(post, random) {
    const items = (await some('set_instance', `status = 'washed'`, 3)).map((setInstanceId) => ({
      setInstanceId,
      result: random.chance(0.9) ? 'pass' : 'damaged',
    }));
    if (items.length > 0) await post('technician', '/v1/inspections', { items, happenedAt: now() });
  },
  async assemble(post) {
    await post('technician', '/v1/packs', { setInstanceId: await one('set_instance', `status = 'inspected'`), happenedAt: now() });
  },
  async check(post, random) {
    const account = random.pick(['checker', 'checker', 'headnurse']);
    await post(account, `/v1/packs/${await one('pack', `status = 'assembled'`)}/check`, { happenedAt: now() });
  },
  async planLoad(post, random) {
    const implant = random.chance(0.3);
    const packIds = await some('pack', `status in ('checked', 'assembled') and implant = ${implant}`, random.integer(1, 4));
    const indicators = [
      { kind: 'bi', product: '1292', lot: 'L1', incubationMinutes: 24 },
      ...(implant ? [{ kind: 'pcd-ci', product: '41382', lot: 'C1', class: 5 }] : []),
    ];
    await post('technician', '/v1/loads', {
      steriliserId: random.pick(world.sterilisers),
      program: 'steam-134',
      packIds,
      indicators,
      happenedAt: now(),
    });
  },
  async labels(post) {
    const id = await one('steriliser_load', `status = 'planned'`);
    await post('technician', `/v1/loads/${id}/labels`, { format: 'zpl', reason: 'again', happenedAt: now() });
  },
  async bowieDick(post, random) {
    const times = { startedAt: now(-3), endedAt: now(-1) };
    const result = random.chance(0.95) ? 'pass' : 'fail';
    await post('technician', '/v1/bowie-dick-tests', { steriliserId: random.pick(world.sterilisers), ...times, result });
  },
  async start(post, random) {
    const account = random.pick(['technician', 'headnurse']);
    await post(account, `/v1/loads/${await one('steriliser_load', `status = 'planned'`)}/start`, { happenedAt: now() });
  },
  async end(post) {
    const id = await one('steriliser_load', `status = 'running'`);
    await post('technician', `/v1/loads/${id}/end`, { ...goodCycle, happenedAt: now() });
  },
  async unload(post, random) {
    const id = await one('steriliser_load', `status = 'ended' and unloaded_at is null`);
    const packs = (await ids('select pack_id as id from load_pack where load_id = $1', [id])).map((packId) => ({
      packId,
      outerCi: random.chance(0.97) ? 'pass' : 'fail',
      wet: random.chance(0.03),
    }));
    await post('technician', `/v1/loads/${id}/unload`, { packs, happenedAt: now(40) });
  },
  async release(post, random) {
    const id = await one('steriliser_load', `status = 'ended' and unloaded_at is not null`);
    const account = random.pick(['releaser', 'releaser', 'headnurse', 'technician']);
    await post(account, `/v1/loads/${id}/${random.chance(0.95) ? 'release' : 'reject'}`, random.chance(0.05) ? { reason: 'x' } : {});
  },
  async readChemical(post, random) {
    const id = await one('load_indicator', `status = 'placed' and kind = 'pcd-ci'`);
    await post('releaser', `/v1/load-indicators/${id}/read`, { result: random.chance(0.9) ? 'pass' : 'fail', happenedAt: now(45) });
  },
  async emergency(post, random) {
    const id = await one('steriliser_load', `status = 'quarantined'`);
    const packIds = await ids(`select id from pack where load_id = $1 and status = 'sterilised'`, [id]);
    const form = { forInstitutionId: random.pick(centres).id, clinician: 'Dr Li', reason: 'fracture' };
    await post(random.pick(['headnurse', 'headnurse', 'releaser']), `/v1/loads/${id}/emergency-release`, {
      packIds: packIds.slice(0, random.integer(1, 3)),
      ...form,
      happenedAt: now(50),
    });
  },
  async incubate(post) {
    const id = await one('load_indicator', `status = 'placed' and kind = 'bi'`);
    await post('technician', `/v1/load-indicators/${id}/incubate`, { happenedAt: now() });
  },
  async read(post, random) {
    const id = await one('load_indicator', `status = 'incubating'`);
    const control = { lot: 'L1', growth: random.chance(0.95) };
    await post('releaser', `/v1/load-indicators/${id}/read`, { growth: random.chance(0.06), control, happenedAt: now(60) });
  },
  async correct(post) {
    const id = await one('load_indicator', `status in ('pass', 'fail', 'invalid') and kind = 'bi'`);
    await post('headnurse', `/v1/load-indicators/${id}/correct`, {
      growth: false,
      control: { lot: 'L1', growth: true },
      reason: 'misread',
      happenedAt: now(90),
    });
  },
});
