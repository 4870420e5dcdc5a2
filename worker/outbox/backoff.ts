/** The waits between the attempts to send a message. */

export interface Backoff {
  /** The wait after the first failure. */
  baseSeconds: number;
  /** The longest wait that carepath chooses by itself; a receiver may ask for a longer one. */
  capSeconds: number;
}

/** The longest wait is five minutes, because an emergency call must not be held back much longer than the outage of its gateway lasts. */
export const defaultBackoff: Backoff = { baseSeconds: 2, capSeconds: 300 };

/**
 * Returns the seconds from failure number `attempt` (1, 2, …) to the next attempt. The wait doubles each time up to the cap. Half of it is fixed
 * and half of it is drawn by `random` (0 ≤ random < 1), so that messages that failed together are not tried again together.
 */
export function backoffSeconds(attempt: number, random: number, { baseSeconds, capSeconds }: Backoff = defaultBackoff): number {
  const whole = Math.min(capSeconds, baseSeconds * 2 ** (attempt - 1));
  return whole * (0.5 + random / 2);
}
