/** Rounds of work in the background, which follow one another until they are stopped. */
export interface Rounds {
  start(): void;
  /** Lets a round that is under way finish; resolves when it has. */
  stop(): Promise<void>;
}

/** @param doRound resolves with the milliseconds to rest after it, or with `end` when there will never be anything to do again. It must not reject. */
export function createRounds(doRound: () => Promise<number | 'end'>): Rounds {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wakeUp = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', wakeUp);
        resolve();
      };
      const timer = setTimeout(wakeUp, ms);
      stopping.signal.addEventListener('abort', wakeUp);
    });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const restMs = await doRound();
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
