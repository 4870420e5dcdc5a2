// `npm run check`: the static checks, one after another; stops at the first that fails and shows what its tool says.
import './setup/check-platform.mjs';
import { areClientTypesFresh, staleSentence } from './client/client-types.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { say } from './setup/say.mjs';
import { checks, runCheck } from './static-checks.mjs';

await launch(async () => {
  const node = await findRuntime();
  await installDependencies(node);
  for (const [name, { does }] of Object.entries(checks)) {
    say(`${name}: ${does}`);
    const { passed, output } = runCheck(/** @type {keyof typeof checks} */ (name), { node });
    if (passed) continue;
    process.stdout.write(output);
    say(`The check with ${name} failed; what it found is above.`);
    return 1;
  }
  say('client: whether its types are those of the API');
  if (!areClientTypesFresh(node)) {
    say(staleSentence);
    return 1;
  }
  say('All static checks passed.');
  return 0;
});
