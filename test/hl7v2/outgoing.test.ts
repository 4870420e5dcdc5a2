/** HL7 v2 going out: each step reaches the other side's own system, over MLLP or HTTP, in order, until it has answered. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { setEndpoints } from '../../db/hl7v2/deliveries.ts';
import { FrameReader, toFrame } from '../../interop/hl7v2/kit/mllp-frames.ts';
import { createHl7v2Sender, type Hl7v2Sender } from '../../interop/hl7v2/sender.ts';
import { createLog } from '../../platform/log.ts';
import { newResident } from '../support/builders/facts.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf } from '../support/oracles/hl7v2-validators.ts';
import { bodyOf } from '../support/oracles/transition-table.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

/** What a system answers: a code, nothing at all, or an answer to another message. */
type Reaction = 'AA' | 'AE' | 'AR' | 'silence' | 'confusion';

/** A hospital's or a centre's own system. */
class System {
  readonly taken: string[] = [];
  /** for the next messages, in turn; then AA */
  reactions: Reaction[] = [];
  #server: Server | undefined;
  readonly #kind: 'mllp' | 'http';
  #port = 0;

  constructor(kind: 'mllp' | 'http') {
    this.#kind = kind;
  }

  get url(): string {
    return `${this.#kind}://127.0.0.1:${this.#port}${this.#kind === 'http' ? '/hl7v2' : ''}`;
  }

  #answerTo(message: string): string | undefined {
    this.taken.push(message);
    const reaction = this.reactions.shift() ?? 'AA';
    if (reaction === 'silence') return undefined;
    const controlId = reaction === 'confusion' ? 'another' : message.split('|')[9];
    const code = reaction === 'confusion' ? 'AA' : reaction;
    const error = code === 'AA' ? '' : 'ERR||ORC^1^1|207^Application internal error^HL70357|E\r';
    return `MSH|^~\\&|HIS|inst-h1|CAREPATH|inst-c01|20260101080000+0800||ACK|${this.taken.length}|P|2.5.1\rMSA|${code}|${controlId}\r${error}`;
  }

  async start(): Promise<void> {
    this.#server = this.#kind === 'mllp' ? this.#mllp() : this.#http();
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    this.#server = undefined;
  }

  #mllp(): Server {
    return createTcpServer((socket) => {
      const reader = new FrameReader(300_000);
      socket.on('error', () => {});
      socket.on('data', (portion) => {
        for (const framing of reader.push(portion)) {
          const answer = 'message' in framing ? this.#answerTo(new TextDecoder().decode(framing.message)) : undefined;
          if (answer) socket.write(toFrame(Buffer.from(answer)));
        }
      });
    });
  }

  #http(): Server {
    return createHttpServer((request, response) => {
      const portions: Buffer[] = [];
      request.on('data', (portion: Buffer) => portions.push(portion));
      request.on('end', () => {
        const answer = this.#answerTo(Buffer.concat(portions).toString());
        if (answer) response.setHeader('content-type', 'x-application/hl7-v2+er7').end(answer);
      });
    });
  }
}

let hospital: System;
let centre: System;
let sender: Hl7v2Sender;
const newSender = (options: { answerWithinMs?: number } = {}) =>
  createHl7v2Sender({
    db: service.db,
    log: createLog('api', 'silent'),
    endpoints: new Map(),
    retry: { baseSeconds: 0.02, capSeconds: 300 },
    ...options,
  });

beforeEach(async () => {
  [hospital, centre] = [new System('mllp'), new System('http')];
  await Promise.all([hospital.start(), centre.start()]);
  const endpoints = new Map([
    ['inst-h1', hospital.url],
    ['inst-c01', centre.url],
  ]);
  await setEndpoints(service.db, endpoints);
  sender = newSender();
});
afterEach(async () => {
  await Promise.all([hospital.stop(), centre.stop()]);
});

const waiting = () => service.db.selectFrom('hl7v2_delivery').selectAll().where('settled_at', 'is', null).execute();
async function sendAll(...senders: Hl7v2Sender[]): Promise<void> {
  await vi.waitUntil(
    async () => {
      await Promise.all([sender, ...senders].map((each) => each.sendOnce()));
      return (await waiting()).length === 0;
    },
    { timeout: 20_000, interval: 20 },
  );
}

async function sent(form: object = {}): Promise<string> {
  const patientId = await newResident(service);
  const { status, body } = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, ...form }));
  expect(status).toBe(201);
  return body.id;
}
const act = async (account: string, id: string, trigger: string, body = bodyOf(trigger)) =>
  expect((await service.post(account, `/v1/referrals/${id}/${trigger}`, body)).status).toBe(200);
const typesOf = ({ taken }: System) =>
  taken.map((message) => `${message.split('|')[8]?.slice(0, 7)} ${/\rORC\|(\w+)/.exec(message)?.[1] ?? ''}`.trim());

test('each side hears of what the other does, over MLLP and HTTP, in order, as the messages that the API shows', async () => {
  const id = await sent();
  await act('specialist', id, 'send-acceptance');
  await act('specialist', id, 'schedule-visit');
  await act('gp', id, 'request-cancellation');
  await act('specialist', id, 'confirm-cancellation');
  await sendAll();
  expect(typesOf(hospital)).toEqual(['OMG^O19 NW', 'OSU^O51 CA']);
  expect(typesOf(centre)).toEqual(['OSU^O51 OK', 'SIU^S12', 'OSU^O51 CR']);
  const { body } = await service.get('gp', `/v1/referrals/${id}/hl7v2`);
  const shown = (to: string) =>
    body.items.filter((item: { to: string }) => item.to === to).map(({ message }: { message: string }) => message);
  expect(hospital.taken).toEqual(shown('inst-h1'));
  expect(centre.taken).toEqual(shown('inst-c01'));
  for (const message of [...hospital.taken, ...centre.taken]) expect(complaintsOf(message)).toEqual([]);
});

test('a referral sent on is told to whoever is asked next; drafts and own steps are told to nobody', async () => {
  const draft = await sent({ draft: true });
  await act('gp', draft, 'withdraw', { reason: '误发' });
  const id = await sent({ toInstitutionId: 'inst-h2' });
  await act('specialist2', id, 'refer-onward', { toInstitutionId: 'inst-h1', reason: '专科在那里' });
  await sendAll();
  expect(typesOf(hospital)).toEqual(['OMG^O19 NW']);
  expect(centre.taken).toEqual([]);
});

describe('whatever the other side does', () => {
  test.each<[string, Reaction[], number]>([
    ['not now: the same message again', ['AR', 'AR'], 3],
    ['an answer to another message: the same message again', ['confusion'], 2],
  ])('%s', async (_, reactions, times) => {
    hospital.reactions = reactions;
    await sent();
    await sendAll();
    expect(hospital.taken).toHaveLength(times);
    expect(new Set(hospital.taken).size).toBe(1);
  });

  test('silence: the same message again', async () => {
    hospital.reactions = ['silence'];
    await sent();
    // Only this one gives up soon: a system that answers is waited for, however busy the machine.
    await newSender({ answerWithinMs: 300 }).sendOnce();
    await sendAll();
    expect(hospital.taken).toHaveLength(2);
    expect(new Set(hospital.taken).size).toBe(1);
  });

  test('a refusal is kept with its reason, and later steps are still told', async () => {
    hospital.reactions = ['AE'];
    const id = await sent();
    await act('gp', id, 'request-cancellation');
    await sendAll();
    expect(hospital.taken).toHaveLength(2);
    const rows = await service.db
      .selectFrom('hl7v2_delivery')
      .select(['outcome', 'detail'])
      .where('pathway_id', '=', id)
      .orderBy('seq')
      .execute();
    expect(rows).toEqual([
      { outcome: 'refused', detail: '207' },
      { outcome: 'accepted', detail: null },
    ]);
  });

  test('away: everything waits, and comes in order when it is back; others are not held up', async () => {
    await hospital.stop();
    const id = await sent();
    await act('gp', id, 'request-cancellation');
    await act('specialist', id, 'confirm-cancellation');
    await vi.waitUntil(async () => (await sender.sendOnce()) === 0 && centre.taken.length > 0, { timeout: 10_000, interval: 20 });
    expect((await waiting()).map(({ institution_id }) => institution_id)).toEqual(['inst-h1', 'inst-h1']);
    await hospital.start();
    await sendAll();
    expect(typesOf(hospital)).toEqual(['OMG^O19 NW', 'OSU^O51 CA']);
  });

  test('four senders at once tell it once', async () => {
    for (let n = 0; n < 5; n++) await sent();
    await sendAll(newSender(), newSender(), newSender());
    expect(hospital.taken).toHaveLength(5);
    expect(new Set(hospital.taken).size).toBe(5);
  });
});

test('an institution without an endpoint is owed nothing, and what it was owed is dropped', async () => {
  await sent();
  await setEndpoints(service.db, new Map([['inst-c01', centre.url]]));
  expect(await waiting()).toEqual([]);
  await sent();
  await sendAll();
  expect(hospital.taken).toEqual([]);
  await expect(setEndpoints(service.db, new Map([['inst-nowhere', 'mllp://127.0.0.1:1']]))).rejects.toThrow();
});
