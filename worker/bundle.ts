/** The workflows' bundle, kept by the content of what goes into it: a second start does not build again. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));
const workflowsPath = join(root, 'workflows/index.ts');

async function contentHash(): Promise<string> {
  const hash = createHash('sha256').update(createRequire(import.meta.url)('@temporalio/worker/package.json').version);
  for (const folder of ['workflows', 'domain']) {
    const files = (await readdir(join(root, folder), { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
    for (const file of files) hash.update(`${folder}/${file}\n`).update(await readFile(join(root, folder, file)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** @returns the path of the bundle's code; its name is the bundle's hash. */
export async function workflowBundle(cacheFolder: string): Promise<{ codePath: string; buildId: string }> {
  const buildId = await contentHash();
  const codePath = resolve(cacheFolder, `workflows-${buildId}.js`);
  const kept = await stat(codePath).then(
    () => true,
    () => false,
  );
  if (!kept) await keep(codePath, await bundleWorkflows(workflowsPath));
  return { codePath, buildId };
}

export function bundleWorkflows(path: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: path, logger: quiet });
}

const nothing = (): void => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: console.error };

/** Renamed into place: a build that was interrupted is never taken for a bundle. */
async function keep(codePath: string, { code }: WorkflowBundleWithSourceMap): Promise<void> {
  await mkdir(resolve(codePath, '..'), { recursive: true });
  const unfinished = `${codePath}.${process.pid}`;
  await writeFile(unfinished, code);
  await rename(unfinished, codePath);
}
