/**
 * Brings facts to the pathways that they are owed to: each fact at least once, in order, until the pathway has written its decision. Any number of
 * relays may run side by side.
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../db/kit/database.ts';
import { type DueDelivery, leaseDueDeliveries, markDelivered, retryDelivery, settleDeliveries } from '../db/kit/fact-deliveries.ts';
import { findReopenedPathway } from '../db/kit/reopen-pathways.ts';
import { retractingFacts } from '../domain/kit/facts.ts';
import { type PathwayEvent, workflowId } from '../domain/kit/pathway.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, type Rounds } from '../platform/rounds.ts';
import type { FactArgument, PathwayInput } from '../workflows/kit/pathway.ts';

export interface FactRelayDependencies {
  db: Database;
  client: Client;
  log: Pick<Log, 'warn'>;
  /** Where a pathway that was opened again begins its new run, and how long a run may become. Without it none begins again. */
  runs?: { taskQueue: string; eventCap: number; byteCap: number };
  /** Until when it rests that has nothing to bring; by default a second. */
  idle?: Idle;
}

export interface FactRelay extends Rounds {
  /** Settles what has been decided, signals what is due. Resolves with the number of rows that it moved; rejects when Postgres does not answer. */
  relayOnce(): Promise<number>;
}

const isRetracting = (type: string): boolean => retractingFacts.some((one) => one === type);

const DEADLINE_MS = 4_000;
const BATCH = 20;
/** While facts are under way the next one of a pathway waits for the one before, so the relay looks often for a while. */
const BUSY_MS = 50;
const BUSY_FOR_MS = 2_000;

export function createFactRelay({ db, client, log, runs, idle }: FactRelayDependencies): FactRelay {
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
      // A workflow that has ended has written so before, and the next round settles the delivery. Where the pathway has been opened again, it goes on
      // in a new run. Any other workflow that is missing is a matter for the administrator, who finds it in the log.
      const missing = error instanceof WorkflowNotFoundError;
      if (missing && (await beginAgain(delivery))) return markDelivered(db, delivery);
      log.warn({ factId, pathwayId, attempts, missing, err: error }, 'fact not delivered yet');
      await retryDelivery(db, delivery);
      return;
    }
    await markDelivered(db, delivery);
  }

  /** False when Temporal could not be asked, or has the workflow after all: the next try finds out. */
  async function beginAgain(delivery: DueDelivery): Promise<boolean> {
    const stored = runs && isRetracting(delivery.type) && (await findReopenedPathway(db, delivery.pathwayId));
    if (!stored) return false;
    const { factId, pathwayId, pathwayKind, type, input } = delivery;
    const fact: PathwayEvent = { kind: 'fact', name: type, id: factId, at: Date.now(), actor: null, input };
    const { first, version, state, runs: runsBefore } = stored;
    const { taskQueue, eventCap, byteCap } = runs;
    const start: PathwayInput<unknown> = {
      id: pathwayId,
      first,
      eventCap,
      byteCap,
      path: 'local',
      carried: { version, state, answered: [], facts: [fact], runs: runsBefore },
    };
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(pathwayKind, {
          workflowId: workflowId(pathwayKind, pathwayId),
          taskQueue,
          args: [start],
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowTaskTimeout: '4s',
        }),
      );
      return true;
    } catch (error) {
      log.warn({ factId, pathwayId, err: error }, 'a reopened pathway has not begun again yet');
      return false;
    }
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
