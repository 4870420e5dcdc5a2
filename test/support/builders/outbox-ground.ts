/** Messages that wait in an outbox, and dispatchers that send them, on a real database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { createLog } from '../../../platform/log.ts';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../../worker/outbox/dispatcher.ts';
import { createMailSender } from '../../../worker/outbox/mail-sender.ts';
import { createSmsSender } from '../../../worker/outbox/sms-sender.ts';
import { testDatabase } from '../service/database.ts';
import { type ControlledSink, startControlledMailSink, startControlledSmsSink } from '../sinks/sinks.ts';

const silent = createLog('worker', 'silent');
export const FROM = 'carepath@alliance.invalid';

export interface NewPerson {
  name?: string;
  phone?: string | null;
  email?: string | null;
  active?: boolean;
}

export interface NewMessage {
  recipientId?: string;
  channel?: string;
  template?: string;
  parameters?: Record<string, string | number>;
}

/** For a test file: registers what makes the database and its sinks and takes them away again. */
export function outboxGround() {
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

  /** Returns its key. */
  async function newMessage({
    recipientId,
    channel = 'sms',
    template = 'referral-received',
    parameters,
  }: NewMessage = {}): Promise<string> {
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

  /** A dispatcher in a process of its own, with a short lease. */
  function dispatcherProcess(): ChildProcess {
    const module = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
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

  return {
    get url() {
      return url;
    },
    get db() {
      return db;
    },
    get gateway() {
      return gateway;
    },
    get mailServer() {
      return mailServer;
    },

    newDispatcher,
    newPerson,
    newMessage,
    newMessages,
    statuses,
    attemptsOf,
    resultsOf,
    eventually,
    allSent,
    dispatcherProcess,
  };
}
