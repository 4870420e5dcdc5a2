/** Every bench that `npm run bench` lists, with one round. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

const benches = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

/**
 * @param {import('./shell.mjs').Check} check
 * @param {import('./shell.mjs').Shell} shell
 */
export async function checkBenches(check, shell) {
  await check('npm run bench', async () => {
    const listed = await shell.npm(['run', 'bench'], { succeeds: false });
    for (const bench of benches) listed.says(new RegExp(`npm run bench -- .*${bench}`));
  });
  for (const bench of benches) {
    await check(`npm run bench -- ${bench} --rounds 1`, async () => {
      (await shell.npm(['run', 'bench', '--', bench, '--rounds', '1'])).says(/^\| --- \|.*\n\| [^-]/m);
    });
  }
}
