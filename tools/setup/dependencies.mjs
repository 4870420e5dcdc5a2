/** Installs node_modules as the lock file says, and again only when something that decides about it has changed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { runNpmCi } from './npm.mjs';
import { logFolder, root, runFolder } from './paths.mjs';
import { run } from './run.mjs';
import { runStep } from './say.mjs';

const stampFile = join(root, 'node_modules', '.carepath-stamp');

/** @param {string} node the runtime that will use them */
export async function installDependencies(node) {
  const stamp = await computeStamp(node);
  if (isInstalled(stamp)) return;
  await withLock(join(runFolder, 'dependencies.lock'), 'Another command is installing the dependencies; waiting for it.', async () => {
    if (isInstalled(stamp)) return;
    let packages = 0;
    await runStep('Installing the dependencies', (progress) =>
      runNpmCi({
        node,
        folder: root,
        logFile: join(logFolder, 'npm-ci.log'),
        onPackage: () => {
          packages += 1;
          progress(`${packages} packages`);
        },
      }),
    );
    // The stamp is written last, so that an interrupted installation has none.
    writeFileSync(stampFile, stamp);
  });
}

/** @param {string} stamp */
function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

/** @param {string} node */
async function computeStamp(node) {
  const { output } = await run(node, ['--version']);
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)));
  hash.update([process.platform, process.arch, output.split('.')[0]].join());
  return hash.digest('hex');
}
