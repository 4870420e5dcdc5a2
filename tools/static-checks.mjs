/** The static checks: which tools, with which arguments. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

/** By the name of the tool: what it does, and its arguments. */
export const checks = {
  biome: { does: 'format, order of imports, common mistakes', args: ['check', '--error-on-warnings', '.'] },
  eslint: { does: 'promises nobody waits for, banned calls', args: ['--max-warnings=0', '.'] },
  tsc: { does: 'types', args: ['--noEmit'] },
  depcruise: { does: 'who imports whom', args: ['--config', '.dependency-cruiser.cjs', '.'] },
  knip: { does: 'unused files, exports and dependencies', args: ['--no-progress'] },
};

/**
 * Runs one check.
 * @param {keyof typeof checks} name
 * @param {{ node?: string, folder?: string, args?: string[] }} [options] the Node to run it, a folder with the project's configuration
 *   files and packages, further arguments
 * @returns {{ passed: boolean, output: string }}
 */
export function runCheck(name, { node = process.execPath, folder = root, args = [] } = {}) {
  const tool = join('node_modules', '.bin', name);
  const result = spawnSync(node, [tool, ...checks[name].args, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 100_000_000 });
  return { passed: result.status === 0, output: result.stdout + result.stderr };
}
