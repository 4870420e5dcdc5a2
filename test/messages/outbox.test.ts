import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { isMessageTemplate, type MessageTemplate, renderMessage } from '../../domain/messages/templates.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { startDemoSinks } from '../../tools/demo-sinks.ts';
import { backoffSeconds, defaultBackoff } from '../../worker/outbox/backoff.ts';
import { type ClaimedMessage, claimDue, recordResult } from '../../worker/outbox/claim.ts';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../worker/outbox/dispatcher.ts';
import { createMailSender, toMessageId } from '../../worker/outbox/mail-sender.ts';
import { parseRetryAfterSeconds } from '../../worker/outbox/retry-after.ts';
import type { Sender, SendResult } from '../../worker/outbox/sender.ts';
import { createSenders } from '../../worker/outbox/senders.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { testDatabase } from '../support/service/database.ts';
import { type ControlledSink, startControlledMailSink, startControlledSmsSink } from '../support/sinks/sinks.ts';

vi.setConfig({ testTimeout: 30_000 });

const silent = createLog('worker', 'silent');
const FROM = 'carepath@alliance.invalid';

let url: string;
let db: Database;
let gateway: ControlledSink;
let mailServer: ControlledSink;
const started: Dispatcher[] = [];

beforeAll(async () => {
  url = await testDatabase();
  db = createDatabase(createPool(url));
});
afterAll(() => db.destroy());

beforeEach(async () => {
  [gateway, mailServer] = await Promise.all([startControlledSmsSink(), startControlledMailSink()]);
});
afterEach(async () => {
  // First the sinks: a dispatcher that stops waits for answers that may never come.
  await Promise.all([gateway.stop(), mailServer.stop()]);
  await Promise.all(started.splice(0).map((dispatcher) => dispatcher.stop()));
  await db.deleteFrom('message_attempt').execute();
  await db.deleteFrom('message').execute();
});

/** Retries within moments, so that tests need not wait for them. */
function newDispatcher(options: Partial<DispatcherOptions> = {}): Dispatcher {
  const dispatcher = createDispatcher({
    db,
    senders: [createSmsSender({ url: gateway.url }), createMailSender({ url: mailServer.url, from: FROM })],
    log: silent,
    pollMs: 20,
    backoff: { baseSeconds: 0.02, capSeconds: 0.1 },
    ...options,
  });
  started.push(dispatcher);
  return dispatcher;
}

interface NewPerson {
  name?: string;
  phone?: string | null;
  email?: string | null;
  active?: boolean;
}

async function newPerson({
  name = '测试',
  phone = '13800000000',
  email = 'gp@centre.invalid',
  active = true,
}: NewPerson = {}): Promise<string> {
  const id = `person-${randomUUID()}`;
  await db.insertInto('person').values({ id, name, phone, email, active }).execute();
  return id;
}

interface NewMessage {
  recipientId?: string;
  channel?: string;
  template?: string;
  parameters?: Record<string, string | number>;
}

/** Returns its key. */
async function newMessage({ recipientId, channel = 'sms', template = 'referral-received', parameters }: NewMessage = {}): Promise<string> {
  const recipient = recipientId ?? (await newPerson());
  const key = `${randomUUID()}:step:${recipient}:${channel}`;
  await db
    .insertInto('message')
    .values({
      key,
      template,
      parameters: JSON.stringify(parameters ?? { referralId: randomUUID() }),
      recipient_type: 'person',
      recipient_id: recipient,
      channel,
    })
    .execute();
  return key;
}

const newMessages = (count: number, message?: NewMessage): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => newMessage(message)));

const statuses = async (channel = 'sms'): Promise<string[]> =>
  (await db.selectFrom('message').select('status').where('channel', '=', channel).execute()).map(({ status }) => status);

const attemptsOf = (key: string) =>
  db
    .selectFrom('message_attempt')
    .innerJoin('message', 'message.id', 'message_attempt.message_id')
    .select(['attempt', 'result', 'detail', 'started_at', 'finished_at'])
    .where('message.key', '=', key)
    .orderBy('attempt')
    .execute();

const resultsOf = async (key: string): Promise<(string | null)[]> => (await attemptsOf(key)).map(({ result }) => result);

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 20 });

const allSent = (count: number, channel = 'sms'): Promise<void> =>
  eventually(async () => expect(await statuses(channel)).toEqual(Array(count).fill('sent')));

describe('exactly one effective delivery', () => {
  test('two dispatchers side by side send nothing twice', async () => {
    const keys = await newMessages(300, { recipientId: await newPerson() });
    const otherPool = createDatabase(createPool(url));
    try {
      newDispatcher().start();
      const other = newDispatcher({ db: otherPool });
      other.start();
      await allSent(300);
      expect(gateway.requests.map(({ key }) => key).sort()).toEqual(keys.sort());
      expect((await db.selectFrom('message_attempt').select('result').execute()).map(({ result }) => result)).toEqual(
        Array(300).fill('sent'),
      );
      await other.stop();
    } finally {
      await otherPool.destroy();
    }
  });

  test('a process killed between sending and recording costs a second attempt with the same key, not a second delivery', async () => {
    const key = await newMessage();
    gateway.behave({ kind: 'accept-then-silence' }, 1);
    const child = dispatcherProcess();
    await eventually(() => expect(gateway.requests).toHaveLength(1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await attemptsOf(key)).toMatchObject([{ attempt: 1, result: null, finished_at: null }]);

    newDispatcher().start();
    await allSent(1);
    expect(gateway.requests.map((request) => request.key)).toEqual([key, key]);
    expect([...gateway.deliveries.keys()]).toEqual([key]);
    expect(await attemptsOf(key)).toMatchObject([
      { attempt: 1, result: 'unknown', detail: 'lease-ran-out' },
      { attempt: 2, result: 'sent', detail: null },
    ]);
  });

  test('a gateway that times out after sending gets the same key again', async () => {
    const key = await newMessage();
    gateway.behave({ kind: 'accept-then-silence' }, 2);
    newDispatcher({ senders: [createSmsSender({ url: gateway.url, timeoutMs: 300 })] }).start();
    await allSent(1);
    expect(gateway.requests.length).toBeGreaterThanOrEqual(3);
    expect(new Set(gateway.requests.map((request) => request.key))).toEqual(new Set([key]));
    expect(gateway.deliveries.size).toBe(1);
    const results = await resultsOf(key);
    expect([results[0], results[1], results.at(-1)]).toEqual(['unknown', 'unknown', 'sent']);
  });

  test('a mail server that times out after taking a mail gets the same Message-ID again', async () => {
    const key = await newMessage({ channel: 'email' });
    mailServer.behave({ kind: 'accept-then-silence' }, 1);
    newDispatcher({ senders: [createMailSender({ url: mailServer.url, from: FROM, timeoutMs: 300 })] }).start();
    await allSent(1, 'email');
    expect(mailServer.requests.length).toBeGreaterThanOrEqual(2);
    expect(new Set(mailServer.requests.map((request) => request.key))).toEqual(new Set([toMessageId(key, 'alliance.invalid')]));
    expect(mailServer.deliveries.size).toBe(1);
    const results = await resultsOf(key);
    expect([results[0], results.at(-1)]).toEqual(['unknown', 'sent']);
  });

  test('a result that comes after the lease is recorded, and frees nobody else’s lease', async () => {
    const key = await newMessage();
    const claim = { channel: 'sms', limit: 10, leaseSeconds: 60 };
    const claimed = async () => (await claimDue(db, claim)).messages;
    const record = (message: ClaimedMessage, result: SendResult) =>
      recordResult(db, message, result, { retryInSeconds: 0, served: ['sms'] });
    const [first] = await claimed();
    await db.updateTable('message').set({ next_attempt_at: new Date() }).execute(); // the lease is over
    const [second] = await claimed();
    if (!first || !second) throw new Error('not claimed');

    await record(first, { result: 'failed', detail: 'http-503' });
    expect(await claimed()).toEqual([]);
    await record(first, { result: 'undeliverable', detail: 'http-422', fault: 'address' });
    expect(await statuses()).toEqual(['waiting']);
    await record(first, { result: 'sent' });
    await record(second, { result: 'failed', detail: 'http-503' });
    expect(await statuses()).toEqual(['sent']);
    expect(await resultsOf(key)).toEqual(['sent', 'failed']);
    expect(await claimed()).toEqual([]);
  });

  test('what is under way when a dispatcher stops is recorded before it has stopped', async () => {
    await newMessages(3);
    gateway.behave({ kind: 'slow', ms: 200 });
    const dispatcher = newDispatcher();
    dispatcher.start();
    await eventually(() => expect(gateway.requests).toHaveLength(3));
    await dispatcher.stop();
    expect(await statuses()).toEqual(['sent', 'sent', 'sent']);
  });
});

describe('delayed, never lost', () => {
  test('429 pauses the whole channel for as long as the gateway asks', async () => {
    const keys = await newMessages(6);
    gateway.behave({ kind: 'refuse', status: 429, retryAfterSeconds: 1 }, 2);
    newDispatcher({ concurrencyPerChannel: 2 }).start();
    await allSent(6);
    const [first, second, ...later] = gateway.requests;
    if (!first || !second) throw new Error('no requests');
    expect(Math.min(...later.map(({ at }) => at)) - Math.max(first.at, second.at)).toBeGreaterThanOrEqual(990);
    expect([...gateway.deliveries.keys()].sort()).toEqual(keys.sort());
    expect(await attemptsOf(first.key)).toMatchObject([{ result: 'failed', detail: 'http-429' }, { result: 'sent' }]);
  });

  test('a gateway that was down gets everything when it is up again', async () => {
    const keys = await newMessages(10);
    await gateway.goDown();
    newDispatcher().start();
    await eventually(async () => {
      for (const key of keys) expect((await attemptsOf(key)).length).toBeGreaterThanOrEqual(2);
    });
    expect(new Set(await statuses())).toEqual(new Set(['waiting']));
    expect(await attemptsOf(keys[0] as string)).toContainEqual(expect.objectContaining({ result: 'failed', detail: 'ECONNREFUSED' }));
    await gateway.comeUp();
    await allSent(10);
    expect([...gateway.deliveries.keys()].sort()).toEqual(keys.sort());
  });

  test('a mail server that was down, then busy, gets everything in the end', async () => {
    const key = await newMessage({ channel: 'email' });
    await mailServer.goDown();
    newDispatcher().start();
    await eventually(async () => expect(await resultsOf(key)).toContain('failed'));
    mailServer.behave({ kind: 'refuse', status: 451 }, 1);
    await mailServer.comeUp();
    await allSent(1, 'email');
    expect((await attemptsOf(key)).map(({ detail }) => detail)).toContain('smtp-451');
    expect(mailServer.deliveries.size).toBe(1);
  });

  test('a slow channel holds up nothing but itself, and is never asked more at once than its limit', async () => {
    await newMessages(5);
    await newMessages(5, { channel: 'email' });
    gateway.behave({ kind: 'accept-then-silence' });
    newDispatcher({ concurrencyPerChannel: 3 }).start();
    await allSent(5, 'email');
    expect(gateway.requests).toHaveLength(3);
    expect(await statuses()).not.toContain('sent');
    gateway.behave({ kind: 'accept' });
    await gateway.goDown(); // breaks the silence
    await gateway.comeUp();
    await allSent(5);
    expect(gateway.deliveries.size).toBe(5);
  });

  test('a sender that hangs or throws costs one attempt', async () => {
    const key = await newMessage();
    const answers: (() => Promise<SendResult>)[] = [
      () => new Promise(() => {}),
      () => Promise.reject(new TypeError('13800000000')),
      () => Promise.resolve({ result: 'sent' }),
    ];
    const sender: Sender = { channel: 'sms', send: () => answers.shift()?.() ?? Promise.reject(new Error('too many')) };
    newDispatcher({ senders: [sender], sendTimeoutSeconds: 0.1 }).start();
    await allSent(1);
    expect((await attemptsOf(key)).map(({ result, detail }) => [result, detail])).toEqual([
      ['unknown', 'sender-hangs'],
      ['failed', 'TypeError'],
      ['sent', null],
    ]);
  });

  test('a message of a template that a newer version wrote waits for a worker that knows it', async () => {
    const key = await newMessage({ template: 'from-the-future' });
    await newDispatcher().dispatchOnce();
    expect(await attemptsOf(key)).toMatchObject([{ result: 'failed', detail: 'unknown-template' }]);
    expect(await statuses()).toEqual(['waiting']);
  });

  test('messages of a channel without a sender wait', async () => {
    await newMessage({ channel: 'wechat' });
    expect(await newDispatcher().dispatchOnce()).toBe(0);
    expect(await statuses('wechat')).toEqual(['waiting']);
  });

  test('a lease that could end while a message is under way is refused, and so are two senders of one channel', () => {
    expect(() => newDispatcher({ leaseSeconds: 20, sendTimeoutSeconds: 20 })).toThrow('leaseSeconds');
    const sms = createSmsSender({ url: gateway.url });
    expect(() => newDispatcher({ senders: [sms, sms] })).toThrow('channel');
  });
});

describe('undeliverable is visible', () => {
  test.each<[string, NewMessage['channel'], NewPerson, string]>([
    ['no phone', 'sms', { phone: null }, 'no-phone'],
    ['no number', 'sms', { phone: 'ask at the desk' }, 'invalid-phone'],
    ['no e-mail address', 'email', { email: null }, 'no-email'],
    ['two e-mail addresses', 'email', { email: 'a@b.invalid, c@d.invalid' }, 'invalid-email'],
    ['a header instead of an address', 'email', { email: 'a@b.invalid\r\nBcc: c@d.invalid' }, 'invalid-email'],
    ['a person who has left', 'sms', { active: false }, 'no-recipient'],
  ])('%s: the row stays, with its attempt, and is not tried again', async (_, channel = 'sms', person, detail) => {
    const key = await newMessage({ recipientId: await newPerson(person), channel });
    // One channel only: nothing stands in for it.
    const own = channel === 'sms' ? createSmsSender({ url: gateway.url }) : createMailSender({ url: mailServer.url, from: FROM });
    const dispatcher = newDispatcher({ senders: [own] });
    expect(await dispatcher.dispatchOnce()).toBe(1);
    expect(await statuses(channel)).toEqual(['undeliverable']);
    expect(await attemptsOf(key)).toMatchObject([{ attempt: 1, result: 'undeliverable', detail, finished_at: expect.any(Date) }]);
    expect(await dispatcher.dispatchOnce()).toBe(0);
    expect([...gateway.requests, ...mailServer.requests]).toEqual([]);
  });

  test('a number that the gateway does not take is final', async () => {
    const key = await newMessage();
    gateway.behave({ kind: 'refuse', status: 422 });
    await newDispatcher({ senders: [createSmsSender({ url: gateway.url })] }).dispatchOnce();
    expect(await statuses()).toEqual(['undeliverable']);
    expect(await attemptsOf(key)).toMatchObject([{ result: 'undeliverable', detail: 'http-422' }]);
  });

  test('a refusal that is not the address’ fault shows in the attempts and is tried again', async () => {
    const key = await newMessage();
    gateway.behave({ kind: 'refuse', status: 403 }, 2);
    newDispatcher().start();
    await allSent(1);
    expect(await resultsOf(key)).toEqual(['undeliverable', 'undeliverable', 'sent']);
  });

  test('attempts are counted by channel and result', async () => {
    await newMessage();
    await newMessage({ recipientId: await newPerson({ phone: null, email: null }) });
    const metrics = createMetrics();
    // One channel: the next one's turn may come within the same round or not.
    await newDispatcher({ metrics, senders: [createSmsSender({ url: gateway.url })] }).dispatchOnce();
    const { values } = await metrics.messages.get();
    expect(values.map(({ labels, value }) => [labels.channel, labels.result, value]).sort()).toEqual([
      ['sms', 'sent', 1],
      ['sms', 'undeliverable', 1],
    ]);
  });
});

describe('no personal data outside the directory', () => {
  const canary = { name: '金丝雀', phone: '13912345678', email: 'canary@centre.invalid' };
  const traces = [canary.name, canary.phone, canary.email, 'canary', '转诊'];

  test('neither the attempts nor the log hold a name, a number, an address or a text', async () => {
    const lines: string[] = [];
    const write = (line: string, _encoding: string, done: () => void): void => {
      lines.push(line);
      done();
    };
    const log = pino({ level: 'trace' }, new Writable({ decodeStrings: false, write }));
    const recipientId = await newPerson(canary);
    const dispatcher = newDispatcher({
      log,
      senders: [
        createSmsSender({ url: gateway.url, timeoutMs: 1_000 }),
        createMailSender({ url: mailServer.url, from: FROM, timeoutMs: 1_000 }),
      ],
    });
    const onEachChannel = async (): Promise<void> => {
      await newMessage({ recipientId, channel: 'sms' });
      await newMessage({ recipientId, channel: 'email' });
      await dispatcher.dispatchOnce();
    };
    await onEachChannel();
    for (const status of [400, 403, 503]) {
      gateway.behave({ kind: 'refuse', status }, 1);
      mailServer.behave({ kind: 'refuse', status: status === 503 ? 451 : 550 }, 1); // its reply quotes the address
      await onEachChannel();
    }
    gateway.behave({ kind: 'accept-then-silence' });
    mailServer.behave({ kind: 'accept-then-silence' });
    await onEachChannel();
    await Promise.all([gateway.goDown(), mailServer.goDown()]);
    await onEachChannel();
    await newMessage({ recipientId: await newPerson({ phone: canary.name, email: `${canary.email} ${canary.email}` }) });
    await dispatcher.dispatchOnce();

    const attempts = await db.selectFrom('message_attempt').selectAll().execute();
    expect(attempts.length).toBeGreaterThanOrEqual(13);
    const written = JSON.stringify(attempts) + lines.join('');
    for (const trace of traces) expect(written).not.toContain(trace);
  });

  test('an SMS and a mail say which referral, what to do and until when, and nothing about a person', async () => {
    const recipientId = await newPerson(canary);
    const parameters = {
      referralId: '0196a1b2-0000-7000-8000-00001a2b3c4d',
      dueAt: Date.UTC(2026, 0, 31, 16, 30),
      patientName: canary.name,
    };
    const smsKey = await newMessage({ recipientId, parameters });
    await newMessage({ recipientId, parameters, channel: 'email' });
    await newDispatcher().dispatchOnce();
    const text = '转诊 1a2b3c4d：收到新的转诊。请在 2026年2月1日 00:30 前登录系统答复（接收或拒绝）。';
    expect(gateway.requests).toMatchObject([{ key: smsKey, to: canary.phone, text }]);
    expect(mailServer.requests).toMatchObject([{ to: canary.email }]);
    const [, mailBody = ''] = mailServer.requests[0]?.text.split('\r\n\r\n') ?? [];
    expect(Buffer.from(mailBody, 'base64').toString('utf8').trim()).toBe(text);
    for (const received of [...gateway.requests, ...mailServer.requests]) expect(received.text).not.toContain(canary.name);
  });

  test('a patient is written to at the patient’s number, without being asked to work in the system', async () => {
    await db
      .insertInto('institution')
      .values({ id: 'c1', name_zh: '社康', name_en: 'Centre', tier: 'primary', kind: 'community-health-centre' })
      .execute();
    const id = `patient-${randomUUID()}`;
    await db
      .insertInto('patient')
      .values({
        id,
        name: canary.name,
        birth_date: '1950-01-01',
        sex: 'female',
        home_institution_id: 'c1',
        phone: '138 0000-0001',
        contacts: '[]',
      })
      .execute();
    const parameters = JSON.stringify({ referralId: randomUUID(), startsAt: '2026-02-01T01:00:00Z', dueAt: '2026-02-01T01:00:00Z' });
    await db
      .insertInto('message')
      .values({ key: randomUUID(), template: 'visit-scheduled', parameters, recipient_type: 'patient', recipient_id: id, channel: 'sms' })
      .execute();
    const byDay = sql<Date>`date_trunc('day', now()) + interval '1 day 4 hours'`; // noon in Shanghai
    await newDispatcher({ clock: () => byDay }).dispatchOnce();
    expect(gateway.requests).toMatchObject([
      { to: '13800000001', text: expect.stringContaining('已为您预约就诊，就诊时间 2026年2月1日 09:00。请按时前往') },
    ]);
  });
});

test('the demo sinks take what the senders of the settings send', async () => {
  const sinks = await startDemoSinks();
  try {
    await newMessage();
    await newMessage({ channel: 'email' });
    await newMessage({ channel: 'wecom' });
    const settings = {
      CAREPATH_SMS_URL: sinks.smsUrl,
      CAREPATH_SMTP_URL: sinks.smtpUrl,
      CAREPATH_MAIL_FROM: FROM,
      CAREPATH_WECOM_URL: sinks.wecomUrl,
      CAREPATH_WECOM_ROBOTS: { '*': 'demo' },
    };
    expect(await newDispatcher({ senders: createSenders(settings) }).dispatchOnce()).toBe(3);
    expect([...(await statuses()), ...(await statuses('email')), ...(await statuses('wecom'))]).toEqual(['sent', 'sent', 'sent']);
    expect(createSenders({ ...settings, CAREPATH_SMS_URL: undefined, CAREPATH_SMTP_URL: undefined, CAREPATH_WECOM_ROBOTS: {} })).toEqual(
      [],
    );
  } finally {
    await sinks.stop();
  }
});

describe('waiting times', () => {
  const attempt = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1e9 }));
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const backoff = fc.record({
    baseSeconds: fc.double({ min: 0.01, max: 60, noNaN: true }),
    capSeconds: fc.double({ min: 60, max: 3_600, noNaN: true }),
  });

  test('a wait is at least half of what it can be, never zero, never above the cap', () => {
    fc.assert(
      fc.property(attempt, random, backoff, (n, draw, { baseSeconds, capSeconds }) => {
        const wait = backoffSeconds(n, draw, { baseSeconds, capSeconds });
        const longest = Math.min(capSeconds, baseSeconds * 2 ** (n - 1));
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeGreaterThan(0);
      }),
    );
  });

  test('waits grow from failure to failure until the cap of five minutes', () => {
    fc.assert(
      fc.property(attempt, random, (n, draw) => {
        const next = backoffSeconds(n + 1, draw);
        expect(next).toBeGreaterThanOrEqual(backoffSeconds(n, draw));
        expect(next).toBeLessThanOrEqual(defaultBackoff.capSeconds);
      }),
    );
    expect(defaultBackoff.capSeconds).toBe(300);
  });

  test('Retry-After is read as seconds or as a date, and never silences a channel for more than an hour', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(parseRetryAfterSeconds('7', now)).toBe(7);
    expect(parseRetryAfterSeconds('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30);
    expect(parseRetryAfterSeconds('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfterSeconds(null, now)).toBeUndefined();
    expect(parseRetryAfterSeconds('soon', now)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = parseRetryAfterSeconds(header, now) ?? 0;
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(3_600);
      }),
    );
  });
});

describe('texts', () => {
  const templates: MessageTemplate[] = [
    'referral-received',
    'referral-accepted',
    'referral-declined',
    'referral-withdrawn',
    'referral-cancelled',
    'referral-rerouted',
    'referred-onward',
    'referral-expired',
    'referral-reopened',
    'information-requested',
    'information-answered',
    'visit-scheduled',
    'visit-rescheduled',
    'no-show',
    'appointment-cancelled',
    'interim-note',
    'outcome-sent',
    'cancellation-requested',
    'cancellation-confirmed',
    'call-repeat',
    'check-due',
    'consent-missing',
    'rung-0',
    'rung-50',
    'rung-80',
    'rung-100',
  ];
  const anyText = { template: fc.constantFrom(...templates), audience: fc.constantFrom('person' as const, 'patient' as const) };

  test('nothing but the short number and instants gets from the parameters into a text', () => {
    const bare = (text: string): string => text.replace(' 1a2b3c4d', '').replace(/\d{4}[年-]\d{1,2}[月-]\d{1,2}日? \d\d:\d\d/g, 'T');
    fc.assert(
      fc.property(fc.record(anyText), fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (message, more) => {
        const own = { referralId: 'a-long-id-1a2b3c4d', startsAt: 0, dueAt: 0 };
        for (const language of ['zh', 'en'] as const) {
          const text = renderMessage({ ...message, kind: 'referral', language, parameters: { ...more, ...own, clock: null } });
          const plain = renderMessage({ ...message, kind: 'referral', language, parameters: own });
          expect(text).toEqual(plain);
          expect(text.body).toContain('1a2b3c4d');
          expect(text.body).not.toContain('a-long-id');
          expect(bare(text.body)).not.toMatch(/1970|undefined|null|NaN/);
        }
      }),
    );
  });

  test('whatever the parameters hold, there is a text', () => {
    fc.assert(
      fc.property(
        fc.record(anyText),
        fc.record({ referralId: fc.anything(), startsAt: fc.anything(), dueAt: fc.anything(), clock: fc.anything() }),
        (message, odd) => {
          const parameters = JSON.parse(JSON.stringify(odd)); // as it comes out of the database
          const { body } = renderMessage({ ...message, kind: 'referral', language: 'zh', parameters });
          expect(body).toMatch(/^转诊/);
        },
      ),
    );
  });

  test('a rung says what is late, for any percentage an alliance chooses', () => {
    const rung = (template: MessageTemplate) =>
      renderMessage({
        template,
        kind: 'referral',
        audience: 'person',
        language: 'zh',
        parameters: { referralId: '12345678', dueAt: 0, clock: 'review' },
      }).body;
    expect(rung('rung-60')).toBe('转诊 12345678：处理时限已用 60%。请在 1970年1月1日 08:00 前查看并确认结果。');
    expect(rung('rung-100')).toBe('转诊 12345678：已到时限仍未处理，时限为 1970年1月1日 08:00。请尽快查看并确认结果。');
    expect(isMessageTemplate('rung-60')).toBe(true);
    for (const template of ['rung-', 'rung-x', 'toString', '']) expect(isMessageTemplate(template)).toBe(false);
  });
});

/** A dispatcher in a process of its own, with a short lease. */
function dispatcherProcess(): ChildProcess {
  const module = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
  const program = `
    import { createDatabase, createPool } from ${module('db/kit/database.ts')};
    import { createLog } from ${module('platform/log.ts')};
    import { createDispatcher } from ${module('worker/outbox/dispatcher.ts')};
    import { createSmsSender } from ${module('worker/outbox/sms-sender.ts')};
    createDispatcher({
      db: createDatabase(createPool(${JSON.stringify(url)})),
      senders: [createSmsSender({ url: ${JSON.stringify(gateway.url)} })],
      log: createLog('worker', 'silent'),
      sendTimeoutSeconds: 3,
      leaseSeconds: 4,
    }).start();`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
}
