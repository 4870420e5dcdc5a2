/** Rounds as they are read: one, a list, the timeline. */
import { z } from '@hono/zod-openapi';
import { timelineOf } from '../../db/kit/timeline.ts';
import { listRounds } from '../../db/supply-round/rounds.ts';
import { roundStatuses } from '../../domain/sterile-supply/vocabulary.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly, Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { ById, findVisibleRound, visibleRounds } from './access.ts';
import { RoundSchema, roundReply, roundResource } from './round-resource.ts';

const tag = 'supply-round';

const getRound = operation({
  id: 'getRound',
  method: 'get',
  path: '/v1/rounds/{id}',
  tag,
  summary: '查看下收下送 / Read a round',
  params: ById,
  answers: { 200: { description: 'The round', schema: RoundSchema } },
  find: findVisibleRound,
  handle: ({ deps, caller, resource }) => roundReply(deps.db, resource.id, caller, 200),
});

const listRoundsOperation = operation({
  id: 'listRounds',
  method: 'get',
  path: '/v1/rounds',
  tag,
  summary: '下收下送列表，新的在前 / Rounds, newest first',
  query: z.strictObject({
    ...PageQuery,
    on: DateOnly.optional(),
    status: z.enum(roundStatuses).optional(),
    vehicleId: Id.optional(),
  }),
  answers: { 200: { description: 'A page of rounds', schema: pageOf(RoundSchema) } },
  async handle({ deps, caller, query }) {
    const { limit, cursor, ...filter } = query;
    const before = decodeCursor(cursor, z.uuid());
    const visible = visibleRounds(caller);
    const rows = visible ? await listRounds(deps.db, { ...filter, ...visible }, { limit, before }) : [];
    const page = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => roundResource(row, caller),
    );
    return { status: 200, body: page };
  },
});

const getTimeline = operation({
  id: 'getRoundTimeline',
  method: 'get',
  path: '/v1/rounds/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: ById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleRound,
  async handle({ deps, resource }) {
    return { status: 200, body: timelineResource('supply-round', await timelineOf(deps.db, resource.id)) };
  },
});

export const roundReadOperations: readonly Operation[] = [listRoundsOperation, getRound, getTimeline];
