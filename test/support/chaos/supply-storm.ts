/**
 * People of sterile supply who do at random what their posts allow and what they do not: commands of the API with things that are there, most of them in
 * a state that fits. The same seed draws the same commands; what they find depends on who was first.
 */
import { randomUUID } from 'node:crypto';
import type { Random } from '../../../domain/kit/random.ts';
import type { Answer, Service } from '../service/service.ts';
import { roundCommands } from './storm-of-rounds.ts';
import { floorCommands } from './storm-on-the-floor.ts';
import { centres, createStormTools, NothingThere, type StormCommands, type StormTools, type StormWorld } from './storm-tools.ts';

export interface Call {
  /** The command of the storm that it belongs to. */
  command: string;
  account: string;
  path: string;
  body: unknown;
  answer: Answer;
}

/** Acts on one thing stand in line, on a busy machine for longer than a statement may take: then a client asks again. */
const MOST_REPETITIONS = 3;

export function createSupplyStorm(service: Service, world: StormWorld) {
  const calls: Call[] = [];
  /** Every answer that the service was busy, also where the repetition was answered. */
  const busy: string[] = [];
  let minutes = 0;
  // Each command happens a minute after the one before it.
  const tools = createStormTools(service, world, () => minutes);
  const commands: StormCommands = { ...floorCommands(tools), ...roundCommands(tools), ...otherCommands(tools) };

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

/** Shelves, recalls, discrepancies, climate, scans, and what makes no sense. */
function otherCommands({ now, one, service, some, world }: StormTools): StormCommands {
  const seqs = new Map<string, number>();
  return {
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
}
