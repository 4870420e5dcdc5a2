/** Reading a table that we have written, independently of how it was written. */
import { expect } from 'vitest';

/** RFC 4180: quoted cells hold commas, line breaks and doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const quoted = /"((?:[^"]|"")*)"/y;
    quoted.lastIndex = at;
    const inQuotes = quoted.exec(text);
    const plain = /[^,\r\n"]*/y;
    plain.lastIndex = at;
    const value = inQuotes ? (inQuotes[1] as string).replaceAll('""', '"') : (plain.exec(text)?.[0] ?? '');
    rows.at(-1)?.push(value);
    at += inQuotes ? inQuotes[0].length : value.length;
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      if (at < text.length) rows.push([]);
    } else throw new Error(`After a cell comes ${JSON.stringify(text.slice(at, at + 20))}.`);
  }
  return rows;
}

export type Row = Record<string, string>;

/** By the titles of the columns; every row has as many cells as there are titles. */
export function rowsOf(csv: string): Row[] {
  const [titles = [], ...rows] = parseCsv(csv);
  return rows.map((row) => {
    expect(row.length).toBe(titles.length);
    return Object.fromEntries(titles.map((title, index) => [title, row[index] as string]));
  });
}
