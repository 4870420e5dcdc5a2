/**
 * A register of the processes this clone has started, one small file each in `.carepath/run/`, and the way to stop them in order.
 * A process whose owner is gone (killed, crashed) is an orphan: the next command stops it before it starts its own.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from './paths.mjs';
import { processIdentity } from './process-identity.mjs';
import { say } from './say.mjs';

/** All names of processes, in the order of stopping: whatever uses a service is stopped before it. */
const stopOrder = ['set-up', 'tests', 'service', 'api', 'worker', 'temporal', 'postgres'];

/** A process may take so long to end by itself before it is killed. */
const patienceSeconds = 20;

/**
 * @typedef {{ name: string, pid: number, identity: string | undefined, stopSignal: NodeJS.Signals,
 *   owner: { pid: number, identity: string | undefined } }} Child
 */

/** @param {number} pid */
const fileOf = (pid) => join(runFolder, `child-${pid}.json`);

/**
 * Notes a process that this one has just started as the leader of its own process group (`detached: true`).
 * @param {{ name: string, pid: number, stopSignal?: NodeJS.Signals }} child
 */
export function recordChild({ name, pid, stopSignal = 'SIGTERM' }) {
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  /** @type {Child} */
  const child = { name, pid, identity: processIdentity(pid), stopSignal, owner };
  mkdirSync(runFolder, { recursive: true });
  // The file is written under another name and renamed, so that a reader never sees half of it.
  writeFileSync(`${fileOf(pid)}.new`, JSON.stringify(child));
  renameSync(`${fileOf(pid)}.new`, fileOf(pid));
}

/**
 * To be called when the process has ended.
 * @param {number} pid
 */
export function forgetChild(pid) {
  rmSync(fileOf(pid), { force: true });
}

/**
 * Sends a signal to a process and the group it leads; one that has ended is no error.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // There is no such group, because the process has not made its own yet, or no such process.
    }
  }
}

/**
 * Stops every recorded process whose owner is gone.
 * @param {{ kill?: boolean }} [how] `kill`: at once and hard
 */
export async function stopOrphans({ kill = false } = {}) {
  const isOrphan = (/** @type {Child} */ child) => !isAlive(child.owner);
  if (!kill && readChildren().some((child) => isAlive(child) && isOrphan(child))) say('Stopping processes that were left running.');
  await stopInOrder(isOrphan, kill);
  for (const child of readChildren()) if (!isAlive(child)) forgetChild(child.pid);
}

/** Stops every process that this one has started, also one that is just starting. */
export async function stopOwnChildren() {
  const isOwn = (/** @type {Child} */ child) => child.owner.pid === process.pid && isAlive(child.owner);
  while (readChildren().some((child) => isOwn(child) && isAlive(child))) await stopInOrder(isOwn, false);
}

/**
 * @param {(child: Child) => boolean} belongs
 * @param {boolean} kill
 */
async function stopInOrder(belongs, kill) {
  for (const name of stopOrder) {
    // The register is read anew for each name, because the children of a service become orphans only when the service itself has ended.
    const found = readChildren().filter((child) => child.name === name && isAlive(child) && belongs(child));
    await Promise.all(found.map((child) => stop(child, kill)));
  }
}

/**
 * @param {Child} child
 * @param {boolean} kill
 */
async function stop(child, kill) {
  if (!kill) {
    signalGroup(child.pid, child.stopSignal);
    if (await waitForEnd(child, patienceSeconds)) return;
  }
  signalGroup(child.pid, 'SIGKILL');
  await waitForEnd(child, patienceSeconds);
}

/**
 * @param {Child} child
 * @param {number} seconds
 */
async function waitForEnd(child, seconds) {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
    if (!isAlive(child)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return !isAlive(child);
}

/** @param {{ pid: number, identity: string | undefined }} known */
function isAlive(known) {
  return known.identity !== undefined && processIdentity(known.pid) === known.identity;
}

/** @returns {Child[]} */
function readChildren() {
  const found = [];
  for (const name of listRunFolder()) {
    if (!/^child-\d+\.json$/.test(name)) continue;
    try {
      found.push(JSON.parse(readFileSync(join(runFolder, name), 'utf8')));
    } catch {
      // Another command has removed the file meanwhile, or it is damaged. Either way it names no process to stop.
    }
  }
  return found;
}

function listRunFolder() {
  try {
    return readdirSync(runFolder);
  } catch {
    return [];
  }
}
