/** Server processes: started in the background with their output in a file, ended in good order. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { forgetChild, recordChild, signalGroup } from './setup/children.mjs';
import { PlainError } from './setup/say.mjs';

export interface Service {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason; e.g. "exit code 1" or "SIGKILL". */
  readonly exited: Promise<string>;
  /** Whether it has ended. */
  hasExited(): boolean;
  /** What it has written since it was started. */
  output(): string;
  /** Asks it to end; kills it after its patience. Resolves when it has gone. */
  stop(): Promise<void>;
  /** SIGKILL. Resolves when it has gone. */
  kill(): Promise<void>;
}

export interface ServiceOptions {
  name: 'api' | 'worker' | 'temporal' | 'postgres' | 'set-up';
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Account to run as; default: the caller's. */
  account?: { uid: number; gid: number } | undefined;
  /** Its output is appended to this file. */
  log: string;
  /** What asks it to end; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

/** How long a server may take to end by itself before it is killed. */
const patienceSeconds = 20;

/** A log is set aside at the next start once it is larger than this. */
const largestLogBytes = 20_000_000;

const living = new Set<number>();

// However this process ends, its servers do not outlive it. (When it is killed, the next command stops them: see children.mjs.)
process.on('exit', () => {
  for (const pid of living) signalGroup(pid, 'SIGKILL');
});

export function spawnService(options: ServiceOptions): Service {
  const { name, command, args, env, cwd, account, log, stopSignal = 'SIGTERM' } = options;
  const output = openLog(log);
  const begin = statSync(log).size;
  // Its own process group: Ctrl-C in the terminal reaches the launcher alone, which stops everything in order. Output goes to a
  // file, not through a pipe: a pipe would break when this process is killed.
  const child = spawn(command, args, { env, cwd, ...account, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', () => {}); // said by the error thrown here
    throw new PlainError(`${command} cannot be started: check that it is there and that your account may run it.`);
  }
  living.add(pid);
  recordChild({ name, pid, stopSignal });

  let ended = false;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      living.delete(pid);
      forgetChild(pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (ended) return;
    signalGroup(pid, signal);
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceSeconds * 1000);
    await exited;
    clearTimeout(timer);
  };

  return {
    pid,
    exited,
    hasExited: () => ended,
    output: () => readFileSync(log).subarray(begin).toString(),
    stop: () => end(stopSignal),
    kill: () => end('SIGKILL'),
  };
}

function openLog(log: string): number {
  mkdirSync(dirname(log), { recursive: true });
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestLogBytes) renameSync(log, `${log}.1`);
  return openSync(log, 'a');
}
