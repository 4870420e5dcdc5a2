/** Where a process shall end itself: written by a test into a file, read by kill-points.ts in the process. */

/**
 * In the order of a command's way.
 * API: stored, before it is sent. Worker: before the transaction, inside it, before `commit`, after `commit`, when the activity returns and Temporal
 * has not heard of it. API: Temporal has answered, the response is not kept yet.
 */
export type KillPoint = 'stored' | 'before' | 'inside' | 'before-commit' | 'after-commit' | 'returned' | 'answered';

/** Where a worker can be met on the way of a commit, and an API on the way of a command. */
export const workerPoints: readonly KillPoint[] = ['before', 'inside', 'before-commit', 'after-commit', 'returned'];
export const apiPoints: readonly KillPoint[] = ['stored', 'answered'];

export interface KillTarget {
  /** The name of the command or of the fact; `due` for an obligation, `*` for any of them. */
  event: string;
  /** any by default: the API itself allots the id of a new one */
  pathwayId?: string;
}

export interface KillOrder {
  point: KillPoint;
  /** Each is held where it stands until all have got there: one kill meets them all. */
  targets: KillTarget[];
  /** for `inside`: how many statements of the transaction have been carried out, `begin` included */
  statements?: number;
}

/** Name of the environment variable that names the file. */
export const killFileVariable = 'CAREPATH_TEST_KILL_FILE';
