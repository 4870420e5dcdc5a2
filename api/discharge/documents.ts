/** The documents that discharges go by: read by everybody, uploaded, published and retired by those who answer for the rules, as protocols are. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import {
  createDocumentDraft,
  type DocumentVersion,
  findDocument,
  isReplaceable,
  listDocuments,
  listVersionsInForce,
  publishDocument,
  replaceDocumentDraft,
  retireDocument,
  type StoredDocument,
} from '../../db/discharge/documents.ts';
import { DischargeRulesSchema, DischargeTemplatesSchema, RiskScoresSchema } from '../../db/discharge/rule-documents.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { countPendingSignOffs, type DischargeDocument, findDocumentFlaws } from '../../domain/discharge/documents.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Instant, PageQuery, pageOf, pendingAnswer, toIso } from '../kit/schemas.ts';

const tag = 'discharge';

const id = z.enum(['discharge-rules', 'discharge-templates', 'risk-scores']);
const version = z.coerce.number().int().min(1).max(1_000_000);
const status = z.enum(['draft', 'published', 'retired']);

const DocumentSchema = z.discriminatedUnion('id', [
  z.strictObject(DischargeRulesSchema.shape).openapi({ title: 'DischargeRules' }),
  z.strictObject(DischargeTemplatesSchema.shape).openapi({ title: 'DischargeTemplatesDocument' }),
  z.strictObject(RiskScoresSchema.shape).openapi({ title: 'RiskScores' }),
]);

const summary = {
  id,
  version: z.number().int(),
  status,
  title: z.strictObject({ zh: z.string(), en: z.string() }),
  effectiveFrom: DateOnly,
  /** The number of rules that a clinician still has to sign. */
  signOffsPending: z.number().int(),
  createdAt: Instant,
  publishedAt: Instant.nullable(),
  retiredAt: Instant.nullable(),
};
const SummarySchema = z.strictObject(summary).openapi('DischargeDocumentSummary');
const StoredSchema = z.strictObject({ ...summary, document: DocumentSchema }).openapi('StoredDischargeDocument');

const asSummary = ({ document, createdAt, publishedAt, retiredAt, ...row }: StoredDocument): z.infer<typeof SummarySchema> => ({
  ...row,
  title: document.title,
  effectiveFrom: document.effectiveFrom,
  signOffsPending: countPendingSignOffs(document),
  createdAt: createdAt.toISOString(),
  publishedAt: toIso(publishedAt),
  retiredAt: toIso(retiredAt),
});

const asStored = (row: StoredDocument) => ({ ...asSummary(row), document: row.document });

const list = operation({
  id: 'listDischargeDocuments',
  method: 'get',
  path: '/v1/discharge-documents',
  tag,
  summary: '出院规则、模板与评分，全部版本 / Rules, templates and scores of discharge in all their versions',
  query: z.strictObject({ ...PageQuery, status: status.optional() }),
  answers: { 200: { description: 'A page of documents, by id and version', schema: pageOf(SummarySchema) } },
  async handle({ deps, query }) {
    const after = decodeCursor(query.cursor, z.tuple([z.string(), z.number().int()]));
    const rows = await listDocuments(deps.db, query, { limit: query.limit, after });
    return { status: 200, body: toPage(rows, query.limit, (row) => [row.id, row.version], asSummary) };
  },
});

const read = operation({
  id: 'getDischargeDocument',
  method: 'get',
  path: '/v1/discharge-documents/{id}',
  tag,
  summary: '文档全文，默认为现行版本 / A document in full; the version in force unless another is asked for',
  params: z.object({ id: z.string().max(60) }),
  query: z.strictObject({ version: version.optional() }),
  answers: { 200: { description: 'The document', schema: StoredSchema } },
  async handle({ deps, params, query }) {
    const inForce = (await listVersionsInForce(deps.db)).find((one) => one.id === params.id);
    const found = inForce && (await findDocument(deps.db, { id: inForce.id, version: query.version ?? inForce.version }));
    if (!found) throw new Problem('not-found');
    return { status: 200, body: asStored(found) };
  },
});

/** Throws Problem 422 with the place of each flaw. */
function refuseFlaws(document: DischargeDocument): void {
  const flaws = findDocumentFlaws(document);
  if (flaws.length > 0) throw new Problem('invalid-request', { errors: flaws.map(({ path, message }) => ({ path, message })) });
}

const upload = operation({
  id: 'uploadDischargeDocument',
  method: 'post',
  path: '/v1/discharge-documents',
  tag,
  summary:
    '上传规则、模板或评分的草稿，校验空缺、重叠与来源 / Upload a draft of rules, templates or scores; a gap, an overlap or a rule without source is refused with its place',
  body: DocumentSchema,
  answers: { 201: { description: 'Stored as a draft', schema: StoredSchema }, 202: pendingAnswer },
  async handle(request) {
    const { body, actor } = request;
    refuseFlaws(body);
    return runOnce(request, async (trx) => {
      if ((await createDocumentDraft(trx, body, actor)) === 'exists') throw new Problem('already-exists');
      return answerChange(trx, request, body, 'discharge-document.upload', 201);
    });
  },
});

async function answerChange(
  trx: Trx,
  { actor, requestId }: Pick<OperationRequest, 'actor' | 'requestId'>,
  of: DocumentVersion,
  action: WriteAction,
  answer: 200 | 201,
): Promise<Reply> {
  const targetId = `${of.id}/${of.version}`;
  await auditWrite(trx, { actor, action, targetType: 'discharge-document', targetId, requestId, patientId: null });
  const stored = await findDocument(trx, of);
  if (!stored) throw new Error(`The document ${targetId} is gone.`);
  const location = `/v1/discharge-documents/${of.id}?version=${of.version}`;
  return { status: answer, body: asStored(stored), ...(answer === 201 ? { headers: { location } } : {}) };
}

const versionParams = z.object({ id: z.string().max(60), version });

async function findRequestedVersion({
  deps,
  params,
}: OperationRequest<z.output<typeof versionParams>, unknown, unknown, undefined>): Promise<StoredDocument | undefined> {
  const known = id.safeParse(params.id);
  return known.success ? findDocument(deps.db, { id: known.data, version: params.version }) : undefined;
}

/** Throws Problem 409: somebody was quicker, or it was never in that state. */
async function refuseInState(trx: Trx, resource: StoredDocument): Promise<never> {
  const state = (await findDocument(trx, resource))?.status ?? resource.status;
  const isLast = state === 'published' && !(await isReplaceable(trx, resource));
  const allowed = { draft: ['replace', 'publish'], published: isLast ? [] : ['retire'], retired: [] }[state];
  throw new Problem('transition-not-allowed', { members: { state, allowed } });
}

const replace = operation({
  id: 'replaceDischargeDocumentDraft',
  method: 'put',
  path: '/v1/discharge-documents/{id}/versions/{version}',
  tag,
  summary: '替换草稿；已发布的版本不再改变 / Replace a draft; a published version never changes',
  params: versionParams,
  body: DocumentSchema,
  answers: { 200: { description: 'Replaced', schema: StoredSchema } },
  find: findRequestedVersion,
  async handle(request) {
    const { deps, actor, body, resource } = request;
    for (const name of ['id', 'version'] as const)
      if (body[name] !== resource[name]) throw invalidRequestProblem(name, { zh: '与地址不符', en: 'not the one of the address' });
    refuseFlaws(body);
    return inTransaction(deps.db, actor, async (trx) => {
      if (!(await replaceDocumentDraft(trx, body))) await refuseInState(trx, resource);
      return answerChange(trx, request, body, 'discharge-document.replace', 200);
    });
  },
});

const Empty = z.strictObject({});

const publish = operation({
  id: 'publishDischargeDocument',
  method: 'post',
  path: '/v1/discharge-documents/{id}/versions/{version}/publish',
  tag,
  summary:
    '发布草稿，从此不变；自生效日起开始的出院安排按它进行 / Publish a draft, which then stays as it is; episodes that begin from its date on go by it',
  params: versionParams,
  body: Empty,
  answers: { 200: { description: 'Published', schema: StoredSchema }, 202: pendingAnswer },
  find: findRequestedVersion,
  handle: async (request) =>
    runOnce(request, async (trx) => {
      const { resource } = request;
      if (!(await publishDocument(trx, resource))) await refuseInState(trx, resource);
      return answerChange(trx, request, resource, 'discharge-document.publish', 200);
    }),
});

const retire = operation({
  id: 'retireDischargeDocument',
  method: 'post',
  path: '/v1/discharge-documents/{id}/versions/{version}/retire',
  tag,
  summary:
    '停用已发布的版本，进行中的不受影响；最后一个现行版本不可停用 / Retire a published version; open episodes keep it, and the last one in force cannot be retired',
  params: versionParams,
  body: Empty,
  answers: { 200: { description: 'Retired', schema: StoredSchema }, 202: pendingAnswer },
  find: findRequestedVersion,
  handle: async (request) =>
    runOnce(request, async (trx) => {
      const { resource } = request;
      if (!(await isReplaceable(trx, resource)) || !(await retireDocument(trx, resource))) await refuseInState(trx, resource);
      return answerChange(trx, request, resource, 'discharge-document.retire', 200);
    }),
});

export const dischargeDocumentOperations: Operation[] = [list, read, upload, replace, publish, retire];
