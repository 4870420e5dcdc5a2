/** What Temporal still has of a pathway: its runs, which continue-as-new joins to a chain, and their histories. */
import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';

export type { History };

/** The statuses of a run by Temporal's own names, in lower case and with hyphens. */
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
  /** The number of events. */
  historyLength: number;
}

export interface PathwayRuns {
  /** The runs, oldest first. Empty when Temporal has nothing of the pathway any more, or never had. */
  runs: Run[];
  /** False when the first runs are gone already: each run is kept for the retention time after its own end. */
  complete: boolean;
}

export class TemporalUnavailable extends Error {}

/** A person who inspects a pathway waits for these answers, which are small. */
const SMALL_WITHIN_MS = 3_000;
/** A whole history may have megabytes. */
const LARGE_WITHIN_MS = 20_000;
/** A defect in the links between runs must not make this read for ever. */
const MOST_RUNS = 10_000;

/** Reads the runs from the histories themselves, not from Temporal's search, which may be behind. Throws TemporalUnavailable. */
export async function listRuns(client: Client, workflowId: string): Promise<PathwayRuns> {
  const runs: Run[] = [];
  let runId: string | undefined;
  while (runs.length < MOST_RUNS) {
    const run = await describeRun(client, workflowId, runId);
    const before = run && (await findPreviousRunId(client, workflowId, run.runId));
    if (!run || before === undefined) return { runs, complete: false };
    runs.unshift(run);
    if (before === '') return { runs, complete: true };
    runId = before;
  }
  throw new Error(`${workflowId} has more runs than can be.`);
}

/** Resolves with undefined when the run is gone. Throws TemporalUnavailable. */
export async function fetchHistory(client: Client, workflowId: string, runId: string): Promise<History | undefined> {
  return callUnlessGone(client, LARGE_WITHIN_MS, () => client.workflow.getHandle(workflowId, runId).fetchHistory());
}

async function describeRun(client: Client, workflowId: string, runId: string | undefined): Promise<Run | undefined> {
  const description = await callUnlessGone(client, SMALL_WITHIN_MS, () => client.workflow.getHandle(workflowId, runId).describe());
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

/** Finds the id of the run that this one continues: '' for the first run, undefined when the run itself is gone. */
async function findPreviousRunId(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { namespace } = client.options;
  const answer = await callUnlessGone(client, SMALL_WITHIN_MS, () =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId, runId }, maximumPageSize: 1 }),
  );
  return answer && (answer.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '');
}

/** The gRPC status codes that mean that the call may succeed later: CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE. */
const TRANSIENT = [1, 4, 8, 10, 14];
const NOT_FOUND = 5;

/** Resolves with undefined when Temporal does not know the run. Throws TemporalUnavailable when Temporal does not answer in time. */
async function callUnlessGone<T>(client: Client, withinMs: number, call: () => Promise<T>): Promise<T | undefined> {
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
