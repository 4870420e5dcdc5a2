/**
 * Sends what pathways have written into `message`. At least once, with the message's key as deduplication id: whatever
 * dies or answers late, a message is delayed, never lost, and a receiver that deduplicates sees it once.
 * Any number of dispatchers may run side by side.
 */
import type { Database } from '../../db/kit/database.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type Backoff, defaultBackoff } from './backoff.ts';
import { ChannelQueue } from './channel-queue.ts';
import { type Clock, databaseClock } from './claim.ts';
import type { Sender } from './sender.ts';

export interface DispatcherOptions {
  db: Database;
  /** One per channel. Messages of a channel without a sender wait. */
  senders: readonly Sender[];
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  metrics?: Pick<Metrics, 'messages'>;
  /** messages claimed in one transaction, default 20 */
  batch?: number;
  /** messages of one channel under way at once in this process, default 8: what hospital gateways commonly bear */
  concurrencyPerChannel?: number;
  /**
   * A channel with nothing due looks again after this long. Default 1000 ms: an emergency call may lose a second, and one
   * look at a partial index per second and channel costs the database nothing. Listening for a notification would be
   * quicker, but keeps a connection of its own and still has to poll for retries.
   */
  pollMs?: number;
  /** A sending that takes longer is given up and its result unknown. Default 20 s: senders give up after 10 s themselves. */
  sendTimeoutSeconds?: number;
  /** How long a claimed message is nobody else's. Default 60 s: a sending that is given up, and the recording of it, fit in. */
  leaseSeconds?: number;
  backoff?: Backoff;
  /** What time it is; default: the database's clock. */
  clock?: Clock;
}

export interface Dispatcher {
  /** Dispatches until `stop`; returns at once. */
  start(): void;
  /** Claims nothing more and resolves when what is under way has been recorded: after `sendTimeoutSeconds` at the latest while the database answers. */
  stop(): Promise<void>;
  /** Claims what is due and free places allow, sends and records it. Resolves with the number of messages attempted; rejects when the database does not answer. */
  dispatchOnce(): Promise<number>;
}

/** Throws when two senders claim one channel, or when the lease could end while a message is still under way. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { senders, log, leaseSeconds = 60, sendTimeoutSeconds = 20 } = options;
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
        pollMs: options.pollMs ?? 1_000,
        backoff: options.backoff ?? defaultBackoff,
        clock: options.clock ?? databaseClock,
        served: senders.map(({ channel }) => channel),
      }),
  );
  let running: { stop: AbortController; ended: Promise<unknown> } | undefined;
  return {
    start() {
      if (running) return;
      const stop = new AbortController();
      // One loop per channel: a slow gateway holds up nothing but its own messages.
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
      const claimed = await Promise.all(queues.map((queue) => queue.takeOn()));
      await Promise.all(queues.map((queue) => queue.settled()));
      return claimed.reduce((sum, count) => sum + count, 0);
    },
  };
}
