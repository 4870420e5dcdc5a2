/** The frame of every command: it handles signals, says a failure in one sentence, and leaves nothing running. */
import { stopOrphans } from './children.mjs';
import { explainError } from './explain.mjs';
import { watchSignals } from './interruption.mjs';
import { killEverythingRunning } from './run.mjs';

/**
 * Runs a command to its end and leaves with its exit code.
 * @param {() => Promise<number>} command
 */
export async function launch(command) {
  /** @type {Promise<void> | undefined} */
  let killing;
  watchSignals(() => {
    killing ??= killEverything();
  });
  process.on('uncaughtException', (error) => process.exit(explainError(error)));
  let exitCode;
  try {
    exitCode = await command();
  } catch (error) {
    exitCode = explainError(error);
  }
  await killing;
  process.exit(exitCode);
}

async function killEverything() {
  process.stderr.write('Killing what still runs.\n');
  await killEverythingRunning();
  // What the killed processes had started has no owner any more.
  await stopOrphans({ kill: true });
}
