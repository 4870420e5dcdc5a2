/** Clinical protocols: read by everybody, tried on a visit without writing, uploaded and published by those who answer for them. */
import { z } from '@hono/zod-openapi';
import type { WriteAction } from '../../db/audit-actions.ts';
import { ProtocolSchema } from '../../db/follow-up/protocol-documents.ts';
import {
  createDraft,
  findProtocol,
  listIndicatorProtocols,
  listProtocols,
  loadCurrentCalendar,
  loadCurrentRiskModel,
  type ProtocolPlace,
  publishProtocol,
  replaceDraft,
  retireProtocol,
  type StoredProtocol,
} from '../../db/follow-up/protocols.ts';
import { listVisitCrises } from '../../db/follow-up/visit-values.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { withCrisis } from '../../domain/follow-up/crisis-values.ts';
import { evaluate } from '../../domain/follow-up/evaluate.ts';
import { indicatorsOf } from '../../domain/follow-up/indicators.ts';
import type { Measure, Protocol } from '../../domain/follow-up/protocol.ts';
import { type TierName, tierRhythm } from '../../domain/follow-up/risk-tier.ts';
import { findProtocolFlaws } from '../../domain/follow-up/validate-protocol.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Instant, PageQuery, pageOf, pendingAnswer, toIso } from '../kit/schemas.ts';
import { BecauseSchema, ScreeningSchema, screeningOf, toBecause, VisitActionSchema } from './resource.ts';
import {
  PatientFactsSchema,
  refuseContradictions,
  refuseImpossibleTimes,
  refuseUnknownItems,
  VisitFormSchema,
  visitOf,
} from './visit-form.ts';
import { IndicatorSchema, TargetSchema } from './visit-indicators.ts';

const tag = 'protocols';

const status = z.enum(['draft', 'published', 'retired']);
const title = z.strictObject({ zh: z.string(), en: z.string() });
const summary = {
  id: z.string(),
  version: z.number().int(),
  status,
  title,
  disease: z.string(),
  indicator: z.enum(['payment', 'clinical']).nullable(),
  effectiveFrom: DateOnly,
  /** The number of rules that a clinician still has to sign. */
  signOffsPending: z.number().int(),
  createdAt: Instant,
  publishedAt: Instant.nullable(),
  retiredAt: Instant.nullable(),
};
const ProtocolSummarySchema = z.strictObject(summary).openapi('ProtocolSummary');
const StoredProtocolSchema = z.strictObject({ ...summary, document: ProtocolSchema }).openapi('StoredProtocol');

function signOffsPending({ population, entry, targets, rules, phases, quota, items, screening }: Protocol): number {
  const cited = [
    population,
    ...entry,
    ...targets.flatMap(({ bands }) => bands),
    ...rules,
    ...phases,
    ...items,
    ...[quota, screening].filter((one) => one !== null),
  ];
  return cited.filter(({ signOff }) => signOff === 'pending').length;
}

const asSummary = ({ document, createdAt, publishedAt, retiredAt, ...row }: StoredProtocol): z.infer<typeof ProtocolSummarySchema> => ({
  ...row,
  title: document.title,
  disease: document.disease,
  indicator: document.indicator,
  effectiveFrom: document.effectiveFrom,
  signOffsPending: signOffsPending(document),
  createdAt: createdAt.toISOString(),
  publishedAt: toIso(publishedAt),
  retiredAt: toIso(retiredAt),
});

const asStored = (row: StoredProtocol) => ({ ...asSummary(row), document: row.document });

const list = operation({
  id: 'listProtocols',
  method: 'get',
  path: '/v1/protocols',
  tag,
  summary: '方案列表 / Protocols in all their versions',
  query: z.strictObject({ ...PageQuery, status: status.optional() }),
  answers: { 200: { description: 'A page of protocols, by id and version', schema: pageOf(ProtocolSummarySchema) } },
  async handle({ deps, query }) {
    const after = decodeCursor(query.cursor, z.tuple([z.string(), z.number().int()])) as ProtocolPlace | undefined;
    const rows = await listProtocols(deps.db, query, { limit: query.limit, after });
    return { status: 200, body: toPage(rows, query.limit, ({ id, version }) => [id, version], asSummary) };
  },
});

const params = z.object({ id: z.string().max(60) });
const VersionQuery = z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() });

const findNewestVersion = ({ deps, params: { id } }: OperationRequest<{ id: string }, unknown, unknown, undefined>) =>
  findProtocol(deps.db, id);

/** Throws Problem 404. */
async function versionOf({
  deps,
  query,
  resource,
}: OperationRequest<unknown, { version?: number | undefined }, unknown, StoredProtocol>): Promise<StoredProtocol> {
  const found = query.version === undefined ? resource : await findProtocol(deps.db, resource.id, query.version);
  if (!found) throw new Problem('not-found');
  return found;
}

const read = operation({
  id: 'getProtocol',
  method: 'get',
  path: '/v1/protocols/{id}',
  tag,
  summary: '方案全文，默认为最新发布版本 / A protocol in full; the newest published version unless another is asked for',
  params,
  query: VersionQuery,
  answers: { 200: { description: 'The protocol', schema: StoredProtocolSchema } },
  find: findNewestVersion,
  handle: async (request) => ({ status: 200, body: asStored(await versionOf(request)) }),
});

/** Throws Problem 422 with the place of each flaw. */
function refuseFlaws(document: Protocol): void {
  const flaws = findProtocolFlaws(document);
  if (flaws.length > 0) throw new Problem('invalid-request', { errors: flaws.map(({ path, message }) => ({ path, message })) });
}

const upload = operation({
  id: 'uploadProtocol',
  method: 'post',
  path: '/v1/protocols',
  tag,
  summary:
    '上传方案草稿，校验空缺、重叠、循环与来源 / Upload a draft; a gap, an overlap, a cycle or a rule without source is refused with its place',
  body: ProtocolSchema,
  answers: { 201: { description: 'Stored as a draft', schema: StoredProtocolSchema }, 202: pendingAnswer },
  async handle(request) {
    const { body, actor } = request;
    refuseFlaws(body);
    return runOnce(request, async (trx) => {
      if ((await createDraft(trx, body, actor)) === 'exists') throw new Problem('already-exists');
      return changeProtocol(trx, request, body, 'protocol.upload', 201);
    });
  },
});

async function changeProtocol(
  trx: Trx,
  { actor, requestId }: Pick<OperationRequest, 'actor' | 'requestId'>,
  { id, version }: { id: string; version: number },
  action: WriteAction,
  answer: 200 | 201,
): Promise<Reply> {
  await auditWrite(trx, { actor, action, targetType: 'protocol', targetId: `${id}/${version}`, requestId, patientId: null });
  const stored = (await findProtocol(trx, id, version)) as StoredProtocol;
  return {
    status: answer,
    body: asStored(stored),
    ...(answer === 201 ? { headers: { location: `/v1/protocols/${id}?version=${version}` } } : {}),
  };
}

const versionParams = z.object({ id: z.string().max(60), version: z.coerce.number().int().min(1).max(1_000_000) });

const findRequestedVersion = ({
  deps,
  params: { id, version },
}: OperationRequest<z.output<typeof versionParams>, unknown, unknown, undefined>) => findProtocol(deps.db, id, version);

/** Throws Problem 409: somebody was quicker, or it was never in that state. */
async function refuseInState(trx: Trx, { id, version }: StoredProtocol): Promise<never> {
  const now = (await findProtocol(trx, id, version)) as StoredProtocol;
  const allowed = { draft: ['replace', 'publish'], published: ['retire'], retired: [] }[now.status];
  throw new Problem('transition-not-allowed', { members: { state: now.status, allowed } });
}

const replace = operation({
  id: 'replaceProtocolDraft',
  method: 'put',
  path: '/v1/protocols/{id}/versions/{version}',
  tag,
  summary: '替换草稿；已发布的版本不再改变 / Replace a draft; a published version never changes',
  params: versionParams,
  body: ProtocolSchema,
  answers: { 200: { description: 'Replaced', schema: StoredProtocolSchema } },
  find: findRequestedVersion,
  async handle(request) {
    const { deps, actor, body, resource } = request;
    if (body.id !== resource.id) throw invalidRequestProblem('id', { zh: '与地址不符', en: 'not the one of the address' });
    if (body.version !== resource.version) throw invalidRequestProblem('version', { zh: '与地址不符', en: 'not the one of the address' });
    refuseFlaws(body);
    return inTransaction(deps.db, actor, async (trx) => {
      if (!(await replaceDraft(trx, body))) await refuseInState(trx, resource);
      return changeProtocol(trx, request, body, 'protocol.replace', 200);
    });
  },
});

const Empty = z.strictObject({});

const publish = operation({
  id: 'publishProtocol',
  method: 'post',
  path: '/v1/protocols/{id}/versions/{version}/publish',
  tag,
  summary: '发布草稿；从此不变 / Publish a draft; from then on it stays as it is',
  params: versionParams,
  body: Empty,
  answers: { 200: { description: 'Published', schema: StoredProtocolSchema }, 202: pendingAnswer },
  find: findRequestedVersion,
  handle: async (request) =>
    runOnce(request, async (trx) => {
      const { resource } = request;
      if (!(await publishProtocol(trx, resource.id, resource.version))) await refuseInState(trx, resource);
      return changeProtocol(trx, request, resource, 'protocol.publish', 200);
    }),
});

const retire = operation({
  id: 'retireProtocol',
  method: 'post',
  path: '/v1/protocols/{id}/versions/{version}/retire',
  tag,
  summary: '停用已发布的版本；已在册者不受影响 / Retire a published version; who is enrolled under it stays',
  params: versionParams,
  body: Empty,
  answers: { 200: { description: 'Retired', schema: StoredProtocolSchema }, 202: pendingAnswer },
  find: findRequestedVersion,
  handle: async (request) =>
    runOnce(request, async (trx) => {
      const { resource } = request;
      if (!(await retireProtocol(trx, resource.id, resource.version))) await refuseInState(trx, resource);
      return changeProtocol(trx, request, resource, 'protocol.retire', 200);
    }),
});

const classCode = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);

const EvaluationSchema = z
  .strictObject({
    protocol: z.strictObject({ id: z.string(), version: z.number().int(), status }),
    class: classCode.nullable(),
    classes: z.array(classCode),
    target: TargetSchema,
    action: VisitActionSchema,
    nextVisit: z.strictObject({ opensOn: DateOnly, dueOn: DateOnly }),
    referral: z.enum(['none', 'routine', 'urgent']),
    because: z.array(BecauseSchema),
    controlled: z.boolean().nullable(),
    uncontrolledInARow: z.number().int(),
    phase: z.string(),
    notify: z.enum(['head']).nullable(),
    specialistClinicWithinHours: z.number().int().nullable(),
    calendarConfirmed: z.boolean(),
    /** The value that payment goes by and the value that treatment aims at. */
    indicators: z.array(IndicatorSchema),
    screening: ScreeningSchema.nullable(),
  })
  .openapi('Evaluation');

const EvaluateBody = z
  .strictObject({
    patient: PatientFactsSchema,
    visits: z.array(VisitFormSchema).max(500).default([]),
    visit: VisitFormSchema,
    /** The first day of the enrolment. Without it the day of the first visit holds. */
    startedOn: DateOnly.optional(),
    referrals: z
      .array(z.strictObject({ sentAt: Instant, reviewedAt: Instant.nullish() }))
      .max(100)
      .default([]),
    tier: z.enum(['low', 'middle', 'high']).optional(),
  })
  .openapi('EvaluationRequest', {
    example: {
      patient: { birthDate: '1956-03-01', sex: 'female' },
      visits: [],
      visit: { visitedAt: '2026-03-02T01:00:00Z', mode: 1, bloodPressures: [{ systolic: 152, diastolic: 88 }] },
    },
  });

const fieldOf: Record<Measure, string> = { 'blood-pressure': 'bloodPressures', 'fasting-glucose': 'fastingGlucose' };

const tryOut = operation({
  id: 'evaluateVisit',
  method: 'post',
  path: '/v1/protocols/{id}/evaluate',
  tag,
  summary: '按方案评估一次随访，不写入任何数据 / What a protocol says of a visit; writes nothing',
  params,
  query: VersionQuery,
  body: EvaluateBody,
  answers: { 200: { description: 'The evaluation, with its reasons', schema: EvaluationSchema } },
  find: findNewestVersion,
  async handle(request) {
    const { deps, body } = request;
    const stored = await versionOf(request);
    const protocol = stored.document;
    const { patient, startedOn } = body;
    const visit = visitOf(body.visit);
    const visits = body.visits.map(visitOf);
    refuseContradictions('patient.', patient);
    refuseUnknownItems('visit.', body.visit, [protocol]);
    const now = Date.now();
    refuseImpossibleTimes('visit.', visit, patient, now);
    for (const [index, earlier] of visits.entries()) {
      refuseImpossibleTimes(`visits.${index}.`, earlier, patient, now);
      if (earlier.visitedAt > visit.visitedAt)
        throw invalidRequestProblem(`visits.${index}.visitedAt`, { zh: '晚于所评估的随访', en: 'comes after the visit that is evaluated' });
    }
    const referrals = body.referrals.map(({ sentAt, reviewedAt }) => ({
      sentAt: Date.parse(sentAt),
      reviewedAt: reviewedAt ? Date.parse(reviewedAt) : null,
    }));
    const [calendar, indicators, tier] = await Promise.all([
      loadCurrentCalendar(deps.db),
      listIndicatorProtocols(deps.db, protocol.disease),
      rhythmOf(request, body.tier),
    ]);
    const judged = evaluate({ protocol, calendar, patient, visits, visit, startedOn, referrals, tier });
    const { missing, ...evaluation } = withCrisis(judged, listVisitCrises(visit), false);
    if (missing[0])
      throw invalidRequestProblem(`visit.${fieldOf[missing[0]]}`, {
        zh: '缺少测量值；未测量请填写 notMeasuredReason',
        en: 'is missing; if it was not measured give notMeasuredReason',
      });
    const { id, version } = stored;
    return {
      status: 200,
      body: {
        protocol: { id, version, status: stored.status },
        ...evaluation,
        because: toBecause(evaluation.because),
        indicators: indicatorsOf(indicators, patient, visit),
        screening: screeningOf(protocol, [...visits, visit]),
      },
    };
  },
});

const rhythmOf = async ({ deps }: Pick<OperationRequest, 'deps'>, tier: TierName | undefined) =>
  tier && tierRhythm(await loadCurrentRiskModel(deps.db), tier);

export const protocolOperations: Operation[] = [list, read, upload, replace, publish, retire, tryOut];
