/** Shows how much waits, read when somebody looks at the metrics. */
import type { Database } from '../db/kit/database.ts';
import { countWaiting } from '../db/kit/waiting.ts';
import type { Metrics } from '../platform/metrics.ts';

export async function measureWaiting(db: Database, { waiting }: Pick<Metrics, 'waiting'>): Promise<void> {
  for (const { what, rows } of await countWaiting(db)) waiting.set({ what }, rows);
}
