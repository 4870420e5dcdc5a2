/** Two records of one resident: proposed by one person of the home centre, confirmed or rejected by a second one. */
import { z } from '@hono/zod-openapi';
import { getPatient, type Patient } from '../../db/directory/patients.ts';
import {
  confirmMerger,
  confirmMergerRetraction,
  findMerger,
  listMergers,
  type Merger,
  type MergerAnswer,
  proposeMerger,
  proposeMergerRetraction,
  rejectMerger,
} from '../../db/identity-check/mergers.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { findVisiblePatientById } from '../directory/access.ts';
import { isClinicianOf } from '../directory/patient-resource.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { institutionsWithin, reaches, reachOf } from '../kit/reach.ts';
import { Id, Instant, PageQuery, pageOf, pendingAnswer, Text, toIso } from '../kit/schemas.ts';

const tag = 'patient';
const states = ['proposed', 'merged', 'rejected', 'retracting', 'retracted'] as const;

const MergerSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(states),
    patientId: z.string(),
    intoId: z.string(),
    institutionId: z.string(),
    reason: z.string(),
    proposedBy: z.string(),
    proposedAt: Instant,
    mergedAt: Instant.nullable(),
  })
  .openapi('Merger');

const toMergerResource = (merger: Merger): z.infer<typeof MergerSchema> => ({
  ...merger,
  proposedAt: merger.proposedAt.toISOString(),
  mergedAt: toIso(merger.mergedAt),
});

const propose = operation({
  id: 'proposeMerger',
  method: 'post',
  path: '/v1/patients/{id}/propose-merger',
  tag,
  summary: '提出合并两份档案 / Propose that two records are of one resident',
  params: z.object({ id: Id }),
  body: z
    .strictObject({ intoId: Id, reason: Text(2_000) })
    .openapi('MergerProposal', { example: { intoId: 'patient-0003', reason: '同一人' } }),
  answers: { 201: { description: 'Proposed; a second person answers', schema: MergerSchema }, 202: pendingAnswer },
  find: findVisiblePatientById,
  may: ({ resource, caller }) => isClinicianOf(resource, caller),
  async handle(request) {
    const { resource, body, caller, actor, requestId } = request;
    return runOnce(request, async (trx) => {
      await checkInto(trx, caller, resource, body.intoId);
      const proposal = await proposeMerger(trx, { patientId: resource.id, ...body }, { actor, requestId });
      switch (proposal.result) {
        case 'contradicts':
          throw new Problem('merger-contradicts');
        case 'one-already':
        case 'proposed-already':
          throw new Problem('already-exists');
        case 'proposed': {
          const { id } = proposal;
          await auditWrite(trx, { actor, action: 'merger.propose', targetType: 'merger', targetId: id, patientId: resource.id, requestId });
          const body = toMergerResource((await findMerger(trx, id)) as Merger);
          return { status: 201, body, headers: { location: `/v1/mergers/${id}` } };
        }
      }
    });
  },
});

/** A clinician of both. Throws Problem 422. */
async function checkInto(trx: Trx, caller: OperationRequest['caller'], { id }: Patient, intoId: string): Promise<void> {
  const into = await getPatient(trx, intoId);
  if (!into || !isClinicianOf(into, caller))
    throw invalidRequestProblem('intoId', { zh: '没有这位由您机构管理的患者', en: 'no such patient of yours' });
  if (into.id === id) throw invalidRequestProblem('intoId', { zh: '与本档案相同', en: 'is the same record' });
}

const list = operation({
  id: 'listMergers',
  method: 'get',
  path: '/v1/mergers',
  tag,
  summary: '档案合并，新的在前 / Mergers, newest first',
  query: z.strictObject({ ...PageQuery, state: z.enum(states).optional() }),
  answers: { 200: { description: 'A page of mergers', schema: pageOf(MergerSchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const institutionId = institutionsWithin(await reachOf(request))?.[0];
    const page = { limit: query.limit, before: decodeCursor(query.cursor, z.uuid()) };
    const rows = await listMergers(deps.db, { state: query.state, institutionId }, page);
    const patientIds = rows.slice(0, query.limit).flatMap(({ patientId, intoId }) => [patientId, intoId]);
    await auditRead(deps.db, { actor, action: 'merger.list', targetType: 'merger', targetId: null, patientIds, requestId });
    return { status: 200, body: toPage(rows, query.limit, ({ id }) => id, toMergerResource) };
  },
});

async function find(request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<Merger | undefined> {
  const merger = await findMerger(request.deps.db, request.params.id);
  return merger && reaches(await reachOf(request), merger.institutionId) ? merger : undefined;
}

type Decide<Body> = (
  trx: Trx,
  merger: Merger,
  by: { actor: OperationRequest['actor']; requestId: string },
  body: Body,
) => Promise<MergerAnswer>;

function mergerStep<Body extends z.ZodType>({
  id,
  step,
  summary,
  body,
  decide,
}: {
  id: 'confirmMerger' | 'rejectMerger' | 'retractMerger' | 'confirmMergerRetraction';
  step: 'confirm' | 'reject' | 'retract' | 'confirm-retraction';
  summary: string;
  body: Body;
  decide: Decide<z.output<Body>>;
}): Operation {
  return operation({
    id,
    method: 'post',
    path: `/v1/mergers/{id}/${step}`,
    tag,
    summary,
    params: z.object({ id: z.uuid() }),
    body,
    answers: { 200: { description: 'The merger', schema: MergerSchema }, 202: pendingAnswer },
    find,
    async handle(request) {
      const { resource, actor, requestId } = request;
      return runOnce(request, async (trx) => {
        switch (await decide(trx, resource, { actor, requestId }, request.body)) {
          case 'same-person':
            throw new Problem('second-person-required');
          case 'contradicts':
            throw new Problem('merger-contradicts');
          case 'nothing-open':
            throw new Problem('transition-not-allowed', {
              members: { state: (await findMerger(trx, resource.id))?.state ?? resource.state, allowed: [] },
            });
          case 'done': {
            const { patientId } = resource;
            await auditWrite(trx, { actor, action: `merger.${step}`, targetType: 'merger', targetId: resource.id, patientId, requestId });
            return { status: 200, body: toMergerResource((await findMerger(trx, resource.id)) as Merger) };
          }
        }
      });
    },
  });
}

const nothing = z.strictObject({});

export const mergerOperations: Operation[] = [
  propose,
  list,
  mergerStep({
    id: 'confirmMerger',
    step: 'confirm',
    summary: '确认合并（须另一人） / Confirm, as a second person, that two records are of one resident',
    body: nothing,
    decide: confirmMerger,
  }),
  mergerStep({
    id: 'rejectMerger',
    step: 'reject',
    summary: '驳回合并或撤回申请（须另一人） / Find, as a second person, that the records stay as they are',
    body: nothing,
    decide: rejectMerger,
  }),
  mergerStep({
    id: 'retractMerger',
    step: 'retract',
    summary: '申请撤回错误的合并 / Propose to take a wrong merger back',
    body: z.strictObject({ reason: Text(2_000) }).openapi('MergerRetraction', { example: { reason: '并非同一人' } }),
    decide: (trx, merger, by, { reason }) => proposeMergerRetraction(trx, merger, reason, by),
  }),
  mergerStep({
    id: 'confirmMergerRetraction',
    step: 'confirm-retraction',
    summary: '由另一人确认撤回合并 / Confirm, as a second person, that the merger is taken back',
    body: nothing,
    decide: confirmMergerRetraction,
  }),
];
