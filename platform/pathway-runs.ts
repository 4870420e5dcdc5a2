/** What Temporal still has of a pathway: its runs, joined by continue-as-new, and their histories. */
import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';

export type { History };

/** Temporal's own names, in our style. */
export const runStatuses = [
  'running',
  'completed',
  'continued-as-new',
  'failed',
  'cancelled',
  'terminated',
  'timed-out',
  'paused',
  'unspecified',
  'unknown',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export interface Run {
  runId: string;
  status: RunStatus;
  startedAt: Date;
  closedAt: Date | null;
  /** number of events */
  historyLength: number;
}

export interface Chain {
  /** Oldest first; empty when Temporal has nothing of the pathway any more, or never had. */
  runs: Run[];
  /** False when the first runs are gone already: each run is kept for the retention time after its own end. */
  complete: boolean;
}

export class TemporalUnavailable extends Error {}

/** Whoever inspects a pathway waits for it. */
const SMALL_WITHIN_MS = 3_000;
/** A whole history may be megabytes. */
const LARGE_WITHIN_MS = 20_000;
/** A defect in the links must not read for ever. */
const LONGEST_CHAIN = 10_000;

/** Read from the histories themselves, not from Temporal's search, which may be behind. Throws TemporalUnavailable. */
export async function chainOf(client: Client, workflowId: string): Promise<Chain> {
  const runs: Run[] = [];
  let runId: string | undefined;
  while (runs.length < LONGEST_CHAIN) {
    const run = await describeRun(client, workflowId, runId);
    const before = run && (await runBefore(client, workflowId, run.runId));
    if (!run || before === undefined) return { runs, complete: false };
    runs.unshift(run);
    if (before === '') return { runs, complete: true };
    runId = before;
  }
  throw new Error(`${workflowId} has more runs than can be.`);
}

/** undefined when the run is gone. Throws TemporalUnavailable. */
export function historyOf(client: Client, workflowId: string, runId: string): Promise<History | undefined> {
  return unlessGone(client, LARGE_WITHIN_MS, () => client.workflow.getHandle(workflowId, runId).fetchHistory());
}

async function describeRun(client: Client, workflowId: string, runId: string | undefined): Promise<Run | undefined> {
  const description = await unlessGone(client, SMALL_WITHIN_MS, () => client.workflow.getHandle(workflowId, runId).describe());
  return (
    description && {
      runId: description.runId,
      status: description.status.name.toLowerCase().replaceAll('_', '-') as RunStatus,
      startedAt: description.startTime,
      closedAt: description.closeTime ?? null,
      historyLength: description.historyLength,
    }
  );
}

/** The run that this one continues; '' for the first, undefined when it is gone. */
async function runBefore(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { namespace } = client.options;
  const answer = await unlessGone(client, SMALL_WITHIN_MS, () =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId, runId }, maximumPageSize: 1 }),
  );
  return answer && (answer.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '');
}

const NOT_FOUND = 5;
/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE */
const TRANSIENT = [1, 4, 8, 10, 14];

async function unlessGone<T>(client: Client, withinMs: number, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + withinMs, call);
  } catch (error) {
    const grpc = [error, (error as { cause?: unknown }).cause].find(isGrpcServiceError);
    if (error instanceof WorkflowNotFoundError || grpc?.code === NOT_FOUND) return undefined;
    if (grpc ? TRANSIENT.includes(grpc.code) : error instanceof ServiceError)
      throw new TemporalUnavailable('Temporal does not answer.', { cause: error });
    throw error;
  }
}
