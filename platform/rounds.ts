/** Rounds of work in the background, one after the other, until they are stopped. */
export interface Rounds {
  start(): void;
  /** Resolves when no round is under way. */
  stop(): Promise<void>;
}

/** Each round says how long to rest after it: milliseconds, or `end` when nothing will ever be left to do. It must not reject. */
export function createRounds(round: () => Promise<number | 'end'>): Rounds {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const awake = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', awake);
        resolve();
      };
      const timer = setTimeout(awake, ms);
      stopping.signal.addEventListener('abort', awake);
    });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const restMs = await round();
      if (restMs === 'end') return;
      if (restMs > 0 && !stopping.signal.aborted) await rest(restMs);
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
