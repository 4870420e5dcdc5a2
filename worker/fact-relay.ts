/**
 * Brings facts to the pathways that they are owed to: each fact at least once, in order, until the pathway has written its decision. Any number of
 * relays may run side by side.
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../db/kit/database.ts';
import { type DueDelivery, leaseDueDeliveries, markDelivered, retryDelivery, settleDeliveries } from '../db/kit/fact-deliveries.ts';
import { workflowId } from '../domain/kit/pathway.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, type Rounds } from '../platform/rounds.ts';
import type { FactArgument } from '../workflows/kit/pathway.ts';

export interface FactRelayDependencies {
  db: Database;
  client: Client;
  log: Pick<Log, 'warn'>;
  /** Until when it rests that has nothing to bring; by default a second. */
  idle?: Idle;
}

export interface FactRelay extends Rounds {
  /** Settles what has been decided, signals what is due. Resolves with the number of rows that it moved; rejects when Postgres does not answer. */
  relayOnce(): Promise<number>;
}

const DEADLINE_MS = 4_000;
const BATCH = 20;
/** While facts are under way the next one of a pathway waits for the one before, so the relay looks often for a while. */
const BUSY_MS = 50;
const BUSY_FOR_MS = 2_000;

export function createFactRelay({ db, client, log, idle }: FactRelayDependencies): FactRelay {
  let busyUntil = 0;

  async function relayOnce(): Promise<number> {
    const settled = await settleDeliveries(db);
    const due = await leaseDueDeliveries(db, { limit: BATCH });
    await Promise.all(due.map(deliver));
    return settled + due.length;
  }

  async function deliver(delivery: DueDelivery): Promise<void> {
    const { factId, pathwayId, pathwayKind, type, input, attempts } = delivery;
    const handle = client.workflow.getHandle(workflowId(pathwayKind, pathwayId));
    const fact: FactArgument = { id: factId, input };
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () => handle.signal(type, fact));
    } catch (error) {
      // A workflow that has ended has written so before, and the next round settles the delivery. A workflow that is missing although its pathway is
      // open is a matter for the administrator, who finds it in the log.
      const missing = error instanceof WorkflowNotFoundError;
      log.warn({ factId, pathwayId, attempts, missing, err: error }, 'fact not delivered yet');
      await retryDelivery(db, delivery);
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
    return performance.now() < busyUntil ? BUSY_MS : 'idle';
  }, idle);

  return { relayOnce, ...rounds };
}
