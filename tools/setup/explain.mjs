import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interrupted } from './interruption.mjs';
import { logFolder, makeFolder, shortenPath } from './paths.mjs';
import { PlainError } from './say.mjs';

/**
 * Turns whatever ended a command into one sentence for the person; the stack of an unexpected error goes to a log.
 * @param {unknown} error
 * @returns {number} the exit code
 */
export function explainError(error) {
  if (error instanceof Interrupted) {
    process.stderr.write('Stopped.\n');
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof PlainError ? error.message : sentence(error)}\n`);
  return 1;
}

/** @param {unknown} error */
function sentence(error) {
  const { code, message, stack, path } = /** @type {NodeJS.ErrnoException} */ (error instanceof Error ? error : new Error(String(error)));
  if (code === 'ENOSPC') return 'The disk is full: free some space and run the command again.';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return `${path ?? 'A file'} cannot be written or run by your account (${code}): correct its permissions and run the command again.`;
  }
  const log = join(logFolder, 'unexpected-errors.log');
  try {
    makeFolder(logFolder);
    appendFileSync(log, `${new Date().toISOString()} ${stack ?? message}\n`);
    return `Something unexpected went wrong: ${message.split('\n')[0]} (details in ${shortenPath(log)}).`;
  } catch {
    return `Something unexpected went wrong: ${message.split('\n')[0]}`;
  }
}
