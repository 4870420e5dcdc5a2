/** HL7 v2 going out: each step reaches the other side's own system, over MLLP or HTTP, in order, until it has answered. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { setEndpoints } from '../../db/hl7v2/deliveries.ts';
import { tellPeople } from '../../db/hl7v2/undelivered-tasks.ts';
import { FrameReader, toFrame } from '../../interop/hl7v2/kit/mllp-frames.ts';
import { createHl7v2Sender, type Hl7v2Sender } from '../../interop/hl7v2/sender.ts';
import { createLog } from '../../platform/log.ts';
import { newResident } from '../support/builders/facts.ts';
import { hisOf, read as readAck } from '../support/builders/hl7v2.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf } from '../support/oracles/hl7v2-validators.ts';
import { bodyOf } from '../support/oracles/transition-table.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

/** What a system answers: a code, nothing at all, an answer to another message, no HL7 at all, or in the enhanced mode first that it has stored the message. */
type BadFrame = 'no start' | 'no carriage return' | 'a line feed behind it' | 'no frame, then the end' | 'byte by byte' | 'words around it';
type Reaction =
  | BadFrame
  | 'AA'
  | 'AE'
  | 'AR'
  | 'CA'
  | 'CE'
  | 'CR'
  | 'silence'
  | 'confusion'
  | 'garbage'
  | 'slow'
  | 'CA then AA'
  | 'CA then AE';

/** Ways of framing an answer that are no MLLP. */
const badFrames: Record<BadFrame, (socket: Socket, answer: string) => void> = {
  'no start': (socket, answer) => socket.write(`${answer}\u001c\r`),
  'no carriage return': (socket, answer) => socket.write(`\u000b${answer}\u001c`),
  'a line feed behind it': (socket, answer) => socket.write(`\u000b${answer}\u001c\n`),
  'no frame, then the end': (socket, answer) => socket.end(answer),
  'byte by byte': (socket, answer) => {
    for (const byte of toFrame(Buffer.from(answer))) socket.write(Buffer.of(byte));
  },
  'words around it': (socket, answer) => socket.write(`220 HIS ready\r\n\u000b${answer}\u001c\r250 OK\r\n`),
};

/** A hospital's or a centre's own system. */
class System {
  readonly taken: string[] = [];
  /** for the next messages, in turn; then AA */
  reactions: Reaction[] = [];
  /** once `reactions` are used up */
  reactsBy: Reaction = 'AA';
  #server: Server | undefined;
  readonly #kind: 'mllp' | 'http';
  #port = 0;

  constructor(kind: 'mllp' | 'http') {
    this.#kind = kind;
  }

  get url(): string {
    return `${this.#kind}://127.0.0.1:${this.#port}${this.#kind === 'http' ? '/hl7v2' : ''}`;
  }

  #answersTo(message: string): string[] {
    this.taken.push(message);
    const reaction = this.reactions.shift() ?? this.reactsBy;
    if (reaction === 'silence' || reaction === 'slow') return [];
    if (reaction === 'garbage') return ['HTTP/1.1 200 OK\r\n\r\n{"ok":true}'];
    const codes = reaction.split(' then ') as Reaction[];
    return codes.map((code) => this.#answer(message, code));
  }

  #answer(message: string, reaction: Reaction): string {
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
          const reaction = this.reactions[0] ?? this.reactsBy;
          if ('message' in framing && Object.hasOwn(badFrames, reaction)) {
            const answer = this.#answer(new TextDecoder().decode(framing.message), 'AA');
            this.taken.push(new TextDecoder().decode(framing.message));
            badFrames[reaction as BadFrame](socket, answer);
            continue;
          }
          const answers = 'message' in framing ? this.#answersTo(new TextDecoder().decode(framing.message)) : [];
          for (const answer of answers) socket.write(toFrame(Buffer.from(answer)));
          // By then nobody waits any more; the message was taken all the same.
          if ('message' in framing && this.reactsBy === 'slow')
            setTimeout(() => socket.write(toFrame(Buffer.from(this.#answer(new TextDecoder().decode(framing.message), 'AA')))), 400);
        }
      });
    });
  }

  #http(): Server {
    return createHttpServer((request, response) => {
      const portions: Buffer[] = [];
      request.on('data', (portion: Buffer) => portions.push(portion));
      request.on('end', () => {
        const answers = this.#answersTo(Buffer.concat(portions).toString());
        if (answers.length > 0) response.setHeader('content-type', 'x-application/hl7-v2+er7').end(answers.join(''));
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

  test.each(Object.keys(badFrames) as BadFrame[])(
    'an answer with %s is an answer: nothing is sent twice, later steps are told',
    async (frame) => {
      hospital.reactsBy = frame;
      const id = await sent();
      await act('gp', id, 'request-cancellation');
      await sendAll();
      expect(typesOf(hospital)).toEqual(['OMG^O19 NW', 'OSU^O51 CA'].slice(0, typesOf(hospital).length));
      expect(hospital.taken).toHaveLength(2);
      expect(new Set(hospital.taken).size).toBe(2);
    },
  );

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

describe('a message that another system does not take', () => {
  const told = async (id: string) =>
    service.db
      .selectFrom('task')
      .select(['id', 'role', 'status', 'about', 'closed_by as closedBy', 'outcome'])
      .where('pathway_id', '=', id)
      .where('name', '=', 'undelivered-message')
      .orderBy('opened_at')
      .execute();
  const distinct = ({ taken }: System) => [...new Set(taken.map((message) => message.split('|')[9]))];
  const outcomeOf = (id: string) =>
    service.db.selectFrom('hl7v2_delivery').select(['outcome', 'detail']).where('pathway_id', '=', id).orderBy('seq').execute();
  /** What the sender does in a second, for as long as nothing changes. */
  const tries = async (times: number, one = newSender({ answerWithinMs: 200 })) => {
    for (let n = 0; n < times; n++) await one.sendOnce();
  };
  /** The clocks of the referral, and with them what is waited for. */
  const later = async (id: string, hours: number) => {
    expect((await service.fastForward(id, `PT${hours}H`)).status).toBe(200);
  };

  test.each<[Reaction | 'down', object]>([
    ['down', { kind: 'no-answer', code: null }],
    ['slow', { kind: 'no-answer', code: null }],
    ['silence', { kind: 'no-answer', code: null }],
    ['garbage', { kind: 'not-understood', code: null }],
    ['confusion', { kind: 'not-understood', code: null }],
    ['AE', { kind: 'refused', code: 'AE', condition: '207', place: 'ORC^1^1' }],
    ['CE', { kind: 'refused', code: 'CE' }],
    ['AR', { kind: 'rejected', code: 'AR' }],
    ['CR', { kind: 'rejected', code: 'CR' }],
  ])(
    '%s for a day: a person is told which and why, other referrals pass, and all is told in order and once when it comes back',
    async (reaction, trouble) => {
      if (reaction === 'down') await hospital.stop();
      else hospital.reactsBy = reaction;
      const id = await sent();
      await act('gp', id, 'request-cancellation');
      await tries(1);
      expect(await told(id)).toEqual([]);
      await later(id, 22);
      await tries(1);
      await vi.waitUntil(
        async () => {
          await tries(1);
          return (await told(id)).length === 1;
        },
        { timeout: 20_000, interval: 20 },
      );
      const [task] = await told(id);
      const controlId = (await service.get('gp', `/v1/referrals/${id}/hl7v2`)).body.items[0].message.split('|')[9];
      expect(task).toMatchObject({
        role: 'office',
        status: 'open',
        about: { ...trouble, controlId, messageType: 'OMG^O19', toInstitutionId: 'inst-h1' },
      });
      const list = (await service.get('office', '/v1/worklist?kind=undelivered-message&limit=200')).body.items;
      expect(list.find((item: { id: string }) => item.id === task?.id)).toMatchObject({
        about: { waysOut: ['send-again', 'told-by-telephone', 'given-up'] },
        allowed: expect.arrayContaining(['claim', 'complete']),
      });
      // Whatever becomes of this one, another referral to the same system is told.
      if (reaction === 'down') await hospital.start();
      hospital.reactsBy = 'AA';
      const [other, taken] = [await sent(), hospital.taken.length];
      await sendAll();
      expect(hospital.taken.length).toBeGreaterThanOrEqual(taken + 3);
      expect(await outcomeOf(other)).toEqual([{ outcome: 'accepted', detail: null }]);
      const ofFirst = hospital.taken.filter((message) => message.includes(id));
      expect([...new Set(ofFirst)].map((message) => message.split('|')[8]?.slice(0, 7))).toEqual(['OMG^O19', 'OSU^O51']);
      expect(ofFirst.filter((message) => message.includes('OSU^O51'))).toHaveLength(1);
      expect(await told(id)).toMatchObject([{ status: 'withdrawn', closedBy: 'answered' }]);
      expect(distinct(hospital)).toHaveLength(3);
    },
  );

  test('one that stands still holds up no other referral, of the same system or of another one', async () => {
    hospital.reactsBy = 'silence';
    const still = await Promise.all(Array.from({ length: 6 }, () => sent()));
    await tries(1);
    hospital.reactsBy = 'AA';
    hospital.reactions = [];
    const id = await sent();
    await act('specialist', id, 'send-acceptance');
    await tries(1, sender);
    expect([await outcomeOf(id), still.length]).toEqual([
      [
        { outcome: 'accepted', detail: null },
        { outcome: 'accepted', detail: null },
      ],
      6,
    ]);
    await sendAll();
  });

  test('a person has it sent again under a number of its own, or says that it was told or is given up, and later ones go on', async () => {
    hospital.reactsBy = 'AE';
    const referrals = [await sent(), await sent(), await sent()];
    for (const id of referrals) await act('gp', id, 'request-cancellation');
    for (const id of referrals) await later(id, 2);
    await vi.waitUntil(
      async () => {
        await tries(1, sender);
        return (await Promise.all(referrals.map(told))).every((tasks) => tasks.length === 1);
      },
      { timeout: 20_000, interval: 20 },
    );
    const tasks = (await Promise.all(referrals.map(told))).map(([task]) => task?.id as string);
    const complete = (index: number, body: object) => service.post('office', `/v1/tasks/${tasks[index]}/complete`, body);
    for (const wrong of [
      {},
      { outcome: 'reached' },
      { outcome: 'given-up' },
      { outcome: 'told-by-telephone' },
      { outcome: 'send-again', result: 'x' },
    ])
      expect((await complete(0, wrong)).status, JSON.stringify(wrong)).toBe(422);
    expect((await service.post('nurse', `/v1/tasks/${tasks[0]}/complete`, { outcome: 'send-again' })).status).toBeGreaterThanOrEqual(403);
    hospital.reactsBy = 'AA';
    expect(await complete(0, { outcome: 'send-again' })).toMatchObject({ status: 200, body: { status: 'done', outcome: 'send-again' } });
    expect((await complete(1, { outcome: 'told-by-telephone', note: '已电话告知专科' })).status).toBe(200);
    expect((await complete(2, { outcome: 'given-up', note: '对方不收此类消息' })).status).toBe(200);
    expect((await complete(2, { outcome: 'given-up', note: '再次' })).status).toBe(409);
    await sendAll();
    const accepted = { outcome: 'accepted', detail: null };
    expect(await Promise.all(referrals.map(outcomeOf))).toEqual([
      [accepted, accepted],
      [{ outcome: 'dropped', detail: 'told-by-telephone' }, accepted],
      [{ outcome: 'dropped', detail: 'given-up' }, accepted],
    ]);
    const numbers = hospital.taken.filter((message) => message.includes(referrals[0] as string)).map((message) => message.split('|')[9]);
    expect(new Set(numbers).size).toBe(3);
    for (const number of numbers) expect(number).toMatch(/^\S{1,20}$/);
  });

  test('the enhanced mode: stored is told, and what the application says afterwards counts, by the same connection or another one', async () => {
    const his1 = await hisOf(service, 'inst-h1');
    const ack = (code: string, controlId: string) =>
      `MSH|^~\\&|HIS|inst-h1|CAREPATH|inst-c01|20260101080000+0800||ACK|A${controlId}${code}|P|2.5.1|||NE|NE\rMSA|${code}|${controlId}\r${code === 'AE' ? 'ERR||PID^1^3|204|E\r' : ''}`;
    hospital.reactions = ['CA', 'CA then AA', 'CA then AE', 'CA'];
    const stored = await sent();
    await sendAll();
    const done = await sent();
    await sendAll();
    expect([...(await outcomeOf(stored)), ...(await outcomeOf(done))].map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    const refused = await sent();
    await tries(1);
    expect(
      await service.db.selectFrom('hl7v2_delivery').select(['trouble']).where('pathway_id', '=', refused).executeTakeFirst(),
    ).toMatchObject({
      trouble: { kind: 'refused', code: 'AE' },
    });
    await sendAll();
    const numbers = hospital.taken.map((message) => message.split('|')[9] as string);
    expect(readAck(await his1.send(ack('AA', numbers[1] as string)))).toMatchObject({ code: 'AA', errors: [] });
    expect(readAck(await his1.send(ack('AE', numbers[0] as string)))).toMatchObject({ code: 'AA' });
    expect(readAck(await his1.send(ack('AA', 'nobody')))).toMatchObject({ code: 'AE', errors: [{ place: 'MSA^1^2', condition: '204' }] });
    await later(stored, 2);
    // Nothing is sent in between: the system would take it now.
    await tellPeople(service.db);
    expect(await told(stored)).toMatchObject([
      { status: 'open', about: { kind: 'refused', code: 'AE', condition: '204', place: 'PID^1^3' } },
    ]);
    expect(readAck(await his1.send(ack('AA', numbers[0] as string)))).toMatchObject({ code: 'AA' });
    expect(await told(stored)).toMatchObject([{ status: 'withdrawn', closedBy: 'answered' }]);
  });

  test('no message forbids the answer that it waits for', async () => {
    await sent();
    await sendAll();
    const header = hospital.taken[0]?.split('\r')[0]?.split('|') ?? [];
    expect([header[14] ?? '', header[15] ?? '']).toEqual(['', '']);
  });
});
