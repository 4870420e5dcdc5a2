/** A place for a command's temporary files, which goes with the command, or with the next one if it was killed. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './process-identity.mjs';

/** The process that uses it stands in the name. */
const pattern = /^carepath-run-(\d+)-/;

/** @returns {string} a folder of this process */
export function makeTemporaryFolder() {
  for (const name of readdirSync(tmpdir())) {
    const pid = pattern.exec(name)?.[1];
    if (pid && !processIdentity(Number(pid))) remove(join(tmpdir(), name));
  }
  const folder = mkdtempSync(join(tmpdir(), `carepath-run-${process.pid}-`));
  process.on('exit', () => remove(folder));
  return folder;
}

/** @param {string} folder */
function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // Of another account, or still being written: the next command removes it.
  }
}
