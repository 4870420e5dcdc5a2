/** The frame of every command: signals, one sentence for a failure, nothing left running. */
import { stopOrphans } from './children.mjs';
import { explain } from './explain.mjs';
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
  process.on('uncaughtException', (error) => process.exit(explain(error)));
  let exitCode;
  try {
    exitCode = await command();
  } catch (error) {
    exitCode = explain(error);
  }
  await killing;
  process.exit(exitCode);
}

async function killEverything() {
  process.stderr.write('Killing what still runs.\n');
  await killEverythingRunning();
  await stopOrphans({ kill: true }); // what those had started has no owner any more
}
