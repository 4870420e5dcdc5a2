/** The audit for those who have to read it: a list by who, whom, what and when, and the chain as a file that can be checked alone. */
import { z } from '@hono/zod-openapi';
import { makeCheckpoints } from '../../db/audit/checkpoints.ts';
import { allianceChain } from '../../db/audit/entries.ts';
import { writeExport } from '../../db/audit/export.ts';
import { type ListedEntry, listAudit } from '../../db/audit/list-entries.ts';
import { sealAudit } from '../../db/audit/seal.ts';
import type { ReadAction } from '../../db/audit-actions.ts';
import { findInstitution } from '../../db/directory/directory.ts';
import { appendAudit } from '../../db/kit/audit.ts';
import { auditKeyOf } from '../../platform/audit-key.ts';
import { decodeCursor, encodeCursor } from '../kit/cursor.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { institutionsWithin, reachOf } from '../kit/reach.ts';
import { Id, Instant, PageQuery, pageOf } from '../kit/schemas.ts';

const tag = 'audit';

const ActorSchema = z.union([
  z.strictObject({ personId: z.string(), institutionId: z.string(), role: z.string() }).openapi({ title: 'person' }),
  z.strictObject({ system: z.literal(true) }).openapi({ title: 'system' }),
]);

const AuditEntrySchema = z
  .strictObject({
    seq: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Its number in its chain; null until it is sealed, some seconds after it was written' }),
    institutionId: z.string().openapi({ description: 'Whose chain it is in; `alliance` for what time and messages did' }),
    targetInstitutionId: z.string().nullable(),
    at: z.string().openapi({ format: 'date-time' }),
    recordedAt: z.string().openapi({ format: 'date-time' }),
    actor: ActorSchema,
    action: z.string(),
    target: z.strictObject({ type: z.string(), id: z.string().nullable() }),
    patientId: z.string().nullable(),
    patientIds: z.array(z.string()).nullable().openapi({ description: 'Of a read that showed several patients' }),
    outcome: z.enum(['done', 'refused', 'read']),
    denied: z.boolean().openapi({ description: 'The caller was not allowed to ask: `action` is the operation' }),
    code: z.string().nullable(),
    requestId: z.string().nullable(),
    reason: z.string().nullable(),
    because: z.array(z.string()).max(0).openapi({ description: 'Empty: why a pathway took a step stands in its timeline' }),
  })
  .openapi('AuditEntry');

const entryResource = ({ id: _, actor, ...entry }: ListedEntry): z.infer<typeof AuditEntrySchema> => ({
  ...entry,
  actor: actorOf(actor),
  patientIds: entry.patientIds === null ? null : [...entry.patientIds],
  because: [],
});

/** Parts of the system say which they are; that is nobody to ask. */
const actorOf = (actor: unknown): z.infer<typeof ActorSchema> => {
  const person = ActorSchema.safeParse(actor);
  return person.success ? person.data : { system: true };
};

type Asking = Pick<OperationRequest, 'deps' | 'actor' | 'requestId'>;

/** Looking at the audit is a look too, also one that found nothing. */
async function noteLook({ deps, actor, requestId }: Asking, action: ReadAction, patientIds: readonly string[]): Promise<void> {
  const [first, ...more] = [...new Set(patientIds)];
  await appendAudit(deps.db, {
    happenedAt: new Date(),
    actor,
    institutionId: actor.institutionId,
    action,
    targetType: 'audit',
    targetId: null,
    outcome: 'done',
    code: null,
    requestId,
    ...(first !== undefined && more.length > 0 ? { patientId: null, patientIds: [first, ...more] } : { patientId: first ?? null }),
  });
}

const list = operation({
  id: 'listAudit',
  method: 'get',
  path: '/v1/audit',
  tag,
  summary: '审计记录，新的在前 / The audit, newest first',
  query: z.strictObject({
    ...PageQuery,
    actorId: Id.optional(),
    patientId: Id.optional(),
    action: z.string().min(1).max(200).optional(),
    outcome: z.enum(['done', 'refused', 'read']).optional(),
    institutionId: Id.optional(),
    from: Instant.optional(),
    to: Instant.optional(),
    targetId: Id.optional(),
  }),
  answers: { 200: { description: 'A page of entries; this look is one of the next', schema: pageOf(AuditEntrySchema) } },
  async handle(request) {
    const { deps, query } = request;
    const { limit, cursor, from, to, ...filter } = query;
    const within = institutionsWithin(await reachOf(request));
    const before = decodeCursor(cursor, z.string().regex(/^\d{1,18}$/));
    const entries = await listAudit(
      deps.db,
      { ...filter, within, from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) },
      { limit, before },
    );
    await noteLook(
      request,
      'audit.read',
      entries.flatMap(({ patientId, patientIds }) => patientIds ?? (patientId === null ? [] : [patientId])),
    );
    const last = entries.at(-1);
    return {
      status: 200,
      body: { items: entries.map(entryResource), nextCursor: last && entries.length === limit ? encodeCursor(last.id) : null },
    };
  },
});

async function* encode(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const line of lines) yield encoder.encode(line);
}

const exportChain = operation({
  id: 'exportAudit',
  method: 'get',
  path: '/v1/audit/export',
  tag,
  summary: '审计链导出（NDJSON，含哈希链与签名检查点） / The audit with its hash chains and signed checkpoints',
  query: z.strictObject({
    institutionId: Id.optional().openapi({ description: 'One chain; `alliance` for that of time and messages; all chains without it' }),
    from: Instant,
    to: Instant,
  }),
  answers: {
    200: {
      description:
        'One line each, in the form of RFC 8785: entries with `previousHash` and `hash` (SHA-256 of the 32 bytes of the hash before and of the entry without these two), and checkpoints {institutionId, seq, hash, at, keyId, signature} (Ed25519, base64url, over the other members). Of each chain an unbroken stretch that holds everything that was recorded in the period. `carepath audit verify FILE` checks it alone',
      schema: z.instanceof(ReadableStream).openapi({ type: 'string' }),
      contentType: 'application/x-ndjson',
    },
  },
  async handle(request) {
    const { deps, query } = request;
    const { institutionId } = query;
    const [from, to] = [new Date(query.from), new Date(query.to)];
    if (to <= from) throw invalidRequestProblem('to', { zh: '须晚于 from', en: 'must be after `from`' });
    if (institutionId !== undefined && institutionId !== allianceChain && !(await findInstitution(deps.db, institutionId)))
      throw invalidRequestProblem('institutionId', { zh: '没有这个机构', en: 'no such institution' });
    await noteLook(request, 'audit.export.read', []);
    await sealAudit(deps.db, request.actor);
    await makeCheckpoints(deps.db, auditKeyOf(deps.config), new Date(), request.actor);
    return {
      status: 200,
      body: ReadableStream.from(encode(writeExport(deps.db, { institutionId, from, to }))),
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'content-disposition': 'attachment; filename="audit.ndjson"' },
    };
  },
});

export const auditOperations: readonly Operation[] = [list, exportChain];
