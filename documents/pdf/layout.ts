/** Sets a slip on A4: a ruled form whose long texts go on over as many pages as they need. The same slip always makes the same bytes. */
import PDFDocument from 'pdfkit';
import type { Block, Field, Slip } from '../referral-slip.ts';
import { prepareFonts, type Weight } from './fonts.ts';
import { type Line, linesOf, type Setter, type Style, setter } from './lines.ts';

// Points; 72 to the inch. y runs down.
const A4 = { width: 595.28, height: 841.89 };
const LEFT = 42;
const WIDTH = A4.width - 2 * LEFT;
const TOP = 40;
const BOTTOM = A4.height - 46;
const FOOT = A4.height - 30;

const LINE = 14;
const PAD_X = 5;
const PAD_Y = 3;
const LABEL_WIDTH = 68;
const HEADING = 19;
const SIGNATURE_HEIGHT = 58;

const value: Style = { weight: 'regular', size: 10 };
const strong: Style = { weight: 'bold', size: 10 };
const label: Style = { weight: 'bold', size: 9 };
const small: Style = { weight: 'regular', size: 8 };

const BLACK = '#000000';
const RULE = '#8a8a8a';
const LABEL_GROUND = '#f2f2f2';
const grounds = { green: '#0b6b34', grey: '#5a5a5a' };

export async function renderSlip(slip: Slip): Promise<Uint8Array> {
  const fonts = await prepareFonts(textsOf(slip));
  const doc = new PDFDocument({
    size: [A4.width, A4.height],
    margin: 0,
    // pdfkit would load Helvetica, which knows no Chinese
    font: null as unknown as string,
    bufferPages: true,
    lang: 'zh-CN',
    displayTitle: true,
    info: { Title: `${slip.title} ${slip.number}`, Creator: 'carepath', Producer: 'carepath', CreationDate: slip.date },
  });
  const chunks: Buffer[] = [];
  const written = new Promise<Uint8Array>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  for (const [name, file] of fonts.files) doc.registerFont(name, file);
  const form = new Form(doc, setter(doc, fonts), slip);
  for (const block of slip.blocks) form.add(block);
  form.finish();
  doc.end();
  return written;
}

/** Every text of the slip by the weight it is set in, for cutting the fonts. */
function textsOf({ paper, title, subtitle, number, runningHead, printedAt, blocks }: Slip): Record<Weight, string[]> {
  const bold = [title, subtitle, runningHead];
  const regular = [numberText(number), footText({ paper, number, printedAt }), pageText(0, 0), '0123456789', SIGN, DATE];
  for (const block of blocks) {
    switch (block.kind) {
      case 'banner':
      case 'heading':
        bold.push(block.text);
        break;
      case 'fields':
        for (const field of block.fields) {
          bold.push(field.label);
          (field.strong ? bold : regular).push(field.value);
        }
        break;
      case 'text':
        bold.push(block.label, CONTINUED);
        regular.push(block.text);
        break;
      case 'table':
        bold.push(...block.columns.map((column) => column.title));
        regular.push(...block.rows.flat());
        break;
      case 'signatures':
        bold.push(...block.labels);
        break;
    }
  }
  return { regular, bold };
}

const CONTINUED = '（续）';
const SIGN = '签名';
const DATE = '日期：　　年　　月　　日';
const numberText = (number: string): string => `编号 ${number}`;
const footText = ({ paper, number, printedAt }: Pick<Slip, 'paper' | 'number' | 'printedAt'>): string =>
  `${paper} ${number}　打印时间 ${printedAt}（北京时间）`;
const pageText = (page: number, pages: number): string => `第 ${page} 页　共 ${pages} 页`;

class Form {
  private readonly doc: PDFKit.PDFDocument;
  private readonly set: Setter;
  private readonly slip: Slip;
  private y = TOP;

  constructor(doc: PDFKit.PDFDocument, set: Setter, slip: Slip) {
    this.doc = doc;
    this.set = set;
    this.slip = slip;
    this.title();
  }

  add(block: Block): void {
    switch (block.kind) {
      case 'banner':
        this.banner(block.text, grounds[block.colour]);
        break;
      case 'heading':
        this.heading(block.text);
        break;
      case 'fields':
        this.fields(block.fields);
        break;
      case 'text':
        this.text(block.label, block.text);
        break;
      case 'table':
        this.table(block.columns, block.rows);
        break;
      case 'signatures':
        this.signatures(block.labels);
        break;
    }
  }

  /** Feet come last: only now the number of pages is known. */
  finish(): void {
    const { count } = this.doc.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      this.doc.switchToPage(page);
      this.set.line(this.measure(footText(this.slip), small), { x: LEFT, baseline: FOOT }, small);
      const pages = this.measure(pageText(page + 1, count), small);
      this.set.line(pages, { x: LEFT + WIDTH - pages.width, baseline: FOOT }, small);
    }
  }

  private title(): void {
    const { title, subtitle, number } = this.slip;
    const style: Style = { weight: 'bold', size: 20 };
    const text = this.measure(title, style);
    this.set.line(text, { x: LEFT + (WIDTH - text.width) / 2, baseline: this.y + 18 }, style);
    this.set.line(this.measure(subtitle, { weight: 'bold', size: 14 }), { x: LEFT, baseline: this.y + 18 }, { weight: 'bold', size: 14 });
    const right = this.measure(numberText(number), value);
    this.set.line(right, { x: LEFT + WIDTH - right.width, baseline: this.y + 18 }, value);
    this.y += 32;
  }

  private banner(text: string, ground: string): void {
    const style: Style = { weight: 'bold', size: 14 };
    const height = 26;
    this.doc.rect(LEFT, this.y, WIDTH, height).fill(ground);
    const line = this.measure(text, style);
    this.set.line(line, { x: LEFT + (WIDTH - line.width) / 2, baseline: this.y + 18 }, style, '#ffffff');
    this.y += height + 6;
  }

  private heading(text: string): void {
    // With the row that it heads: it never stands alone at the foot of a page.
    this.room(HEADING + heightOf(2));
    this.set.line(this.measure(text, strong), { x: LEFT, baseline: this.y + HEADING - 5 }, strong);
    this.y += HEADING;
  }

  private fields(fields: readonly Field[]): void {
    const cellWidth = WIDTH / fields.length;
    const cells = fields.map((field) => {
      const style = field.strong ? strong : value;
      return { field, style, lines: linesOf(this.set, field.value, style, cellWidth - LABEL_WIDTH - 2 * PAD_X) };
    });
    const height = heightOf(Math.max(...cells.map(({ lines }) => lines.length)));
    this.room(height);
    for (const [index, { field, style, lines }] of cells.entries()) {
      const x = LEFT + index * cellWidth;
      this.label(x, height, field.label);
      this.cell(x + LABEL_WIDTH, cellWidth - LABEL_WIDTH, height, lines, style);
    }
    this.y += height;
  }

  private text(name: string, text: string): void {
    const lines = linesOf(this.set, text, value, WIDTH - LABEL_WIDTH - 2 * PAD_X);
    for (let next = 0, part = 0; next < lines.length; part += 1) {
      this.room(heightOf(Math.min(2, lines.length - next)));
      const fitting = Math.floor((BOTTOM - this.y - 2 * PAD_Y) / LINE);
      const shown = lines.slice(next, next + fitting);
      const height = heightOf(shown.length);
      this.label(LEFT, height, name, part > 0);
      this.cell(LEFT + LABEL_WIDTH, WIDTH - LABEL_WIDTH, height, shown, value);
      this.y += height;
      next += shown.length;
    }
  }

  private table(columns: readonly { title: string; share: number }[], rows: readonly string[][]): void {
    const total = columns.reduce((sum, { share }) => sum + share, 0);
    const widths = columns.map(({ share }) => (WIDTH * share) / total);
    this.row(
      columns.map(({ title }) => title),
      widths,
      label,
      LABEL_GROUND,
    );
    for (const row of rows) this.row(row, widths, value);
  }

  private row(texts: readonly string[], widths: readonly number[], style: Style, ground?: string): void {
    const cells = texts.map((text, index) => linesOf(this.set, text, style, (widths[index] as number) - 2 * PAD_X));
    const height = heightOf(Math.max(...cells.map((lines) => lines.length)));
    this.room(height);
    let x = LEFT;
    for (const [index, lines] of cells.entries()) {
      const width = widths[index] as number;
      this.cell(x, width, height, lines, style, ground);
      x += width;
    }
    this.y += height;
  }

  private signatures(labels: readonly string[]): void {
    this.y += 8;
    this.room(SIGNATURE_HEIGHT);
    const width = WIDTH / labels.length;
    for (const [index, name] of labels.entries()) {
      const x = LEFT + index * width;
      this.doc.lineWidth(0.5).rect(x, this.y, width, SIGNATURE_HEIGHT).stroke(RULE);
      const who = this.measure(name, label);
      this.set.line(who, { x: x + PAD_X, baseline: this.y + 14 }, label);
      this.set.line(this.measure(SIGN, small), { x: x + PAD_X + who.width + 4, baseline: this.y + 14 }, small);
      this.set.line(this.measure(DATE, small), { x: x + PAD_X, baseline: this.y + SIGNATURE_HEIGHT - 8 }, small);
    }
    this.y += SIGNATURE_HEIGHT;
  }

  private label(x: number, height: number, text: string, continued = false): void {
    const lines = linesOf(this.set, text, label, LABEL_WIDTH - 2 * PAD_X);
    const shown = continued ? [...lines, ...linesOf(this.set, CONTINUED, label, LABEL_WIDTH)] : lines;
    this.cell(x, LABEL_WIDTH, height, shown.slice(0, Math.max(1, Math.floor((height - 2 * PAD_Y) / LINE))), label, LABEL_GROUND);
  }

  private cell(x: number, width: number, height: number, lines: readonly Line[], style: Style, ground?: string): void {
    if (ground) this.doc.rect(x, this.y, width, height).fill(ground);
    this.doc.lineWidth(0.5).rect(x, this.y, width, height).stroke(RULE);
    for (const [index, line] of lines.entries())
      this.set.line(line, { x: x + PAD_X, baseline: this.y + PAD_Y + index * LINE + 10.5 }, style, BLACK);
  }

  private measure(text: string, style: Style): Line {
    return this.set.measure(this.set.shown(text).replaceAll('\n', ' '), style);
  }

  /** Begins a page when the height does not fit on this one. */
  private room(height: number): void {
    if (this.y + height <= BOTTOM) return;
    this.doc.addPage();
    this.y = TOP - LINE;
    for (const line of linesOf(this.set, this.slip.runningHead, label, WIDTH)) {
      this.y += LINE;
      this.set.line(line, { x: LEFT, baseline: this.y }, label);
    }
    this.y += 10;
  }
}

const heightOf = (lines: number): number => lines * LINE + 2 * PAD_Y;
