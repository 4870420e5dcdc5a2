import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { forgetChild, recordChild, stopOrphans } from '../../tools/setup/children.mjs';
import { processIdentity } from '../../tools/setup/process-identity.mjs';

const module = new URL('../../tools/setup/children.mjs', import.meta.url).href;

/** Starts a process as a service does, and dies without stopping it. */
const dyingOwner = `
  import { spawn } from 'node:child_process';
  import { recordChild } from '${module}';
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  recordChild({ name: 'worker', pid: child.pid });
  process.stdout.write(String(child.pid));
  process.kill(process.pid, 'SIGKILL');
`;

function orphan(): number {
  try {
    execFileSync(process.execPath, ['--input-type=module', '--eval', dyingOwner], { encoding: 'utf8' });
  } catch (error) {
    return Number((error as { stdout: string }).stdout); // it always ends by a signal
  }
  throw new Error('the owner did not die');
}

test('what a killed owner has left running is stopped; what has a living owner is not', async () => {
  const left = orphan();
  const kept = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const pid = kept.pid ?? 0;
  recordChild({ name: 'worker', pid });
  expect(processIdentity(left)).toBeDefined();

  await stopOrphans();
  expect(processIdentity(left)).toBeUndefined();
  expect(processIdentity(pid)).toBeDefined();

  kept.kill();
  await once(kept, 'exit');
  forgetChild(pid);
  expect(processIdentity(pid)).toBeUndefined();
});
