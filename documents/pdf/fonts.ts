/**
 * The fonts of printed documents. Names hold rare characters, so a character that one font lacks is taken from the next one, and each document
 * carries only the characters it shows. In this order: Noto Sans SC (27 500 ideographs: all of URO and Extension A in use, the Table of General
 * Standard Characters), Noto Sans (Latin, Greek, Cyrillic, SpO₂), Noto Sans JP and HK (2 000 more ideographs, most of Extension B), Noto Sans
 * Symbols 2 (☐ ☑). All are under the SIL Open Font License 1.1, which lets documents carry them, and are read from their npm packages, so
 * nothing is fetched from the network. A character that none of them has is shown by its code point, 〔U+30EDE〕, so that a name is never
 * silently cut short.
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
/** The values of the OpenType axis `wght`. */
const wght: Record<Weight, number> = { regular: 400, bold: 700 };

/** A font, or one slice of a font whose characters are published in several files. */
interface Face {
  name: string;
  file: Record<Weight, string>;
  /** One file holds all weights, and a weight is cut out of it. */
  variable: boolean;
  /** Says whether the face may have the character. It only spares opening files: a package lists more characters for a slice than it has. */
  mayHold(codePoint: number): boolean;
}

const { resolve } = createRequire(import.meta.url);

/** A font that has one file for each weight and holds all its characters in it. */
function wholeFace(name: string, packageName: string, files: readonly { file: string; weight: number; italic?: boolean }[]): Face {
  const folder = join(dirname(resolve(packageName)), '..', 'fonts');
  const fileOf = (weight: Weight) => {
    const found = files.find((file) => file.weight === wght[weight] && file.italic !== true);
    if (!found) throw new Error(`${packageName} has no ${weight} font.`);
    return join(folder, found.file);
  };
  return { name, file: { regular: fileOf('regular'), bold: fileOf('bold') }, variable: false, mayHold: () => true };
}

interface SlicedFont {
  name: string;
  packageName: string;
  /** The characters of each slice as CSS writes ranges: U+4e00-4e03,U+20bb7. */
  ranges: Record<string, string>;
  /** The end of each file's name, before `.woff2`. */
  ending: string;
  variable: boolean;
}

function slicedFaces({ name, packageName, ranges, ending, variable }: SlicedFont): Face[] {
  return Object.entries(ranges).map(([key, list]) => {
    const slice = `${name}-${key.replaceAll(/[[\]]/g, '')}`;
    const file = resolve(`${packageName}/files/${slice}-${ending}.woff2`);
    const spans = list.split(',').map((range) => {
      const [first = '', last = first] = range.slice('U+'.length).split('-');
      return [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const;
    });
    const mayHold = (codePoint: number) => spans.some(([first, last]) => first <= codePoint && codePoint <= last);
    return { name: slice, file: { regular: file, bold: file }, variable, mayHold };
  });
}

const variableFaces = (name: string, ranges: Record<string, string>): Face[] =>
  slicedFaces({ name, packageName: `@fontsource-variable/${name}`, ranges, ending: 'wght-normal', variable: true });

const symbols: SlicedFont = {
  name: 'noto-sans-symbols-2',
  packageName: '@fontsource/noto-sans-symbols-2',
  ranges: symbolRanges,
  ending: '400-normal',
  variable: false,
};

/** A character is shown by the first face that has it. */
const faces: readonly Face[] = [
  wholeFace('noto-sans-sc', '@embedpdf/fonts-sc', scFonts),
  wholeFace('noto-sans', '@embedpdf/fonts-latin', latinFonts),
  ...variableFaces('noto-sans-jp', jpRanges),
  ...variableFaces('noto-sans-hk', hkRanges),
  ...slicedFaces(symbols),
];

const characterSets = new Map<string, Promise<ReadonlySet<number>>>();

async function readCharacters({ name, file }: Face): Promise<ReadonlySet<number>> {
  const known = characterSets.get(name) ?? readFile(file.regular).then((bytes) => new Set(openFont(bytes).characterSet));
  characterSets.set(name, known);
  return known;
}

// Control characters, joiners and changes of direction have nothing to show, even where a font has an empty glyph for them.
const invisible = /[\p{Cc}\p{Cf}]/u;

async function findFace(character: string): Promise<Face | undefined> {
  const codePoint = character.codePointAt(0) as number;
  if (invisible.test(character)) return undefined;
  for (const face of faces) if (face.mayHold(codePoint) && (await readCharacters(face)).has(codePoint)) return face;
  return undefined;
}

/** Turns every line break into `\n` and every space but the ideographic one into U+0020, so that fonts need no glyphs for their many kinds. */
const normaliseSpaces = (text: string): string =>
  text
    .replaceAll(/\r\n|[\r\n\v\f\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', '    ')
    .replaceAll(/(?!\u3000)\p{Zs}/gu, ' ');

const writeCodePoint = (character: string): string =>
  `〔U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}〕`;
const charactersOfCodePoints = '〔〕U+0123456789ABCDEF';

/** A part of a text that one font shows as a whole. */
export interface Run {
  font: string;
  text: string;
}

export interface PreparedFonts {
  /** The font files by the names that runs give. */
  files: ReadonlyMap<string, Buffer>;
  /** Replaces each character that no font can show by its code point. */
  toVisible(text: string): string;
  /** Takes only text that `toVisible` has returned, of characters that were prepared in this weight. Throws for any other character. */
  splitIntoRuns(text: string, weight: Weight): Run[];
}

/** Cuts the fonts down to the characters of these texts. */
export async function prepareFonts(texts: Record<Weight, readonly string[]>): Promise<PreparedFonts> {
  const files = new Map<string, Buffer>();
  const fontOf: Record<Weight, Map<string, string>> = { regular: new Map(), bold: new Map() };
  const withoutGlyph = new Set<string>();
  for (const weight of ['regular', 'bold'] as const) {
    const byFace = new Map<Face, string>();
    for (const character of new Set(normaliseSpaces(texts[weight].join('')) + charactersOfCodePoints)) {
      const face = character === '\n' ? undefined : await findFace(character);
      if (face) {
        byFace.set(face, (byFace.get(face) ?? '') + character);
        fontOf[weight].set(character, nameOf(face, weight));
      } else if (character !== '\n') withoutGlyph.add(character);
    }
    for (const [face, characters] of byFace) files.set(nameOf(face, weight), await cutFont(face, weight, characters));
  }

  return {
    files,
    toVisible: (text) =>
      Array.from(normaliseSpaces(text), (character) => (withoutGlyph.has(character) ? writeCodePoint(character) : character)).join(''),
    splitIntoRuns(text, weight) {
      const runs: Run[] = [];
      for (const character of text) {
        const font = fontOf[weight].get(character);
        if (!font) throw new Error(`No font is prepared for ${writeCodePoint(character)} in ${weight}.`);
        const last = runs.at(-1);
        if (last?.font === font) last.text += character;
        else runs.push({ font, text: character });
      }
      return runs;
    },
  };
}

const nameOf = ({ name }: Face, weight: Weight): string => `${name}-${weight}`;

/** The tables for kerning, ligatures and vertical forms are left out, so that each character keeps its width and can be found and copied as itself. */
const layoutTables = ['GSUB', 'GPOS', 'BASE', 'VORG', 'vhea', 'vmtx'];

async function cutFont({ file, variable }: Face, weight: Weight, characters: string): Promise<Buffer> {
  return subsetFont(await readFile(file[weight]), characters, {
    targetFormat: 'sfnt',
    dropTables: layoutTables,
    ...(variable ? { variationAxes: { wght: wght[weight] } } : {}),
  });
}
