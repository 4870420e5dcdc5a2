/** Sends stored commands again until Temporal has answered: nobody who was told "accepted" is forgotten because a process died. */
import type { Client } from '@temporalio/client';
import { type CommandRow, leaseUnanswered, markAcked, recordRefusal } from '../db/kit/commands.ts';
import type { Database } from '../db/kit/database.ts';
import { refusalOfEnded } from '../db/kit/ended-pathway.ts';
import type { Log } from '../platform/log.ts';
import { createRounds } from '../platform/rounds.ts';
import { type Sent, sendCommand } from '../platform/send-command.ts';

export interface RelayDependencies {
  db: Database;
  client: Client;
  log: Log;
  taskQueue: string;
  eventCap: number;
}

/** The API waits 5 s for an answer: younger rows are still its own. */
const OLDER_THAN_MS = 8_000;
const LEASE_MS = 15_000;
const DEADLINE_MS = 10_000;
const IDLE_MS = 1_000;
const BATCH = 20;

export function createRelay({ db, client, log, taskQueue, eventCap }: RelayDependencies) {
  /** @returns how many rows were tried */
  async function relayOnce(): Promise<number> {
    const rows = await leaseUnanswered(db, { olderThanMs: OLDER_THAN_MS, leaseMs: LEASE_MS, limit: BATCH });
    await Promise.all(rows.map(relay));
    return rows.length;
  }

  async function relay(row: CommandRow): Promise<void> {
    const sent = await sendCommand(
      client,
      {
        id: row.id,
        pathwayId: row.pathwayId as string,
        kind: row.pathwayKind as string,
        name: row.name as string,
        actor: row.actor,
        input: row.input,
        // Nobody waits who has seen more than the pathway itself.
        seen: 0,
        ...(row.ifVersion === null ? {} : { ifVersion: row.ifVersion }),
      },
      { taskQueue, eventCap, deadlineMs: DEADLINE_MS },
    );
    if (await settle(row, sent)) await markAcked(db, row.id);
    else
      log.warn(
        { commandId: row.id, result: sent.result, err: sent.result === 'unknown' ? sent.error : undefined },
        'command still without answer',
      );
  }

  async function settle(row: CommandRow, sent: Sent): Promise<boolean> {
    switch (sent.result) {
      case 'answered':
        return true;
      case 'refused':
        await recordRefusal(db, row.id, sent.refusal);
        return true;
      case 'closed': {
        if (row.outcome) return true;
        const refusal = await refusalOfEnded(db, row);
        if (refusal) await recordRefusal(db, row.id, refusal);
        return refusal !== undefined;
      }
      case 'unknown':
        return false;
    }
  }

  const rounds = createRounds(async () => {
    const tried = await relayOnce().catch((error) => {
      log.warn({ err: error }, 'relay could not read the stored commands');
      return 0;
    });
    return tried === 0 ? IDLE_MS : 0;
  });

  return { relayOnce, ...rounds };
}
