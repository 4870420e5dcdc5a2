/** Rounds of work in the background, which follow one another until they are stopped. */
export interface Rounds {
  start(): void;
  /** Lets a round that is under way finish; resolves when it has. */
  stop(): Promise<void>;
}

/** How somebody rests who has nothing to do: until there may be something, or until the signal. It never rejects. */
export type Idle = (stop: AbortSignal) => Promise<void>;

/** Rests for so long. */
export const idleFor =
  (ms: number): Idle =>
  (stop) =>
    new Promise((resolve) => {
      const wakeUp = () => {
        clearTimeout(timer);
        stop.removeEventListener('abort', wakeUp);
        resolve();
      };
      const timer = setTimeout(wakeUp, ms);
      stop.addEventListener('abort', wakeUp);
      if (stop.aborted) wakeUp();
    });

/**
 * @param doRound resolves with the milliseconds to rest after it, with `idle` when there is nothing to do now, or with `end` when there will never be
 * anything to do again. It must not reject.
 */
export function createRounds(doRound: () => Promise<number | 'idle' | 'end'>, idle: Idle = idleFor(1_000)): Rounds {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const rest = await doRound();
      if (rest === 'end') return;
      if (rest === 'idle') await idle(stopping.signal);
      else if (rest > 0) await idleFor(rest)(stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
