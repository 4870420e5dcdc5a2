/** What the connections to Postgres wait for while something is measured: how many of them run, and on what the others wait. */
import pg from 'pg';

/** Often enough to meet statements that take a millisecond, seldom enough to cost nothing that shows. */
const LOOK_EVERY_MS = 10;

export interface WaitShares {
  /** Of all looks at busy connections, how many saw one at each of these: `running`, `Lock: transactionid`, `IO: WalSync`. The most frequent first. */
  shares: [what: string, share: number][];
  /** How many connections were within a transaction at a time, on average. */
  open: number;
}

/** Looks while the work runs. Connections that wait for their client do nothing in Postgres: the client works, or waits for a core. */
export async function watchWaits<Result>(url: string, work: () => Promise<Result>): Promise<{ result: Result; waits: WaitShares }> {
  const client = new pg.Client(url);
  await client.connect();
  const seen = new Map<string, number>();
  let looks = 0;
  let busy = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const { rows } = await client.query<{ what: string }>(`
        select case when wait_event_type is null then 'running' else wait_event_type || ': ' || wait_event end as what
        from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`);
      looks += 1;
      busy += rows.length;
      for (const { what } of rows) seen.set(what, (seen.get(what) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  try {
    const result = await work();
    isOver = true;
    await watching;
    const shares = [...seen].map(([what, count]): [string, number] => [what, count / busy]).sort((a, b) => b[1] - a[1]);
    return { result, waits: { shares, open: busy / looks } };
  } finally {
    isOver = true;
    await watching.catch(() => {});
    await client.end();
  }
}
