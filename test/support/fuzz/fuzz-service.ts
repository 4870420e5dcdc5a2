/** The fuzz against processes of its own: afterwards what was said to be done is done, once, and nothing else. */
import { demoPassword } from '../../../db/directory/seed-demo-alliance.ts';
import { findBrokenInvariants } from '../oracles/invariants.ts';
import { startProcesses } from '../service/processes.ts';
import { type FuzzReport, runFuzz } from './fuzz.ts';

/** More than this above what the API held early on is a leak. */
const MOST_GROWTH_MB = 200;

export async function fuzzService({
  count,
  seed,
  say,
}: {
  count: number;
  seed: number;
  say(line: string): void;
}): Promise<FuzzReport & { folder: string }> {
  const processes = await startProcesses({ keep: true });
  try {
    const response = await fetch(`${processes.apiUrl}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'gateway', password: demoPassword }),
    });
    const { token } = (await response.json()) as { token: string };
    const report = await runFuzz({ count, seed, apiUrl: processes.apiUrl, token, say });
    const { early, late } = report.memoryMb;
    const leaked = late > early + MOST_GROWTH_MB ? [`the API held ${early} MB early on and ${late} MB at the end`] : [];
    const ended = processes.parts.api.unasked() + processes.parts.worker.unasked();
    const died = ended > 0 ? [`a process has ended ${ended} times`] : [];
    const halfDone = await findBrokenInvariants({ ...processes, answered: [] });
    return { ...report, broken: [...report.broken, ...leaked, ...died, ...halfDone], folder: processes.folder };
  } finally {
    await processes.stop();
  }
}
