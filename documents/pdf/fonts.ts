/**
 * The fonts of the slip. Names hold rare characters, so several fonts stand behind one another; each slip carries only the characters it shows.
 * Noto Sans SC (27 500 ideographs: all of URO and Extension A in use, the Table of General Standard Characters), Noto Sans (Latin, Greek,
 * Cyrillic, SpO₂), Noto Sans JP and HK (2 000 more ideographs, most of Extension B), Noto Sans Symbols 2 (☐ ☑). All are under the SIL Open Font
 * License 1.1, which lets documents carry them, and are read from their npm packages: nothing is fetched. What none of them has is shown by
 * its number, 〔U+30EDE〕: a name is never silently cut short.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fonts as latinFonts } from '@embedpdf/fonts-latin';
import { fonts as scFonts } from '@embedpdf/fonts-sc';
import symbolRanges from '@fontsource/noto-sans-symbols-2/unicode.json' with { type: 'json' };
import hkRanges from '@fontsource-variable/noto-sans-hk/unicode.json' with { type: 'json' };
import jpRanges from '@fontsource-variable/noto-sans-jp/unicode.json' with { type: 'json' };
import { create as openFont } from 'fontkit';
import subsetFont from 'subset-font';

export type Weight = 'regular' | 'bold';
const wght: Record<Weight, number> = { regular: 400, bold: 700 };

/** A font, or one slice of a font that is published in slices. */
interface Face {
  name: string;
  file: Record<Weight, string>;
  /** one file holds all weights */
  variable: boolean;
  /** May hold it: what a package says of its slices promises too much. */
  claims(codePoint: number): boolean;
}

const { resolve } = createRequire(import.meta.url);

/** A font in one file a weight. */
function whole(name: string, packageName: string, files: readonly { file: string; weight: number; italic?: boolean }[]): Face {
  const folder = join(dirname(resolve(packageName)), '..', 'fonts');
  const fileOf = (weight: Weight) => {
    const found = files.find((file) => file.weight === wght[weight] && file.italic !== true);
    if (!found) throw new Error(`${packageName} has no ${weight} font.`);
    return join(folder, found.file);
  };
  return { name, file: { regular: fileOf('regular'), bold: fileOf('bold') }, variable: false, claims: () => true };
}

interface Sliced {
  name: string;
  packageName: string;
  /** by slice, as CSS writes them: U+4e00-4e03,U+20bb7 */
  ranges: Record<string, string>;
  /** what a file's name ends with */
  ending: string;
  variable: boolean;
}

function slices({ name, packageName, ranges, ending, variable }: Sliced): Face[] {
  return Object.entries(ranges).map(([key, list]) => {
    const slice = `${name}-${key.replaceAll(/[[\]]/g, '')}`;
    const file = resolve(`${packageName}/files/${slice}-${ending}.woff2`);
    const spans = list.split(',').map((range) => {
      const [first = '', last = first] = range.slice('U+'.length).split('-');
      return [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const;
    });
    const claims = (codePoint: number) => spans.some(([first, last]) => first <= codePoint && codePoint <= last);
    return { name: slice, file: { regular: file, bold: file }, variable, claims };
  });
}

const variableSlices = (name: string, ranges: Record<string, string>): Face[] =>
  slices({ name, packageName: `@fontsource-variable/${name}`, ranges, ending: 'wght-normal', variable: true });

const symbols: Sliced = {
  name: 'noto-sans-symbols-2',
  packageName: '@fontsource/noto-sans-symbols-2',
  ranges: symbolRanges,
  ending: '400-normal',
  variable: false,
};

/** The first that has a character shows it. */
const faces: readonly Face[] = [
  whole('noto-sans-sc', '@embedpdf/fonts-sc', scFonts),
  whole('noto-sans', '@embedpdf/fonts-latin', latinFonts),
  ...variableSlices('noto-sans-jp', jpRanges),
  ...variableSlices('noto-sans-hk', hkRanges),
  ...slices(symbols),
];

const characterSets = new Map<string, Promise<ReadonlySet<number>>>();

function charactersOf({ name, file }: Face): Promise<ReadonlySet<number>> {
  const known = characterSets.get(name) ?? readFile(file.regular).then((bytes) => new Set(openFont(bytes).characterSet));
  characterSets.set(name, known);
  return known;
}

// Controls, joiners, changes of direction: they have no picture even where a font has an empty one.
const invisible = /[\p{Cc}\p{Cf}]/u;

async function faceOf(character: string): Promise<Face | undefined> {
  const codePoint = character.codePointAt(0) as number;
  if (invisible.test(character)) return undefined;
  for (const face of faces) if (face.claims(codePoint) && (await charactersOf(face)).has(codePoint)) return face;
  return undefined;
}

/** One kind of line break, one kind of space but the ideographic one: what is left is what can be seen. */
const plain = (text: string): string =>
  text
    .replaceAll(/\r\n|[\r\n\v\f\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', '    ')
    .replaceAll(/(?!\u3000)\p{Zs}/gu, ' ');

const numbered = (character: string): string => `〔U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}〕`;
const charactersOfNumbers = '〔〕U+0123456789ABCDEF';

/** A part of a text that one font shows. */
export interface Run {
  font: string;
  text: string;
}

export interface SlipFonts {
  /** by the names that runs give */
  files: ReadonlyMap<string, Buffer>;
  /** The text as it is shown: characters without a picture by their number. */
  shown(text: string): string;
  /** Only of what `shown` gave, in a weight it was prepared for. */
  runs(text: string, weight: Weight): Run[];
}

/** Cuts the fonts down to what these texts need. */
export async function prepareFonts(texts: Record<Weight, readonly string[]>): Promise<SlipFonts> {
  const files = new Map<string, Buffer>();
  const fontOf: Record<Weight, Map<string, string>> = { regular: new Map(), bold: new Map() };
  const withoutPicture = new Set<string>();
  for (const weight of ['regular', 'bold'] as const) {
    const byFace = new Map<Face, string>();
    for (const character of new Set(plain(texts[weight].join('')) + charactersOfNumbers)) {
      const face = character === '\n' ? undefined : await faceOf(character);
      if (face) {
        byFace.set(face, (byFace.get(face) ?? '') + character);
        fontOf[weight].set(character, nameOf(face, weight));
      } else if (character !== '\n') withoutPicture.add(character);
    }
    for (const [face, characters] of byFace) files.set(nameOf(face, weight), await cut(face, weight, characters));
  }

  return {
    files,
    shown: (text) => Array.from(plain(text), (character) => (withoutPicture.has(character) ? numbered(character) : character)).join(''),
    runs(text, weight) {
      const runs: Run[] = [];
      for (const character of text) {
        const font = fontOf[weight].get(character);
        if (!font) throw new Error(`No font is prepared for ${numbered(character)} in ${weight}.`);
        const last = runs.at(-1);
        if (last?.font === font) last.text += character;
        else runs.push({ font, text: character });
      }
      return runs;
    },
  };
}

const nameOf = ({ name }: Face, weight: Weight): string => `${name}-${weight}`;

/** Without kerning, ligatures and vertical forms: each character keeps its width and can be found and copied as itself. */
const layoutTables = ['GSUB', 'GPOS', 'BASE', 'VORG', 'vhea', 'vmtx'];

async function cut({ file, variable }: Face, weight: Weight, characters: string): Promise<Buffer> {
  return subsetFont(await readFile(file[weight]), characters, {
    targetFormat: 'sfnt',
    dropTables: layoutTables,
    ...(variable ? { variationAxes: { wght: wght[weight] } } : {}),
  });
}
