/** The pathway that docs/adding-a-pathway.md makes, in a copy of carepath: what the compiler and the linters say of it, and how it runs. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entries, guideTexts, root } from '../support/guide/guide.ts';
import { createTypeChecker } from '../support/guide/type-check.ts';

/** The copy runs its own processes: the compiler over all files once for each entry, a service with its worker. */
const WITHIN_MS = 600_000;

const notCopied = ['.git', '.carepath', 'node_modules', 'test/histories', 'bench'].map((path) => join(root, path));
const walk = 'test/architecture/third-pathway-walk';

const checker = createTypeChecker(root);

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'carepath-third-'));
  cpSync(root, copy, { recursive: true, filter: (source) => !notCopied.includes(source) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [path, text] of guideTexts()) {
    mkdirSync(join(copy, dirname(path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  cpSync(join(copy, `${walk}.ts`), join(copy, `${walk}.test.ts`));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a tool in the copy, in its own process and with this suite's servers. Resolves with all it has printed when it was content. */
async function run(tool: string, args: readonly string[]): Promise<string> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const options = { cwd: copy, env: environment, maxBuffer: 50_000_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join('node_modules', tool), ...args], options);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${tool} failed:\n${stdout}${stderr}`);
  }
}

test('with the pathway of the guide everything that runs compiles', { timeout: WITHIN_MS }, () => {
  expect(checker.findErrors(guideTexts())).toEqual([]);
});

test('each entry of a pathway that is left out stops the compiler', { timeout: WITHIN_MS }, () => {
  const unnoticed = entries.filter((entry) => checker.findErrors(guideTexts(entry), firstPlaces).length === 0);
  console.info(`Each of these places stops the compiler when a pathway is missing there:\n${entries.map(({ path }) => path).join('\n')}`);
  expect(entries.length).toBeGreaterThan(0);
  expect(unnoticed.map(({ path }) => path)).toEqual([]);
});

/** Where the errors are found soonest; every registry that the guide knows of stands in one of these. */
const firstPlaces = [...new Set(entries.map(({ path }) => path)), 'workflows/kit/registry.ts', ...guideTexts().keys()];

test('the code of the guide keeps the rules of the house', { timeout: WITHIN_MS }, async () => {
  const files = [...guideTexts().keys()];
  await run('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', ...files]);
  await run('dependency-cruiser/bin/dependency-cruiser.mjs', ['--config', '.dependency-cruiser.cjs', ...files]);
  await run('eslint/bin/eslint.js', ['--max-warnings=0', ...files]);
});

test('a third pathway, made from the guide alone, runs on the real service', { timeout: WITHIN_MS }, async () => {
  const output = await run('vitest/vitest.mjs', ['run', '--project', 'shared', `${walk}.test.ts`]);
  expect(stripVTControlCharacters(output)).toMatch(/Test Files +1 passed/);
});
