/** The folders of this clone. Everything that a run writes is either in `.carepath/` of this clone or in the cache that all clones share. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlainError } from './say.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const dataFolder = join(root, '.carepath');
export const logFolder = join(dataFolder, 'log');
export const runFolder = join(dataFolder, 'run');
/** Where the servers of the last `npm start` answer, for the command line: settings by name. */
export const serversFile = join(dataFolder, 'servers.json');

/** Downloads that every clone can use again: the runtime and the Temporal server, by version. */
export function cacheFolder() {
  const base =
    process.env.XDG_CACHE_HOME || (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  return join(base, 'carepath');
}

/**
 * Makes a folder with its parents.
 * @param {string} folder
 */
export function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = /** @type {NodeJS.ErrnoException} */ (error).code;
    const advice = folder.startsWith(dataFolder)
      ? 'make this clone writable for your account'
      : 'make it writable for your account or set XDG_CACHE_HOME to a folder that is';
    throw new PlainError(`The folder ${folder} cannot be made (${reason}): ${advice}, then run the command again.`);
  }
}

/**
 * Shortens a path for a person whose terminal is in the clone.
 * @param {string} path
 */
export function shortenPath(path) {
  const short = relative(root, path);
  return short === '' || short.startsWith(`..${sep}`) ? path : short;
}
