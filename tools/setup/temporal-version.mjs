import { run } from './run.mjs';
import { isAtLeast } from './versions.mjs';

/** The pinned version: of the download, the Python package (tools/temporal/requirements.txt) and the Go module (go.mod). */
export const temporalVersion = '1.9.1';

/**
 * Asks the binary itself, which also shows that it runs on this machine.
 * @param {string} binary
 * @returns {Promise<boolean>} whether it is the pinned version or a newer one
 */
export async function isRecentTemporal(binary) {
  const { code, output } = await run(binary, ['--version']);
  const version = /^temporal version (\d+\.\d+\.\d+)/m.exec(output)?.[1];
  return code === 0 && version !== undefined && isAtLeast(version, temporalVersion);
}
