/** Runs the npm of this machine under a chosen Node. */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { shortenPath } from './paths.mjs';
import { run } from './run.mjs';
import { PlainError } from './say.mjs';

const attempts = 3;

/** After so many failed requests without a single fetched package there is no network, and npm would go on to try all packages. */
const hopelessAfter = 15;

/**
 * Installs exactly what the folder's lock file says.
 * @param {{ node: string, folder: string, logFile: string, args?: string[], onPackage?: () => void }} options
 */
export async function runNpmCi({ node, folder, logFile, args = [], onPackage }) {
  let fetched = 0;
  let failed = 0;
  const { code, output } = await run(
    node,
    [
      findNpm(),
      'ci',
      // The command may run inside `npm start`, whose settings npm passes on. What this folder needs must not depend on the machine's preferences
      // either, such as production packages only or no scripts.
      ...['--prefix', folder, '--include=dev', '--include=optional', '--ignore-scripts=false', '--no-audit', '--no-fund'],
      ...['--prefer-offline', `--fetch-retries=${attempts - 1}`, '--fetch-retry-mintimeout=1000', '--fetch-retry-factor=2'],
      ...['--loglevel=http', '--no-progress', '--no-update-notifier'],
      ...args,
    ],
    {
      cwd: folder,
      logFile,
      // Install scripts must find the Node that the service will run on.
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
      onLine: (line, stop) => {
        if (/^npm http .* failed with /.test(line)) {
          failed += 1;
          if (fetched === 0 && failed === hopelessAfter) stop();
        } else if (/^npm http .*\.tgz/.test(line)) {
          fetched += 1;
          onPackage?.();
        }
      },
    },
  );
  // When an optional package cannot be fetched, npm goes on as if this machine did not want it. Here such packages are the native parts.
  const unreachable = code === 0 ? new RegExp(`attempt ${attempts} failed with (\\S+)`) : /attempt \d+ failed with (\S+)/;
  const networkError = unreachable.exec(output)?.[1];
  if (networkError) {
    throw new PlainError(
      `The packages cannot be fetched because npm does not reach its registry (${networkError}): connect to the network, or set npm's proxy or registry, and run the command again (details in ${shortenPath(logFile)}).`,
    );
  }
  if (code !== 0) throw new PlainError(explainFailure(output, logFile));
}

function findNpm() {
  const besideNode = join(dirname(realpathSync(process.execPath)), '..');
  const candidates = [
    process.env.npm_execpath ?? '',
    join(besideNode, 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(besideNode, 'share', 'nodejs', 'npm', 'bin', 'npm-cli.js'),
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => realPath(join(folder, 'npm'))),
  ];
  const npm = candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path));
  if (!npm) throw new PlainError('npm is missing: install it (it comes with Node) and run the command again.');
  return npm;
}

/** @param {string} path */
function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}

/**
 * @param {string} output
 * @param {string} logFile
 */
function explainFailure(output, logFile) {
  const details = `details in ${shortenPath(logFile)}`;
  const code = /npm error code (\S+)|npm ERR! code (\S+)/.exec(output)?.slice(1).find(Boolean) ?? 'unknown';
  if (code === 'ENOSPC') return `The disk is full: free some space and run the command again (${details}).`;
  if (code === 'EACCES' || code === 'EROFS') {
    return `npm may not write the packages (${code}): make this clone and npm's cache writable for your account and run the command again (${details}).`;
  }
  if (code === 'EINTEGRITY') {
    return `A fetched package is not the one in the lock file: run "npm cache verify" and then the command again (${details}).`;
  }
  if (code === 'EUSAGE') {
    return `package.json and package-lock.json do not fit together: restore both and run the command again (${details}).`;
  }
  return `Installing the packages failed (${code}): see what npm says in ${shortenPath(logFile)} and run the command again.`;
}
