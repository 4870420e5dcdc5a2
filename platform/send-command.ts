/** Sends a stored command to its pathway: the same ids each time, so sending again is always safe. Used by the API and by the relay. */
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
import type { Command, Outcome, PathwayInput } from '../workflows/kit/pathway.ts';
import type { PathwayWorkflow } from '../workflows/kit/registry.ts';

export interface CommandToSend {
  /** also the Update's id */
  id: string;
  pathwayId: string;
  kind: string;
  name: string;
  actor: Actor;
  input: unknown;
  ifVersion?: number;
  /** version of the row that the caller looked at */
  seen: number;
}

/**
 * answered: the pathway's outcome. refused: by the validator, without a trace. closed: no open workflow takes it.
 * unknown: anything else; the outcome may or may not stand, so read it or send the same command again.
 */
export type Sent =
  | { result: 'answered'; outcome: Outcome }
  | { result: 'refused'; refusal: Refusal }
  | { result: 'closed' }
  | { result: 'unknown'; error: unknown };

export interface SendOptions {
  taskQueue: string;
  eventCap: number;
  deadlineMs: number;
}

export async function sendCommand(client: Client, command: CommandToSend, { taskQueue, eventCap, deadlineMs }: SendOptions): Promise<Sent> {
  const { id, pathwayId, kind, name, actor, input, ifVersion, seen } = command;
  const argument: Command = { actor, input, seen, ...(ifVersion === undefined ? {} : { ifVersion }) };
  const target = workflowId(kind, pathwayId);
  const send = (): Promise<Outcome> => {
    if (findDecider(kind)?.creation !== name)
      return client.workflow.getHandle(target).executeUpdate<Outcome, [Command]>(name, { updateId: id, args: [argument] });
    // A pathway starts without a state, so its input fits the workflow of every kind.
    const start: PathwayInput<never> = { id: pathwayId, first: { id, name, actor, input }, eventCap, creation: 'local' };
    return client.workflow.executeUpdateWithStart<PathwayWorkflow, Outcome, [Command]>(name, {
      updateId: id,
      args: [argument],
      startWorkflowOperation: new WithStartWorkflowOperation<PathwayWorkflow>(kind, {
        workflowId: target,
        taskQueue,
        args: [start],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        // How long a task of a worker that died keeps the pathway waiting.
        workflowTaskTimeout: '4s',
      }),
    });
  };
  try {
    return { result: 'answered', outcome: await client.withDeadline(Date.now() + deadlineMs, send) };
  } catch (error) {
    return understand(error);
  }
}

function understand(error: unknown): Sent {
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) return { result: 'closed' };
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && cause.type === 'Refused') return { result: 'refused', refusal: cause.details?.[0] as Refusal };
  return { result: 'unknown', error };
}
