/** Indicators of loads: incubate, read, correct, list. */
import { z } from '@hono/zod-openapi';
import type { Act } from '../../db/sterile-supply/act.ts';
import { type IndicatorRecord, listIndicators } from '../../db/steriliser-load/indicators.ts';
import { correctIndicator, incubateIndicator, readIndicator } from '../../db/steriliser-load/read-indicator.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import type { OperationId } from '../policy.ts';
import { actOperation } from '../sterile-supply/act-operation.ts';
import { findVisibleIndicator, seesLoads, ThingById } from './access.ts';
import { IndicatorSchema, IndicatorStatus, indicatorReply, indicatorResource } from './resource.ts';

const tag = 'sterile-supply';

const indicatorAct = <Fields extends z.ZodRawShape>(form: {
  id: OperationId;
  name: string;
  summary: string;
  body: z.ZodObject<Fields>;
  perform(act: Act, indicator: IndicatorRecord, body: z.output<z.ZodObject<Fields>>): Promise<void>;
}): Operation =>
  actOperation<typeof ThingById, Fields, IndicatorRecord>({
    id: form.id,
    path: `/v1/load-indicators/{id}/${form.name}`,
    tag,
    summary: form.summary,
    params: ThingById,
    body: form.body,
    answers: { 200: { description: 'Done', schema: IndicatorSchema } },
    find: findVisibleIndicator,
    clockOffsetMs: ({ clockOffsetMs }) => clockOffsetMs,
    async perform({ act, body, resource, caller }) {
      await form.perform(act, resource, body);
      return indicatorReply(act.trx, resource.id, caller);
    },
  });

/** Of a biological indicator its growth and that of its control, of a chemical one its result. */
const reading = {
  growth: z.boolean().optional(),
  control: z.strictObject({ lot: Text(100), growth: z.boolean() }).optional(),
  result: z.enum(['pass', 'fail']).optional(),
};

const incubate = indicatorAct({
  id: 'incubateLoadIndicator',
  name: 'incubate',
  summary: '放入培养 / Put a biological indicator into incubation',
  body: z.object({}),
  perform: (act, { id }) => incubateIndicator(act, id),
});

const read = indicatorAct({
  id: 'readLoadIndicator',
  name: 'read',
  summary: '判读指示物 / Read an indicator',
  body: z.object(reading),
  perform: (act, { id }, given) => readIndicator(act, id, given),
});

const correct = indicatorAct({
  id: 'correctLoadIndicator',
  name: 'correct',
  summary: '更正判读 / Correct a reading; the earlier one stays on record',
  body: z.object({ ...reading, reason: Text(2_000) }),
  perform: (act, { id }, given) => correctIndicator(act, id, given),
});

const list = operation({
  id: 'listLoadIndicators',
  method: 'get',
  path: '/v1/load-indicators',
  tag,
  summary: '指示物列表，新的在前 / Indicators, newest first',
  query: z.strictObject({
    ...PageQuery,
    loadId: Id.optional(),
    steriliserId: Id.optional(),
    kind: z.enum(['bi', 'pcd-ci']).optional(),
    status: IndicatorStatus.optional(),
  }),
  answers: { 200: { description: 'A page of indicators', schema: pageOf(IndicatorSchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const before = decodeCursor(cursor, z.string());
    const rows = seesLoads({ caller }) ? await listIndicators(deps.db, filter, { limit, before }) : [];
    const body = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => indicatorResource(row, caller),
    );
    return { status: 200, body };
  },
});

const get = operation({
  id: 'getLoadIndicator',
  method: 'get',
  path: '/v1/load-indicators/{id}',
  tag,
  summary: '查看指示物 / Read an indicator',
  params: ThingById,
  answers: { 200: { description: 'The indicator', schema: IndicatorSchema } },
  find: findVisibleIndicator,
  handle: ({ deps, resource, caller }) => indicatorReply(deps.db, resource.id, caller),
});

export const indicatorOperations: Operation[] = [list, get, incubate, read, correct];
