// `npm start`: sets up what is missing, then runs the service until it is told to stop.
import './setup/check-platform.mjs';
import { join } from 'node:path';
import { stopOrphans } from './setup/children.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { tryLock } from './setup/lock.mjs';
import { root, runFolder } from './setup/paths.mjs';
import { runInForeground } from './setup/run.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { PlainError, say } from './setup/say.mjs';
import { readSetting } from './setup/setting.mjs';
import { findTemporalBinary } from './setup/temporal-binary.mjs';
import { typescriptFlags } from './setup/typescript.mjs';

/** A process that got SIGKILL ends with this code. */
const exitCodeOfSigkill = 137;

await launch(async () => {
  const lock = tryLock(join(runFolder, 'service.lock'));
  if (!lock.held) {
    const { pid, note } = lock.holder;
    throw new PlainError(
      note
        ? `carepath is already running in this clone: ${note} (to stop it, press Ctrl-C there or run "kill ${pid}").`
        : `carepath is already starting in this clone (to stop it, press Ctrl-C there or run "kill ${pid}").`,
    );
  }
  try {
    await stopOrphans();
    const node = await findRuntime();
    await installDependencies(node);
    const temporal = readSetting('TEMPORAL_ADDRESS') ? {} : { CAREPATH_TEMPORAL_BINARY: await findTemporalBinary() };
    const exitCode = await runInForeground('service', node, [...typescriptFlags, join(root, 'tools', 'serve.ts')], {
      cwd: root,
      env: { ...process.env, ...temporal },
      // The service sends its address once it is ready.
      onMessage: (address) => lock.note(String(address)),
    });
    if (exitCode === exitCodeOfSigkill) say('The service was killed from outside; "npm start" goes on where it was.');
    // The service has stopped its processes itself, unless it was killed.
    await stopOrphans();
    return exitCode;
  } finally {
    lock.release();
  }
});
