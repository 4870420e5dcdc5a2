/** The model case as a simulated quarter: the same rules as on the service, with faults, and the invariants after every act. */
import { expect, test } from 'vitest';
import type { SupplyAct } from '../../domain/supply-quarter/acts.ts';
import { simulateQuarter, writeSupplyReport } from '../../worker/simulate-supply.ts';

const days = 90;
const seeds = [1, 5, 9].map((seed) => seed + Number(process.env.CAREPATH_TEST_SEED ?? 0));

test('39 centres live 90 days with faults: after every act every invariant holds, and every kind of fault has happened', {
  timeout: 600_000,
}, () => {
  const happened = new Set<SupplyAct['act'] | 'recall-closed'>();
  const faults = new Map<string, number>();
  for (const seed of seeds) {
    const report = simulateQuarter({ days, seed }, () => {});
    console.log(writeSupplyReport({ days, seed }, report).join('\n'));
    for (const act of report.byAct.keys()) happened.add(act);
    if (report.recalls.closed > 0) happened.add('recall-closed');
    for (const { name, times } of report.faults) faults.set(name, (faults.get(name) ?? 0) + times);
  }
  expect([...faults].filter(([, times]) => times === 0)).toEqual([]);
  for (const act of [
    'break-down',
    'fail-stop',
    'abort-load',
    'see-set',
    'scan-opened',
    'breach',
    'begin-requalification',
    'review-load',
    'report-missing',
    'close-discrepancy',
  ] as const)
    expect(happened).toContain(act);
  expect(happened).toContain('recall-closed');
});

test('the indicators of a seed are the same in every run', () => {
  const [first, second] = [1, 1].map((seed) => simulateQuarter({ days: 30, seed }, () => {}));
  expect(second).toEqual(first);
});
