/** Starts the two processes of carepath itself, api/main.ts and worker/main.ts. They take their settings from the environment alone. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortInUse } from '../ports.ts';
import { type Service, spawnService } from '../service.ts';
import { logFolder, root, shortenPath } from '../setup/paths.mjs';
import { PlainError } from '../setup/say.mjs';

/** The worker bundles its workflows before its first work, which takes longest on a small, busy machine. */
const readyWithinSeconds = 180;

export interface ProcessOptions {
  name: 'api' | 'worker';
  /** The address at which the process will answer. */
  url: string;
  env: NodeJS.ProcessEnv;
}

const logOf = (name: ProcessOptions['name']): string => join(logFolder, `${name}.log`);

/** Starts the process and waits for nothing: it lives and waits by itself for what it needs. */
export const spawnProcess = ({ name, env }: Pick<ProcessOptions, 'name' | 'env'>): Service =>
  spawnService({
    name,
    command: process.execPath,
    args: [...process.execArgv, join(root, name, 'main.ts')],
    cwd: root,
    env: { ...process.env, ...env },
    log: logOf(name),
  });

/** Starts the process for the first time and waits until /readyz says that it has all it needs. */
export async function startProcess({ name, url, env }: ProcessOptions): Promise<Service> {
  const title = name === 'api' ? 'API' : 'worker';
  const log = logOf(name);
  const service = spawnProcess({ name, env });
  const giveUpAt = Date.now() + readyWithinSeconds * 1000;
  while (!(await isReady(url)) || service.hasExited()) {
    if (service.hasExited()) {
      if (/EADDRINUSE/.test(service.output())) throw new PortInUse(Number(new URL(url).port));
      throw new PlainError(
        `The ${title} does not start (${findLastError(service.output())}): correct that and run the command again (details in ${shortenPath(log)}).`,
      );
    }
    if (Date.now() > giveUpAt) {
      await service.stop();
      throw new PlainError(
        `The ${title} did not get ready within ${readyWithinSeconds} s: see ${shortenPath(log)} and run the command again.`,
      );
    }
    await sleep(100);
  }
  return service;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Finds the message of the error that ended the process, in its log of JSON lines or in what Node itself has written. */
function findLastError(output: string): string {
  const lines = output.trim().split('\n');
  const complaint = lines.findLast((line) => /"level":(50|60)|"level":"(error|fatal)"|^\S*Error\b.*:/.test(line)) ?? lines.at(-1) ?? '';
  try {
    const { err, msg } = JSON.parse(complaint) as { err?: { message?: string }; msg?: string };
    return err?.message ?? msg ?? complaint;
  } catch {
    return complaint || 'it said nothing';
  }
}
