/** Letters to patients whom nothing else reaches: a list to print, each as PDF, and what came of handing it over. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import { findLetter, type Letter, listLetters } from '../../db/messages/letters.ts';
import { reportLetter } from '../../db/messages/tasks.ts';
import { buildPatientLetter } from '../../documents/patient-letter.ts';
import { renderPdf } from '../../documents/pdf/layout.ts';
import { toShortNumber } from '../../documents/words.ts';
import { letterOutcomes } from '../../domain/messages/channels.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { pathwayApiOf } from '../kit/registry.ts';
import { Instant, PageQuery, pageOf, pendingAnswer, Text, toIso } from '../kit/schemas.ts';
import { patientTextOf } from './patient-text.ts';

const tag = 'letter';

const LetterSchema = z
  .strictObject({
    id: z.string(),
    taskId: z.string(),
    pathwayId: z.string(),
    patient: z.strictObject({ id: z.string(), name: z.string() }),
    text: z.string(),
    status: z.enum(['open', 'done', 'withdrawn']),
    outcome: z.enum(letterOutcomes).nullable(),
    openedAt: Instant,
    dueAt: Instant.nullable(),
    closedAt: Instant.nullable(),
  })
  .openapi('Letter');

const toLetterResource = (letter: Letter): z.infer<typeof LetterSchema> => ({
  id: letter.id,
  taskId: letter.taskId,
  pathwayId: letter.pathwayId,
  patient: { id: letter.patientId, name: letter.patientName },
  text: patientTextOf(letter.pathwayId, letter, letter.surroundings),
  status: letter.status,
  outcome: letter.outcome as (typeof letterOutcomes)[number] | null,
  openedAt: letter.openedAt.toISOString(),
  dueAt: toIso(letter.dueAt),
  closedAt: toIso(letter.closedAt),
});

const Cursor = z.strictObject({ openedAt: z.iso.datetime(), id: z.uuid() });

const list = operation({
  id: 'listLetters',
  method: 'get',
  path: '/v1/letters',
  tag,
  summary: '待打印并送达的信件，早的在前 / Letters to print and hand over, oldest first',
  query: z.strictObject({ ...PageQuery, status: z.enum(['open', 'done', 'withdrawn']).default('open') }),
  answers: { 200: { description: "A page of the institution's letters", schema: pageOf(LetterSchema) } },
  async handle({ deps, caller, actor, query, requestId }) {
    const { institutionId } = caller;
    const rows = await listLetters(deps.db, {
      institutionId,
      status: query.status,
      limit: query.limit,
      after: decodeCursor(query.cursor, Cursor),
    });
    const shown = toPage(rows, query.limit, ({ openedAt, id }) => ({ openedAt: openedAt.toISOString(), id }), toLetterResource);
    const patientIds = shown.items.map(({ patient }) => patient.id);
    await auditRead(deps.db, { actor, action: 'letter.list', targetType: 'letter', targetId: null, patientIds, requestId });
    return { status: 200, body: shown };
  },
});

const ById = z.object({ id: z.uuid() });

async function find(request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<Letter | undefined> {
  const letter = await findLetter(request.deps.db, request.params.id);
  return letter && reaches(await reachOf(request), letter.institutionId) ? letter : undefined;
}

const letterAuditEntry = ({ actor, resource, requestId }: OperationRequest<unknown, unknown, unknown, Letter>) => ({
  actor,
  targetType: 'letter',
  targetId: resource.id,
  requestId,
});

const print = operation({
  id: 'printLetter',
  method: 'get',
  path: '/v1/letters/{id}/letter.pdf',
  tag,
  summary: '打印信件 / The letter, to print',
  params: ById,
  answers: {
    200: {
      description: 'A4; rare characters have their glyphs',
      schema: z.instanceof(Uint8Array).openapi({ type: 'string', format: 'binary' }),
      contentType: 'application/pdf',
    },
  },
  find,
  async handle(request) {
    const { deps, resource } = request;
    const [subject, institution] = await Promise.all([
      pathwayApiOf(resource.pathwayKind).findLetterSubject(deps.db, resource.pathwayId),
      findInstitution(deps.db, resource.institutionId),
    ]);
    if (!subject) throw new Problem('not-found');
    await auditRead(deps.db, { ...letterAuditEntry(request), action: 'letter.print', patientIds: [resource.patientId] });
    const letter = buildPatientLetter(subject, {
      text: patientTextOf(resource.pathwayId, resource, resource.surroundings),
      from: institution?.nameZh ?? resource.institutionId,
      openedAt: resource.openedAt,
    });
    return {
      status: 200,
      body: await renderPdf(letter),
      headers: { 'content-disposition': `inline; filename="letter-${toShortNumber(resource.pathwayId)}.pdf"` },
    };
  },
});

const report = operation({
  id: 'reportLetter',
  method: 'post',
  path: '/v1/letters/{id}/report',
  tag,
  summary: '登记信件已送达或退回 / Say that a letter was handed over or came back',
  params: ById,
  body: z
    .strictObject({ outcome: z.enum(letterOutcomes), note: Text(2_000).optional() })
    .openapi('LetterReport', { example: { outcome: 'handed-over' } }),
  answers: { 200: { description: 'The letter', schema: LetterSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { caller, resource, body } = request;
    return runOnce(request, async (trx) => {
      const { outcome, note = null } = body;
      if (!(await reportLetter(trx, { taskId: resource.taskId, messageId: resource.id, outcome, note, personId: caller.personId })))
        throw new Problem('task-closed', { members: { taskId: resource.taskId } });
      await auditWrite(trx, { ...letterAuditEntry(request), action: `letter.${outcome}`, patientId: resource.patientId });
      return { status: 200, body: toLetterResource((await findLetter(trx, resource.id)) as Letter) };
    });
  },
});

export const letterOperations: Operation[] = [list, print, report];
