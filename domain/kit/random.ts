/** Numbers that look random but follow from a seed: the same seed gives the same numbers on every machine. Not for secrets. */

export interface Random {
  /** Returns a number of at least 0 and below 1. */
  fraction(): number;
  /** Returns a whole number from `lowest` to `highest`, both included. */
  integer(lowest: number, highest: number): number;
  /** Returns true in the given share of the calls, which is a number from 0 to 1. */
  chance(share: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Each choice comes as often as its weight says, compared with the others. */
  pickWeighted<T>(choices: ReadonlyArray<readonly [choice: T, weight: number]>): T;
}

/** The generator is mulberry32; only the lower 32 bits of the seed count. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function integer(lowest: number, highest: number): number {
    return lowest + Math.floor(fraction() * (highest - lowest + 1));
  }

  function pick<T>(choices: readonly T[]): T {
    return pickWeighted(choices.map((choice) => [choice, 1] as const));
  }

  function pickWeighted<T>(choices: ReadonlyArray<readonly [choice: T, weight: number]>): T {
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
    let left = fraction() * total;
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    // The weights are subtracted as floating-point numbers, so a tiny rest can be left after the last choice, which is then the one.
    const last = choices.at(-1);
    if (last === undefined) throw new RangeError('Nothing to pick from');
    return last[0];
  }

  return { fraction, integer, chance: (share) => fraction() < share, pick, pickWeighted };
}
