/** Commands on pathways: stored, sent, answered once. Also: any other POST that must happen once. */
import { v7 as uuid } from 'uuid';
import {
  type CommandRow,
  findCommandByKey,
  forgetCommand,
  type PatientVersion,
  recordRefusal,
  type StoredOutcome,
  storeCommand,
  storeResponse,
} from '../../db/kit/commands.ts';
import type { Database } from '../../db/kit/database.ts';
import { refusalOfEnded } from '../../db/kit/ended-pathway.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { describeError } from '../../domain/kit/errors.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { type CommandToSend, type Sent, sendCommand } from '../../platform/send-command.ts';
import type { OperationRequest, Reply } from './operation.ts';
import { isUnavailable, Problem, problemBody } from './problem.ts';

/** What a caller waits at most; then 202 and the command's address. */
const ANSWER_WITHIN_MS = 5_000;

export interface PathwayCommand {
  kind: string;
  pathwayId: string;
  name: string;
  /** ids, codes, instants: what the workflow gets */
  input: unknown;
  /** free text: stays in the command's row */
  texts: Record<string, unknown>;
  /** the version the caller has seen */
  seen: number;
  /** the answer when it has happened; of a repeated creation the first one's pathway and input: a repetition allots ids of its own in vain */
  render(pathwayId: string, input: unknown): Promise<Reply>;
}

type AnyRequest = OperationRequest<never, never, never, never> | OperationRequest;

/**
 * Stores the command, sends it, answers it. The same key and request always get the first answer. Undefined: the patient is not any more as the
 * check has read it that the command relies on; nothing was stored.
 */
export async function submit(request: AnyRequest, command: PathwayCommand): Promise<Reply>;
export async function submit(request: AnyRequest, command: PathwayCommand, reliesOn: PatientVersion): Promise<Reply | undefined>;
export async function submit(request: AnyRequest, command: PathwayCommand, reliesOn?: PatientVersion): Promise<Reply | undefined> {
  const { deps, actor, ifVersion } = request;
  const id = uuid();
  const row = {
    id,
    accountId: request.caller.personId,
    idempotencyKey: request.idempotencyKey,
    requestHash: request.requestHash,
    operation: request.operationId,
    requestId: request.requestId,
    pathwayId: command.pathwayId,
    pathwayKind: command.kind,
    name: command.name,
    actor,
    input: command.input,
    texts: command.texts,
    ifVersion: ifVersion ?? null,
  };
  if (!(await storeCommand(deps.db, row, reliesOn))) {
    if (reliesOn && !(await sameRequest(request))) return undefined;
    return replayed(request, command.render);
  }
  const { kind, pathwayId, name, input, seen } = command;
  const toSend: CommandToSend = { id, pathwayId, kind, name, actor, input, seen, ...(ifVersion === undefined ? {} : { ifVersion }) };
  try {
    const outcome = await outcomeOf(request, toSend);
    deps.metrics.commands.inc({ kind, result: outcome === undefined ? 'pending' : outcome.ok ? 'done' : outcome.refusal.code });
    return outcome === undefined ? pending(id) : await settle(request, toSend, outcome, command.render);
  } catch (error) {
    // The command stands: whatever failed after it, the relay sees to it.
    if (!isUnavailable(error))
      deps.log.error({ err: error, requestId: request.requestId, commandId: id }, 'command stored but not answered');
    return pending(id);
  }
}

const pending = (id: string): Reply => ({ status: 202, body: { id, state: 'pending' }, headers: { location: `/v1/commands/${id}` } });

/** undefined: not decided within the time. */
async function outcomeOf({ deps }: AnyRequest, command: CommandToSend): Promise<StoredOutcome | undefined> {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  const { CAREPATH_TASK_QUEUE: taskQueue, CAREPATH_EVENT_CAP: eventCap } = deps.config;
  const send = async (): Promise<Sent> =>
    sendCommand(deps.client, command, { taskQueue, eventCap, deadlineMs: Math.max(1, deadline - Date.now()) });
  const gated = deps.gate.pass(command.pathwayId, async () =>
    Date.now() < deadline ? send() : ({ result: 'unknown', error: 'waited too long' } as const),
  );
  const sent = await gated;
  switch (sent.result) {
    case 'answered':
      return sent.outcome;
    case 'refused':
      return recordRefusal(deps.db, command.id, sent.refusal);
    case 'closed': {
      const refusal = await refusalOfEnded(deps.db, { ...command, pathwayKind: command.kind });
      if (refusal) return recordRefusal(deps.db, command.id, refusal);
      return undefined;
    }
    case 'unknown':
      // It may have happened all the same: the row knows.
      deps.log.warn({ commandId: command.id, err: sent.error }, 'no answer from the pathway yet');
      return undefined;
  }
}

async function settle(
  request: AnyRequest,
  command: CommandToSend,
  outcome: StoredOutcome,
  render: PathwayCommand['render'],
): Promise<Reply> {
  const reply = outcome.ok ? await render(command.pathwayId, command.input) : refused(request, outcome.refusal);
  const kept = await storeResponse(request.deps.db, command.id, reply, { acked: true });
  return { ...reply, ...kept };
}

export function refused({ language, requestId }: Pick<AnyRequest, 'language' | 'requestId'>, { code, state, allowed }: Refusal): Reply {
  const members = { ...(state === undefined ? {} : { state }), ...(allowed === undefined ? {} : { allowed }) };
  const problem = new Problem(code, { members });
  return { status: describeError(code).status, body: problemBody(problem, language, requestId) };
}

/** The key is taken: the same request gets the first answer, another one is refused. */
async function replayed(request: AnyRequest, render: PathwayCommand['render']): Promise<Reply> {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    const row = await sameRequest(request);
    if (row?.responseStatus) return replay(row);
    // Decided, but whoever asked first did not live to see it.
    if (row?.outcome && Date.now() > deadline - 3_000) {
      const reply = row.outcome.ok ? await render(row.pathwayId as string, row.input) : refused(request, row.outcome.refusal);
      const kept = await storeResponse(request.deps.db, row.id, reply, { acked: false });
      return { ...reply, ...kept, headers: { ...reply.headers, ...replayedHeader } };
    }
    if (row && Date.now() > deadline) return pending(row.id);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const replayedHeader = { 'idempotency-replayed': 'true' };
const replay = ({ responseStatus, responseBody }: CommandRow): Reply => ({
  status: responseStatus as number,
  body: responseBody,
  headers: replayedHeader,
});

async function sameRequest(request: AnyRequest): Promise<CommandRow | undefined> {
  const row = await findCommandByKey(request.deps.db, request.caller.personId, request.idempotencyKey);
  if (row && !row.requestHash.equals(request.requestHash)) throw new Problem('idempotency-key-reused');
  return row;
}

/**
 * For checks that read the present state before a command is stored: a repeated request gets its first answer even if the check would fail today.
 * `render` as in PathwayCommand.
 */
export async function checkedFirst<T>(
  request: AnyRequest,
  check: () => Promise<T>,
  render: (row: CommandRow) => PathwayCommand['render'],
): Promise<T | Reply> {
  try {
    return await check();
  } catch (error) {
    const row = error instanceof Problem ? await sameRequest(request) : undefined;
    if (row) return replayed(request, render(row));
    throw error;
  }
}

export const isReply = (value: unknown): value is Reply =>
  typeof value === 'object' && value !== null && 'status' in value && 'body' in value;

/** A POST that is no pathway's command: its effect and its answer are written in one transaction, once. A thrown Problem leaves the key unused. */
export async function once(request: AnyRequest, effect: (trx: Trx) => Promise<Reply>): Promise<Reply> {
  const earlier = await sameRequest(request);
  if (earlier) return firstAnswer(request);
  const done = await request.deps.db.transaction().execute(async (trx) => {
    // Equal requests at once: the second waits here for the first one's transaction.
    const id = await storeAsked(trx, request);
    if (id === undefined) return undefined;
    const reply = await effect(trx);
    await storeResponse(trx, id, reply, { acked: true });
    return reply;
  });
  return done ?? firstAnswer(request);
}

/** The same for an effect that takes long and lies outside Postgres: no transaction is held over it. */
export async function onceOutside(request: AnyRequest, effect: () => Promise<Reply>): Promise<Reply> {
  const { db } = request.deps;
  const id = (await sameRequest(request)) ? undefined : await storeAsked(db, request);
  if (id === undefined) return firstAnswer(request);
  try {
    const reply = await effect();
    await storeResponse(db, id, reply, { acked: true });
    return reply;
  } catch (error) {
    await forgetCommand(db, id); // nothing was answered: the key is free again
    throw error;
  }
}

/** The row's id; undefined when the key is taken. */
async function storeAsked(db: Database, request: AnyRequest): Promise<string | undefined> {
  const id = uuid();
  const stored = await storeCommand(db, {
    id,
    accountId: request.caller.personId,
    idempotencyKey: request.idempotencyKey,
    requestHash: request.requestHash,
    operation: request.operationId,
    requestId: request.requestId,
    pathwayId: null,
    pathwayKind: null,
    name: null,
    actor: request.actor,
    input: null,
    texts: {},
    ifVersion: null,
  });
  return stored ? id : undefined;
}

async function firstAnswer(request: AnyRequest): Promise<Reply> {
  for (const deadline = Date.now() + ANSWER_WITHIN_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const row = await sameRequest(request);
    if (row?.responseStatus) return replay(row);
    // Whoever asked first failed, and the key is free again.
    if (!row) throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    if (Date.now() > deadline) return pending(row.id);
  }
}
