/** What every kind of import does: reads its rows, says what applying would do to each, and does it. */
import type { z } from '@hono/zod-openapi';
import type { Trx } from '../../../db/kit/transaction.ts';
import type { Words } from '../../../domain/kit/language.ts';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { Caller } from '../../kit/auth.ts';
import { messageOfIssue, wordsOf } from '../../kit/field-words.ts';

/** The texts of a row by column; a column without a text is missing. */
export type Cells = Readonly<Record<string, string>>;

export interface RowFlaw {
  column: string;
  message: Words;
}

export type RowResult = 'create' | 'change' | 'same' | 'refused';

export interface Judgement {
  result: RowResult;
  flaws: RowFlaw[];
  /** What the row was compared with: a preview is stale as soon as this is another. */
  standing: unknown;
}

export interface Acting {
  caller: Caller;
  actor: Actor;
  requestId: string;
}

/** What one row would do. `standing`: what it was compared with. */
export const judged = (result: Exclude<RowResult, 'refused'>, standing: unknown = null): Judgement => ({ result, flaws: [], standing });
export const refused = (column: string, message: Words): Judgement => ({ result: 'refused', flaws: [{ column, message }], standing: null });

interface Definition<Row> {
  schema: z.ZodType<Row>;
  /** Codes by the words that people write for them, in columns that have a closed list. */
  codes?: Readonly<Record<string, ReadonlyMap<string, string>>>;
  judge(trx: Trx, rows: readonly Row[], acting: Acting): Promise<Judgement[]>;
  /** The rows that create or change something, in the order of the file. */
  apply(trx: Trx, rows: readonly (Row & { result: 'create' | 'change' })[], acting: Acting): Promise<void>;
}

export interface ImportRules {
  /** One judgement a row, in order. */
  judge(trx: Trx, rows: readonly Cells[], acting: Acting): Promise<Judgement[]>;
  /** Rows that are refused or the same are left out. */
  apply(trx: Trx, rows: readonly Cells[], judgements: readonly Judgement[], acting: Acting): Promise<void>;
}

/** Keeps the type of the rows inside; whoever imports knows texts only. */
export function defineImport<Row extends object>({ schema, codes = {}, judge, apply }: Definition<Row>): ImportRules {
  const read = (cells: Cells) => {
    const coded = Object.entries(cells).map(([name, text]) => [name, codes[name]?.get(text.toLowerCase()) ?? text]);
    return schema.safeParse(Object.fromEntries(coded), { error: messageOfIssue });
  };
  return {
    async judge(trx, rows, acting) {
      const parsed = rows.map(read);
      const judgements = (
        await judge(
          trx,
          parsed.flatMap(({ data }) => data ?? []),
          acting,
        )
      ).values();
      return parsed.map((row) =>
        row.success ? (judgements.next().value ?? notJudged()) : { result: 'refused', flaws: flawsOf(row.error), standing: null },
      );
    },
    async apply(trx, rows, judgements, acting) {
      const going = rows.flatMap((cells, index) => {
        const result = judgements[index]?.result;
        const { data } = read(cells);
        return data && (result === 'create' || result === 'change') ? [{ ...data, result }] : [];
      });
      return apply(trx, going, acting);
    },
  };
}

function notJudged(): never {
  throw new Error('A row of an import has not been judged.');
}

const flawsOf = ({ issues }: z.ZodError): RowFlaw[] =>
  issues.map(({ path, message }) => ({ column: String(path[0] ?? ''), message: wordsOf(message) }));

/** Codes by themselves and by their words in both languages. */
export const codesByWords = (words: Readonly<Record<string, Words>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(words).flatMap(([code, { zh, en }]) => [code, zh, en].map((text) => [text.toLowerCase(), code] as const)));

/** Finds rows that say the same key again. */
export function repeated<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlySet<Row> {
  const seen = new Set<string>();
  return new Set(
    rows.filter((row) => {
      const key = keyOf(row);
      return seen.has(key) || !seen.add(key);
    }),
  );
}

export const givenTwice: Words = { zh: '在文件中重复', en: 'stands in the file twice' };
export const notYours: Words = { zh: '您的岗位不能写入此行', en: 'not for your post to write' };
