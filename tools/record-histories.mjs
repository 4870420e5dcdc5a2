// `npm run record-histories`: sets up what is missing, then records the histories that test/histories does not hold yet.
import './setup/check-platform.mjs';
import { join } from 'node:path';
import { stopOrphans } from './setup/children.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { root } from './setup/paths.mjs';
import { runInForeground } from './setup/run.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { findTemporalBinary } from './setup/temporal-binary.mjs';
import { typescriptFlags } from './setup/typescript.mjs';

await launch(async () => {
  await stopOrphans();
  const node = await findRuntime();
  await installDependencies(node);
  const binary = await findTemporalBinary();
  const exitCode = await runInForeground('recording', node, [...typescriptFlags, join(root, 'tools', 'record-histories.ts')], {
    cwd: root,
    env: { ...process.env, CAREPATH_TEMPORAL_BINARY: binary },
  });
  // A recording that was killed leaves servers behind.
  await stopOrphans();
  return exitCode;
});
