/** Temporal's runtime, of which a process has one: the test files that share a process share it. */
import { Runtime } from '@temporalio/worker';

let isInstalled = false;

/** Says errors only. */
export function installQuietRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  const nothing = (): void => {};
  const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: console.error };
  Runtime.install({ logger });
}
