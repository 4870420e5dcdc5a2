/** An uploaded file as rows of named cells. */
import type { UploadedRow } from '../../../db/administration/tables.ts';
import { findColumn, type ImportKind, importColumns } from '../../../domain/alliance/import-columns.ts';
import type { Words } from '../../../domain/kit/language.ts';
import { readTable, type TableRow } from '../../../interop/tables/read-table.ts';
import { TableError, type TableFlaw } from '../../../interop/tables/table-error.ts';
import { isStorable, type RawBody, unstorable } from '../../kit/body.ts';
import { type FieldError, invalidRequestProblem, Problem } from '../../kit/problem.ts';

const flawWords: Readonly<Record<TableFlaw, Words>> = {
  unreadable: { zh: '不是可读的 CSV（UTF-8、GB18030）或 XLSX 文件', en: 'is no CSV (UTF-8, GB18030) or XLSX file that can be read' },
  'too-many-rows': { zh: '超过 10000 行', en: 'has more than 10,000 rows' },
  'too-large-unpacked': { zh: '解压后过大', en: 'is too large when unpacked' },
};

const refuseFile = (message: Words): Problem => invalidRequestProblem('file', message);

/** Throws Problem 422. */
export function readUpload(kind: ImportKind, { bytes, charset }: RawBody): UploadedRow[] {
  const [header, ...rows] = readRows(bytes, charset);
  if (!header) throw refuseFile({ zh: '文件为空', en: 'is empty' });
  const names = readHeader(kind, header.cells);
  return rows.map(({ number, cells }) => ({ number, cells: Object.fromEntries(nameCells(names, cells, number)) }));
}

function readRows(bytes: Uint8Array, charset: string | undefined): TableRow[] {
  try {
    return readTable(bytes, charset);
  } catch (error) {
    throw error instanceof TableError ? refuseFile(flawWords[error.flaw]) : error;
  }
}

function readHeader(kind: ImportKind, headers: readonly string[]): (string | undefined)[] {
  const errors: FieldError[] = [];
  const names = headers.map((header, index) => {
    if (header === '') return undefined;
    const found = findColumn(kind, header);
    // A header may be anything, a name among it, so an error names its place.
    if (!found) errors.push({ path: `columns.${index + 1}`, message: { zh: '未知的列', en: 'no column of this kind of file' } });
    return found?.name;
  });
  for (const { name, isNeeded, words } of importColumns[kind]) {
    const times = names.filter((given) => given === name).length;
    if (times === 0 && isNeeded)
      errors.push({ path: name, message: { zh: `缺少列“${words.zh}”`, en: `the column “${words.en}” is missing` } });
    if (times > 1) errors.push({ path: name, message: { zh: '列重复', en: 'the column is there twice' } });
  }
  if (errors.length > 0) throw new Problem('invalid-request', { errors });
  return names;
}

/** Cells without a text are missing. Throws Problem 422 for a text that cannot be kept. */
function* nameCells(names: readonly (string | undefined)[], cells: readonly string[], number: number): Generator<[string, string]> {
  for (const [index, text] of cells.entries()) {
    if (!isStorable(text)) throw invalidRequestProblem(`rows.${number}`, unstorable);
    const name = names[index];
    if (name !== undefined && text !== '') yield [name, text];
  }
}
