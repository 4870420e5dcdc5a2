/**
 * People of sterile supply who do at random what their posts allow and what they do not: commands of the API with things that are there, most of them in
 * a state that fits. The same seed draws the same commands; what they find depends on who was first.
 */
import { randomUUID } from 'node:crypto';
import type { Random } from '../../../domain/kit/random.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import type { Answer, Service } from '../service/service.ts';

export interface Call {
  /** The command of the storm that it belongs to. */
  command: string;
  account: string;
  path: string;
  body: unknown;
  answer: Answer;
}

const MINUTE_MS = 60_000;
const centres = [
  { id: 'inst-c01', nurse: 'nurse' },
  { id: 'inst-c02', nurse: 'nurse-c02' },
  { id: 'inst-c03', nurse: 'nurse-c03' },
];
const goodCycle = { exposureSeconds: 252, minTemperatureC: 134.2, maxTemperatureC: 135.6, minPressureKpa: 205, maxPressureKpa: 222 };

/** Acts on one thing stand in line, on a busy machine for longer than a statement may take: then a client asks once more. */
const MOST_REPETITIONS = 2;

type Post = (account: string, path: string, body?: object) => Promise<Answer>;

class NothingThere extends Error {}

export interface StormWorld {
  sterilisers: string[];
  vehicles: string[];
  boxes: { sterile: string[]; soiled: string[] };
  devices: string[];
  setTypeIds: string[];
  beganAt: number;
}

export function createSupplyStorm(service: Service, world: StormWorld) {
  const calls: Call[] = [];
  /** Every answer that the service was busy, also where the repetition was answered. */
  const busy: string[] = [];
  let minutes = 0;
  /** Each command happens a minute after the one before it. */
  const now = (later = 0): string => new Date(world.beganAt + (minutes + later) * MINUTE_MS).toISOString();

  async function ids(question: string, values: unknown[] = []): Promise<string[]> {
    const { rows } = await service.pool.query(question, values);
    return rows.map(({ id }) => id);
  }
  const some = (table: string, where: string, limit = 1) => ids(`select id from ${table} where ${where} order by random() limit ${limit}`);
  /** Throws NothingThere where no thing is in that state: then the person looks for other work. */
  async function one(table: string, where: string): Promise<string> {
    const [id] = await some(table, where);
    if (id === undefined) throw new NothingThere();
    return id;
  }

  /** As a client does that is told that the service is busy: the same request again, with the same key. */
  async function postAs(command: string, account: string, path: string, body: object = {}): Promise<Answer> {
    const key = randomUUID();
    let answer = await service.post(account, path, body, { key });
    for (let repetition = 0; answer.status === 503; repetition += 1) {
      busy.push(`${account} ${path} → ${answer.body?.code}`);
      if (repetition === MOST_REPETITIONS) break;
      answer = await service.post(account, path, body, { key });
    }
    calls.push({ command, account, path, body, answer });
    return answer;
  }

  const seal = () => `storm-${randomUUID().slice(0, 12)}`;
  const seqs = new Map<string, number>();

  const commands: Record<string, (post: Post, random: Random) => Promise<unknown>> = {
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
    async slip(post, random) {
      const { id, nurse } = random.pick(centres);
      const setTypeId = random.pick(world.setTypeIds);
      const collect = Math.max(1, (await some('set_instance', `status = 'used'`, 2)).length);
      const lines = [
        { direction: 'collect', setTypeId, quantity: collect },
        { direction: 'deliver', setTypeId, quantity: random.integer(1, 3) },
      ];
      const [open] = await some('exchange_slip', `institution_id = '${id}' and status in ('draft', 'submitted')`);
      const act = open === undefined ? 2 : random.integer(0, 3);
      if (act === 0) await post(nurse, `/v1/slips/${open}/cancel`, { reason: 'x' });
      else if (act === 1) await post(nurse, `/v1/slips/${open}/amend`, { lines });
      else await post(nurse, '/v1/slips', { lines });
    },
    async round(post, random) {
      const from = random.integer(0, 2);
      await post('dispatcher', '/v1/rounds', {
        on: localDateOf(Date.parse(now())),
        vehicleId: random.pick(world.vehicles),
        driverId: 'person-driver',
        courierId: 'person-courier',
        departAt: now(5),
        stops: centres
          .slice(from, from + random.integer(1, 3))
          .map(({ id }, index) => ({ institutionId: id, arriveAt: now(15 + index * 10) })),
      });
    },
    async confirm(post) {
      await post('dispatcher', `/v1/rounds/${await one('supply_round', `status = 'planned'`)}/confirm`);
    },
    async addStop(post, random) {
      const roundId = await one('supply_round', `status in ('planned', 'confirmed', 'loaded', 'departed')`);
      const stop = { institutionId: random.pick(centres).id, arriveAt: now(30), reason: 'x' };
      await post('dispatcher', `/v1/rounds/${roundId}/add-stop`, { ...stop, happenedAt: now() });
    },
    async moveStop(post) {
      const { rows } = await service.pool.query(`select stop.id, round_id, other.id as to_round_id
        from round_stop as stop join supply_round as round on round.id = round_id
          join supply_round as other on other.id <> round_id and other.status in ('planned', 'confirmed', 'loaded', 'departed')
        where round.status in ('confirmed', 'loaded', 'departed') and stop.status = 'scheduled' and stop.moved_to_round_id is null
          and not exists (select from round_stop where round_id = other.id and institution_id = stop.institution_id)
        order by random() limit 1`);
      const [stop] = rows;
      if (!stop) throw new NothingThere();
      await post('dispatcher', `/v1/rounds/${stop.round_id}/move-stop`, {
        stopId: stop.id,
        toRoundId: stop.to_round_id,
        reason: 'x',
        happenedAt: now(),
      });
    },
    async breakDown(post) {
      const id = await one('supply_round', `status = 'departed' and not broken_down`);
      await post('driver', `/v1/rounds/${id}/break-down`, { note: 'tyre', happenedAt: now() });
    },
    async carryOn(post, random) {
      const id = await one('supply_round', `status = 'departed' and broken_down`);
      const { rows } = await service.pool.query('select id, seal_number from consignment where round_id = $1', [id]);
      const consignments = rows.map((row) => ({ consignmentId: row.id, sealNumber: row.seal_number, intact: random.chance(0.8) }));
      if (random.chance(0.3)) await post('dispatcher', `/v1/rounds/${id}/abort`, { reason: 'x', happenedAt: now() });
      else await post('courier', `/v1/rounds/${id}/transfer`, { vehicleId: random.pick(world.vehicles), consignments, happenedAt: now() });
    },
    async consign(post, random) {
      const roundId = await one('supply_round', `status = 'confirmed'`);
      const stopId = await one('round_stop', `round_id = '${roundId}' and status = 'scheduled'`);
      const packIds = await some('pack', `status in ('allocated', 'released')`, random.integer(1, 2));
      const boxId = random.pick([...world.boxes.sterile, ...world.boxes.sterile, ...world.boxes.soiled]);
      await post('technician', `/v1/rounds/${roundId}/consignments`, { stopId, boxId, sealNumber: seal(), packIds, happenedAt: now() });
    },
    async takeOff(post) {
      const [packId = ''] = await some('pack', `status = 'on-vehicle'`);
      const roundId = await one('supply_round', `status in ('confirmed', 'loaded')`);
      await post('technician', `/v1/rounds/${roundId}/take-off`, { packIds: [packId], reason: 'x', happenedAt: now() });
    },
    async load(post) {
      await post('technician', `/v1/rounds/${await one('supply_round', `status = 'confirmed'`)}/complete-loading`, { happenedAt: now() });
    },
    async depart(post) {
      await post('courier', `/v1/rounds/${await one('supply_round', `status = 'loaded'`)}/depart`, { happenedAt: now() });
    },
    async clean(post, random) {
      const things = [
        ...world.vehicles.map((id) => `vehicles/${id}`),
        ...[...world.boxes.sterile, ...world.boxes.soiled].map((id) => `boxes/${id}`),
      ];
      await post('courier', `/v1/${random.pick(things)}/clean`, { method: 'wipe', happenedAt: now(1) });
    },
    async step(post, random) {
      const [stop] = (
        await service.pool.query(
          `select stop.id, stop.status, institution_id from round_stop as stop join supply_round as round on round.id = round_id
           where round.status = 'departed' and stop.status not in ('left', 'failed') order by random() limit 1`,
        )
      ).rows;
      if (!stop) return;
      const order = ['scheduled', 'arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'];
      const step = random.chance(0.9) ? order[order.indexOf(stop.status) + 1] : random.pick(order.slice(1));
      const { nurse } = centres.find(({ id }) => id === stop.institution_id) ?? { nurse: 'nurse' };
      const packIds = await ids(
        `select pack.id from pack join consignment on consignment.id = consignment_id where stop_id = $1 and pack.status in ('on-vehicle', 'at-centre')`,
        [stop.id],
      );
      const bodies: Record<string, object> = {
        'soiled-stowed': {
          consignments: Array.from({ length: random.integer(0, 2) }, () => ({
            sealNumber: seal(),
            boxId: random.pick(world.boxes.soiled),
            intact: random.chance(0.9),
            ...(random.chance(0.2) ? { special: 'prion' } : {}),
          })),
        },
        'sterile-handed': { packIds },
        checked: { accepted: packIds, rejected: [] },
        signed: {
          signatures: [
            { personId: 'person-courier', method: 'session' },
            { personId: `person-${nurse}`, method: 'paper' },
          ],
        },
      };
      const account = step === 'checked' ? nurse : 'courier';
      await post(account, `/v1/stops/${stop.id}/steps`, { step, ...bodies[step ?? ''], happenedAt: now() });
    },
    async fail(post, random) {
      const id = await one('round_stop', `status not in ('left', 'failed', 'signed')`);
      if (random.chance(0.3)) await post('courier', `/v1/stops/${id}/fail`, { reason: 'closed', happenedAt: now() });
    },
    async return(post) {
      await post('driver', `/v1/rounds/${await one('supply_round', `status = 'departed'`)}/return`, { happenedAt: now() });
    },
    async handOver(post, random) {
      const roundId = await one('supply_round', `status = 'returned'`);
      const { rows } = await service.pool.query(`select id, seal_number from consignment where round_id = $1 and lane = 'soiled'`, [
        roundId,
      ]);
      const consignments = rows
        .filter(() => random.chance(0.9))
        .map(({ id, seal_number }) => ({ consignmentId: id, sealNumber: seal_number, intact: true }));
      await post('technician', `/v1/rounds/${roundId}/hand-over`, { consignments, happenedAt: now() });
    },
    async count(post, random) {
      const slipId = await one('exchange_slip', `status in ('frozen', 'picked-up', 'counted', 'disputed')`);
      const { rows } = await service.pool.query(`select id, declared from slip_line where slip_id = $1 and direction = 'collect'`, [
        slipId,
      ]);
      const lines = rows.map(({ id, declared }) => ({ lineId: id, received: Math.max(0, declared - (random.chance(0.2) ? 1 : 0)) }));
      await post(random.pick(['technician', 'headnurse']), `/v1/slips/${slipId}/count`, { lines, reason: 'x', happenedAt: now() });
    },
    async close(post) {
      await post('dispatcher', `/v1/rounds/${await one('supply_round', `status = 'handed-over'`)}/close`);
    },
    async restock(post) {
      await post('checker', `/v1/packs/${await one('pack', `status = 'on-vehicle'`)}/restock`, { intact: true, happenedAt: now() });
    },
    async open(post, random) {
      const [pack] = (
        await service.pool.query(`select pack.id, holder_id from pack join custody on thing_type = 'pack' and thing_id = pack.id and until is null
          where status = 'at-centre' order by random() limit 1`)
      ).rows;
      const { nurse } = centres.find(({ id }) => id === pack?.holder_id) ?? { nurse: 'nurse' };
      const innerCi = random.chance(0.95) ? 'pass' : 'fail';
      if (pack) await post(nurse, `/v1/packs/${pack.id}/open`, { innerCi, patientReference: 'P-1', happenedAt: now() });
    },
    async reject(post, random) {
      const account = random.pick(['technician', 'nurse']);
      const id = await one('pack', `status not in ('opened', 'rejected', 'ended')`);
      if (random.chance(0.3)) await post(account, `/v1/packs/${id}/compromise`, { reason: 'torn', happenedAt: now() });
    },
    async breakOut(post) {
      await post('technician', `/v1/packs/${await one('pack', `status = 'rejected'`)}/break-out`, { happenedAt: now() });
    },
    async recall(post, random) {
      const loadId = await one('steriliser_load', `status in ('released', 'confirmed')`);
      if (random.chance(0.2)) await post('headnurse', '/v1/recalls', { loadId, reason: 'x', drill: random.chance(0.5) });
      const id = await one('recall', `status = 'open'`);
      const act = random.pick(['acknowledge', 'cause', 'report', 'sign']);
      const bodies: Record<string, object> = { cause: { text: 'c' }, report: { text: 'r' } };
      await post(random.pick(['headnurse', 'infection', 'nurse']), `/v1/recalls/${id}/${act}`, bodies[act] ?? {});
    },
    async account(post, random) {
      const { rows } = await service.pool.query(`select recall_id, pack_id, line.holder_type, line.holder_id
        from recall_line as line join recall on recall.id = recall_id where line.state = 'open' and recall.status = 'open' order by random() limit 1`);
      const [line] = rows;
      if (!line) throw new NothingThere();
      const { nurse } = centres.find(({ id }) => id === line.holder_id) ?? { nurse: 'headnurse' };
      const [account, end] = random.pick([
        ['technician', 'retrieved'],
        ['infection', 'used'],
        ['headnurse', 'disposed'],
        [nurse, 'not-found'],
      ] as const);
      await post(account, `/v1/recalls/${line.recall_id}/account`, { lines: [{ packId: line.pack_id, end, note: 'n' }] });
    },
    async discrepancy(post, random) {
      const id = await one('discrepancy', `status <> 'closed'`);
      const act = random.pick(['acknowledge', 'investigate', 'resolve', 'close']);
      const bodies: Record<string, object> = { investigate: { note: 'n' }, resolve: { resolution: 'explained', note: 'n' } };
      await post(random.pick(['headnurse', 'headnurse2']), `/v1/discrepancies/${id}/${act}`, bodies[act] ?? {});
    },
    async climate(post, random) {
      const { id, nurse } = random.pick(centres);
      const readings = [0, 16, 32].map((later) => ({ measuredAt: now(later), temperatureC: random.integer(20, 27), humidityPercent: 50 }));
      await post(nurse, '/v1/climate-readings', { institutionId: id, readings });
    },
    async scan(post, random) {
      const deviceId = random.pick(world.devices);
      const seq = (seqs.get(deviceId) ?? 0) + 1;
      seqs.set(deviceId, seq);
      const [packId = 'P0'] = await some('pack', 'true');
      const type = random.pick(['seen', 'seen', 'compromised', 'received', 'opened']);
      const body = { deviceId, sentAt: new Date().toISOString(), scans: [{ seq, type, at: new Date().toISOString(), code: packId }] };
      // A phone that heard no answer sends again, at the same time as somebody else's phone.
      await Promise.all([post('courier', '/v1/scans', body), post('courier', '/v1/scans', body)]);
    },
    async nonsense(post, random) {
      const paths = ['/v1/packs/none/open', '/v1/loads/none/start', `/v1/rounds/${randomUUID()}/depart`, '/v1/recalls', '/v1/wash-batches'];
      await post(random.pick(['technician', 'nurse', 'driver', 'auditor']), random.pick(paths), { surprise: true });
    },
  };

  // What needs much to have happened before is tried more often.
  const names = [...Object.keys(commands), 'moveStop', 'emergency', 'account', 'breakDown', 'carryOn', 'carryOn', 'depart', 'load'];
  return {
    calls,
    /** Does one drawn command; gives its name. */
    async turn(random: Random): Promise<string> {
      minutes += 1;
      const name = random.pick(names);
      try {
        await commands[name]?.((account, path, body) => postAs(name, account, path, body), random);
      } catch (error) {
        if (!(error instanceof NothingThere)) throw error;
      }
      return name;
    },
    busy,
  };
}
