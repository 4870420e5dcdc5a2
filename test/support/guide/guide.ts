/** The guide to a new pathway, as it stands in docs/. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { applyBlocks, type Block, readBlocks } from './read-guide.ts';

export const root = resolve(import.meta.dirname, '../../..');

const readFile = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

export const blocks: readonly Block[] = readBlocks(readFileSync(join(root, 'docs/adding-a-pathway.md'), 'utf8'));

/** The places that a new pathway is entered in; each is left out in turn. */
export const entries: readonly Block[] = blocks.filter(({ kind }) => kind === 'change');

/** The texts of all files that the guide makes or changes, by path; without one of its blocks where `leftOut` says so. */
export const guideTexts = (leftOut?: Block): Map<string, string> =>
  applyBlocks(
    blocks.filter((block) => block !== leftOut),
    readFile,
  );
