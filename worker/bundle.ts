/** The workflows' bundle. It is kept in a cache by the hash of what goes into it, so that a second start does not build it again. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));
const workflowsPath = join(root, 'workflows/index.ts');

async function hashSources(): Promise<string> {
  const hash = createHash('sha256').update(createRequire(import.meta.url)('@temporalio/worker/package.json').version);
  for (const folder of ['workflows', 'domain']) {
    const files = (await readdir(join(root, folder), { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
    for (const file of files) hash.update(`${folder}/${file}\n`).update(await readFile(join(root, folder, file)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Finds the bundle in the cache or builds it. @returns the path of its code, and the hash of the sources as its build id */
export async function loadWorkflowBundle(cacheFolder: string): Promise<{ codePath: string; buildId: string }> {
  const buildId = await hashSources();
  const codePath = resolve(cacheFolder, `workflows-${buildId}.js`);
  const isCached = await stat(codePath).then(
    () => true,
    () => false,
  );
  if (!isCached) await writeBundle(codePath, await bundleWorkflows(workflowsPath));
  return { codePath, buildId };
}

export async function bundleWorkflows(path: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: path, logger: quietLogger });
}

const ignore = (): void => {};
const quietLogger = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: console.error };

/** The file gets its name only when it is complete, so that a build that was interrupted is never taken for a bundle. */
async function writeBundle(codePath: string, { code }: WorkflowBundleWithSourceMap): Promise<void> {
  await mkdir(resolve(codePath, '..'), { recursive: true });
  const unfinished = `${codePath}.${process.pid}`;
  await writeFile(unfinished, code);
  await rename(unfinished, codePath);
}
