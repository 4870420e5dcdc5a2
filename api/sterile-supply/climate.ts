/** The climate at the centres: readings, breaches, reviews. */
import { z } from '@hono/zod-openapi';
import { refuseField } from '../../db/sterile-supply/act.ts';
import { recordClimateReadings } from '../../db/sterile-supply/climate.ts';
import {
  type ClimateBreachRecord,
  findClimateBreach,
  listClimateBreaches,
  reviewBreach,
} from '../../db/sterile-supply/climate-breaches.ts';
import { findSupplyCentre } from '../../db/sterile-supply/supply-centres.ts';
import { RoleSchema } from '../kit/codes.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf, Text, toIso } from '../kit/schemas.ts';
import { actOperation, checkedInstant } from './act-operation.ts';
import { centresToList } from './centre-in-sight.ts';
import { holdsPost } from './posts.ts';
import { resourceMembers, resourceReply } from './thing-resource.ts';

const tag = 'sterile-supply';

const recordReadings = actOperation({
  id: 'recordClimateReadings',
  path: '/v1/climate-readings',
  tag,
  summary: '登记温湿度 / Record temperature and humidity of a centre’s store',
  timesOfItsOwn: true,
  body: z.object({
    institutionId: Id.optional(),
    readings: z
      .array(
        z.strictObject({ measuredAt: Instant, temperatureC: z.number().min(-60).max(100), humidityPercent: z.number().min(0).max(100) }),
      )
      .min(1)
      .max(1_000),
  }),
  answers: {
    201: {
      description: 'Recorded; a second reading of the same instant is left out',
      schema: z
        .strictObject({ institutionId: z.string(), recorded: z.number().int(), repeated: z.number().int() })
        .openapi('ClimateReadings'),
    },
  },
  async perform({ act, body, caller, deps }) {
    const institutionId = body.institutionId ?? caller.institutionId;
    if (holdsPost(caller, 'n') && !caller.roles.includes('gateway') && institutionId !== caller.institutionId)
      throw new Problem('role-may-not');
    if (!(await findSupplyCentre(act.trx, institutionId)))
      throw refuseField('institutionId', { zh: '不是供应的社康中心', en: 'no centre that is served' });
    const readings = body.readings.map(({ measuredAt, temperatureC, humidityPercent }, index) => ({
      measuredAt: checkedInstant(measuredAt, act.recordedAt, deps.config.CAREPATH_DEMO, `readings.${index}.measuredAt`),
      temperatureC,
      humidityPercent,
    }));
    const recorded = await recordClimateReadings(act, institutionId, readings);
    return { status: 201, body: { institutionId, recorded, repeated: readings.length - recorded } };
  },
});

const BreachSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(['open', 'ended']),
    allowed: z.array(z.string()),
    institutionId: z.string(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    standing: z.boolean(),
    packIds: z.array(z.string()),
    review: z
      .strictObject({
        accept: z.boolean(),
        reason: z.string(),
        by: z.strictObject({ personId: z.string(), institutionId: z.string(), role: RoleSchema }),
      })
      .nullable(),
  })
  .openapi('ClimateBreach');

function breachResource(record: ClimateBreachRecord): z.infer<typeof BreachSchema> {
  const { id, version, institutionId, standing, packIds, startedAt, endedAt, createdAt, waiting } = record;
  const { reviewAccept, reviewReason, reviewedBy } = record;
  const review = reviewAccept !== null && reviewedBy ? { accept: reviewAccept, reason: reviewReason ?? '', by: reviewedBy } : null;
  return {
    id,
    version,
    createdAt: createdAt.toISOString(),
    status: endedAt === null ? 'open' : 'ended',
    allowed: review === null || waiting > 0 ? ['review'] : [],
    institutionId,
    startedAt: startedAt.toISOString(),
    endedAt: toIso(endedAt),
    standing,
    packIds,
    review,
  };
}

const BreachById = z.strictObject({ id: z.uuid() });

async function findVisibleBreach({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<ClimateBreachRecord | undefined> {
  const institutionId = centresToList(caller, undefined);
  return institutionId === undefined ? undefined : findClimateBreach(deps.db, params.id, institutionId);
}

const listBreaches = operation({
  id: 'listClimateBreaches',
  method: 'get',
  path: '/v1/climate-breaches',
  tag,
  summary: '温湿度超限 / Times outside the climate, the newest first',
  query: z.strictObject({ ...PageQuery, institutionId: Id.optional() }),
  answers: { 200: { description: 'A page of breaches', schema: pageOf(BreachSchema) } },
  async handle({ deps, caller, query: { limit, cursor, institutionId: asked } }) {
    const place = decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const institutionId = centresToList(caller, asked);
    const before = place && { startedAt: place[0], id: place[1] };
    const rows = institutionId === undefined ? [] : await listClimateBreaches(deps.db, { institutionId, limit, before });
    return { status: 200, body: toPage(rows, limit, ({ startedAt, id }) => [startedAt.toISOString(), id], breachResource) };
  },
});

const getBreach = operation({
  id: 'getClimateBreach',
  method: 'get',
  path: '/v1/climate-breaches/{id}',
  tag,
  summary: '查看温湿度超限 / A time outside the climate',
  params: BreachById,
  answers: { 200: { description: 'The breach', schema: BreachSchema } },
  find: findVisibleBreach,
  handle: async ({ resource }) => resourceReply(200, breachResource(resource)),
});

const review = actOperation({
  id: 'reviewClimateBreach',
  path: '/v1/climate-breaches/{id}/review',
  tag,
  summary: '复核超限期间的灭菌包 / Free or reject the packs that wait for the review',
  params: BreachById,
  timesOfItsOwn: true,
  body: z.object({ accept: z.boolean(), reason: Text(2_000) }),
  answers: { 200: { description: 'Reviewed', schema: BreachSchema } },
  find: findVisibleBreach,
  async perform({ act, resource, body }) {
    await reviewBreach(act, resource.id, body);
    const record = await findClimateBreach(act.trx, resource.id, null);
    if (!record) throw new Error('A breach that was reviewed has its row.');
    return resourceReply(200, breachResource(record));
  },
});

export const climateOperations: readonly Operation[] = [recordReadings, listBreaches, getBreach, review];
