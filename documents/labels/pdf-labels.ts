/** Labels as PDF, a page of 70 × 50 mm each. The symbol is drawn as areas, so that it is sharp in every resolution. */
import PDFDocument from 'pdfkit';
import { type LabelContent, labelLinesOf, printedCodeOf } from '../../domain/sterile-supply/labels.ts';
import { prepareFonts } from '../pdf/fonts.ts';
import { breakIntoLines, createTypesetter, type Style, type Typesetter } from '../pdf/lines.ts';
import { buildSymbol } from './symbol.ts';

// All lengths are in points, of which a millimetre has 2.835. y grows downwards from the top of the page.
const MM = 72 / 25.4;
const PAGE = { width: 70 * MM, height: 50 * MM };
const MARGIN = 2 * MM;
/** 26 modules of 0.6 mm: a common scanner reads 0.25 mm and more. */
const SYMBOL = 16 * MM;
/** Beside the symbol, then over the whole width under it. */
const beside: Column = { left: MARGIN + SYMBOL + 2 * MM, width: PAGE.width - 2 * MARGIN - SYMBOL - 2 * MM };
const below: Column = { left: MARGIN, width: PAGE.width - 2 * MARGIN };
const WARNING_HEIGHT = 4.2 * MM;

interface Column {
  left: number;
  width: number;
}

const nameStyle: Style = { weight: 'bold', size: 9 };
const englishStyle: Style = { weight: 'regular', size: 7 };
const codeStyle: Style = { weight: 'bold', size: 8 };
const lineStyle: Style = { weight: 'regular', size: 6.2 };
const warningStyle: Style = { weight: 'bold', size: 8 };

/** The same labels always make the same bytes. `printedAt` is the date of the file. */
export async function renderPdfLabels(labels: readonly LabelContent[], printedAt: Date): Promise<Uint8Array> {
  const texts = labels.map((label) => ({ label, ...labelLinesOf(label), code: printedCodeOf(label) }));
  const fonts = await prepareFonts({
    bold: texts.flatMap(({ label, warnings, code }) => [label.name.zh, code, ...warnings, '…']),
    regular: texts.flatMap(({ label, cycle, people }) => [label.name.en, ...cycle, ...people, '…']),
  });
  const doc = new PDFDocument({
    autoFirstPage: false,
    // Without this, pdfkit would load Helvetica, which has no Chinese characters; its types do not know that null is allowed.
    font: null as unknown as string,
    lang: 'zh-CN',
    info: { Title: texts.map(({ code }) => code).join(' '), Creator: 'carepath', Producer: 'carepath', CreationDate: printedAt },
  });
  const chunks: Buffer[] = [];
  const written = new Promise<Uint8Array>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  for (const [name, file] of fonts.files) doc.registerFont(name, file);
  const typesetter = createTypesetter(doc, fonts);
  for (const { label, cycle, people, warnings, code } of texts) {
    doc.addPage({ size: [PAGE.width, PAGE.height], margin: 0 });
    drawSymbol(doc, label);
    let y = MARGIN;
    y = drawText(typesetter, label.name.zh, nameStyle, { y, column: beside, most: 2 });
    y = drawText(typesetter, label.name.en, englishStyle, { y, column: beside, most: 2 });
    y = drawText(typesetter, code, codeStyle, { y, column: beside, most: 1 });
    for (const line of cycle) y = drawText(typesetter, line, lineStyle, { y, column: beside, most: 1 });
    y = Math.max(y, MARGIN + SYMBOL);
    for (const line of people) y = drawText(typesetter, line, lineStyle, { y, column: below, most: 1 });
    drawWarnings(doc, typesetter, warnings);
  }
  doc.end();
  return written;
}

function drawSymbol(doc: PDFKit.PDFDocument, label: LabelContent): void {
  const modules = buildSymbol(label);
  const side = SYMBOL / modules.length;
  for (const [row, cells] of modules.entries())
    for (const [column, dark] of cells.entries()) if (dark) doc.rect(MARGIN + column * side, MARGIN + row * side, side, side);
  doc.fill('#000000');
}

/** Draws at most so many lines; of a longer text the last one ends with an ellipsis. Returns where the next text begins. */
function drawText(
  typesetter: Typesetter,
  text: string,
  style: Style,
  { y, column: { left, width }, most }: { y: number; column: Column; most: number },
): number {
  const height = style.size * 1.25;
  const lines = breakIntoLines(typesetter, shorten(typesetter, text, style, { width, most }), style, width);
  for (const [index, line] of lines.entries()) typesetter.draw(line, { x: left, baseline: y + index * height + style.size }, style);
  return y + lines.length * height;
}

function shorten(typesetter: Typesetter, text: string, style: Style, { width, most }: { width: number; most: number }): string {
  const fits = (shown: string) => breakIntoLines(typesetter, shown, style, width).length <= most;
  if (fits(text)) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && !fits(`${characters.join('')}…`)) characters.pop();
  return `${characters.join('')}…`;
}

/** White on black along the foot, so that nobody overlooks them. */
function drawWarnings(doc: PDFKit.PDFDocument, typesetter: Typesetter, warnings: readonly string[]): void {
  for (const [index, text] of warnings.entries()) {
    const top = PAGE.height - MARGIN - (warnings.length - index) * WARNING_HEIGHT;
    doc.rect(MARGIN, top, PAGE.width - 2 * MARGIN, WARNING_HEIGHT).fill('#000000');
    const shown = shorten(typesetter, text, warningStyle, { width: below.width - 4, most: 1 });
    const [line] = breakIntoLines(typesetter, shown, warningStyle, below.width - 4);
    if (line) typesetter.draw(line, { x: MARGIN + 2, baseline: top + WARNING_HEIGHT - 3.4 }, warningStyle, '#ffffff');
  }
}
