import { defineConfig } from 'vitest/config';

/** Run by `npm run test:long`: crashes, chaos and long lives. */
const long = 'test/**/*.long.test.ts';

/** Rules alone: they need no server. */
const rules = ['test/**/rules/**/*.test.ts', 'test/time/*.test.ts'];

/** They change the process that they run in (its Temporal runtime, its hashes of passwords, what pg does), so each gets one of its own. */
const alone = [
  'test/worker/replay.test.ts',
  'test/sign-in/lock-out.test.ts',
  'test/discharge/service/waiting-orders.test.ts',
  'test/kit/costs.test.ts',
  'test/readings/costs.test.ts',
  'test/steriliser-load/service/costs.test.ts',
];

const setupFiles = ['test/support/draw-by-seed.ts'];

const common = {
  setupFiles,
  globalSetup: ['test/support/service/global-setup.ts'],
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  teardownTimeout: 30_000,
  // What is waited for comes when a busy machine gets to it: the limit of the test is limit enough.
  expect: { poll: { timeout: 50_000 } },
};

export default defineConfig({
  test: {
    // Two cores, shared with Postgres, Temporal and the workers.
    maxWorkers: 2,
    projects: [
      { test: { name: 'rules', include: rules, pool: 'forks', isolate: false, setupFiles, testTimeout: 60_000 } },
      // Files share two processes: loading the service takes longer than most of them run.
      { test: { ...common, name: 'shared', include: ['test/**/*.test.ts'], exclude: [long, ...alone, ...rules], isolate: false } },
      { test: { ...common, name: 'alone', include: alone } },
      { test: { ...common, name: 'long', include: [long] } },
    ],
  },
});
