/** The shelf of a centre. */
import { z } from '@hono/zod-openapi';
import { loadDispensableGround } from '../../db/sterile-supply/dispensable.ts';
import { listNextVisits } from '../../db/sterile-supply/next-visits.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import type { PackRecord } from '../../db/sterile-supply/packs.ts';
import { listShelf } from '../../db/sterile-supply/shelf.ts';
import { reasonsAgainst } from '../../domain/sterile-supply/dispensable.ts';
import { daysLeftOf, expiresBeforeVisit } from '../../domain/sterile-supply/shelf.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { centresToList } from './centre-in-sight.ts';
import { PackSchema, packResource } from './pack-resource.ts';

const ShelfPackSchema = z
  .strictObject({
    ...PackSchema.shape,
    daysLeft: z.number().int().nullable().openapi({ description: '0 on the last day' }),
    expiresBeforeNextVisit: z.boolean(),
    dispensable: z.boolean(),
  })
  .openapi('ShelfPack');

const getShelf = operation({
  id: 'getShelf',
  method: 'get',
  path: '/v1/shelf',
  tag: 'sterile-supply',
  summary: '社康中心货架 / What lies on the shelf of a centre, what expires first coming first',
  query: z.strictObject({ ...PageQuery, institutionId: Id.optional() }),
  answers: { 200: { description: 'A page of packs', schema: pageOf(ShelfPackSchema) } },
  async handle({ deps, caller, query: { limit, cursor, institutionId: asked } }) {
    const institutionId = centresToList(caller, asked);
    if (institutionId === undefined) return { status: 200, body: { items: [], nextCursor: null } };
    if (institutionId === null) throw invalidRequestProblem('institutionId', { zh: '须指明社康中心', en: 'name the centre' });
    const place = decodeCursor(cursor, z.tuple([z.string().nullable(), z.string()]));
    const rows = await listShelf(deps.db, institutionId, { limit, after: place && { expiresOn: place[0], id: place[1] } });
    const ids = rows.map(({ id }) => id);
    const grounds = await loadDispensableGround(deps.db, ids);
    const at = Date.now();
    const on = localDateOf(at);
    const nextVisit = (await listNextVisits(deps.db, on, [institutionId])).get(institutionId) ?? null;
    const rules = loadNormRules(on);
    const itemOf = (row: PackRecord) => {
      const ground = grounds.get(row.id);
      return {
        ...packResource(row, caller),
        daysLeft: daysLeftOf(row.expires_on, on),
        expiresBeforeNextVisit: expiresBeforeVisit(row.expires_on, nextVisit),
        dispensable: ground !== undefined && reasonsAgainst(ground, { for: institutionId, at, print: null }, rules).length === 0,
      };
    };
    return { status: 200, body: toPage(rows, limit, (row) => [row.expires_on, row.id], itemOf) };
  },
});

export const shelfOperations: readonly Operation[] = [getShelf];
