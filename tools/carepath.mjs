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
import { readSetting } from './setup/setting.mjs';
import { typescriptFlags } from './setup/typescript.mjs';

await launch(async () => {
  const node = await findRuntime();
  await installDependencies(node);
  const cli = [...typescriptFlags, join(root, 'worker', 'cli.ts'), ...process.argv.slice(2)];
  // The command line runs on the same terminal and in the same process group, so Ctrl-C reaches it directly. It keeps the caller's working folder,
  // so that paths in the arguments stay relative to it.
  const { status } = spawnSync(node, cli, { stdio: 'inherit', env: { ...process.env, ...readServersOfStart() } });
  return status ?? 130;
});

/**
 * Reads where Postgres and Temporal of the last `npm start` in this clone are, except those that the environment names itself.
 * @returns {Record<string, string>}
 */
function readServersOfStart() {
  try {
    const servers = Object.entries(JSON.parse(readFileSync(serversFile, 'utf8')));
    return Object.fromEntries(servers.filter(([name]) => readSetting(name) === undefined));
  } catch {
    return {};
  }
}
