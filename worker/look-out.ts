/** Looks once a second, for all queues of this process together, which of them has something to do: a queue that has nothing asks Postgres nothing. */
import type { Log } from '../platform/log.ts';
import { createRounds, type Idle, type Rounds } from '../platform/rounds.ts';

export interface LookOutOptions<Name extends string> {
  /** The names of the queues that have something to do. */
  look(): Promise<ReadonlySet<Name>>;
  log: Pick<Log, 'warn'>;
  /** An emergency call may lose a second. */
  everyMs?: number;
  /** A queue that is never named looks for itself after so long: nothing depends on the look-out alone. */
  longestRestMs?: number;
}

export interface LookOut<Name extends string> extends Rounds {
  /** How a queue rests: until it is named. */
  idleOf(name: Name): Idle;
}

export function createLookOut<Name extends string>({
  look,
  log,
  everyMs = 1_000,
  longestRestMs = 60_000,
}: LookOutOptions<Name>): LookOut<Name> {
  const resting = new Map<Name, Set<() => void>>();

  const idleOf =
    (name: Name): Idle =>
    (stop) =>
      new Promise((resolve) => {
        const wakers = resting.get(name) ?? new Set();
        resting.set(name, wakers);
        const wake = () => {
          clearTimeout(timer);
          stop.removeEventListener('abort', wake);
          wakers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, longestRestMs);
        stop.addEventListener('abort', wake);
        wakers.add(wake);
        if (stop.aborted) wake();
      });

  const rounds = createRounds(async () => {
    try {
      if ([...resting.values()].some(({ size }) => size > 0))
        for (const name of await look()) for (const wake of resting.get(name) ?? []) wake();
    } catch (error) {
      log.warn({ err: error }, 'the queues could not be looked at');
    }
    return everyMs;
  });
  return { ...rounds, idleOf };
}
