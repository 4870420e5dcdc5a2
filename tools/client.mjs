// `npm run client`: makes the types of the client in client/ anew from the API's contract.
import './setup/check-platform.mjs';
import { writeClientTypes } from './client/client-types.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { launch } from './setup/launch.mjs';
import { findRuntime } from './setup/runtime.mjs';
import { say } from './setup/say.mjs';

await launch(async () => {
  const node = await findRuntime();
  await installDependencies(node);
  writeClientTypes(node);
  say('The client in client/ is as the API is now.');
  return 0;
});
