/** Sends a stored command to its pathway. The ids are the same each time, so that sending it again is always safe. The API and the relay use this. */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type Actor, type Refusal, workflowId } from '../domain/kit/pathway.ts';
import { findDecider } from '../domain/kit/registry.ts';
import type { CommandArgument, Outcome, PathwayInput } from '../workflows/kit/pathway.ts';
import type { PathwayWorkflow } from '../workflows/kit/registry.ts';

export interface CommandToSend {
  /** The id of the command is also the id of the Update. */
  id: string;
  pathwayId: string;
  kind: string;
  name: string;
  actor: Actor;
  input: unknown;
  ifVersion?: number;
  /** The version of the pathway that the caller has seen. 0 when there is no caller, as for the relay. */
  seen: number;
  /** The caller knows that no pathway has this id yet, so that what the start of the workflow holds need not stand in the Update as well. */
  begins?: boolean;
}

/**
 * - answered: the pathway has decided, and this is the outcome
 * - refused: the validator has refused the command, which left no trace
 * - closed: there is no open workflow that could take the command
 * - unknown: anything else. The outcome may or may not be stored, so it must be read, or the same command be sent again.
 */
export type SendResult =
  | { result: 'answered'; outcome: Outcome }
  | { result: 'refused'; refusal: Refusal }
  | { result: 'closed' }
  | { result: 'unknown'; error: unknown };

export interface SendOptions {
  taskQueue: string;
  /** A run is continued as new once its history has more events, or more bytes, than this. */
  eventCap: number;
  byteCap: number;
  deadlineMs: number;
}

export async function sendCommand(
  client: Client,
  command: CommandToSend,
  { taskQueue, eventCap, byteCap, deadlineMs }: SendOptions,
): Promise<SendResult> {
  const { id, pathwayId, kind, name, actor, input, ifVersion, seen, begins = false } = command;
  const argument: CommandArgument = { actor, input, seen, ...(ifVersion === undefined ? {} : { ifVersion }) };
  const target = workflowId(kind, pathwayId);
  const send = (): Promise<Outcome> => {
    if (findDecider(kind)?.creation !== name)
      return client.workflow.getHandle(target).executeUpdate<Outcome, [CommandArgument]>(name, { updateId: id, args: [argument] });
    // A pathway starts without a state, so its input fits the workflow of every kind.
    const start: PathwayInput<never> = { id: pathwayId, first: { id, name, actor, input }, eventCap, byteCap, path: 'local' };
    const { input: _, ...withoutInput } = argument;
    return client.workflow.executeUpdateWithStart<PathwayWorkflow, Outcome, [CommandArgument]>(name, {
      updateId: id,
      args: [begins ? withoutInput : argument],
      startWorkflowOperation: new WithStartWorkflowOperation<PathwayWorkflow>(kind, {
        workflowId: target,
        taskQueue,
        args: [start],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        // The pathway waits so long for a worker that died with one of its tasks. Temporal's own default is 10 s.
        workflowTaskTimeout: '4s',
      }),
    });
  };
  try {
    return { result: 'answered', outcome: await client.withDeadline(Date.now() + deadlineMs, send) };
  } catch (error) {
    // Somebody else has begun the pathway, so that the command has to bring its own input.
    if (begins && rejectionOf(error)?.type === 'InputMissing')
      return sendCommand(client, { ...command, begins: false }, { taskQueue, eventCap, byteCap, deadlineMs });
    return toSendResult(error);
  }
}

function toSendResult(error: unknown): SendResult {
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) return { result: 'closed' };
  const rejection = rejectionOf(error);
  return rejection?.type === 'Refused' ? { result: 'refused', refusal: rejection.details?.[0] as Refusal } : { result: 'unknown', error };
}

/** Returns why the workflow's validator has turned the Update away, which left no trace; undefined for any other error. */
const rejectionOf = (error: unknown): ApplicationFailure | undefined =>
  error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure ? error.cause : undefined;
