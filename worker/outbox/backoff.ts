/** How long a message waits for its next attempt. */

export interface Backoff {
  /** wait after the first failure, in seconds */
  baseSeconds: number;
  /** no wait of our own is longer, in seconds */
  capSeconds: number;
}

/** Five minutes at most: an emergency call that a gateway's outage held back must not be held back much longer than the outage. */
export const defaultBackoff: Backoff = { baseSeconds: 2, capSeconds: 300 };

/**
 * Seconds from failure number `attempt` (1, 2, …) to the next attempt: doubles each time up to the cap, of which the
 * upper half is drawn by `random` (0 ≤ random < 1), so that messages that failed together do not come back together.
 */
export function backoffSeconds(attempt: number, random: number, { baseSeconds, capSeconds }: Backoff = defaultBackoff): number {
  const whole = Math.min(capSeconds, baseSeconds * 2 ** (attempt - 1));
  return whole * (0.5 + random / 2);
}
