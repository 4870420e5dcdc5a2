/** Text into lines: by the rules of UAX #14, so that no line begins with a full stop or ends with an opening bracket. */
import LineBreaker from 'linebreak';
import type { Run, SlipFonts, Weight } from './fonts.ts';

export interface Style {
  weight: Weight;
  size: number;
}

export interface Line {
  runs: (Run & { width: number })[];
  width: number;
}

/** Measures and sets text in fonts that stand in for one another. */
export interface Setter {
  /** Of a text on one line. */
  measure(text: string, style: Style): Line;
  line(line: Line, place: { x: number; baseline: number }, style: Style, colour?: string): void;
  /** The text as it is shown. */
  shown(text: string): string;
}

const MEASURED_AT = 1_000;

export function setter(doc: PDFKit.PDFDocument, fonts: SlipFonts): Setter {
  // By font and character, at 1 point: without kerning a text is as wide as its characters.
  const advances = new Map<string, number>();
  const advanceOf = (font: string, character: string): number => {
    const key = `${font} ${character}`;
    const known = advances.get(key) ?? doc.font(font, MEASURED_AT).widthOfString(character) / MEASURED_AT;
    advances.set(key, known);
    return known;
  };
  const widthOf = (font: string, text: string, size: number): number => {
    let width = 0;
    for (const character of text) width += advanceOf(font, character);
    return width * size;
  };
  return {
    shown: fonts.shown,
    measure(text, { weight, size }) {
      const oneLine = fonts.shown(text).replaceAll('\n', ' ');
      const runs = fonts.runs(oneLine, weight).map((run) => ({ ...run, width: widthOf(run.font, run.text, size) }));
      return { runs, width: runs.reduce((sum, run) => sum + run.width, 0) };
    },
    line(line, { x, baseline }, { size }, colour = '#000000') {
      let at = x;
      for (const run of line.runs) {
        doc.font(run.font, size).fillColor(colour).text(run.text, at, baseline, { lineBreak: false, baseline: 'alphabetic' });
        at += run.width;
      }
    },
  };
}

/** At least one line, so that an empty text has a height. */
export function linesOf(set: Setter, text: string, style: Style, width: number): Line[] {
  const lines: Line[] = [];
  let line = '';
  let used = 0;
  const end = () => {
    lines.push(set.measure(line.trimEnd(), style));
    line = '';
    used = 0;
  };
  for (const { part, required } of partsOf(set.shown(text))) {
    // What is wider than a line, such as a web address, breaks where it must.
    for (const piece of widthOf(set, part, style) <= width ? [part] : part) {
      if (line !== '' && used + widthOf(set, piece, style) > width) end();
      line += piece;
      used += set.measure(piece, style).width;
    }
    if (required) end();
  }
  if (line !== '' || lines.length === 0) end();
  return lines;
}

/** A space at the end of a line may hang over. */
const widthOf = (set: Setter, text: string, style: Style): number => set.measure(text.trimEnd(), style).width;

/** What stays together, with where a line must end. */
function* partsOf(text: string): Generator<{ part: string; required: boolean }> {
  const breaker = new LineBreaker(text);
  let from = 0;
  for (let found = breaker.nextBreak(); found; found = breaker.nextBreak()) {
    yield { part: text.slice(from, found.position).replace(/\n$/, ''), required: found.required };
    from = found.position;
  }
}
