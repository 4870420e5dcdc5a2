/** What every thing of sterile supply shows of itself: where it is and since when. */
import { z } from '@hono/zod-openapi';
import type { Custody } from '../../db/sterile-supply/find-things.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import type { Reply } from '../kit/operation.ts';
import { Instant } from '../kit/schemas.ts';

const HolderSchema = z.strictObject({ type: z.enum(['cssd', 'centre', 'round']), id: z.string() }).openapi('Holder');

/** Null: it was never seen anywhere. */
export const CustodySchema = z.strictObject({ holder: HolderSchema, since: Instant }).nullable();

export const custodyResource = (custody: Custody | undefined): z.infer<typeof CustodySchema> =>
  custody ? { holder: custody.holder, since: custody.since.toISOString() } : null;

/** The members that every resource has, whatever its status is one of. */
export const resourceMembers = {
  id: z.string(),
  version: z.number().int(),
  createdAt: Instant,
};

/** Of a thing: it also has a printed code and a place. */
export const thingMembers = { ...resourceMembers, code: z.string(), custody: CustodySchema };

/** A reading or an answer to an act, with the version that If-Match means. */
export const resourceReply = (status: number, body: { version: number }): Reply => ({
  status,
  body,
  headers: { etag: `"${body.version}"` },
});

/** A page ordered by id: the cursor is the last id. */
export const pageById = <Row extends { id: string }, Item>(rows: readonly Row[], limit: number, itemOf: (row: Row) => Item) =>
  toPage(rows, limit, ({ id }) => id, itemOf);

export const idAfter = (cursor: string | undefined): string | undefined => decodeCursor(cursor, z.string());
