/** Moving everybody on a protocol to another version of it: looked at first, then ordered in batches, each follow-up by a fact of its own. */
import { z } from '@hono/zod-openapi';
import { findProtocol, type StoredProtocol } from '../../db/follow-up/protocols.ts';
import {
  findEnrolmentsOutside,
  isDateMoved,
  type MoveProgress,
  moveProgress,
  orderMoves,
  type PreviewedMove,
  previewMoves,
} from '../../db/follow-up/version-moves.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, PageQuery, pageOf, pendingAnswer } from '../kit/schemas.ts';
import { BecauseSchema, toBecause } from './resource.ts';

const tag = 'protocols';

const params = z.object({ id: z.string().max(60), version: z.coerce.number().int().min(1).max(1_000_000) });

const find = ({ deps, params: { id, version } }: OperationRequest<z.output<typeof params>, unknown, unknown, undefined>) =>
  findProtocol(deps.db, id, version);

const DatesSchema = z.strictObject({
  status: z.enum(['active', 'paused', 'ended']),
  next: z.strictObject({ opensOn: DateOnly, dueOn: DateOnly }).nullable(),
  plan: z.strictObject({ opensOn: DateOnly, dueOn: DateOnly, stage: z.enum(['planned', 'open', 'overdue']) }).nullable(),
});

const PreviewSchema = z
  .strictObject({
    /** The counts of the whole list, on its first page only. */
    inAll: z.strictObject({ enrolments: z.number().int(), datesMove: z.number().int(), toBeSeen: z.number().int() }).nullable(),
    ...pageOf(
      z.strictObject({
        enrolmentId: z.string(),
        pathwayId: z.string(),
        institutionId: z.string(),
        from: z.string(),
        before: DatesSchema,
        after: DatesSchema,
        /** Residents whom a doctor is asked to see. The move itself refers nobody. */
        toBeSeen: z.strictObject({ referral: z.enum(['routine', 'urgent']), because: z.array(BecauseSchema) }).nullable(),
      }),
    ).shape,
  })
  .openapi('VersionMovePreview');

const kinds: Record<'all' | 'dates-move' | 'to-be-seen', (move: PreviewedMove) => boolean> = {
  all: () => true,
  'dates-move': isDateMoved,
  'to-be-seen': ({ toBeSeen }) => toBeSeen !== null,
};

const preview = operation({
  id: 'previewVersionMove',
  method: 'get',
  path: '/v1/protocols/{id}/versions/{version}/move-preview',
  tag,
  summary:
    '试算：换用此版本后谁的日期变动、谁应由医生查看 / Who would move to this version, which dates change, whom a doctor would see; nothing is written',
  params,
  query: z.strictObject({ ...PageQuery, only: z.enum(['all', 'dates-move', 'to-be-seen']).default('all') }),
  answers: { 200: { description: 'A page of enrolments of other versions, as the move would leave them', schema: PreviewSchema } },
  find,
  async handle({ deps, actor, query, resource, requestId }) {
    const { limit, cursor, only } = query;
    const after = decodeCursor(cursor, z.uuid());
    const inAll = { enrolments: 0, datesMove: 0, toBeSeen: 0 };
    const rows: PreviewedMove[] = [];
    for await (const move of previewMoves(deps.db, resource.document, after)) {
      inAll.enrolments++;
      if (isDateMoved(move)) inAll.datesMove++;
      if (move.toBeSeen) inAll.toBeSeen++;
      if (rows.length <= limit && kinds[only](move)) rows.push(move);
      // The first page counts them all.
      if (rows.length > limit && after !== undefined) break;
    }
    const patientIds = rows.slice(0, limit).map(({ patientId }) => patientId);
    await auditRead(deps.db, {
      actor,
      action: 'protocol.preview-move',
      targetType: 'protocol',
      targetId: keyOf(resource),
      patientIds,
      requestId,
    });
    const shown = toPage(
      rows,
      limit,
      ({ enrolmentId }) => enrolmentId,
      ({ patientId: _, toBeSeen, ...move }) => ({
        ...move,
        toBeSeen: toBeSeen && { ...toBeSeen, because: toBecause(toBeSeen.because) },
      }),
    );
    return { status: 200, body: { inAll: after === undefined ? inAll : null, ...shown } };
  },
});

const keyOf = ({ id, version }: StoredProtocol): string => `${id}/${version}`;

const ProgressSchema: z.ZodType<MoveProgress> = z
  .strictObject({ ordered: z.number().int(), underWay: z.number().int(), moved: z.number().int(), remaining: z.number().int() })
  .openapi('VersionMoveProgress');

const progress = operation({
  id: 'getVersionMove',
  method: 'get',
  path: '/v1/protocols/{id}/versions/{version}/move',
  tag,
  summary: '换用进度 / How far the move to this version has come',
  params,
  answers: { 200: { description: 'Ordered, under way, moved, remaining', schema: ProgressSchema } },
  find,
  handle: async ({ deps, resource }) => ({ status: 200, body: await moveProgress(deps.db, resource.document) }),
});

const order = operation({
  id: 'orderVersionMove',
  method: 'post',
  path: '/v1/protocols/{id}/versions/{version}/move',
  tag,
  summary:
    '分批换用此版本；只换进行中和暂停的随访 / Move the next enrolments of other versions to this one, or those named; only active and paused ones',
  params,
  body: z.strictObject({
    limit: z.number().int().min(1).max(1_000).default(200),
    enrolmentIds: z.array(z.uuid()).min(1).max(200).optional(),
  }),
  answers: {
    200: {
      description: 'How many were ordered now, and how many remain; each follow-up is told on its own',
      schema: z.strictObject({ ordered: z.number().int(), remaining: z.number().int() }),
    },
    202: pendingAnswer,
  },
  find,
  async handle(request) {
    const { body, resource, actor, requestId } = request;
    return runOnce(request, async (trx) => {
      const { status, document } = (await findProtocol(trx, resource.id, resource.version)) as StoredProtocol;
      if (status !== 'published') throw new Problem('transition-not-allowed', { members: { state: status } });
      const [stranger] = body.enrolmentIds ? await findEnrolmentsOutside(trx, document, body.enrolmentIds) : [];
      if (stranger !== undefined)
        throw invalidRequestProblem(`enrolmentIds.${body.enrolmentIds?.indexOf(stranger)}`, {
          zh: '不是按此方案进行的随访',
          en: 'no enrolment of this protocol',
        });
      const ordered = await orderMoves(trx, document, { ...body, actor, at: new Date() });
      const { remaining } = await moveProgress(trx, document);
      await auditWrite(trx, {
        actor,
        action: 'protocol.order-move',
        targetType: 'protocol',
        targetId: keyOf(resource),
        requestId,
        patientId: null,
      });
      return { status: 200, body: { ordered, remaining } };
    });
  },
});

export const versionMoveOperations: Operation[] = [preview, progress, order];
