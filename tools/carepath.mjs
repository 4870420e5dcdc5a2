#!/usr/bin/env node
// The command line: `node tools/carepath.mjs replay …` runs worker/cli.ts with the arguments, after setting up what is missing.
import './setup/check-platform.mjs';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { root, serversFile } from './setup/paths.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { setting } from './setup/setting.mjs';
import { typescriptFlags } from './setup/typescript.mjs';

await launch(async () => {
  const node = await findRuntime();
  await installDependencies(node);
  const cli = [...typescriptFlags, join(root, 'worker', 'cli.ts'), ...process.argv.slice(2)];
  // On the same terminal and in the same process group: Ctrl-C reaches it directly. Paths in the arguments stay relative to the caller.
  const { status } = spawnSync(node, cli, { stdio: 'inherit', env: { ...process.env, ...serversOfStart() } });
  return status ?? 130;
});

/**
 * Where Postgres and Temporal of the last `npm start` in this folder are, unless the environment says otherwise.
 * @returns {Record<string, string>}
 */
function serversOfStart() {
  try {
    const servers = Object.entries(JSON.parse(readFileSync(serversFile, 'utf8')));
    return Object.fromEntries(servers.filter(([name]) => setting(name) === undefined));
  } catch {
    return {};
  }
}
