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
  /** The text as it is shown; what the others take. */
  shown(text: string): string;
  width(text: string, style: Style): number;
  /** On one line. */
  measure(text: string, style: Style): Line;
  line(line: Line, place: { x: number; baseline: number }, style: Style, colour?: string): void;
}

const MEASURED_AT = 1_000;

export function setter(doc: PDFKit.PDFDocument, fonts: SlipFonts): Setter {
  // At 1 point, by weight and character: without kerning a text is as wide as its characters.
  const advances: Record<Weight, Map<string, number>> = { regular: new Map(), bold: new Map() };
  function advanceOf(character: string, weight: Weight): number {
    const known = advances[weight].get(character);
    if (known !== undefined) return known;
    const [run] = fonts.runs(character, weight);
    const advance = run ? doc.font(run.font, MEASURED_AT).widthOfString(run.text) / MEASURED_AT : 0;
    advances[weight].set(character, advance);
    return advance;
  }
  function width(text: string, { weight, size }: Style): number {
    let advance = 0;
    for (const character of text) advance += advanceOf(character, weight);
    return advance * size;
  }
  return {
    shown: fonts.shown,
    width,
    measure(text, style) {
      const runs = fonts.runs(text, style.weight).map((run) => ({ ...run, width: width(run.text, style) }));
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
    // A space at the end of a line may hang over. What is wider than a line, such as a web address, breaks where it must.
    for (const piece of set.width(part.trimEnd(), style) <= width ? [part] : part) {
      if (line !== '' && used + set.width(piece.trimEnd(), style) > width) end();
      line += piece;
      used += set.width(piece, style);
    }
    if (required) end();
  }
  if (line !== '' || lines.length === 0) end();
  return lines;
}

/** What stays together, with where a line must end. */
function* partsOf(text: string): Generator<{ part: string; required: boolean }> {
  const breaker = new LineBreaker(text);
  let from = 0;
  for (let found = breaker.nextBreak(); found; found = breaker.nextBreak()) {
    yield { part: text.slice(from, found.position).replace(/\n$/, ''), required: found.required };
    from = found.position;
  }
}
