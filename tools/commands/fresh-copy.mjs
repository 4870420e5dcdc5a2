/** What `git clone` would give, with the changes of this working tree that are not committed yet. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { makeTemporaryFolder } from '../setup/temporary-folder.mjs';

/** @returns {string} a folder without packages, caches and data, which goes when this process ends */
export function copyOfClone() {
  const folder = join(makeTemporaryFolder(), 'carepath');
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((name) => name && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  return folder;
}
