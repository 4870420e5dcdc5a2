/** Keyset cursors: the last row's place, opaque to the client. */
import type { z } from '@hono/zod-openapi';
import { invalid } from './problem.ts';

export const encodeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Throws Problem 422 for a cursor that is not ours. */
export function decodeCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalid('cursor', 'not a cursor of this list');
  }
}

/** `rows` holds one more than the page when there are more. */
export function page<Row, Item>(rows: readonly Row[], limit: number, placeOf: (row: Row) => unknown, itemOf: (row: Row) => Item): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(itemOf), nextCursor: rows.length > limit && last ? encodeCursor(placeOf(last)) : null };
}
