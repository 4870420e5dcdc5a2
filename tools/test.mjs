// `npm test` and `npm run test:long`: set up what is missing, then run the tests; further arguments go to vitest. With --setup-only it stops
// after the set-up.
import './setup/check-platform.mjs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopOrphans } from './setup/children.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { dataFolder, makeFolder, root } from './setup/paths.mjs';
import { runInForeground } from './setup/run.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { say } from './setup/say.mjs';
import { findTemporalBinary } from './setup/temporal-binary.mjs';
import { makeTemporaryFolder } from './setup/temporary-folder.mjs';
import { closingLines, reports } from './setup/test-report.mjs';

await launch(async () => {
  await stopOrphans();
  const node = await findRuntime();
  await installDependencies(node);
  const binary = await findTemporalBinary();
  const args = process.argv.slice(2).filter((argument) => argument !== '--long');
  if (args.includes('--setup-only')) return 0;

  const isLong = process.argv.includes('--long');
  const report = isLong ? reports.long : reports.usual;
  const projects = isLong ? ['--project=long'] : ['--project=rules', '--project=shared', '--project=alone'];
  makeFolder(dataFolder);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const exitCode = await runInForeground('tests', node, [vitest, 'run', ...projects, ...reporters, ...args], {
    cwd: root,
    // Databases of the tests lie in the temporary folder; a run that is broken off leaves them behind.
    env: { ...process.env, CAREPATH_TEMPORAL_BINARY: binary, TMPDIR: makeTemporaryFolder() },
  });
  await stopOrphans(); // servers that a killed test run left behind
  for (const line of closingLines([{ report, exitCode }])) say(line);
  return exitCode;
});
