/** Tables for spreadsheets, as RFC 4180 writes them. */
import { type Options, stringify } from 'csv-stringify/sync';

/** A table begins with it, because Excel takes UTF-8 without it for GBK. */
export const BYTE_ORDER_MARK = '\u{FEFF}';

const options: Options = {
  record_delimiter: '\r\n',
  // A spreadsheet calculates what begins with = + - @ (the wide forms too), a tab or a carriage return; an apostrophe makes it text.
  escape_formulas: true,
  // The library knows no line feed among them.
  cast: { string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
  // Some readers trim what stands unquoted, and take a carriage return alone for the end of a line.
  quoted_match: /^\s|\s$|[\r\n]/,
};

/** Writes one line for each row. No cell is a formula, because one that begins like it gets an apostrophe before it. */
export const toCsvLines = (rows: string[][]): string => stringify(rows, options);
