// `npm run fuzz -- --count 100000 --seed 7`: sends mutated HL7 v2 messages and FHIR bodies to the service and says how each was answered. Without --seed it draws one and prints it.
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
  const command = [...typescriptFlags, join(root, 'test', 'crash', 'run-fuzz.ts'), ...process.argv.slice(2)];
  const exitCode = await runInForeground('tests', node, command, {
    cwd: root,
    env: { ...process.env, CAREPATH_TEMPORAL_BINARY: await findTemporalBinary() },
  });
  // A run that was killed leaves servers behind.
  await stopOrphans();
  return exitCode;
});
