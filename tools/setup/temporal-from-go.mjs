/** Builds Temporal from its official source. go.mod and go.sum pin every module. */
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';
import { temporalVersion } from './temporal-version.mjs';

const command = 'github.com/temporalio/cli/cmd/temporal';
const versionVariable = 'github.com/temporalio/cli/internal/temporalcli.Version';

/**
 * @param {string} folder
 * @param {(detail: string) => void} progress
 */
export async function buildWithGo(folder, progress) {
  let packages = 0;
  const { code, output } = await run(
    'go',
    ['build', '-v', '-trimpath', '-ldflags', `-s -w -X ${versionVariable}=${temporalVersion}`, '-o', join(folder, 'temporal'), command],
    {
      cwd: join(root, 'tools', 'temporal'),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
      onLine: (line) => {
        if (line.startsWith('go: downloading')) progress('fetching the sources');
        else progress(`${++packages} packages built`);
      },
    },
  );
  if (code !== 0) throw new Error(explainFailure(code, output));
}

/**
 * @param {number} code
 * @param {string} output
 */
function explainFailure(code, output) {
  if (code === 127) return 'Go is missing';
  if (/requires go >=|toolchain not available/.test(output)) return 'Go is too old';
  if (/dial tcp|no such host|connection refused|i\/o timeout|proxyconnect/.test(output)) return 'Go does not reach its module proxy';
  return `Go cannot build it: ${output.trim().split('\n').at(-1)}`;
}
