/** Locks between processes: each is a file that names its holder. A lock whose holder has died counts as free. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { interruption } from './interruption.mjs';
import { makeFolder } from './paths.mjs';
import { processIdentity } from './process-identity.mjs';
import { say } from './say.mjs';

/** @typedef {{ pid: number, identity: string | undefined, note?: string }} Holder */

/**
 * Takes the lock, or says who has it.
 * @param {string} file
 * @returns {{ held: true, note: (text: string) => void, release: () => void } | { held: false, holder: Holder }}
 */
export function tryLock(file) {
  makeFolder(dirname(file));
  const own = `${file}.${process.pid}`;
  const me = { pid: process.pid, identity: processIdentity(process.pid) };
  for (;;) {
    writeFileSync(own, JSON.stringify(me));
    try {
      // This fails when the file is there, so the lock is taken completely or not at all.
      linkSync(own, file);
      return {
        held: true,
        note: (text) => {
          writeFileSync(own, JSON.stringify({ ...me, note: text }));
          renameSync(own, file);
        },
        release: () => rmSync(file, { force: true }),
      };
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }

    const seen = readIfThere(file);
    const holder = parseHolder(seen);
    if (holder && holder.identity !== undefined && processIdentity(holder.pid) === holder.identity) return { held: false, holder };
    removeStale(file, seen);
  }
}

/**
 * Does the work while holding the lock; waits for another holder and says so once.
 * @template T
 * @param {string} file
 * @param {string} whileWaiting
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, whileWaiting, work) {
  let lock = tryLock(file);
  if (!lock.held) say(whileWaiting);
  while (!lock.held) {
    interruption.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
    lock = tryLock(file);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * Removes the file of a dead holder. It is renamed first, so that of two processes that both found it stale only one gets it, and a process that
 * has renamed a newer lock by mistake puts it back.
 * @param {string} file
 * @param {string | undefined} stale the content of the file when it was found to be stale
 */
function removeStale(file, stale) {
  if (stale === undefined) return;
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was quicker
  }
  if (readIfThere(aside) !== stale) {
    try {
      linkSync(aside, file);
    } catch {
      // A third process has taken the lock in between; there is nothing to put back.
    }
  }
  rmSync(aside, { force: true });
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @param {string | undefined} text
 * @returns {Holder | undefined}
 */
function parseHolder(text) {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
