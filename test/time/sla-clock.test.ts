import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dueRungs,
  elapsedMs,
  fireRungs,
  instantOf,
  nextRung,
  pauseClock,
  resumeClock,
  type SlaClock,
  startClock,
} from '../../domain/time/sla-clock.ts';
import { testSeed } from '../support/seed.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const seed = testSeed;
const START = Date.UTC(2026, 0, 1);

const check = <Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>): void => fc.assert(property, { seed, numRuns: 500 });

/** Milliseconds up to a year, small ones and round ones more often: that is where off-by-one lives. */
const span = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 3 * HOUR }),
  fc.integer({ min: 0, max: 365 * 24 * HOUR }),
  fc.constantFrom(0, 1, MINUTE, 30 * MINUTE, HOUR, 12 * HOUR, 24 * HOUR),
);
const budget = fc.oneof(
  fc.constantFrom(30 * MINUTE, 4 * HOUR, 24 * HOUR, 72 * HOUR),
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 400 * 24 * HOUR }),
);
const percents = fc.constantFrom([50, 80, 100], [0, 50, 80, 100], [100], [33, 66, 99, 100]);

/** A clock as its events make it: pauses and resumptions in turn; the last pause may still last. */
const anyClock: fc.Arbitrary<SlaClock> = fc
  .record({ budgetMs: budget, rungPercents: percents, steps: fc.array(span, { maxLength: 8 }) })
  .map(({ budgetMs, rungPercents, steps }) => {
    let at = START;
    return steps.reduce(
      (clock, step, index) => {
        at += step;
        return index % 2 === 0 ? pauseClock(clock, at) : resumeClock(clock, at);
      },
      startClock({ id: 'c1', name: 'received', budgetMs, at: START, rungPercents }),
    );
  });

const lastEventOf = ({ pauses }: SlaClock): number => {
  const last = pauses.at(-1);
  return last ? (last.to ?? last.from) : START;
};

/** The same by counting: the running time is what lies in no pause. */
function countedMs(clock: SlaClock, at: number): number {
  const bounds = [...new Set([clock.startedAt, at, ...clock.pauses.flatMap(({ from, to }) => [from, to ?? Number.POSITIVE_INFINITY])])]
    .filter((bound) => bound >= clock.startedAt && bound <= at)
    .sort((a, b) => a - b);
  let sum = 0;
  for (const [index, from] of bounds.slice(0, -1).entries()) {
    const to = bounds[index + 1] as number;
    const isPaused = clock.pauses.some((pause) => pause.from <= from && to <= (pause.to ?? Number.POSITIVE_INFINITY));
    if (!isPaused) sum += to - from;
  }
  return sum;
}

describe(`an SLA clock (seed ${seed})`, () => {
  test('the elapsed time is what lies in no pause', () => {
    check(
      fc.property(anyClock, span, (clock, after) => {
        expect(elapsedMs(clock, START + after)).toBe(countedMs(clock, START + after));
      }),
    );
  });

  test('the elapsed time never runs back, and never faster than time', () => {
    check(
      fc.property(anyClock, span, span, (clock, after, step) => {
        const [before, later] = [elapsedMs(clock, START + after), elapsedMs(clock, START + after + step)];
        expect(later).toBeGreaterThanOrEqual(before);
        expect(later - before).toBeLessThanOrEqual(step);
      }),
    );
  });

  test('before its start nothing has elapsed', () => {
    check(
      fc.property(anyClock, span, (clock, before) => {
        expect(elapsedMs(clock, START - before)).toBe(0);
      }),
    );
  });

  test('instant and elapsed time agree: at the instant of a percentage exactly so much is used, a millisecond before less', () => {
    check(
      fc.property(anyClock, fc.integer({ min: 0, max: 300 }), (clock, percent) => {
        const instant = instantOf(clock, percent);
        const share = Math.round((clock.budgetMs * percent) / 100);
        if (instant === undefined) return;
        expect(elapsedMs(clock, instant)).toBe(share);
        if (share > 0) expect(elapsedMs(clock, instant - 1)).toBeLessThan(share);
      }),
    );
  });

  test('there is no instant exactly when a pause that lasts began before so much was used', () => {
    check(
      fc.property(anyClock, fc.integer({ min: 0, max: 300 }), (clock, percent) => {
        const share = Math.round((clock.budgetMs * percent) / 100);
        const last = clock.pauses.at(-1);
        const isStopped = last?.to === null && elapsedMs(clock, last.from) < share;
        expect(instantOf(clock, percent) === undefined).toBe(isStopped);
      }),
    );
  });

  test('more of the budget is never reached earlier', () => {
    check(
      fc.property(anyClock, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 }), (clock, percent, more) => {
        const [earlier, later] = [instantOf(clock, percent), instantOf(clock, percent + more)];
        if (later !== undefined) expect(earlier).toBeLessThanOrEqual(later);
      }),
    );
  });

  test('a pause moves what has not been reached by exactly its length, and nothing else', () => {
    check(
      fc.property(anyClock, span, span, fc.integer({ min: 0, max: 200 }), (clock, after, length, percent) => {
        const running = resumeClock(clock, lastEventOf(clock));
        const from = lastEventOf(running) + after;
        const paused = resumeClock(pauseClock(running, from), from + length);
        const before = instantOf(running, percent) as number;
        expect(instantOf(paused, percent)).toBe(before <= from ? before : before + length);
      }),
    );
  });

  test('while it is paused nothing elapses', () => {
    check(
      fc.property(anyClock, span, span, (clock, after, length) => {
        const at = lastEventOf(clock) + after;
        const paused = pauseClock(clock, at);
        expect(elapsedMs(paused, at + length)).toBe(elapsedMs(paused, at));
      }),
    );
  });

  test('a pause of a paused clock and a resumption of a running one change nothing', () => {
    check(
      fc.property(anyClock, span, (clock, after) => {
        const at = lastEventOf(clock) + after;
        const paused = pauseClock(clock, at);
        expect(pauseClock(paused, at + 1)).toBe(paused);
        const running = resumeClock(clock, at);
        expect(resumeClock(running, at + 1)).toEqual(running);
      }),
    );
  });

  test('whenever somebody looks, each rung fires exactly once, in order, at the first look after its instant', () => {
    const looks = fc.array(fc.record({ step: span, event: fc.constantFrom('look', 'pause', 'resume') }), { maxLength: 30 });
    check(
      fc.property(budget, percents, looks, (budgetMs, rungPercents, steps) => {
        let clock = startClock({ id: 'c1', name: 'received', budgetMs, at: START, rungPercents });
        let at = START;
        const fired: { percent: number; at: number; instant: number | undefined }[] = [];
        // Much later somebody looks for the last time.
        for (const { step, event } of [...steps, { step: 0, event: 'resume' }, { step: 5_000 * 24 * HOUR, event: 'look' }]) {
          at += step;
          // As the pathway does: what is due comes before what happens.
          const due = dueRungs(clock, at);
          fired.push(...due.map((percent) => ({ percent, at, instant: instantOf(clock, percent) })));
          clock = fireRungs(clock, due, at);
          expect(dueRungs(clock, at)).toEqual([]);
          if (event === 'pause') clock = pauseClock(clock, at);
          if (event === 'resume') clock = resumeClock(clock, at);
        }
        expect(fired.map(({ percent }) => percent)).toEqual(rungPercents);
        for (const { at: firedAt, instant } of fired) expect(instant).toBeLessThanOrEqual(firedAt);
        expect(clock.rungs.map(({ percent, firedAt }) => ({ percent, at: firedAt }))).toEqual(
          fired.map(({ percent, at: firedAt }) => ({ percent, at: firedAt })),
        );
        expect(nextRung(clock)).toBeUndefined();
      }),
    );
  });

  test('the next rung is the one that fires next: not before its instant, at its instant', () => {
    check(
      fc.property(anyClock, (clock) => {
        const next = nextRung(clock);
        if (next) {
          expect(dueRungs(clock, next.at)).toContain(next.percent);
          expect(dueRungs(clock, next.at - 1)).toEqual([]);
        } else expect(dueRungs(clock, Number.MAX_SAFE_INTEGER)).toEqual([]);
      }),
    );
  });

  test('nothing changes the clock that is handed in', () => {
    check(
      fc.property(anyClock, span, (clock, after) => {
        const before = structuredClone(clock);
        const at = lastEventOf(clock) + after;
        pauseClock(clock, at);
        resumeClock(clock, at);
        fireRungs(clock, [50, 100], at);
        expect(clock).toEqual(before);
      }),
    );
  });
});

describe('the agreed examples', () => {
  const received = startClock({ id: 'c1', name: 'received', budgetMs: 24 * HOUR, at: START, rungPercents: [100, 50, 80] });
  const hours = (instant: number | undefined) => instant && (instant - START) / HOUR;

  test('a routine referral: rungs at 12 h, 19 h 12 min and 24 h', () => {
    expect(received.rungs.map(({ percent }) => [percent, hours(instantOf(received, percent))])).toEqual([
      [50, 12],
      [80, 19.2],
      [100, 24],
    ]);
  });

  test('information asked after 10 h and answered 5 h later: the clock goes on where it stood', () => {
    const asked = pauseClock(received, START + 10 * HOUR);
    expect([hours(instantOf(asked, 50)), nextRung(asked), dueRungs(asked, START + 100 * HOUR)]).toEqual([undefined, undefined, []]);
    const answered = resumeClock(asked, START + 15 * HOUR);
    expect([50, 80, 100].map((percent) => hours(instantOf(answered, percent)))).toEqual([17, 24.2, 29]);
    expect(elapsedMs(answered, START + 15 * HOUR)).toBe(10 * HOUR);
  });

  test('a pause that begins in the very millisecond of a rung comes too late for it', () => {
    const paused = pauseClock(received, START + 12 * HOUR);
    expect(dueRungs(paused, START + 12 * HOUR)).toEqual([50]);
    expect(instantOf(paused, 80)).toBeUndefined();
  });

  test('an emergency calls at 0 %: at the start, paused or not', () => {
    const emergency = startClock({ id: 'c1', name: 'received', budgetMs: 30 * MINUTE, at: START, rungPercents: [0, 50, 80, 100] });
    expect(dueRungs(emergency, START)).toEqual([0]);
    expect(dueRungs(pauseClock(emergency, START), START)).toEqual([0]);
  });

  test('rungs missed while nobody looked are due together, the highest last', () => {
    expect(dueRungs(received, START + 20 * HOUR)).toEqual([50, 80]);
    expect(dueRungs(fireRungs(received, [50], START + 12 * HOUR), START + 48 * HOUR)).toEqual([80, 100]);
  });
});
