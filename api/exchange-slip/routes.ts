/** Exchange slips: write one, submit, amend, cancel and count it, read it. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { readLines } from '../../db/exchange-slip/declared-sets.ts';
import { loadSlipGround, lockCentres } from '../../db/exchange-slip/ground.ts';
import { listSlips, lockSlip, type SlipRecord } from '../../db/exchange-slip/slips.ts';
import { cancelSlip, insertSlip, replaceLines } from '../../db/exchange-slip/write-slip.ts';
import { timelineOf } from '../../db/kit/timeline.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { refuseTransition } from '../../db/sterile-supply/act.ts';
import { judgeLines, slipCommandsIn } from '../../domain/exchange-slip/judge.ts';
import { slipStatuses } from '../../domain/sterile-supply/vocabulary.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, PageQuery, pageOf } from '../kit/schemas.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { refusalsAsProblems } from '../sterile-supply/act-operation.ts';
import { sightOf } from '../sterile-supply/posts.ts';
import { checkRowVersion, rowCommandOperation } from '../sterile-supply/row-command-operation.ts';
import { findVisibleSlip, SlipById } from './access.ts';
import {
  AmendForm,
  amendSlipSteps,
  CancelForm,
  cancelSlipSteps,
  createSlipSteps,
  NewSlipForm,
  readNewSlip,
  submitSlipSteps,
  throwRefusal,
  withDeliverLines,
} from './commands.ts';
import { countSlipOperation } from './count.ts';
import { renderSlipById, SlipSchema, slipReply, slipResource } from './resource.ts';

const tag = 'exchange-slip';
const done = { 200: { description: 'Done', schema: SlipSchema } };
const Created = z.object({ id: z.string() });
const locationOf = ({ body }: Reply) => ({ location: `/v1/slips/${Created.parse(body).id}` });

// --- drafts are rows only ---------------------------------------------------------------

type Asked<Body, Resource> = OperationRequest<unknown, unknown, Body, Resource>;

/** Nobody is owed anything of a draft, so it has no pathway. */
async function writeDraft(request: Asked<NewSlipForm, undefined>): Promise<Reply> {
  const { deps, caller, actor, body } = request;
  const { institutionId, roundId, lines, ground } = await readNewSlip(deps.db, body, caller);
  throwRefusal(judgeLines(ground));
  const reply = await runOnce(request, async (trx) => {
    await lockCentres(trx, [institutionId]);
    const { otherOpenSlipId } = await loadSlipGround(trx, { institutionId, roundId, lines, slipId: null, at: Date.now() });
    if (otherOpenSlipId !== null) throw new Problem('open-slip-exists', { members: { slipId: otherOpenSlipId } });
    const id = uuid();
    const overrideReason = body.overrideReason ?? null;
    const written = { id, institutionId, roundId, joinsStopId: null, draft: true, lines, overrideReason, createdBy: actor, at: new Date() };
    await insertSlip(trx, written);
    return renderSlipById(trx, { id, caller, status: 201 });
  });
  return reply.status === 201 ? { ...reply, headers: { ...reply.headers, ...locationOf(reply) } } : reply;
}

/** Changes a draft. Throws ActRefused 409 when somebody has submitted or cancelled it meanwhile. */
const changeDraft = (request: Asked<unknown, SlipRecord>, write: (trx: Trx) => Promise<void>): Promise<Reply> =>
  runOnce(request, async (trx) => {
    const { resource, caller } = request;
    checkRowVersion(request);
    const slip = await lockSlip(trx, resource.id);
    if (slip?.status !== 'draft') throw refuseTransition(slip?.status ?? 'cancelled', slip ? slipCommandsIn(slip.status, slip) : []);
    await write(trx);
    return renderSlipById(trx, { id: resource.id, caller, status: 200 });
  });

async function amendDraft(request: Asked<z.output<typeof AmendForm>, SlipRecord>): Promise<Reply> {
  const { deps, body, resource } = request;
  const { institutionId, roundId } = resource;
  const { lines: given, ownSetInstanceIds } = await readLines(deps.db, body.lines);
  const ground = await loadSlipGround(deps.db, { institutionId, roundId, lines: given, slipId: resource.id, at: Date.now() });
  throwRefusal(judgeLines(ground));
  const lines = withDeliverLines(given, ownSetInstanceIds, { joins: ground.round !== null && ground.round.status !== 'planned' });
  return changeDraft(request, (trx) => replaceLines(trx, { slipId: resource.id, lines, directions: ['collect', 'deliver'] }));
}

/** A command of the pathway for a submitted slip; a draft is changed by `change`. */
const unlessDraft = (
  command: Operation,
  change: (request: OperationRequest<unknown, unknown, never, SlipRecord>) => Promise<Reply>,
): Operation => ({
  ...command,
  handle: (request: OperationRequest) => {
    const asked = request as OperationRequest<unknown, unknown, never, SlipRecord>;
    if (asked.resource.status !== 'draft') return command.handle(request);
    return refusalsAsProblems(() => change(asked));
  },
});

// --- write ------------------------------------------------------------------------------

const submitNewSlip = rowCommandOperation({
  ...createSlipSteps,
  id: 'createSlip',
  path: '/v1/slips',
  tag,
  summary: '填写换物单（草稿或提交） / Write an exchange slip, as a draft or submitted',
  body: NewSlipForm,
  answers: { 201: { description: 'Created', schema: SlipSchema } },
  headersOf: locationOf,
});

const createSlip: Operation = {
  ...submitNewSlip,
  handle: (request: OperationRequest) => {
    const asked = request as Asked<NewSlipForm, undefined>;
    return asked.body.draft ? refusalsAsProblems(() => writeDraft(asked)) : submitNewSlip.handle(request);
  },
};

const common = { tag, params: SlipById, answers: done, find: findVisibleSlip };

const submitSlip = rowCommandOperation({
  ...submitSlipSteps,
  ...common,
  id: 'submitSlip',
  path: '/v1/slips/{id}/submit',
  summary: '提交换物单 / Submit a slip',
  body: z.strictObject({}),
});

const amendSlip = unlessDraft(
  rowCommandOperation({
    ...amendSlipSteps,
    ...common,
    id: 'amendSlip',
    path: '/v1/slips/{id}/amend',
    summary: '修改换物单 / Change the lines of a slip',
    body: AmendForm,
  }),
  amendDraft,
);

const cancelSlipOperation = unlessDraft(
  rowCommandOperation({
    ...cancelSlipSteps,
    ...common,
    id: 'cancelSlip',
    path: '/v1/slips/{id}/cancel',
    summary: '取消换物单 / Cancel a slip',
    body: CancelForm,
  }),
  (request: Asked<z.output<typeof CancelForm>, SlipRecord>) =>
    changeDraft(request, (trx) => cancelSlip(trx, request.resource.id, request.body.reason)),
);

// --- read -------------------------------------------------------------------------------

const getSlip = operation({
  ...common,
  id: 'getSlip',
  method: 'get',
  path: '/v1/slips/{id}',
  summary: '查看换物单 / Read a slip',
  handle: async ({ resource, caller }) => slipReply(resource, caller),
});

const listSlipsOperation = operation({
  id: 'listSlips',
  method: 'get',
  path: '/v1/slips',
  tag,
  summary: '换物单列表，新的在前 / Slips, newest first',
  query: z.strictObject({
    ...PageQuery,
    status: z.enum(slipStatuses).optional(),
    institutionId: Id.optional(),
    roundId: Id.optional(),
  }),
  answers: { 200: { description: 'A page of slips', schema: pageOf(SlipSchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const before = decodeCursor(cursor, z.uuid());
    const rows = await listSlips(deps.db, { ...filter, sight: sightOf(caller) }, { limit, before });
    const page = toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => slipResource(row, caller),
    );
    return { status: 200, body: page };
  },
});

const getTimeline = operation({
  id: 'getSlipTimeline',
  method: 'get',
  path: '/v1/slips/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: SlipById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleSlip,
  async handle({ deps, resource }) {
    return { status: 200, body: timelineResource('exchange-slip', await timelineOf(deps.db, resource.id)) };
  },
});

export const exchangeSlipOperations: Operation[] = [
  createSlip,
  submitSlip,
  amendSlip,
  cancelSlipOperation,
  countSlipOperation,
  getSlip,
  listSlipsOperation,
  getTimeline,
];
