/** Runs other programs in such a way that an interruption ends them with everything that they have started. */
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { forgetChild, recordChild, signalGroup } from './children.mjs';
import { interruption } from './interruption.mjs';
import { makeFolder } from './paths.mjs';
import { processIdentity } from './process-identity.mjs';

/** How long an interrupted set-up command may take to clean up after itself, and a killed one to vanish. */
const patienceMilliseconds = 3_000;

/** @type {Set<number>} */
const running = new Set();

/** Kills what this process runs and waits until it is gone. */
export async function killEverythingRunning() {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
  for (const pid of running) {
    while (processIdentity(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Runs a command of the set-up without showing its output. A reader of its lines may stop it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, logFile?: string, onLine?: (line: string, stop: () => void) => void }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when there is no such command
 */
export async function run(command, args, { cwd, env, logFile, onLine } = {}) {
  interruption.throwIfAborted();
  if (logFile) {
    makeFolder(dirname(logFile));
    writeFileSync(logFile, '');
  }
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const stop = () => {
    if (child.pid) signalGroup(child.pid, 'SIGKILL');
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output += `${line}\n`;
      if (logFile) appendFileSync(logFile, `${line}\n`);
      onLine?.(line, stop);
    });
  }
  /** @type {NodeJS.Timeout | undefined} */
  let hardKill;
  const code = await followChild(child, 'set-up', (pid) => {
    signalGroup(pid, 'SIGTERM');
    hardKill = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMilliseconds);
  });
  clearTimeout(hardKill);
  interruption.throwIfAborted();
  return { code, output };
}

/**
 * Runs the program that the whole command is about, on this terminal. It gets no Ctrl-C from the terminal itself (it leads its
 * own session), only the one SIGTERM that an interruption sends, and has all the time it needs.
 * @param {string} name as in the register of children
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onMessage?: (message: unknown) => void }} options
 * @returns {Promise<number>} its exit code
 */
export async function runInForeground(name, command, args, { cwd, env, onMessage }) {
  interruption.throwIfAborted();
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = ['ignore', 'inherit', 'inherit', ...(onMessage ? [/** @type {const} */ ('ipc')] : [])];
  const child = spawn(command, args, { cwd, env, detached: true, stdio });
  if (onMessage) child.on('message', onMessage);
  const code = await followChild(child, name, (pid) => process.kill(pid, 'SIGTERM'));
  if (child.pid) await endGroup(child.pid);
  return code;
}

/**
 * Kills processes that have outlived the leader of their group and waits until they are gone. Only then does what they started count as left over.
 * @param {number} leader
 */
async function endGroup(leader) {
  for (const until = Date.now() + patienceMilliseconds; Date.now() < until; ) {
    try {
      process.kill(-leader, 'SIGKILL');
    } catch {
      return; // the group is empty
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name
 * @param {(pid: number) => void} interrupt
 * @returns {Promise<number>}
 */
function followChild(child, name, interrupt) {
  const { pid } = child;
  if (pid === undefined) {
    // The command could not be started: the reason comes as an event.
    return new Promise((resolve) => child.once('error', () => resolve(127)));
  }
  running.add(pid);
  recordChild({ name, pid });
  const onInterruption = () => interrupt(pid);
  interruption.addEventListener('abort', onInterruption, { once: true });
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(pid);
      forgetChild(pid);
      interruption.removeEventListener('abort', onInterruption);
      resolve(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137));
    });
  });
}
