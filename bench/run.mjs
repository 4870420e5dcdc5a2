// `npm run bench -- commit-paths`: runs bench/commit-paths.ts on servers of its own. Without a name it lists what there is.
import '../tools/setup/check-platform.mjs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stopOrphans } from '../tools/setup/children.mjs';
import { installDependencies } from '../tools/setup/dependencies.mjs';
import { launch } from '../tools/setup/launch.mjs';
import { runInForeground } from '../tools/setup/run.mjs';
import { findRuntime } from '../tools/setup/runtime.mjs';
import { PlainError } from '../tools/setup/say.mjs';
import { findTemporalBinary } from '../tools/setup/temporal-binary.mjs';
import { typescriptFlags } from '../tools/setup/typescript.mjs';

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

await launch(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  if (!names.includes(name)) throw new PlainError(`Say which: npm run bench -- ${names.join(' | ')}`);
  await stopOrphans();
  const node = await findRuntime();
  await installDependencies(node);
  const exitCode = await runInForeground('tests', node, [...typescriptFlags, join(folder, `${name}.ts`), ...args], {
    cwd: join(folder, '..'),
    env: { ...process.env, CAREPATH_TEMPORAL_BINARY: await findTemporalBinary() },
  });
  // A run that was killed leaves servers behind.
  await stopOrphans();
  return exitCode;
});
