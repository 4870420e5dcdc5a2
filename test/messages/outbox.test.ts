/** The outbox: every message is delivered once, late rather than never, and what cannot be delivered is seen. */
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { leaseDue } from '../../db/messages/lease.ts';
import type { LeasedMessage } from '../../db/messages/leased-message.ts';
import { recordResult } from '../../db/messages/outbox.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { startDemoSinks } from '../../tools/demo-sinks.ts';
import { createMailSender, toMessageId } from '../../worker/outbox/mail-sender.ts';
import type { Sender, SendResult } from '../../worker/outbox/sender.ts';
import { createSenders } from '../../worker/outbox/senders.ts';
import { createSmsSender } from '../../worker/outbox/sms-sender.ts';
import { FROM, type NewMessage, type NewPerson, outboxGround } from '../support/builders/outbox-ground.ts';

vi.setConfig({ testTimeout: 30_000 });

const ground = outboxGround();
const { newDispatcher, newPerson, newMessage, newMessages, statuses, attemptsOf, resultsOf, eventually, allSent, dispatcherProcess } =
  ground;

describe('exactly one effective delivery', () => {
  test('two dispatchers side by side send nothing twice', async () => {
    const keys = await newMessages(300, { recipientId: await newPerson() });
    const otherPool = createDatabase(createPool(ground.url));
    try {
      newDispatcher().start();
      const other = newDispatcher({ db: otherPool });
      other.start();
      await allSent(300);
      expect(ground.gateway.requests.map(({ key }) => key).sort()).toEqual(keys.sort());
      expect((await ground.db.selectFrom('message_attempt').select('result').execute()).map(({ result }) => result)).toEqual(
        Array(300).fill('sent'),
      );
      await other.stop();
    } finally {
      await otherPool.destroy();
    }
  });

  test('a process killed between sending and recording costs a second attempt with the same key, not a second delivery', async () => {
    const key = await newMessage();
    ground.gateway.behave({ kind: 'accept-then-silence' }, 1);
    const child = dispatcherProcess();
    await eventually(() => expect(ground.gateway.requests).toHaveLength(1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await attemptsOf(key)).toMatchObject([{ attempt: 1, result: null, finished_at: null }]);

    newDispatcher().start();
    await allSent(1);
    expect(ground.gateway.requests.map((request) => request.key)).toEqual([key, key]);
    expect([...ground.gateway.deliveries.keys()]).toEqual([key]);
    expect(await attemptsOf(key)).toMatchObject([
      { attempt: 1, result: 'unknown', detail: 'lease-ran-out' },
      { attempt: 2, result: 'sent', detail: null },
    ]);
  });

  test('a gateway that times out after sending gets the same key again', async () => {
    const key = await newMessage();
    ground.gateway.behave({ kind: 'accept-then-silence' }, 2);
    newDispatcher({ senders: [createSmsSender({ url: ground.gateway.url, timeoutMs: 300 })] }).start();
    await allSent(1);
    expect(ground.gateway.requests.length).toBeGreaterThanOrEqual(3);
    expect(new Set(ground.gateway.requests.map((request) => request.key))).toEqual(new Set([key]));
    expect(ground.gateway.deliveries.size).toBe(1);
    const results = await resultsOf(key);
    expect([results[0], results[1], results.at(-1)]).toEqual(['unknown', 'unknown', 'sent']);
  });

  test('a mail server that times out after taking a mail gets the same Message-ID again', async () => {
    const key = await newMessage({ channel: 'email' });
    ground.mailServer.behave({ kind: 'accept-then-silence' }, 1);
    newDispatcher({ senders: [createMailSender({ url: ground.mailServer.url, from: FROM, timeoutMs: 300 })] }).start();
    await allSent(1, 'email');
    expect(ground.mailServer.requests.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ground.mailServer.requests.map((request) => request.key))).toEqual(new Set([toMessageId(key, 'alliance.invalid')]));
    expect(ground.mailServer.deliveries.size).toBe(1);
    const results = await resultsOf(key);
    expect([results[0], results.at(-1)]).toEqual(['unknown', 'sent']);
  });

  test('a result that comes after the lease is recorded, and frees nobody else’s lease', async () => {
    const key = await newMessage();
    const claim = { channel: 'sms', limit: 10, leaseSeconds: 60 };
    const claimed = async () => (await leaseDue(ground.db, claim)).messages;
    const record = (message: LeasedMessage, result: SendResult) =>
      recordResult(ground.db, message, result, { retryInSeconds: 0, served: ['sms'] });
    const [first] = await claimed();
    await ground.db.updateTable('message').set({ next_attempt_at: new Date() }).execute(); // the lease is over
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
    ground.gateway.behave({ kind: 'slow', ms: 200 });
    const dispatcher = newDispatcher();
    dispatcher.start();
    await eventually(() => expect(ground.gateway.requests.length).toBeGreaterThanOrEqual(3));
    expect(ground.gateway.requests).toHaveLength(3);
    await dispatcher.stop();
    expect(await statuses()).toEqual(['sent', 'sent', 'sent']);
  });
});

describe('delayed, never lost', () => {
  test('429 pauses the whole channel for as long as the gateway asks', async () => {
    const keys = await newMessages(6);
    ground.gateway.behave({ kind: 'refuse', status: 429, retryAfterSeconds: 1 }, 2);
    newDispatcher({ concurrencyPerChannel: 2 }).start();
    await allSent(6);
    const [first, second, ...later] = ground.gateway.requests;
    if (!first || !second) throw new Error('no requests');
    expect(Math.min(...later.map(({ at }) => at)) - Math.max(first.at, second.at)).toBeGreaterThanOrEqual(990);
    expect([...ground.gateway.deliveries.keys()].sort()).toEqual(keys.sort());
    expect(await attemptsOf(first.key)).toMatchObject([{ result: 'failed', detail: 'http-429' }, { result: 'sent' }]);
  });

  test('a gateway that was down gets everything when it is up again', async () => {
    const keys = await newMessages(10);
    await ground.gateway.goDown();
    newDispatcher().start();
    await eventually(async () => {
      for (const key of keys) expect((await attemptsOf(key)).length).toBeGreaterThanOrEqual(2);
    });
    expect(new Set(await statuses())).toEqual(new Set(['waiting']));
    expect(await attemptsOf(keys[0] as string)).toContainEqual(expect.objectContaining({ result: 'failed', detail: 'ECONNREFUSED' }));
    await ground.gateway.comeUp();
    await allSent(10);
    expect([...ground.gateway.deliveries.keys()].sort()).toEqual(keys.sort());
  });

  test('a mail server that was down, then busy, gets everything in the end', async () => {
    const key = await newMessage({ channel: 'email' });
    await ground.mailServer.goDown();
    newDispatcher().start();
    await eventually(async () => expect(await resultsOf(key)).toContain('failed'));
    ground.mailServer.behave({ kind: 'refuse', status: 451 }, 1);
    await ground.mailServer.comeUp();
    await allSent(1, 'email');
    expect((await attemptsOf(key)).map(({ detail }) => detail)).toContain('smtp-451');
    expect(ground.mailServer.deliveries.size).toBe(1);
  });

  test('a slow channel holds up nothing but itself, and is never asked more at once than its limit', async () => {
    await newMessages(5);
    await newMessages(5, { channel: 'email' });
    ground.gateway.behave({ kind: 'accept-then-silence' });
    newDispatcher({ concurrencyPerChannel: 3 }).start();
    await allSent(5, 'email');
    await eventually(() => expect(ground.gateway.requests.length).toBeGreaterThanOrEqual(3));
    expect(ground.gateway.requests).toHaveLength(3);
    expect(await statuses()).not.toContain('sent');
    ground.gateway.behave({ kind: 'accept' });
    await ground.gateway.goDown(); // breaks the silence
    await ground.gateway.comeUp();
    await allSent(5);
    expect(ground.gateway.deliveries.size).toBe(5);
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
    const sms = createSmsSender({ url: ground.gateway.url });
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
    const own =
      channel === 'sms' ? createSmsSender({ url: ground.gateway.url }) : createMailSender({ url: ground.mailServer.url, from: FROM });
    const dispatcher = newDispatcher({ senders: [own] });
    expect(await dispatcher.dispatchOnce()).toBe(1);
    expect(await statuses(channel)).toEqual(['undeliverable']);
    expect(await attemptsOf(key)).toMatchObject([{ attempt: 1, result: 'undeliverable', detail, finished_at: expect.any(Date) }]);
    expect(await dispatcher.dispatchOnce()).toBe(0);
    expect([...ground.gateway.requests, ...ground.mailServer.requests]).toEqual([]);
  });

  test('a number that the gateway does not take is final', async () => {
    const key = await newMessage();
    ground.gateway.behave({ kind: 'refuse', status: 422 });
    await newDispatcher({ senders: [createSmsSender({ url: ground.gateway.url })] }).dispatchOnce();
    expect(await statuses()).toEqual(['undeliverable']);
    expect(await attemptsOf(key)).toMatchObject([{ result: 'undeliverable', detail: 'http-422' }]);
  });

  test('a refusal that is not the address’ fault shows in the attempts and is tried again', async () => {
    const key = await newMessage();
    ground.gateway.behave({ kind: 'refuse', status: 403 }, 2);
    newDispatcher().start();
    await allSent(1);
    expect(await resultsOf(key)).toEqual(['undeliverable', 'undeliverable', 'sent']);
  });

  test('attempts are counted by channel and result', async () => {
    await newMessage();
    await newMessage({ recipientId: await newPerson({ phone: null, email: null }) });
    const metrics = createMetrics();
    // One channel: the next one's turn may come within the same round or not.
    await newDispatcher({ metrics, senders: [createSmsSender({ url: ground.gateway.url })] }).dispatchOnce();
    const { values } = await metrics.messages.get();
    expect(values.map(({ labels, value }) => [labels.channel, labels.result, value]).sort()).toEqual([
      ['sms', 'sent', 1],
      ['sms', 'undeliverable', 1],
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
