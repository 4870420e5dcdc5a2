/** Breaks texts into lines by the rules of UAX #14 (Unicode line breaking): no line begins with a full stop or ends with an opening bracket. */
import LineBreaker from 'linebreak';
import type { PreparedFonts, Run, Weight } from './fonts.ts';

export interface Style {
  weight: Weight;
  /** The size of the type in points. */
  size: number;
}

export interface Line {
  runs: (Run & { width: number })[];
  width: number;
}

/** Measures and draws text in several fonts, of which each shows the characters that those before it lack. All lengths are in points. */
export interface Typesetter {
  /** Replaces characters that no font can show by their code points. The other methods take only text that has gone through this one. */
  toVisible(text: string): string;
  measureWidth(text: string, style: Style): number;
  /** Lays the text out on one line, however long that becomes. */
  measure(text: string, style: Style): Line;
  draw(line: Line, place: { x: number; baseline: number }, style: Style, colour?: string): void;
}

/** The size at which each character is measured once; its width at any other size is in proportion. */
const MEASURING_SIZE = 1_000;

export function createTypesetter(doc: PDFKit.PDFDocument, fonts: PreparedFonts): Typesetter {
  // The widths at 1 point by weight and character. They can be kept, because the fonts are cut without kerning and a text is as wide as its characters.
  const advances: Record<Weight, Map<string, number>> = { regular: new Map(), bold: new Map() };
  function advanceOf(character: string, weight: Weight): number {
    const known = advances[weight].get(character);
    if (known !== undefined) return known;
    const [run] = fonts.splitIntoRuns(character, weight);
    const advance = run ? doc.font(run.font, MEASURING_SIZE).widthOfString(run.text) / MEASURING_SIZE : 0;
    advances[weight].set(character, advance);
    return advance;
  }
  function measureWidth(text: string, { weight, size }: Style): number {
    let advance = 0;
    for (const character of text) advance += advanceOf(character, weight);
    return advance * size;
  }
  return {
    toVisible: fonts.toVisible,
    measureWidth,
    measure(text, style) {
      const runs = fonts.splitIntoRuns(text, style.weight).map((run) => ({ ...run, width: measureWidth(run.text, style) }));
      return { runs, width: runs.reduce((sum, run) => sum + run.width, 0) };
    },
    draw(line, { x, baseline }, { size }, colour = '#000000') {
      let at = x;
      for (const run of line.runs) {
        doc.font(run.font, size).fillColor(colour).text(run.text, at, baseline, { lineBreak: false, baseline: 'alphabetic' });
        at += run.width;
      }
    },
  };
}

/** Returns at least one line, so that an empty text has a height. `width` in points. */
export function breakIntoLines(typesetter: Typesetter, text: string, style: Style, width: number): Line[] {
  const lines: Line[] = [];
  let line = '';
  let used = 0;
  const endLine = () => {
    lines.push(typesetter.measure(line.trimEnd(), style));
    line = '';
    used = 0;
  };
  for (const { part, required } of splitAtBreaks(typesetter.toVisible(text))) {
    // A space at the end of a line may hang over. A part that is wider than a whole line, such as a web address, is broken between any two characters.
    for (const piece of typesetter.measureWidth(part.trimEnd(), style) <= width ? [part] : part) {
      if (line !== '' && used + typesetter.measureWidth(piece.trimEnd(), style) > width) endLine();
      line += piece;
      used += typesetter.measureWidth(piece, style);
    }
    if (required) endLine();
  }
  if (line !== '' || lines.length === 0) endLine();
  return lines;
}

/** Yields the parts between which a line may end; `required` says that a line must end after the part. */
function* splitAtBreaks(text: string): Generator<{ part: string; required: boolean }> {
  const breaker = new LineBreaker(text);
  let from = 0;
  for (let found = breaker.nextBreak(); found; found = breaker.nextBreak()) {
    yield { part: text.slice(from, found.position).replace(/\n$/, ''), required: found.required };
    from = found.position;
  }
}
