/**
 * Sends the messages that pathways have written into the table `message`, at least once, with the message's key as deduplication id. Whatever
 * dies or answers late, a message is delayed and never lost, and a receiver that deduplicates sees it once. Any number of dispatchers may run
 * side by side.
 */
import type { Database } from '../../db/kit/database.ts';
import type { Backoff } from '../../db/kit/leased-queue.ts';
import { queueCadences } from '../../db/kit/queue-cadences.ts';
import { type Clock, databaseClock } from '../../db/messages/leased-message.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type Idle, idleFor } from '../../platform/rounds.ts';
import { type ChannelOptions, ChannelQueue } from './channel-queue.ts';
import type { Sender } from './sender.ts';

export interface DispatcherOptions {
  db: Database;
  /** One per channel. Messages of a channel without a sender wait. */
  senders: readonly Sender[];
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  metrics?: Pick<Metrics, 'messages'>;
  /** The messages that are claimed in one transaction, by default 20. */
  batch?: number;
  /** The messages of one channel that are under way at once in this process, by default 8, which hospital gateways commonly bear. */
  concurrencyPerChannel?: number;
  /** How a channel with nothing due rests; by default it looks again after `pollMs`. */
  idleOf?: (channel: string) => Idle;
  /** By default 1000 ms. An emergency call may lose a second. */
  pollMs?: number;
  /** An attempt that takes longer is given up and its result is unknown. By default 20 s, because senders themselves give up after 10 s. */
  sendTimeoutSeconds?: number;
  /** So long nobody else takes a claimed message. By default 60 s, into which an attempt that is given up and the recording of it fit. */
  leaseSeconds?: number;
  backoff?: Backoff;
  /** Where staff do what a digest tells them of; by default the address of a local start. */
  link?: string;
  /** What only the reader of a message may have, by its parameters; by default nothing. */
  secretsOf?: ChannelOptions['secretsOf'];
  /** Gives the present instant, by default from the database's clock. */
  clock?: Clock;
}

export interface Dispatcher {
  /** Begins to dispatch, until `stop`. It returns at once. */
  start(): void;
  /** Claims nothing more, and resolves when everything under way is recorded. While the database answers that takes `sendTimeoutSeconds` at most. */
  stop(): Promise<void>;
  /** Claims, sends and records as many due messages as may be under way at once. Resolves with their number; rejects when the database does not answer. */
  dispatchOnce(): Promise<number>;
}

/** Throws when two senders claim one channel, or when the lease could end while a message is still under way. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { senders, log, leaseSeconds = queueCadences.messages.leaseSeconds, sendTimeoutSeconds = 20 } = options;
  if (new Set(senders.map(({ channel }) => channel)).size < senders.length) throw new Error('Two senders have the same channel.');
  if (leaseSeconds <= sendTimeoutSeconds) throw new Error('leaseSeconds must be longer than sendTimeoutSeconds.');
  const queues = senders.map(
    (sender) =>
      new ChannelQueue(sender, {
        db: options.db,
        log,
        metrics: options.metrics,
        batch: options.batch ?? 20,
        concurrency: options.concurrencyPerChannel ?? 8,
        leaseSeconds,
        sendTimeoutSeconds,
        idle: options.idleOf?.(sender.channel) ?? idleFor(options.pollMs ?? 1_000),
        backoff: options.backoff ?? queueCadences.messages.retry,
        clock: options.clock ?? databaseClock,
        link: options.link ?? 'http://127.0.0.1:8080',
        secretsOf: options.secretsOf ?? (() => ({})),
        served: senders.map(({ channel }) => channel),
      }),
  );
  let running: { stop: AbortController; ended: Promise<unknown> } | undefined;
  return {
    start() {
      if (running) return;
      const stop = new AbortController();
      // Each channel has a loop of its own, so that a slow gateway holds up only its own messages.
      running = { stop, ended: Promise.all(queues.map((queue) => queue.run(stop.signal))) };
      log.info({ channels: senders.map(({ channel }) => channel) }, 'outbox started');
    },
    async stop() {
      const stopping = running;
      running = undefined;
      stopping?.stop.abort();
      await stopping?.ended;
    },
    async dispatchOnce() {
      const claimed = await Promise.all(queues.map((queue) => queue.claimAndSend()));
      await Promise.all(queues.map((queue) => queue.waitUntilIdle()));
      return claimed.reduce((sum, count) => sum + count, 0);
    },
  };
}
