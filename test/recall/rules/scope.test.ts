/** The scope of a recall, sentence by sentence of the machine, and against a second way of finding it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findOutOfServiceAt, isPassedRun, type ScopeQuestion, type SteriliserCycle, scopeOf } from '../../../domain/recall/scope.ts';

const run = (loadId: string, startedAt: number, indicators: string[] = [], fields: Partial<SteriliserCycle> = {}): SteriliserCycle => ({
  loadId,
  startedAt,
  purpose: 'packs',
  physical: 'pass',
  indicators,
  ...fields,
});
const ask = (cycles: SteriliserCycle[], fields: Partial<ScopeQuestion> = {}) =>
  scopeOf({ policy: 'cn-ws310', cycles, qualifiedAt: null, failedLoadIds: ['L'], outOfServiceAt: 100, ...fields });

/** A passed; then B, the failed L, E, and F, which passes. */
const day = [run('A', 10, ['pass']), run('B', 20), run('L', 30, ['fail']), run('E', 40), run('F', 50, ['pass'])];

test('the scope is every load after the last passed run before the failed one, up to the instant at which the steriliser went out', () => {
  expect(ask(day)).toEqual({ lowerLoadId: 'A', loadIds: ['B', 'L', 'E', 'F'] });
  expect(ask(day, { outOfServiceAt: 45 })).toEqual({ lowerLoadId: 'A', loadIds: ['B', 'L', 'E'] });
  expect(ask(day, { outOfServiceAt: 40 }).loadIds).toContain('E');
});
test('a pass between the failed load and the end of the scope shortens nothing', () => {
  expect(ask([...day, run('G', 60)]).loadIds).toEqual(['B', 'L', 'E', 'F', 'G']);
});
test('a run whose indicator passed and another failed is no passed run', () => {
  expect(ask([run('A', 10, ['pass']), run('B', 20, ['pass', 'fail']), run('L', 30, ['fail'])])).toEqual({
    lowerLoadId: 'A',
    loadIds: ['B', 'L'],
  });
});
test('an invalid indicator, or one that is still in incubation, is no pass', () => {
  expect(ask([run('A', 10, ['pass']), run('B', 20, ['invalid']), run('C', 25, ['incubating']), run('L', 30, ['fail'])]).lowerLoadId).toBe(
    'A',
  );
});
test('without any passed run the scope is everything before', () => {
  expect(ask([run('A', 10), run('B', 20), run('L', 30, ['fail'])])).toEqual({ lowerLoadId: null, loadIds: ['A', 'B', 'L'] });
});
test('the qualification of the steriliser is a passed run', () => {
  expect(ask([run('A', 10), run('B', 20), run('L', 30, ['fail'])], { qualifiedAt: 15 })).toEqual({
    lowerLoadId: null,
    loadIds: ['B', 'L'],
  });
  expect(ask(day, { qualifiedAt: 5 }).lowerLoadId).toBe('A');
});
test('conservative: a passed run after the failed one ends the scope just before itself', () => {
  expect(ask(day, { policy: 'conservative' }).loadIds).toEqual(['B', 'L', 'E']);
});
test('cdc: the load alone, and all of the scope once a requalification run has failed', () => {
  expect(ask(day, { policy: 'cdc' }).loadIds).toEqual(['L']);
  const failed = run('R', 110, ['fail'], { purpose: 'requalification' });
  const physical = run('R', 110, [], { purpose: 'requalification', physical: 'fail' });
  expect(ask([...day, failed], { policy: 'cdc' }).loadIds).toEqual(['B', 'L', 'E', 'F']);
  expect(ask([...day, physical], { policy: 'cdc' }).loadIds).toEqual(['B', 'L', 'E', 'F']);
  expect(ask([...day, run('R', 110, ['pass'], { purpose: 'requalification' })], { policy: 'cdc' }).loadIds).toEqual(['L']);
});
test('a load that is recalled by command stands alone, whatever the policy', () => {
  for (const policy of ['cn-ws310', 'conservative', 'cdc'] as const)
    expect(ask(day, { policy, outOfServiceAt: null }).loadIds).toEqual(['L']);
});
test('a second failed load of the same time out of service adds its own scope', () => {
  const cycles = [run('Z', 5, ['pass']), run('A', 10, ['fail']), ...day.slice(1)];
  expect(ask(cycles, { failedLoadIds: ['L', 'A'] })).toEqual({ lowerLoadId: 'Z', loadIds: ['A', 'B', 'L', 'E', 'F'] });
});
test('the end of the scope is the first time that the steriliser went out from the start of the load on, this failure included', () => {
  expect(findOutOfServiceAt(30, [], 100)).toBe(100);
  expect(findOutOfServiceAt(30, [20, 60, 80], 100)).toBe(60);
  expect(findOutOfServiceAt(30, [30], 100)).toBe(30);
  expect(findOutOfServiceAt(30, [20, 120], 100)).toBe(100);
});
test('a failure that is reported with an instant before the start of its load recalls that load all the same', () => {
  expect(findOutOfServiceAt(30, [], 20)).toBe(30);
  expect(findOutOfServiceAt(30, [25], 20)).toBe(30);
});

const indicator = fc.constantFrom('placed', 'incubating', 'pass', 'fail', 'invalid');
const drawnCycles = fc
  .uniqueArray(fc.record({ startedAt: fc.nat(50), indicators: fc.array(indicator, { maxLength: 2 }), requalification: fc.boolean() }), {
    selector: ({ startedAt }) => startedAt,
    minLength: 1,
    maxLength: 15,
  })
  .map((drawn) =>
    drawn.map(({ startedAt, indicators, requalification }) =>
      run(`run-${startedAt}`, startedAt, indicators, { purpose: requalification ? 'requalification' : 'packs' }),
    ),
  );
const drawnQuestion = fc
  .record({
    cycles: drawnCycles,
    pick: fc.nat(),
    later: fc.nat(30),
    policy: fc.constantFrom('cn-ws310', 'conservative', 'cdc'),
    qualifiedAt: fc.option(fc.nat(50)),
  })
  .map(({ cycles, pick, later, policy, qualifiedAt }) => {
    const load = cycles[pick % cycles.length] as SteriliserCycle;
    const failed = { ...load, indicators: [...load.indicators, 'fail'] };
    const question: ScopeQuestion = {
      policy,
      cycles: cycles.map((cycle) => (cycle === load ? failed : cycle)),
      qualifiedAt,
      failedLoadIds: [load.loadId],
      outOfServiceAt: load.startedAt + later,
    };
    return { question, load: failed };
  });

/** The same by walking back and forth from the failed load, run by run. */
function walk({ policy, cycles, qualifiedAt, outOfServiceAt }: ScopeQuestion, load: SteriliserCycle): Set<string> {
  const order = [...cycles].sort((a, b) => a.startedAt - b.startedAt);
  const at = order.findIndex(({ loadId }) => loadId === load.loadId);
  const scope = new Set<string>([load.loadId]);
  const again = order.slice(at + 1).some(({ purpose, indicators }) => purpose === 'requalification' && indicators.includes('fail'));
  if (policy === 'cdc' && !again) return scope;
  for (let index = at - 1; index >= 0; index--) {
    const cycle = order[index] as SteriliserCycle;
    if (isPassedRun(cycle) || (qualifiedAt !== null && qualifiedAt < load.startedAt && cycle.startedAt <= qualifiedAt)) break;
    scope.add(cycle.loadId);
  }
  for (const cycle of order.slice(at + 1)) {
    if (cycle.startedAt > (outOfServiceAt ?? 0) || (policy === 'conservative' && isPassedRun(cycle))) break;
    scope.add(cycle.loadId);
  }
  return scope;
}

test('a second way of finding the scope finds the same', () => {
  fc.assert(
    fc.property(drawnQuestion, ({ question, load }) => {
      expect(new Set(scopeOf(question).loadIds)).toEqual(walk(question, load));
    }),
    { numRuns: 500 },
  );
});

test('under WS 310 the scope holds every run between the last pass and the end, and the order of the runs does not matter', () => {
  fc.assert(
    fc.property(drawnQuestion, ({ question, load }) => {
      const asked = { ...question, policy: 'cn-ws310' as const };
      const { loadIds } = scopeOf(asked);
      const lastPass = Math.max(
        -1,
        question.qualifiedAt !== null && question.qualifiedAt < load.startedAt ? question.qualifiedAt : -1,
        ...question.cycles.filter((cycle) => cycle.startedAt < load.startedAt && isPassedRun(cycle)).map(({ startedAt }) => startedAt),
      );
      for (const { loadId, startedAt } of question.cycles)
        if (startedAt > lastPass && startedAt <= (question.outOfServiceAt ?? 0)) expect(loadIds).toContain(loadId);
      expect(scopeOf({ ...asked, cycles: [...question.cycles].reverse() })).toEqual(scopeOf(asked));
    }),
  );
});

test('a run that is recorded late, and one more failure, never take a run out of the scope', () => {
  fc.assert(
    fc.property(drawnQuestion, fc.nat(50), ({ question, load }, lateAt) => {
      const asked = { ...question, policy: 'cn-ws310' as const };
      const before = scopeOf(asked).loadIds;
      if (question.cycles.some(({ startedAt }) => startedAt === lateAt)) return;
      const withLate = scopeOf({ ...asked, cycles: [...question.cycles, run('late', lateAt)] }).loadIds;
      for (const loadId of before) expect(withLate).toContain(loadId);
      const other = question.cycles.find(({ loadId }) => loadId !== load.loadId);
      if (!other) return;
      const cycles = asked.cycles.map((cycle) => (cycle === other ? { ...cycle, indicators: [...cycle.indicators, 'fail'] } : cycle));
      const withFailure = scopeOf({ ...asked, cycles, failedLoadIds: [load.loadId, other.loadId] }).loadIds;
      for (const loadId of before) expect(withFailure).toContain(loadId);
    }),
  );
});
