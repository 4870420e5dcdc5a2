/** Reads a table that somebody has uploaded, CSV or XLSX, as rows of plain texts. Nothing in it is computed: whatever begins with = + - @ is a text. */
import { parse } from 'csv-parse/sync';
import { TableError } from './table-error.ts';
import { readXlsx } from './xlsx.ts';

export const CSV_TYPE = 'text/csv';
export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** With the row of the column names. */
const MOST_ROWS = 10_001;

export interface TableRow {
  /** As spreadsheets number it: the column names are in row 1. */
  number: number;
  cells: string[];
}

/** Rows without a single text are left out. Throws TableError. */
export function readTable(bytes: Uint8Array, charset: string | undefined): TableRow[] {
  const rows = isZip(bytes) ? readXlsx(bytes, MOST_ROWS) : readCsv(decode(bytes, charset));
  const filled = rows
    .map(({ number, cells }) => ({ number, cells: cells.map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some(Boolean));
  if (filled.length > MOST_ROWS) throw new TableError('too-many-rows');
  return filled;
}

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Spreadsheets in China write GB18030 without saying so; a text that is valid UTF-8 is hardly ever meant as anything else. */
function decode(bytes: Uint8Array, charset: string | undefined): string {
  for (const encoding of charset === undefined ? ['utf-8', 'gb18030'] : [charset]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // Another encoding, if there is one.
    }
  }
  throw new TableError('unreadable');
}

function readCsv(text: string): TableRow[] {
  try {
    const records: string[][] = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: false,
      max_record_size: 100_000,
      to: MOST_ROWS + 1,
    });
    return records.map((cells, index) => ({ number: index + 1, cells }));
  } catch {
    throw new TableError('unreadable');
  }
}
