/** A worker that has nothing to do asks Postgres one question a second, however much waits for a later hour. */
import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findQueuesWithWork, type QueueName } from '../../db/due-work.ts';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { createHl7v2Sender } from '../../interop/hl7v2/sender.ts';
import { createRounds } from '../../platform/rounds.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { createFactRelay } from '../../worker/fact-relay.ts';
import { createIndicatorFolding } from '../../worker/indicator-folding.ts';
import { createLookOut } from '../../worker/look-out.ts';
import { createDispatcher } from '../../worker/outbox/dispatcher.ts';
import { createRelay } from '../../worker/relay.ts';
import { createScanRelay } from '../../worker/scan-relay.ts';
import { demoDatabase } from '../support/service/database.ts';
import { statementOf } from '../support/service/statement-of.ts';

const log = { warn: () => {}, info: () => {}, error: () => {} };
const channels = ['sms', 'email', 'push', 'wecom', 'call', 'letter'];

test('a queue rests until it is named, and goes on once a round; one that is never named looks for itself in the end', async () => {
  const named = new Set<string>();
  const lookOut = createLookOut({ look: async () => named, log, everyMs: 5, longestRestMs: 300 });
  const rounds = { a: 0, b: 0 };
  const queues = (['a', 'b'] as const).map((name) =>
    createRounds(async () => {
      rounds[name]++;
      return 'idle';
    }, lookOut.idleOf(name)),
  );
  const all = [lookOut, ...queues];
  for (const part of all) part.start();
  onTestFinished(async () => {
    for (const part of all) await part.stop();
  });
  await vi.waitFor(() => expect(rounds).toEqual({ a: 1, b: 1 }));
  named.add('a');
  await vi.waitFor(() => expect(rounds.a).toBeGreaterThan(5), { timeout: 20_000 });
  named.delete('a');
  expect(rounds.b).toBeLessThan(rounds.a);
  const before = { ...rounds };
  await vi.waitFor(() => expect(rounds.a > before.a && rounds.b > before.b).toBe(true), { timeout: 20_000 });
});

test('a look that fails wakes nobody and is tried again', async () => {
  let looks = 0;
  const look = async (): Promise<Set<string>> => {
    looks++;
    if (looks < 3) throw new Error('Postgres is away');
    return new Set(['a']);
  };
  const lookOut = createLookOut({ look, log, everyMs: 5 });
  let rounds = 0;
  const queue = createRounds(async () => {
    rounds++;
    return 'idle';
  }, lookOut.idleOf('a'));
  for (const part of [lookOut, queue]) part.start();
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(1), { timeout: 20_000 });
  expect(looks).toBeGreaterThanOrEqual(3);
  for (const part of [queue, lookOut]) await part.stop();
});

test('an idle worker asks one statement a look, with 100,000 messages that wait for the morning like with none', async () => {
  const pool = createPool(await demoDatabase(), { connections: 4 });
  const db = createDatabase(pool);
  const statements: string[] = [];
  pool.on('connect', (client) => {
    const { query } = client;
    client.query = ((...args: unknown[]) => {
      statements.push(statementOf(args).text ?? '');
      return (query as (...given: unknown[]) => unknown).apply(client, args);
    }) as typeof query;
  });
  const client = createTemporalClient({ TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'default' });
  let looks = 0;
  const lookOut = createLookOut<QueueName>({
    look: () => {
      looks++;
      return findQueuesWithWork(db, { channels, commandsOlderThanMs: 8_000 });
    },
    log,
    everyMs: 20,
  });
  const idle = (name: QueueName) => ({ idle: lookOut.idleOf(name) });
  const parts = [
    createRelay({ db, client, log: log as never, taskQueue: 'none', eventCap: 100, byteCap: 100_000, ...idle('commands') }),
    createFactRelay({ db, client, log, ...idle('facts') }),
    createScanRelay({ db, log, ...idle('scans') }),
    createIndicatorFolding({ db, log, ...idle('indicators') }),
    createHl7v2Sender({ db, log: log as never, endpoints: new Map(), ...idle('hl7v2') }),
    createDispatcher({
      db,
      log,
      senders: channels.map((channel) => ({ channel, send: async () => ({ result: 'sent' }) }) as never),
      idleOf: (channel) => lookOut.idleOf(`messages:${channel}`),
    }),
    lookOut,
  ];
  for (const part of parts) part.start();
  onTestFinished(async () => {
    for (const part of parts) await part.stop();
    await client.connection.close();
    await db.destroy();
  });

  /** What is asked from the third look of now on to the eighth, when everybody has come to rest. */
  async function countAtRest(): Promise<string[]> {
    const from = looks + 3;
    await vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(from), { timeout: 20_000, interval: 5 });
    const [before, lookedBefore] = [statements.length, looks];
    await vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(from + 5), { timeout: 20_000, interval: 5 });
    const asked = statements.slice(before);
    expect(asked.length).toBeLessThanOrEqual(looks - lookedBefore + 1);
    return asked;
  }

  await vi.waitFor(async () => expect(await findQueuesWithWork(db, { channels, commandsOlderThanMs: 8_000 })).toEqual(new Set()), {
    timeout: 30_000,
  });
  const none = new Set(await countAtRest());
  for (let thousand = 0; thousand < 100; thousand += 5)
    await sql`
      insert into message (key, template, parameters, recipient_type, recipient_id, channel, next_attempt_at)
      select 'waiting-' || n, 'x', '{}', 'person', 'person-gp', (${channels}::text[])[1 + n % 6], now() + interval '8 hours'
      from generate_series(${thousand * 1_000 + 1}::integer, ${(thousand + 5) * 1_000}::integer) as n`.execute(db);
  await sql`analyze message`.execute(db);
  const many = new Set(await countAtRest());
  expect(many).toEqual(none);
  expect(none.size).toBe(1);
});
