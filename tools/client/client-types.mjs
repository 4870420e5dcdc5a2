/** The types of the client in `client/`: how they are made of the contract, and whether the ones that are there are still those. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { PlainError } from '../setup/say.mjs';
import { typescriptFlags } from '../setup/typescript.mjs';

const file = join(root, 'client', 'api-types.d.ts');

const heading = `/** Made of the API's contract by \`npm run client\`; nobody edits it. */\n`;

/**
 * Returns the types as they should be. Throws PlainError when the contract cannot be read or the generator refuses it.
 * @param {string} node the runtime that runs the generator
 */
function generateTypes(node) {
  const folder = mkdtempSync(join(tmpdir(), 'carepath-client-'));
  try {
    const contract = join(folder, 'openapi.json');
    const types = join(folder, 'api-types.d.ts');
    writeFileSync(contract, runNode(node, [...typescriptFlags, join(root, 'tools', 'client', 'print-contract.ts')]));
    // Without the option a member of a request that has a default would have to be given, although the contract does not require it.
    const options = ['--default-non-nullable=false', '--root-types', '--root-types-no-schema-prefix'];
    runNode(node, [join(root, 'node_modules', '.bin', 'openapi-typescript'), contract, ...options, '--output', types]);
    return heading + readFileSync(types, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} node
 * @param {string[]} args
 */
function runNode(node, args) {
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8', maxBuffer: 100_000_000 });
  if (status !== 0) throw new PlainError(`The types of the client could not be made: ${stderr.trim().split('\n').slice(-5).join(' ')}`);
  return stdout;
}

/** @param {string} node */
export function writeClientTypes(node) {
  writeFileSync(file, generateTypes(node));
}

/** @param {string} node */
export function areClientTypesFresh(node) {
  return generateTypes(node) === readTypes();
}

function readTypes() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

export const staleSentence = 'The client is older than the API: run "npm run client" and commit client/api-types.d.ts.';
