/** Commands on pathways: checked, stored, sent, answered once. */
import { v7 as uuid } from 'uuid';
import { type CommandRow, type PatientVersion, type StoredOutcome, storeCommand, storeResponse } from '../../db/kit/commands.ts';
import { isBeingCreated } from '../../db/kit/creating-commands.ts';
import { shortFormOf } from '../../db/kit/documents.ts';
import { findRefusalOfEnded } from '../../db/kit/ended-pathway.ts';
import { refuseCommand } from '../../db/kit/refuse-command.ts';
import { describeError } from '../../domain/kit/errors.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { type CommandToSend, type SendResult, sendCommand } from '../../platform/send-command.ts';
import { ANSWER_WITHIN_MS, findSameRequest, type KeyedRequest, pendingReply, replayedHeader, storedReply } from './keyed-request.ts';
import type { OperationRequest, Reply } from './operation.ts';
import { isUnavailable, Problem, problemBody } from './problem.ts';

/** The question as the pathway gets it and as the command's row keeps it. */
export interface PathwayCommand {
  kind: PathwayKind;
  pathwayId: string;
  name: string;
  /** Ids, codes and instants, which the workflow gets. */
  input: unknown;
  /** Free text, which stays in the command's row and never reaches the workflow. */
  texts: Record<string, unknown>;
  /** The version of the pathway that the caller has seen. */
  seen: number;
  /** The patient's record as the check has read it. If it has changed by the time the command is stored, the check is made again. */
  reliesOn?: PatientVersion;
}

/** A command as its row keeps it. Of a repeated creation it is the first one: a repetition allots ids of its own in vain. */
export interface AnsweredCommand {
  pathwayId: string;
  name: string;
  input: unknown;
}

/** What whoever is answered is known by. */
export type Asking = Pick<OperationRequest, 'deps' | 'caller'>;

export type CommandRequest<Body, Resource> = KeyedRequest & { body: Body; resource: Resource };

/** The steps of one command. They are the same for every standard in which the command may arrive. */
export interface CommandSteps<Body, Resource, Checked> {
  /** Checks the request against the present state and gives what the command carries. Throws Problem, and then nothing has been stored. */
  check(request: CommandRequest<Body, Resource>): Promise<Checked>;
  command(request: CommandRequest<Body, Resource>, checked: Checked): PathwayCommand;
  /** The answer once it has happened. */
  render(request: Asking, answered: AnsweredCommand): Promise<Reply>;
}

/** If more facts about a patient come in than this during one request, somebody's system is defective. */
const MOST_CHECKS = 5;

/** Checks the command, stores it, sends it, answers it. A repeated request gets its first answer even if the check would fail today. */
export async function runCommand<Body, Resource, Checked>(
  steps: CommandSteps<Body, Resource, Checked>,
  request: CommandRequest<Body, Resource>,
): Promise<Reply> {
  const render: Render = (answered) => steps.render(request, answered);
  for (let checks = 1; checks <= MOST_CHECKS; checks++) {
    let checked: Checked;
    try {
      checked = await steps.check(request);
    } catch (error) {
      const earlier = error instanceof Problem ? await findSameRequest(request) : undefined;
      if (earlier) return replay(request, render);
      throw error;
    }
    const reply = await submit(request, steps.command(request, checked), render);
    if (reply) return reply;
  }
  throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
}

type Render = (answered: AnsweredCommand) => Promise<Reply>;

/** Undefined: the patient is not any more as the check has read it; nothing was stored. */
async function submit(request: KeyedRequest, command: PathwayCommand, render: Render): Promise<Reply | undefined> {
  const { deps, actor, ifVersion } = request;
  const { kind, pathwayId, name, input, texts, seen, reliesOn } = command;
  const id = uuid();
  const row = {
    id,
    accountId: request.caller.personId,
    idempotencyKey: request.idempotencyKey,
    requestHash: request.requestHash,
    operation: request.operationId,
    requestId: request.requestId,
    pathwayId,
    pathwayKind: kind,
    name,
    actor,
    input,
    texts,
    ifVersion: ifVersion ?? null,
  };
  if (!(await storeCommand(deps.db, row, reliesOn))) {
    if (reliesOn && !(await findSameRequest(request))) return undefined;
    return replay(request, render);
  }
  // It is sent as it was stored, so that no document goes the way again that its row only names.
  const toSend: CommandToSend = {
    id,
    pathwayId,
    kind,
    name,
    actor,
    input: shortFormOf(deps.db, input),
    seen,
    begins: seen === 0,
    ...(ifVersion === undefined ? {} : { ifVersion }),
  };
  try {
    const outcome = await sendWithinTime(request, toSend);
    deps.metrics.commands.inc({ kind, result: outcome === undefined ? 'pending' : outcome.ok ? 'done' : outcome.refusal.code });
    return outcome === undefined ? pendingReply(id) : await answer(request, toSend, outcome, render);
  } catch (error) {
    // The command is stored, so an error here does not lose it: the relay sends it.
    if (!isUnavailable(error))
      deps.log.error({ err: error, requestId: request.requestId, commandId: id }, 'command stored but not answered');
    return pendingReply(id);
  }
}

/** Short beside the second within which the relay looks for what it has to start. */
const BEGINNING_PAUSE_MS = 100;

/** Resolves with undefined when the pathway has not decided within the time. */
async function sendWithinTime({ deps, actor, requestId }: KeyedRequest, command: CommandToSend): Promise<StoredOutcome | undefined> {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  const { CAREPATH_TASK_QUEUE: taskQueue, CAREPATH_EVENT_CAP: eventCap, CAREPATH_BYTE_CAP: byteCap } = deps.config;
  const send = async (): Promise<SendResult> =>
    sendCommand(deps.client, command, { taskQueue, eventCap, byteCap, deadlineMs: Math.max(1, deadline - Date.now()) });
  // A pathway that an act has begun is started by the relay a moment later: what is asked of it meanwhile waits for that.
  const sendOnceBegun = async (): Promise<SendResult> => {
    for (;;) {
      const sent = await send();
      if (sent.result !== 'closed' || Date.now() + BEGINNING_PAUSE_MS > deadline || !(await isBeingCreated(deps.db, command))) return sent;
      await new Promise((resolve) => setTimeout(resolve, BEGINNING_PAUSE_MS));
    }
  };
  const refuse = (refusal: Refusal) => refuseCommand(deps.db, actor, { ...command, requestId }, refusal);
  const sent = await deps.gate.pass(command.pathwayId, async () =>
    Date.now() < deadline ? sendOnceBegun() : ({ result: 'unknown', error: 'waited too long' } as const),
  );
  switch (sent.result) {
    case 'answered':
      return sent.outcome;
    case 'refused':
      return refuse(sent.refusal);
    case 'closed': {
      const refusal = await findRefusalOfEnded(deps.db, { ...command, pathwayKind: command.kind });
      if (refusal) return refuse(refusal);
      return undefined;
    }
    case 'unknown':
      // It may have happened all the same: the row knows.
      deps.log.warn({ commandId: command.id, err: sent.error }, 'no answer from the pathway yet');
      return undefined;
  }
}

async function answer(request: KeyedRequest, command: CommandToSend, outcome: StoredOutcome, render: Render): Promise<Reply> {
  const reply = outcome.ok ? await render(command) : toRefusalReply(request, outcome.refusal);
  const kept = await storeResponse(request.deps.db, command.id, reply, { acked: true });
  return { ...reply, ...kept };
}

export function toRefusalReply({ language, requestId }: Pick<KeyedRequest, 'language' | 'requestId'>, refusal: Refusal): Reply {
  const { code, state, allowed, members: further } = refusal;
  const members = { ...further, ...(state === undefined ? {} : { state }), ...(allowed === undefined ? {} : { allowed }) };
  const problem = new Problem(code, { members });
  return { status: describeError(code).status, body: problemBody(problem, language, requestId) };
}

/** Gives the command that a row holds, or undefined when the row belongs to another request with a key. */
export const answeredCommandOf = ({ pathwayId, name, input }: CommandRow): AnsweredCommand | undefined =>
  pathwayId === null || name === null ? undefined : { pathwayId, name, input };

/** The relay has this long to have a command answered before the API renders a decided one itself. */
const RENDER_AFTER_MS = 2_000;

/** The key is taken: the same request gets the first answer, another one is refused. */
async function replay(request: KeyedRequest, render: Render): Promise<Reply> {
  const begunAt = Date.now();
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    const row = await findSameRequest(request);
    const reply = row && storedReply(row);
    if (reply) return reply;
    // Decided, but whoever asked first did not live to see it.
    if (row?.outcome && Date.now() > begunAt + RENDER_AFTER_MS) return replayOutcome(request, row, row.outcome, render);
    if (row && Date.now() > begunAt + ANSWER_WITHIN_MS) return pendingReply(row.id);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function replayOutcome(request: KeyedRequest, row: CommandRow, outcome: StoredOutcome, render: Render): Promise<Reply> {
  const command = answeredCommandOf(row);
  if (!command) throw new Error('Only a pathway decides, so the row of a decision names its pathway.');
  const reply = outcome.ok ? await render(command) : toRefusalReply(request, outcome.refusal);
  const kept = await storeResponse(request.deps.db, row.id, reply, { acked: false });
  return { ...reply, ...kept, headers: { ...reply.headers, ...replayedHeader } };
}
