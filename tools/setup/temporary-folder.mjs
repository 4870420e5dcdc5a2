/** A folder for a command's temporary files. It is removed with the command, or by the next command when that one was killed. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './process-identity.mjs';

/** The name of the folder holds the pid of the process that uses it. */
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
    // The folder belongs to another account, or is still being written to. The next command removes it.
  }
}
