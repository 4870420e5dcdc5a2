/** Alerts of sterile supply: what the sweeps and the recalls have found. */
import { z } from '@hono/zod-openapi';
import { listSupplyAlerts, type SupplyAlertRecord } from '../../db/sterile-supply/list-alerts.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, Instant, NamedPlaceSchema, PageQuery, pageOf, toIso } from '../kit/schemas.ts';
import { centresToList } from './centre-in-sight.ts';
import { resourceMembers } from './thing-resource.ts';

const AlertSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(['raised', 'cleared']),
    name: z.string(),
    subject: z.strictObject({ type: z.string(), id: z.string() }),
    threshold: z.string(),
    institutionId: z.string().nullable(),
    institution: NamedPlaceSchema.nullable(),
    raisedAt: Instant,
    clearedAt: Instant.nullable(),
    allowed: z.array(z.string()),
  })
  .openapi('SupplyAlert');

/** An alert is raised once and cleared once, by its cause; nobody does anything with it itself. */
const alertResource = ({ subjectType, subjectId, raisedAt, clearedAt, ...alert }: SupplyAlertRecord): z.infer<typeof AlertSchema> => ({
  ...alert,
  status: clearedAt === null ? 'raised' : 'cleared',
  version: clearedAt === null ? 1 : 2,
  createdAt: raisedAt.toISOString(),
  subject: { type: subjectType, id: subjectId },
  raisedAt: raisedAt.toISOString(),
  clearedAt: toIso(clearedAt),
  allowed: [],
});

const listAlerts = operation({
  id: 'listSupplyAlerts',
  method: 'get',
  path: '/v1/supply-alerts',
  tag: 'sterile-supply',
  summary: '供应预警 / Alerts, the newest first; cleared ones stay',
  query: z.strictObject({ ...PageQuery, name: z.string().max(100).optional(), institutionId: Id.optional() }),
  answers: { 200: { description: 'A page of alerts', schema: pageOf(AlertSchema) } },
  async handle({ deps, caller, query: { limit, cursor, name, institutionId: asked } }) {
    const place = decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const institutionId = centresToList(caller, asked);
    const before = place && { raisedAt: place[0], id: place[1] };
    const rows = institutionId === undefined ? [] : await listSupplyAlerts(deps.db, { name, institutionId, limit, before });
    return { status: 200, body: toPage(rows, limit, ({ raisedAt, id }) => [raisedAt.toISOString(), id], alertResource) };
  },
});

export const alertOperations: readonly Operation[] = [listAlerts];
