/**
 * An SLA clock: a budget of time and a ledger of pauses, never only a target instant. All instants and durations are in milliseconds.
 * A clock runs day and night; only a pause stops it. It may start later than it was made, and what of a pause lies before its start is none.
 */

export interface Pause {
  from: number;
  /** Null while the pause lasts. */
  to: number | null;
}

export interface Rung {
  /** The share of the budget, 50 for half of it. It may be above 100. */
  percent: number;
  firedAt: number | null;
}

export interface SlaClock {
  id: string;
  name: string;
  budgetMs: number;
  startedAt: number;
  pauses: Pause[];
  /** In ascending order of percent. Each rung fires exactly once. */
  rungs: Rung[];
}

export function startClock(clock: { id: string; name: string; budgetMs: number; at: number; rungPercents: readonly number[] }): SlaClock {
  return {
    id: clock.id,
    name: clock.name,
    budgetMs: clock.budgetMs,
    startedAt: clock.at,
    pauses: [],
    rungs: [...clock.rungPercents].sort((a, b) => a - b).map((percent) => ({ percent, firedAt: null })),
  };
}

const isPaused = (clock: SlaClock): boolean => clock.pauses.at(-1)?.to === null;

export function pauseClock(clock: SlaClock, at: number): SlaClock {
  return isPaused(clock) ? clock : { ...clock, pauses: [...clock.pauses, { from: Math.max(at, clock.startedAt), to: null }] };
}

export function resumeClock(clock: SlaClock, at: number): SlaClock {
  return { ...clock, pauses: clock.pauses.map((pause) => (pause.to === null ? { ...pause, to: Math.max(at, pause.from) } : pause)) };
}

/** Returns how much of the budget is used at `at`; pauses do not count. */
export function elapsedMs(clock: SlaClock, at: number): number {
  const paused = clock.pauses.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to ?? at, at) - from), 0);
  return Math.max(0, at - clock.startedAt - paused);
}

/** Returns the instant at which `percent` of the budget is used; undefined while a pause keeps the clock from getting there. */
export function instantOf(clock: SlaClock, percent: number): number | undefined {
  let instant = clock.startedAt + Math.round((clock.budgetMs * percent) / 100);
  for (const { from, to } of clock.pauses) {
    // The instant is reached before this pause begins, so neither it nor any later pause moves the instant.
    if (from >= instant) break;
    if (to === null) return undefined;
    instant += to - from;
  }
  return instant;
}

/** Returns the first rung that has not fired, with its instant; undefined when there is none or a pause holds the clock. */
export function nextRung(clock: SlaClock): { percent: number; at: number } | undefined {
  const rung = clock.rungs.find(({ firedAt }) => firedAt === null);
  const at = rung && instantOf(clock, rung.percent);
  return rung && at !== undefined ? { percent: rung.percent, at } : undefined;
}

/** Returns the percents of the rungs that are due at `at` and have not fired. There are several when the clock was not looked at for a while. */
export function dueRungs(clock: SlaClock, at: number): number[] {
  return clock.rungs
    .filter(({ percent, firedAt }) => {
      const instant = instantOf(clock, percent);
      return firedAt === null && instant !== undefined && instant <= at;
    })
    .map(({ percent }) => percent);
}

export function fireRungs(clock: SlaClock, percents: readonly number[], at: number): SlaClock {
  return { ...clock, rungs: clock.rungs.map((rung) => (percents.includes(rung.percent) ? { ...rung, firedAt: at } : rung)) };
}
