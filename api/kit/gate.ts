/** Lets a limited number of calls run at once for each key; the others wait for their turn in order. Beyond 10 Updates in flight per workflow Temporal loses workflow tasks. */
export interface Gate {
  pass<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createGate(limit: number): Gate {
  const lanes = new Map<string, { running: number; waiting: (() => void)[] }>();
  return {
    async pass(key, work) {
      const lane = lanes.get(key) ?? { running: 0, waiting: [] };
      lanes.set(key, lane);
      if (lane.running >= limit) await new Promise<void>((resolve) => lane.waiting.push(resolve));
      else lane.running++;
      try {
        return await work();
      } finally {
        const next = lane.waiting.shift();
        if (next)
          next(); // The place is handed to the next one in the line without becoming free in between.
        else if (--lane.running === 0) lanes.delete(key);
      }
    },
  };
}
