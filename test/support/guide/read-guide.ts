/** Reads docs/adding-a-pathway.md as the files that it makes and the places that it changes. */

/** One block of the guide. */
export interface Block {
  path: string;
  kind: 'new file' | 'change';
  text: string;
}

const heading = /^### `([^`]+)`$/;
const fence = /^```(ts|diff)$/;

/** In the order of the guide. A block without a path above it only illustrates. */
export function readBlocks(guide: string): Block[] {
  const blocks: Block[] = [];
  let path: string | undefined;
  let open: { kind: Block['kind']; lines: string[] } | undefined;
  for (const line of guide.split('\n')) {
    if (open && line === '```') {
      if (path !== undefined) blocks.push({ path, kind: open.kind, text: `${open.lines.join('\n')}\n` });
      [open, path] = [undefined, undefined];
    } else if (open) open.lines.push(line);
    else if (fence.test(line)) open = { kind: line === '```ts' ? 'new file' : 'change', lines: [] };
    else if (line.startsWith('#')) path = heading.exec(line)?.[1];
  }
  return blocks;
}

/**
 * The texts of all files that the blocks make or change, by path. `read` gives a file of the project as it stands. Throws for a change whose lines
 * stand nowhere, or more than once, in their file, and for a new file that is there already.
 */
export function applyBlocks(blocks: readonly Block[], read: (path: string) => string | undefined): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { path, kind, text } of blocks) {
    const present = texts.get(path) ?? read(path);
    if (kind === 'new file') {
      if (present !== undefined) throw new Error(`The guide makes ${path} anew, which is there already.`);
      texts.set(path, text);
    } else {
      if (present === undefined) throw new Error(`The guide changes ${path}, which is not there.`);
      texts.set(
        path,
        text.split('@@\n').reduce((whole, place) => applyChange(path, whole, place), present),
      );
    }
  }
  return texts;
}

function applyChange(path: string, whole: string, place: string): string {
  const lines = place.split('\n').slice(0, -1);
  const before = joinLines(lines.filter((line) => !line.startsWith('+')));
  const after = joinLines(lines.filter((line) => !line.startsWith('-')));
  const [head, tail, ...more] = `\n${whole}`.split(`\n${before}`);
  if (before === '' || head === undefined || tail === undefined || more.length > 0)
    throw new Error(`The guide changes these lines of ${path}, which must stand there once:\n${before}`);
  return `${head}\n${after}${tail}`.slice(1);
}

/** Without the first character of each line, which says whether it comes, goes or stays. */
const joinLines = (lines: readonly string[]): string => lines.map((line) => `${line.slice(1)}\n`).join('');
