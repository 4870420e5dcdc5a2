/** Keyset cursors: the last row's place, opaque to the client, good only for the list that gave it. */
import { createHmac } from 'node:crypto';
import type { z } from '@hono/zod-openapi';
import { invalidRequestProblem } from './problem.ts';

const foreignCursorProblem = () => invalidRequestProblem('cursor', { zh: '不是本列表的游标', en: 'not a cursor of this list' });

export interface CursorSeal {
  seal(list: string, cursor: string): string;
  /** Throws Problem 422 for a cursor of another list, or one that was made up: no place reaches a query that we did not write. */
  open(list: string, sealed: string): string;
}

const MARK_LENGTH = 16;

export function createCursorSeal(secret: string): CursorSeal {
  const markOf = (list: string, cursor: string) =>
    createHmac('sha256', secret).update(`cursor ${list} ${cursor}`).digest('base64url').slice(0, MARK_LENGTH);
  return {
    seal: (list, cursor) => `${cursor}.${markOf(list, cursor)}`,
    open(list, sealed) {
      const [cursor = '', mark, ...more] = sealed.split('.');
      if (mark !== markOf(list, cursor) || more.length > 0) throw foreignCursorProblem();
      return cursor;
    },
  };
}

export const encodeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Throws Problem 422 for a cursor that is not ours. */
export function decodeCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw foreignCursorProblem();
  }
}

/** `rows` holds one more than the page when there are more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => unknown,
  itemOf: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(itemOf), nextCursor: rows.length > limit && last ? encodeCursor(placeOf(last)) : null };
}
