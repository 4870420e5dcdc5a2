/** Sets a document on A4 as a ruled form whose long texts go on over as many pages as they need. The same document always makes the same bytes. */
import PDFDocument from 'pdfkit';
import type { Block, Field, PdfDocument } from './document.ts';
import { prepareFonts, type Weight } from './fonts.ts';
import { breakIntoLines, createTypesetter, type Line, type Style, type Typesetter } from './lines.ts';

// All lengths are in points, of which an inch has 72. y grows downwards from the top of the page.
const A4 = { width: 595.28, height: 841.89 };
const MARGIN_LEFT = 42;
const MARGIN_TOP = 40;
const MARGIN_BOTTOM = 46;
const FOOT_ABOVE_EDGE = 30;

const LINE_HEIGHT = 14;
const PADDING_X = 5;
const PADDING_Y = 3;
const LABEL_WIDTH = 68;
const HEADING_HEIGHT = 19;
const SIGNATURE_HEIGHT = 58;

const value: Style = { weight: 'regular', size: 10 };
const strong: Style = { weight: 'bold', size: 10 };
const label: Style = { weight: 'bold', size: 9 };
const small: Style = { weight: 'regular', size: 8 };

const BLACK = '#000000';
const RULE_COLOUR = '#8a8a8a';
const LABEL_BACKGROUND = '#f2f2f2';
const bannerBackgrounds = { green: '#0b6b34', grey: '#5a5a5a' };

/** Returns the bytes of the PDF file. Only the characters that stand in the document are embedded. */
export async function renderPdf(document: PdfDocument): Promise<Uint8Array> {
  const fonts = await prepareFonts(textsOf(document));
  const doc = new PDFDocument({
    size: [A4.width, A4.height],
    margin: 0,
    // Without this, pdfkit would load Helvetica, which has no Chinese characters; its types do not know that null is allowed.
    font: null as unknown as string,
    bufferPages: true,
    lang: 'zh-CN',
    displayTitle: true,
    info: { Title: `${document.title} ${document.number}`, Creator: 'carepath', Producer: 'carepath', CreationDate: document.date },
  });
  const chunks: Buffer[] = [];
  const written = new Promise<Uint8Array>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  for (const [name, file] of fonts.files) doc.registerFont(name, file);
  const form = new Form(doc, createTypesetter(doc, fonts), document);
  for (const block of document.blocks) form.drawBlock(block);
  form.drawFeet();
  doc.end();
  return written;
}

/** Collects every text of the document by the weight it is set in, because each font is cut down to the characters it has to show. */
function textsOf({ documentName, title, subtitle, number, runningHead, printedAt, blocks }: PdfDocument): Record<Weight, string[]> {
  const bold = [title, subtitle, runningHead];
  const regular = [
    toNumberText(number),
    toFootText({ documentName, number, printedAt }),
    toPageText(0, 0),
    '0123456789',
    SIGNATURE_LABEL,
    SIGNATURE_DATE,
  ];
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
const SIGNATURE_LABEL = '签名';
const SIGNATURE_DATE = '日期：　　年　　月　　日';
const toNumberText = (number: string): string => `编号 ${number}`;
const toFootText = ({ documentName, number, printedAt }: Pick<PdfDocument, 'documentName' | 'number' | 'printedAt'>): string =>
  `${documentName} ${number}　打印时间 ${printedAt}（北京时间）`;
const toPageText = (page: number, pages: number): string => `第 ${page} 页　共 ${pages} 页`;

/** Draws block after block from the top of the first page down; `y` is where the next one begins. */
class Form {
  private readonly doc: PDFKit.PDFDocument;
  private readonly typesetter: Typesetter;
  private readonly document: PdfDocument;
  // A document in larger type is drawn on a smaller page, which is then enlarged.
  private readonly scale: number;
  private readonly left: number;
  private readonly width: number;
  private readonly bottom: number;
  private y: number;

  constructor(doc: PDFKit.PDFDocument, typesetter: Typesetter, document: PdfDocument) {
    this.doc = doc;
    this.typesetter = typesetter;
    this.document = document;
    this.scale = document.textScale ?? 1;
    this.left = MARGIN_LEFT / this.scale;
    this.width = (A4.width - 2 * MARGIN_LEFT) / this.scale;
    this.bottom = (A4.height - MARGIN_BOTTOM) / this.scale;
    this.y = MARGIN_TOP / this.scale;
    this.enlarge();
    this.drawTitle();
  }

  /** Once a page. */
  private enlarge(): void {
    if (this.scale !== 1) this.doc.scale(this.scale);
  }

  drawBlock(block: Block): void {
    switch (block.kind) {
      case 'banner':
        this.drawBanner(block.text, bannerBackgrounds[block.colour]);
        break;
      case 'heading':
        this.drawHeading(block.text);
        break;
      case 'fields':
        this.drawFields(block.fields);
        break;
      case 'text':
        this.drawText(block.label, block.text);
        break;
      case 'table':
        this.drawTable(block.columns, block.rows);
        break;
      case 'signatures':
        this.drawSignatures(block.labels);
        break;
    }
  }

  /** The feet are drawn after everything else, because they show the number of pages. */
  drawFeet(): void {
    const { count } = this.doc.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      this.doc.switchToPage(page);
      this.typesetter.draw(
        this.measure(toFootText(this.document), small),
        { x: this.left, baseline: (A4.height - FOOT_ABOVE_EDGE) / this.scale },
        small,
      );
      const pages = this.measure(toPageText(page + 1, count), small);
      this.typesetter.draw(pages, { x: this.left + this.width - pages.width, baseline: (A4.height - FOOT_ABOVE_EDGE) / this.scale }, small);
    }
  }

  private drawTitle(): void {
    const { title, subtitle, number } = this.document;
    const style: Style = { weight: 'bold', size: 20 };
    const text = this.measure(title, style);
    this.typesetter.draw(text, { x: this.left + (this.width - text.width) / 2, baseline: this.y + 18 }, style);
    this.typesetter.draw(
      this.measure(subtitle, { weight: 'bold', size: 14 }),
      { x: this.left, baseline: this.y + 18 },
      { weight: 'bold', size: 14 },
    );
    const right = this.measure(toNumberText(number), value);
    this.typesetter.draw(right, { x: this.left + this.width - right.width, baseline: this.y + 18 }, value);
    this.y += 32;
  }

  private drawBanner(text: string, background: string): void {
    const style: Style = { weight: 'bold', size: 14 };
    const height = 26;
    this.doc.rect(this.left, this.y, this.width, height).fill(background);
    const line = this.measure(text, style);
    this.typesetter.draw(line, { x: this.left + (this.width - line.width) / 2, baseline: this.y + 18 }, style, '#ffffff');
    this.y += height + 6;
  }

  private drawHeading(text: string): void {
    // A heading asks for room for two more lines, so that it never stands alone at the foot of a page.
    this.makeRoom(HEADING_HEIGHT + heightOf(2));
    this.typesetter.draw(this.measure(text, strong), { x: this.left, baseline: this.y + HEADING_HEIGHT - 5 }, strong);
    this.y += HEADING_HEIGHT;
  }

  private drawFields(fields: readonly Field[]): void {
    const cellWidth = this.width / fields.length;
    const cells = fields.map((field) => {
      const style = field.strong ? strong : value;
      return { field, style, lines: breakIntoLines(this.typesetter, field.value, style, cellWidth - LABEL_WIDTH - 2 * PADDING_X) };
    });
    const height = heightOf(Math.max(...cells.map(({ lines }) => lines.length)));
    this.makeRoom(height);
    for (const [index, { field, style, lines }] of cells.entries()) {
      const x = this.left + index * cellWidth;
      this.drawLabel(x, height, field.label);
      this.drawCell(x + LABEL_WIDTH, cellWidth - LABEL_WIDTH, height, lines, style);
    }
    this.y += height;
  }

  private drawText(name: string, text: string): void {
    const lines = breakIntoLines(this.typesetter, text, value, this.width - LABEL_WIDTH - 2 * PADDING_X);
    for (let next = 0, part = 0; next < lines.length; part += 1) {
      this.makeRoom(heightOf(Math.min(2, lines.length - next)));
      const fitting = Math.floor((this.bottom - this.y - 2 * PADDING_Y) / LINE_HEIGHT);
      const shown = lines.slice(next, next + fitting);
      const height = heightOf(shown.length);
      this.drawLabel(this.left, height, name, part > 0);
      this.drawCell(this.left + LABEL_WIDTH, this.width - LABEL_WIDTH, height, shown, value);
      this.y += height;
      next += shown.length;
    }
  }

  private drawTable(columns: readonly { title: string; share: number }[], rows: readonly string[][]): void {
    const total = columns.reduce((sum, { share }) => sum + share, 0);
    const widths = columns.map(({ share }) => (this.width * share) / total);
    this.drawRow(
      columns.map(({ title }) => title),
      widths,
      label,
      LABEL_BACKGROUND,
    );
    for (const row of rows) this.drawRow(row, widths, value);
  }

  private drawRow(texts: readonly string[], widths: readonly number[], style: Style, background?: string): void {
    const cells = texts.map((text, index) => breakIntoLines(this.typesetter, text, style, (widths[index] as number) - 2 * PADDING_X));
    const height = heightOf(Math.max(...cells.map((lines) => lines.length)));
    this.makeRoom(height);
    let x = this.left;
    for (const [index, lines] of cells.entries()) {
      const width = widths[index] as number;
      this.drawCell(x, width, height, lines, style, background);
      x += width;
    }
    this.y += height;
  }

  private drawSignatures(labels: readonly string[]): void {
    this.y += 8;
    this.makeRoom(SIGNATURE_HEIGHT);
    const width = this.width / labels.length;
    for (const [index, name] of labels.entries()) {
      const x = this.left + index * width;
      this.doc.lineWidth(0.5).rect(x, this.y, width, SIGNATURE_HEIGHT).stroke(RULE_COLOUR);
      const who = this.measure(name, label);
      this.typesetter.draw(who, { x: x + PADDING_X, baseline: this.y + 14 }, label);
      this.typesetter.draw(this.measure(SIGNATURE_LABEL, small), { x: x + PADDING_X + who.width + 4, baseline: this.y + 14 }, small);
      this.typesetter.draw(this.measure(SIGNATURE_DATE, small), { x: x + PADDING_X, baseline: this.y + SIGNATURE_HEIGHT - 8 }, small);
    }
    this.y += SIGNATURE_HEIGHT;
  }

  private drawLabel(x: number, height: number, text: string, continued = false): void {
    const lines = breakIntoLines(this.typesetter, text, label, LABEL_WIDTH - 2 * PADDING_X);
    const shown = continued ? [...lines, ...breakIntoLines(this.typesetter, CONTINUED, label, LABEL_WIDTH)] : lines;
    this.drawCell(
      x,
      LABEL_WIDTH,
      height,
      shown.slice(0, Math.max(1, Math.floor((height - 2 * PADDING_Y) / LINE_HEIGHT))),
      label,
      LABEL_BACKGROUND,
    );
  }

  private drawCell(x: number, width: number, height: number, lines: readonly Line[], style: Style, background?: string): void {
    if (background) this.doc.rect(x, this.y, width, height).fill(background);
    this.doc.lineWidth(0.5).rect(x, this.y, width, height).stroke(RULE_COLOUR);
    for (const [index, line] of lines.entries())
      this.typesetter.draw(line, { x: x + PADDING_X, baseline: this.y + PADDING_Y + index * LINE_HEIGHT + 10.5 }, style, BLACK);
  }

  private measure(text: string, style: Style): Line {
    return this.typesetter.measure(this.typesetter.toVisible(text).replaceAll('\n', ' '), style);
  }

  /** Begins a new page, with its running head, unless the given height still fits on this one. */
  private makeRoom(height: number): void {
    if (this.y + height <= this.bottom) return;
    this.doc.addPage();
    this.enlarge();
    this.y = MARGIN_TOP / this.scale - LINE_HEIGHT;
    for (const line of breakIntoLines(this.typesetter, this.document.runningHead, label, this.width)) {
      this.y += LINE_HEIGHT;
      this.typesetter.draw(line, { x: this.left, baseline: this.y }, label);
    }
    this.y += 10;
  }
}

const heightOf = (lines: number): number => lines * LINE_HEIGHT + 2 * PADDING_Y;
