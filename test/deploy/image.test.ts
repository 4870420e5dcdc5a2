/** The image holds a part of the project only: what its processes load must be in that part. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ours, root } from './compose-file.ts';

interface Stage {
  name: string;
  from: string;
  /** what it copies out of the project */
  copies: { source: string; target: string }[];
  variables: Record<string, string>;
}

function readStages(): Stage[] {
  const stages: Stage[] = [];
  for (const line of readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n')) {
    const [instruction, ...words] = line.split(/\s+/);
    const stage = stages.at(-1);
    if (instruction === 'FROM') stages.push({ from: words[0] ?? '', name: words[2] ?? '', copies: [], variables: {} });
    else if (instruction === 'ENV') for (const word of words) Object.assign(stage?.variables ?? {}, Object.fromEntries([word.split('=')]));
    else if (instruction === 'COPY' && !words[0]?.startsWith('--from')) {
      const folder = words.at(-1) as string;
      for (const source of words.slice(0, -1)) stage?.copies.push({ source, target: folder.endsWith('/') ? join(folder, source) : folder });
    }
  }
  return stages;
}

const stages = readStages();
const bundle = stages.find(({ name }) => name === 'bundle') as Stage;
const image = stages.at(-1) as Stage;

/** A folder with what a stage copies, and the packages. */
function build({ copies }: Stage): string {
  const folder = mkdtempSync(join(tmpdir(), 'carepath-image-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { source, target } of copies) cpSync(join(root, source), join(folder, target), { recursive: true });
  return folder;
}

function run(folder: string, file: string, environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, env: environment, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the image is built on one fixed version of Node 24 and does not run as root', () => {
  const names = stages.map(({ name }) => name);
  for (const { from } of stages) if (!names.includes(from)) expect(from).toMatch(/^node:24\.\d+\.\d+-[a-z]+-slim$/);
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^USER node$/m);
});

test('what the image copies exists and is let through to the builder, and nothing else is', () => {
  const copied = stages.flatMap(({ copies }) => copies.map(({ source }) => source));
  for (const source of copied)
    if (statSync(join(root, source)).isDirectory()) expect(readdirSync(join(root, source)), source).not.toEqual([]);
  const [everything, ...letThrough] = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(everything).toBe('*');
  expect(letThrough.map((line) => line.slice(1)).sort()).toEqual([...new Set(copied)].sort());
});

test('each process of the deployment finds in the image all that it loads', () => {
  const folder = build(image);
  for (const [name, { command }] of ours) {
    expect(command?.[0], name).toBe('node');
    const { status, stderr } = run(folder, command?.[1] as string);
    // All is loaded before the settings are read, and here there are none.
    expect(stderr, name).toMatch(/^[^\n]*DATABASE_URL/m);
    expect(stderr, name).not.toContain('ERR_MODULE_NOT_FOUND');
    expect(status, name).toBe(1);
  }
});

test('the workflow bundle is built from what its stage copies, and a worker in the image takes it as its own', () => {
  expect(bundle.variables.CAREPATH_CACHE_FOLDER).toBe(image.variables.CAREPATH_CACHE_FOLDER);
  const cache = mkdtempSync(join(tmpdir(), 'carepath-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));

  const built = run(build(bundle), 'worker/bundle-command.ts', { CAREPATH_CACHE_FOLDER: cache });
  expect(built.status, built.stderr).toBe(0);
  const [file] = readdirSync(cache) as [string];
  const { mtimeMs } = statSync(join(cache, file));

  const found = run(build(image), 'worker/bundle-command.ts', { CAREPATH_CACHE_FOLDER: cache });
  expect(found.stdout).toBe(built.stdout);
  expect(readdirSync(cache)).toEqual([file]);
  expect(statSync(join(cache, file)).mtimeMs).toBe(mtimeMs);
});
