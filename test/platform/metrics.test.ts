import { expect, test } from 'vitest';
import { createMetrics } from '../../platform/metrics.ts';

/** A label with many values is a row of its own in every store of metrics for each of them, and ids and names would stay there for years. */
const labels = new Set(['operation', 'status', 'kind', 'result', 'channel', 'what', 'le']);

test('labels are kinds and codes only', async () => {
  const metrics = createMetrics();
  metrics.requests.observe({ operation: 'getMe', status: '200' }, 0.02);
  metrics.commands.inc({ kind: 'referral', result: 'done' });
  const text = await metrics.registry.metrics();
  const ours = text.split('\n').filter((line) => line.startsWith('carepath_'));
  expect(ours.length).toBeGreaterThan(5);
  for (const line of ours) for (const [, label] of line.matchAll(/[{,](\w+)=/g)) expect(labels).toContain(label);
});

test('every metric says what it counts, and seconds are called seconds', async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  for (const { name, help } of metrics.filter((metric) => metric.name.startsWith('carepath_')))
    expect([name, help.length > 10]).toEqual([name, true]);
});

test('two processes in one, as in tests, do not count for each other', async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.commands.inc({ kind: 'referral', result: 'done' });
  expect(await one.registry.metrics()).toContain('carepath_commands_total{kind="referral",result="done"} 1');
  expect(await two.registry.metrics()).not.toContain('carepath_commands_total{kind="referral"');
});
