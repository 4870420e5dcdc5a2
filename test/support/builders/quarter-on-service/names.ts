/** Speaks with the service as the people of the simulated quarter, and knows what the service calls what the simulation has named. */
import { randomUUID } from 'node:crypto';
import type { Answer, Service } from '../../service/service.ts';

export interface QuarterNames {
  post(account: string, path: string, body: unknown): Promise<Answer['body']>;
  get(account: string, path: string): Promise<Answer['body']>;
  /** From now on the service's `serviceId` stands for the simulation's `id`. */
  name(id: string, serviceId: string): void;
  /** Throws for an id that nothing of the service stands for. */
  idOf(id: string): string;
  findId(id: string): string | undefined;
  /** What the simulation calls it; what it does not know keeps its id, so that a comparison shows it. */
  nameOf(serviceId: string): string;
  /** Sends one scan from the telephone of the account, with the next number of that telephone. */
  scan(account: string, scan: { type: string; at: number; code: string }): Promise<void>;
}

export type ActOf<Act extends { act: string }, Name extends Act['act']> = Extract<Act, { act: Name }>;

export const MINUTE_MS = 60_000;
export const toInstant = (at: number): string => new Date(at).toISOString();

/** The account of the nurse of a centre. */
export const nurseOf = (institutionId: string): string => (institutionId === 'inst-c01' ? 'nurse' : `nurse-${institutionId.slice(-3)}`);

const ASKED_AGAIN = 5;

/** On a busy machine the service may be unavailable for a moment. A client asks again then after as long as it is told, with the same key. */
async function postPatiently(service: Service, account: string, path: string, body: unknown): Promise<Answer> {
  const key = randomUUID();
  for (let times = 1; ; times++) {
    const answer = await service.post(account, path, body, { key });
    if (answer.status !== 503 || times === ASKED_AGAIN) return answer;
    await new Promise((resolve) => setTimeout(resolve, Number(answer.headers.get('retry-after')) * 1_000));
  }
}

export function createQuarterNames(service: Service): QuarterNames {
  const ids = new Map<string, string>();
  const names = new Map<string, string>();
  const devices = new Map<string, { id: string; seq: number }>();

  async function post(account: string, path: string, body: unknown): Promise<Answer['body']> {
    const answer = await postPatiently(service, account, path, body);
    if (answer.status >= 300)
      throw new Error(`${account} POST ${path} ${JSON.stringify(body).slice(0, 400)}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function get(account: string, path: string): Promise<Answer['body']> {
    const answer = await service.get(account, path);
    if (answer.status !== 200) throw new Error(`${account} GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function scan(account: string, { type, at, code }: { type: string; at: number; code: string }): Promise<void> {
    const device = devices.get(account) ?? { id: (await post(account, '/v1/devices', { name: `phone of ${account}` })).id, seq: 0 };
    device.seq++;
    devices.set(account, device);
    const scans = [{ seq: device.seq, type, at: toInstant(at), code }];
    await post(account, '/v1/scans', { deviceId: device.id, sentAt: toInstant(Date.now()), scans });
  }

  return {
    post,
    get,
    scan,
    name(id, serviceId) {
      ids.set(id, serviceId);
      names.set(serviceId, id);
    },
    idOf(id) {
      const serviceId = ids.get(id);
      if (serviceId === undefined) throw new Error(`Nothing of the service stands for ${id}.`);
      return serviceId;
    },
    findId: (id) => ids.get(id),
    nameOf: (serviceId) => names.get(serviceId) ?? serviceId,
  };
}
