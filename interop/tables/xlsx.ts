/**
 * The first sheet of an XLSX file as texts. Of a formula the value that the spreadsheet has kept is taken, and nothing is computed, loaded or followed. A file
 * that unpacks to more than it may is not unpacked.
 */
import { unzipSync } from 'fflate';
import { SaxesParser } from 'saxes';
import { TableError } from './table-error.ts';

const MOST_UNPACKED_BYTES = 50 * 1024 * 1024;
const MOST_COLUMNS = 200;

interface SheetRow {
  number: number;
  cells: string[];
}

/** Throws TableError. */
export function readXlsx(bytes: Uint8Array, mostRows: number): SheetRow[] {
  const parts = unpack(bytes);
  const shared = readSharedStrings(parts.get('xl/sharedStrings.xml'));
  const sheet = parts.get(findFirstSheet(parts));
  if (!sheet) throw new TableError('unreadable');
  return readSheet(sheet, shared, mostRows);
}

const wanted = /^xl\/(workbook\.xml|sharedStrings\.xml|_rels\/workbook\.xml\.rels|worksheets\/[^/]+\.xml)$/;

/** fflate unpacks into as many bytes as the file declares and no more, so that a file cannot declare little and unpack to much. */
function unpack(bytes: Uint8Array): Map<string, string> {
  let unpackedBytes = 0;
  try {
    const files = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (!wanted.test(name)) return false;
        unpackedBytes += originalSize;
        if (unpackedBytes > MOST_UNPACKED_BYTES) throw new TableError('too-large-unpacked');
        return true;
      },
    });
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return new Map(Object.entries(files).map(([name, content]) => [name, decoder.decode(content)]));
  } catch (error) {
    throw error instanceof TableError ? error : new TableError('unreadable');
  }
}

interface Handlers {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Names without their prefix. An entity that XML itself does not know is an error, so nothing can be expanded. */
function walk(xml: string, { open, text, close }: Handlers): void {
  const parser = new SaxesParser();
  const localName = (name: string): string => name.slice(name.indexOf(':') + 1);
  parser.on('error', () => {
    throw new TableError('unreadable');
  });
  parser.on('opentag', ({ name, attributes }) => open(localName(name), attributes));
  if (text) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  if (close) parser.on('closetag', ({ name }) => close(localName(name)));
  parser.write(xml).close();
}

function findFirstSheet(parts: ReadonlyMap<string, string>): string {
  const [workbook, relations] = [parts.get('xl/workbook.xml'), parts.get('xl/_rels/workbook.xml.rels')];
  if (!workbook || !relations) throw new TableError('unreadable');
  let relationId: string | undefined;
  walk(workbook, {
    open(name, attributes) {
      if (name === 'sheet') relationId ??= attributes['r:id'] ?? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
    },
  });
  let target: string | undefined;
  walk(relations, {
    open(name, attributes) {
      if (name === 'Relationship' && attributes.Id === relationId) target = attributes.Target;
    },
  });
  if (target === undefined) throw new TableError('unreadable');
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

function readSharedStrings(xml: string | undefined): string[] {
  const strings: string[] = [];
  if (xml === undefined) return strings;
  let current = '';
  // Of a text with readings (phonetic runs) only the text itself counts.
  const path: string[] = [];
  walk(xml, {
    open(name) {
      path.push(name);
      if (name === 'si') current = '';
    },
    text(text) {
      if (path.at(-1) === 't' && !path.includes('rPh')) current += text;
    },
    close(name) {
      path.pop();
      if (name === 'si') strings.push(current);
    },
  });
  return strings;
}

/** The place of a cell such as BC7 in its row, counted from 0. */
function columnOf(reference: string | undefined, next: number): number {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  if (letters === undefined) return next;
  return [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function readSheet(xml: string, shared: readonly string[], mostRows: number): SheetRow[] {
  const rows: SheetRow[] = [];
  let row: SheetRow = { number: 0, cells: [] };
  let cell = { column: 0, type: '', value: '' };
  const path: string[] = [];
  walk(xml, {
    open(name, { r: reference, t: type = 'n' }) {
      path.push(name);
      if (name === 'row') {
        const number = Number(reference ?? row.number + 1);
        row = { number: Number.isSafeInteger(number) ? number : row.number + 1, cells: [] };
      }
      if (name === 'c') cell = { column: columnOf(reference, row.cells.length), type, value: '' };
    },
    text(text) {
      const at = path.at(-1);
      if (at === 'v' || (at === 't' && cell.type === 'inlineStr')) cell.value += text;
    },
    close(name) {
      path.pop();
      if (name === 'c' && cell.column < MOST_COLUMNS) {
        while (row.cells.length < cell.column) row.cells.push('');
        row.cells[cell.column] = textOf(cell, shared);
      }
      if (name === 'row' && row.cells.length > 0) rows.push(row);
      if (rows.length > mostRows) throw new TableError('too-many-rows');
    },
  });
  return rows;
}

function textOf({ type, value }: { type: string; value: string }, shared: readonly string[]): string {
  switch (type) {
    case 's':
      return shared[Number(value)] ?? '';
    case 'b':
      return value === '1' ? 'true' : 'false';
    case 'e':
      return '';
    case 'n':
      // A telephone number that was typed as a number may be kept as 1.38E10.
      return /e/i.test(value) && Number.isFinite(Number(value)) ? String(Number(value)) : value;
    default:
      return value;
  }
}
