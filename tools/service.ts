/** Server processes, which run in the background with their output in a file and are stopped in order. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { forgetChild, recordChild, signalGroup } from './setup/children.mjs';
import { PlainError } from './setup/say.mjs';

export interface Service {
  readonly pid: number;
  /** Resolves when the process has ended, with how: "exit code 1" or "SIGKILL". */
  readonly exited: Promise<string>;
  hasExited(): boolean;
  /** Reads what the process has written since its start. */
  output(): string;
  /** Asks the process to end and kills it when it takes too long. Resolves when it has ended. */
  stop(): Promise<void>;
  /** Kills the process. Resolves when it has ended. */
  kill(): Promise<void>;
}

export interface ServiceOptions {
  name: 'api' | 'worker' | 'temporal' | 'postgres' | 'set-up';
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The account to run as, by default the caller's. */
  account?: { uid: number; gid: number } | undefined;
  /** The file that the output is appended to. */
  log: string;
  /** The signal that asks it to end, by default SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

/** A server may take so long to end by itself before it is killed. */
const patienceSeconds = 20;

/** A log that has become larger than this is set aside at the next start. */
const largestLogBytes = 20_000_000;

const runningPids = new Set<number>();

// The servers must not outlive this process, however it ends. When it is killed, the next command stops them (see children.mjs).
process.on('exit', () => {
  for (const pid of runningPids) signalGroup(pid, 'SIGKILL');
});

export function spawnService(options: ServiceOptions): Service {
  const { name, command, args, env, cwd, account, log, stopSignal = 'SIGTERM' } = options;
  const output = openLog(log);
  const begin = statSync(log).size;
  // The server gets a process group of its own, so that Ctrl-C reaches only the launcher, which stops everything in order. The output goes to a
  // file, because a pipe would break when this process is killed.
  const child = spawn(command, args, { env, cwd, ...account, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const pid = child.pid;
  if (pid === undefined) {
    // The error that is thrown here says it already.
    child.on('error', () => {});
    throw new PlainError(`${command} cannot be started: check that it is there and that your account may run it.`);
  }
  runningPids.add(pid);
  recordChild({ name, pid, stopSignal });

  let ended = false;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      runningPids.delete(pid);
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
