/** Sends stored commands again until Temporal has answered, so that no stored command is forgotten because a process died. */
import type { Client } from '@temporalio/client';
import { type CommandRow, leaseUnanswered, markAcked } from '../db/kit/commands.ts';
import type { Database } from '../db/kit/database.ts';
import { findRefusalOfEnded } from '../db/kit/ended-pathway.ts';
import { refuseCommand } from '../db/kit/refuse-command.ts';
import type { Refusal } from '../domain/kit/pathway.ts';
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle } from '../platform/rounds.ts';
import { type SendResult, sendCommand } from '../platform/send-command.ts';

export interface RelayDependencies {
  db: Database;
  client: Client;
  log: Log;
  taskQueue: string;
  eventCap: number;
  byteCap: number;
  /** Until when it rests that has nothing to send; by default a second. */
  idle?: Idle;
}

/** The API itself waits 5 s for the answer to a command, so the relay leaves younger commands to it. */
export const OLDER_THAN_MS = 8_000;
/** The lease of queueCadences.commands is longer, so that no other relay sends the command meanwhile. */
const DEADLINE_MS = 10_000;
const BATCH = 20;

export function createRelay({ db, client, log, taskQueue, eventCap, byteCap, idle }: RelayDependencies) {
  /** Sends the commands that are due. Resolves with the number of attempts; rejects when Postgres does not answer. */
  async function relayOnce(): Promise<number> {
    const rows = await leaseUnanswered(db, { olderThanMs: OLDER_THAN_MS, limit: BATCH });
    await Promise.all(rows.map(resend));
    return rows.length;
  }

  async function resend(row: CommandRow): Promise<void> {
    const result = await sendCommand(
      client,
      {
        id: row.id,
        pathwayId: row.pathwayId as string,
        kind: row.pathwayKind as string,
        name: row.name as string,
        actor: row.actor,
        input: row.input,
        // Whoever sent this command is gone, so there is no version that a caller has seen and the pathway must have reached.
        seen: 0,
        ...(row.ifVersion === null ? {} : { ifVersion: row.ifVersion }),
      },
      { taskQueue, eventCap, byteCap, deadlineMs: DEADLINE_MS },
    );
    if (await recordResult(row, result)) await markAcked(db, row.id);
    else
      log.warn(
        { commandId: row.id, result: result.result, err: result.result === 'unknown' ? result.error : undefined },
        'command still without answer',
      );
  }

  /** Resolves with whether the command has its answer, and need not be sent again. */
  async function recordResult(row: CommandRow, result: SendResult): Promise<boolean> {
    switch (result.result) {
      case 'answered':
        return true;
      case 'refused':
        await refuse(row, result.refusal);
        return true;
      case 'closed': {
        if (row.outcome) return true;
        const refusal = await findRefusalOfEnded(db, row);
        if (refusal) await refuse(row, refusal);
        return refusal !== undefined;
      }
      case 'unknown':
        return false;
    }
  }

  const refuse = ({ id, pathwayId, pathwayKind, name, actor, input, requestId }: CommandRow, refusal: Refusal) =>
    refuseCommand(
      db,
      { system: true, part: 'command-relay' },
      { id, pathwayId: pathwayId as string, kind: pathwayKind as string, name: name as string, actor, input, requestId },
      refusal,
    );

  const rounds = createRounds(async () => {
    const tried = await relayOnce().catch((error) => {
      log.warn({ err: error }, 'relay could not read the stored commands');
      return 0;
    });
    return tried === 0 ? 'idle' : 0;
  }, idle);

  return { relayOnce, ...rounds };
}
