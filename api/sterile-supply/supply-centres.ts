/** Centres as the supply department serves them. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { followStorage } from '../../db/sterile-supply/climate.ts';
import {
  findSupplyCentre,
  listSupplyCentres,
  lockSupplyCentre,
  putSupplyCentre,
  type SupplyCentre,
  type SupplyCentreRow,
} from '../../db/sterile-supply/supply-centres.ts';
import { toMessage } from '../kit/field-words.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { seesCatalogue } from './posts.ts';
import { idAfter, pageById, resourceMembers, resourceReply } from './thing-resource.ts';

const tag = 'sterile-supply';

const TimeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, toMessage({ zh: '须为时间，如 08:30', en: 'a time of the day such as 08:30' }));
const Window = z
  .strictObject({ from: TimeOfDay, to: TimeOfDay })
  .refine(({ from, to }) => from < to, toMessage({ zh: '起止时间颠倒', en: 'ends before it begins' }));

const Body = z.strictObject({
  visitDays: z
    .array(z.int().min(1).max(7))
    .max(7)
    .refine((days) => new Set(days).size === days.length, toMessage({ zh: '同一天出现两次', en: 'names a day twice' }))
    .openapi({ description: '1 is Monday, 7 Sunday; none for the supply department itself, which is not visited' }),
  windows: z.array(Window).max(10),
  countMode: z.enum(['sealed-declared', 'open-count']),
  storage: z.enum(['conforming', 'nonconforming']),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});

const SupplyCentreSchema = z
  .strictObject({
    ...resourceMembers,
    institutionId: z.string(),
    status: z.literal('served'),
    visitDays: z.array(z.number()),
    windows: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    countMode: z.enum(['sealed-declared', 'open-count']),
    storage: z.enum(['conforming', 'nonconforming']),
    latitude: z.number(),
    longitude: z.number(),
    allowed: z.array(z.string()),
  })
  .openapi('SupplyCentre');

const supplyCentreResource = (row: SupplyCentreRow): z.infer<typeof SupplyCentreSchema> => ({
  id: row.institution_id,
  institutionId: row.institution_id,
  status: 'served',
  version: row.version,
  createdAt: row.created_at.toISOString(),
  visitDays: row.visit_days,
  windows: row.windows as SupplyCentre['windows'],
  countMode: row.count_mode,
  storage: row.storage,
  latitude: row.latitude,
  longitude: row.longitude,
  allowed: [],
});

/** The centres, and the department, from whose place every round begins. */
const served: readonly string[] = ['community-health-centre', 'sterile-supply-department'];

/** Throws Problem 422 for a centre that is never visited. */
function requireVisits(kind: string, body: z.output<typeof Body>): void {
  if (kind !== 'community-health-centre') return;
  for (const name of ['visitDays', 'windows'] as const)
    if (body[name].length === 0) throw invalidRequestProblem(name, { zh: '至少一项', en: 'at least one' });
}

const params = z.strictObject({ institutionId: Id });
const description = 'The centre as the supply department serves it';

export const supplyCentreOperations: readonly Operation[] = [
  operation({
    id: 'listSupplyCentres',
    method: 'get',
    path: '/v1/supply-centres',
    tag,
    summary: '所服务的社康中心 / List the centres that are served, by institution',
    query: z.strictObject(PageQuery),
    answers: { 200: { description: 'A page', schema: pageOf(SupplyCentreSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      const rows = await listSupplyCentres(deps.db, { limit, after: idAfter(cursor) });
      const withIds = rows.map((row) => ({ ...row, id: row.institution_id }));
      return { status: 200, body: pageById(withIds, limit, supplyCentreResource) };
    },
  }),
  operation({
    id: 'getSupplyCentre',
    method: 'get',
    path: '/v1/supply-centres/{institutionId}',
    tag,
    summary: '社康中心的到访日、清点方式与储存条件 / When a centre is visited, how it counts, how its shelf is kept',
    params,
    answers: { 200: { description, schema: SupplyCentreSchema } },
    find: async ({ deps, params: { institutionId }, caller }) =>
      seesCatalogue(caller) ? findSupplyCentre(deps.db, institutionId) : undefined,
    handle: async ({ resource }) => resourceReply(200, supplyCentreResource(resource)),
  }),
  operation({
    id: 'putSupplyCentre',
    method: 'put',
    path: '/v1/supply-centres/{institutionId}',
    tag,
    summary: '设置社康中心的到访日、清点方式与储存条件 / Say when a centre is visited, how it counts, how its shelf is kept',
    params,
    body: Body,
    answers: { 200: { description, schema: SupplyCentreSchema }, 201: { description, schema: SupplyCentreSchema } },
    async find({ deps, params: { institutionId }, caller }) {
      if (!seesCatalogue(caller)) return undefined;
      const institution = await findInstitution(deps.db, institutionId);
      return institution && served.includes(institution.kind) ? institution : undefined;
    },
    async handle({ deps, actor, resource, body, ifVersion }) {
      requireVisits(resource.kind, body);
      return inTransaction(deps.db, actor, async (trx) => {
        const before = await lockSupplyCentre(trx, resource.id);
        if (ifVersion !== undefined && ifVersion !== (before?.version ?? 0)) throw new Problem('version-changed');
        const row = await putSupplyCentre(trx, resource.id, body);
        const now = new Date();
        await followStorage({ trx, happenedAt: now, recordedAt: now }, resource.id, body.storage);
        return resourceReply(before ? 200 : 201, supplyCentreResource(row));
      });
    },
  }),
];
