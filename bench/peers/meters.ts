/** What a stretch of work has cost: processor time of each process, bytes that Postgres logged, transactions that wrote. */
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

export interface Reading {
  processorSeconds: { own: number; temporal: number; postgres: number };
  walBytes: number;
  writingTransactions: number;
}

const TICKS_PER_SECOND = 100;

/** The processor time of a process and of the children that it has now or has waited for, in seconds. */
function processorSecondsOf(pids: readonly number[]): number {
  const children = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      const [parent = 0, user = 0, system = 0, waitedUser = 0, waitedSystem = 0] = [1, 11, 12, 13, 14].map((index) =>
        Number(fields[index]),
      );
      ticks.set(Number(entry), user + system + waitedUser + waitedSystem);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // The process has ended in between.
    }
  }
  const sum = (pid: number): number => (ticks.get(pid) ?? 0) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0);
  return pids.reduce((total, pid) => total + sum(pid), 0) / TICKS_PER_SECOND;
}

export interface Meters {
  read(ownPids: readonly number[]): Promise<Reading>;
  close(): Promise<void>;
}

export async function openMeters(postgresUrl: string, pids: { temporal: number; postgres: number }): Promise<Meters> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  return {
    async read(ownPids) {
      // A transaction gets a number when it first writes.
      const { rows } = await client.query(
        `select pg_current_wal_insert_lsn() - '0/0' as wal, pg_snapshot_xmax(pg_current_snapshot())::text as transactions`,
      );
      return {
        processorSeconds: {
          own: processorSecondsOf(ownPids),
          temporal: processorSecondsOf([pids.temporal]),
          postgres: processorSecondsOf([pids.postgres]),
        },
        walBytes: Number(rows[0].wal),
        writingTransactions: Number(rows[0].transactions),
      };
    },
    close: () => client.end(),
  };
}

export function subtract(after: Reading, before: Reading): Reading {
  const processor = (part: keyof Reading['processorSeconds']) => after.processorSeconds[part] - before.processorSeconds[part];
  return {
    processorSeconds: { own: processor('own'), temporal: processor('temporal'), postgres: processor('postgres') },
    walBytes: after.walBytes - before.walBytes,
    writingTransactions: after.writingTransactions - before.writingTransactions,
  };
}
