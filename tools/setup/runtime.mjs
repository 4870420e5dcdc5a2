/** Finds the Node that runs the service: the machine's own when it is new enough, else a pinned one from the cache. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { runNpmCi } from './npm.mjs';
import { cacheFolder, logFolder, makeFolder, root } from './paths.mjs';
import { run } from './run.mjs';
import { PlainError, runStep } from './say.mjs';
import { isAtLeast } from './versions.mjs';

/** The first Node with type stripping and the module rules that the service is written for. */
const oldest = '22.12.0';

const recipe = join(root, 'tools', 'runtime');

/** @returns {Promise<string>} the path of a Node >= 22.12 */
export async function findRuntime() {
  if (isAtLeast(process.versions.node, oldest)) return process.execPath;
  const lockText = readFileSync(join(recipe, 'package-lock.json'));
  const folder = join(cacheFolder(), `runtime-${createHash('sha256').update(lockText).digest('hex').slice(0, 12)}`);
  return (await findWorkingNode(folder)) ?? install(folder);
}

/** @param {string} folder */
async function install(folder) {
  makeFolder(cacheFolder());
  return withLock(`${folder}.lock`, 'Another command is fetching Node; waiting for it.', async () => {
    const present = await findWorkingNode(folder);
    if (present) return present;
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    makeFolder(partial);
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(recipe, name), join(partial, name));
    await runStep(`Fetching a newer Node (this one is ${process.versions.node}, carepath needs ${oldest})`, () =>
      runNpmCi({ node: process.execPath, folder: partial, logFile: join(logFolder, 'npm-ci-runtime.log'), args: ['--ignore-scripts'] }),
    );
    if (!(await findWorkingNode(partial))) {
      throw new PlainError(
        `There is no ready-made Node for this machine (${process.platform} ${process.arch}): install Node ${oldest} or newer and run the command again.`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
    // The folder gets its name in one move, so that an interrupted download is never taken for a good one.
    renameSync(partial, folder);
    return /** @type {Promise<string>} */ (findWorkingNode(folder));
  });
}

/**
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function findWorkingNode(folder) {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return undefined;
  for (const name of readdirSync(modules)) {
    const node = join(modules, name, 'bin', 'node');
    if (!existsSync(node)) continue;
    const { code, output } = await run(node, ['--version']);
    if (code === 0 && isAtLeast(output.trim().slice(1), oldest)) return node;
  }
  return undefined;
}
