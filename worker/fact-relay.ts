/**
 * Tells pathways what has happened outside: each fact at least once to each pathway that it is owed to, in order, until the pathway has written
 * its decision. Any number of relays may run side by side.
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../db/kit/database.ts';
import { type DueDelivery, leaseDueDeliveries, markDelivered, retryDelivery, settleDeliveries } from '../db/kit/fact-deliveries.ts';
import { workflowId } from '../domain/kit/pathway.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Rounds } from '../platform/rounds.ts';
import type { Fact } from '../workflows/kit/pathway.ts';

export interface FactRelayDependencies {
  db: Database;
  client: Client;
  log: Pick<Log, 'warn'>;
}

export interface FactRelay extends Rounds {
  /** Settles what has been decided, signals what is due. Resolves with the number of rows that it moved; rejects when Postgres does not answer. */
  relayOnce(): Promise<number>;
}

/** Pathways decide within a second; a worker's death costs some. Signalling again is safe and costs the history a few events. */
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Temporal is away, or has no such workflow yet. */
const NOT_SENT_RETRY_MS = 2_000;
const DEADLINE_MS = 4_000;
const BATCH = 20;
/** While facts are under way the next one of a pathway waits for the one before: it is looked often, for a while. */
const BUSY_MS = 50;
const BUSY_FOR_MS = 2_000;
const IDLE_MS = 1_000;

export function createFactRelay({ db, client, log }: FactRelayDependencies): FactRelay {
  let busyUntil = 0;

  async function relayOnce(): Promise<number> {
    const settled = await settleDeliveries(db);
    const due = await leaseDueDeliveries(db, { limit: BATCH, retryMs: RETRY_MS, longestRetryMs: LONGEST_RETRY_MS });
    await Promise.all(due.map(deliver));
    return settled + due.length;
  }

  async function deliver(delivery: DueDelivery): Promise<void> {
    const { factId, pathwayId, pathwayKind, type, input, attempts } = delivery;
    const handle = client.workflow.getHandle(workflowId(pathwayKind, pathwayId));
    const fact: Fact = { id: factId, input };
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () => handle.signal(type, fact));
    } catch (error) {
      // A workflow that has ended wrote so before: the next look settles it. One that is missing though its pathway is open is a matter for people.
      const missing = error instanceof WorkflowNotFoundError;
      log.warn({ factId, pathwayId, attempts, missing, err: error }, 'fact not delivered yet');
      await retryDelivery(db, delivery, NOT_SENT_RETRY_MS);
      return;
    }
    await markDelivered(db, delivery);
  }

  const rounds = createRounds(async () => {
    const moved = await relayOnce().catch((error: unknown) => {
      log.warn({ err: error }, 'facts could not be relayed');
      return 0;
    });
    if (moved > 0) busyUntil = performance.now() + BUSY_FOR_MS;
    return performance.now() < busyUntil ? BUSY_MS : IDLE_MS;
  });

  return { relayOnce, ...rounds };
}
