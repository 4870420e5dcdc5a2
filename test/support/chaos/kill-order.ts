/** Where a process shall end itself: written by a test into a file, read by kill-points.ts in the process. */

/**
 * In the order of a command's way.
 * API: stored, before it is sent. Relay: it has taken what is stored, and Temporal has not heard of it. Worker: before the transaction, inside it,
 * before `commit`, after `commit`, when the activity returns and Temporal has not heard of it. Relay: Temporal has it, and that is not noted yet. API:
 * Temporal has answered, the response is not kept yet.
 */
export type KillPoint = 'stored' | 'taken' | 'before' | 'inside' | 'before-commit' | 'after-commit' | 'returned' | 'brought' | 'answered';

/** Where a worker can be met on the way of a commit, and an API on the way of a command. */
export const workerPoints: readonly KillPoint[] = ['before', 'inside', 'before-commit', 'after-commit', 'returned'];
export const apiPoints: readonly KillPoint[] = ['stored', 'answered'];
/** Where a worker can be met while its relays bring stored commands and facts to Temporal. */
export const relayPoints: readonly KillPoint[] = ['taken', 'brought'];

export interface KillTarget {
  /** The name of the command or of the fact; the path of a physical act's POST; `due` for an obligation, `*` for any of them. */
  event: string;
  /** any by default: the API itself allots the id of a new one */
  pathwayId?: string;
}

export interface KillOrder {
  point: KillPoint;
  /** Each is held where it stands until all have got there: one kill meets them all. */
  targets: KillTarget[];
  /**
   * for `inside`: how many statements of the transaction have been answered, `begin` included; those that travel with them may have been carried out too.
   * Whoever has fewer is held before its `commit`.
   */
  statements?: number;
}

/** Where a target stood when its process died: told by the process beside the file of the order. */
export interface MetTarget {
  event: string;
  pathwayId: string;
  point: KillPoint;
  /** How many statements of its transaction had been carried out. */
  statements: number;
}

export const metFileOf = (killFile: string): string => `${killFile}.met`;

/** Name of the environment variable that names the file. */
export const killFileVariable = 'CAREPATH_TEST_KILL_FILE';
