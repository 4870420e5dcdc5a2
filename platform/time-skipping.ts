/** Pushes one pathway's clock forward on a Temporal server that can skip time (1.32 or newer, WorkflowTimeSkippingEnabled). */
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';

export class TimeSkippingUnavailable extends Error {}

interface TimeSkippingService {
  updateWorkflowExecutionOptions(request: object): Promise<unknown>;
  pollWorkflowExecutionTimeSkipping(
    request: object,
  ): Promise<{ fastForwardPollingResult?: number; failedReason?: string; fastForwardInfo?: { hasCompleted?: boolean } | null }>;
}

/** The server makes one jump for each timer that comes due. Its own limit is 200, at which it would stop without a word. */
const MAX_SKIPS = 20_000;
/** Values of temporal.api.enums.v1.FastForwardPollingResult. */
const POLL_TIMEOUT = 1;
const COMPLETED = 2;
/** gRPC status codes. */
const UNIMPLEMENTED = 12;
const INVALID_ARGUMENT = 3;

/** Resolves when the workflow's clock has gone `ms` further. Throws TimeSkippingUnavailable where the cluster cannot skip time. */
export async function skipTime(client: Client, workflowId: string, ms: number, id: string): Promise<void> {
  // Temporal's high-level client has no call for skipping time yet.
  const service = client.workflowService as unknown as TimeSkippingService;
  const namespace = client.options.namespace;
  const workflowExecution = { workflowId };
  const duration = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
  try {
    await service.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution,
      workflowExecutionOptions: {
        timeSkippingConfig: { enabled: true, maxSessionSkipCount: MAX_SKIPS, fastForwardConfig: { id, duration } },
      },
      updateMask: { paths: ['time_skipping_config'] },
    });
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code === UNIMPLEMENTED || (error.code === INVALID_ARGUMENT && /skipping/i.test(error.details))))
      throw new TimeSkippingUnavailable('The Temporal cluster in use cannot skip time.', { cause: error });
    throw error;
  }
  for (;;) {
    const { fastForwardPollingResult, failedReason, fastForwardInfo } = await service.pollWorkflowExecutionTimeSkipping({
      namespace,
      workflowExecution,
      fastForwardId: id,
    });
    if (fastForwardInfo?.hasCompleted || fastForwardPollingResult === COMPLETED) return;
    if (fastForwardPollingResult === POLL_TIMEOUT) continue;
    // A pathway that ends on the way cannot go any further.
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name === 'COMPLETED') return;
    throw new Error(`Skipping time ended with ${fastForwardPollingResult}: ${failedReason}`);
  }
}

/** Reads by how many milliseconds the workflow's clock is ahead of the real one. */
export async function readClockOffsetMs(client: Client, workflowId: string): Promise<number> {
  const description = await client.workflow.getHandle(workflowId).describe();
  const { workflowExtendedInfo } = description.raw as unknown as {
    workflowExtendedInfo?: { timeSkippingInfo?: { currentTime?: { seconds?: unknown; nanos?: number | null } } };
  };
  const current = workflowExtendedInfo?.timeSkippingInfo?.currentTime;
  if (!current) return 0;
  return Math.max(0, Number(current.seconds ?? 0) * 1_000 + Math.floor((current.nanos ?? 0) / 1_000_000) - Date.now());
}
