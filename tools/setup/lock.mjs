/** Locks between processes: a file that names its holder. A holder that has died holds nothing. */
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
      linkSync(own, file); // fails when the file is there; so the lock is taken whole or not at all
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

    const seen = read(file);
    const holder = parse(seen);
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
 * Removes a dead holder's file by renaming it first: of two processes that both found it stale only one gets it, and one that
 * renamed a newer lock by mistake puts it back.
 * @param {string} file
 * @param {string | undefined} stale the content that was judged
 */
function removeStale(file, stale) {
  if (stale === undefined) return;
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was quicker
  }
  if (read(aside) !== stale) {
    try {
      linkSync(aside, file);
    } catch {
      // A third process has taken the lock in between; there is nothing to put back.
    }
  }
  rmSync(aside, { force: true });
}

/** @param {string} file */
function read(file) {
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
function parse(text) {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
