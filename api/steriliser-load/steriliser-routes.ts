/** Sterilisers and their Bowie-Dick tests: create, read, take out of service and back. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { isLate } from '../../db/sterile-supply/act.ts';
import { type Custody, custodyOf, resolveThing } from '../../db/sterile-supply/find-things.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import {
  type BowieDickRecord,
  findBowieDickTest,
  listBowieDickTests,
  recordBowieDickTest,
} from '../../db/steriliser-load/bowie-dick-tests.ts';
import { changeService, registerSteriliser } from '../../db/steriliser-load/service-of-steriliser.ts';
import { findSteriliser, listSterilisers, type SteriliserRecord } from '../../db/steriliser-load/sterilisers.ts';
import { recallPolicies } from '../../domain/sterile-supply/vocabulary.ts';
import { allowedSteriliserActs, type SteriliserAct, steriliserActs, steriliserStatuses } from '../../domain/steriliser-load/steriliser.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Caller } from '../kit/auth.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf, Text, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { actOperation, checkedInstant } from '../sterile-supply/act-operation.ts';
import { custodyResource, resourceMembers, thingMembers } from '../sterile-supply/thing-resource.ts';
import { findVisibleSteriliser, findVisibleTest, seesLoads, ThingById } from './access.ts';

const tag = 'sterile-supply';

const SteriliserSchema = z
  .strictObject({
    ...thingMembers,
    status: z.enum(steriliserStatuses),
    kind: z.enum(['prevacuum', 'gravity']),
    recallPolicy: z.enum(recallPolicies),
    qualifiedAt: Instant.nullable(),
    requalification: z.strictObject({ passed: z.number().int(), of: z.number().int() }),
    requalificationCause: z.string().nullable(),
    lastBowieDick: z.strictObject({ at: Instant, result: z.enum(['pass', 'fail']) }).nullable(),
    lastPassedBiAt: Instant.nullable(),
    allowed: z.array(z.enum(steriliserActs)),
  })
  .openapi('Steriliser');

const operationOf = {
  'take-out': 'takeOutSteriliser',
  'begin-requalification': 'beginRequalification',
  'return-to-service': 'returnSteriliserToService',
  retire: 'retireSteriliser',
} as const satisfies Record<SteriliserAct, OperationId>;

const requalificationRuns = (): number => loadNormRules(localDateOf(Date.now())).requalificationRuns;

function steriliserResource(steriliser: SteriliserRecord, custody: Custody | undefined, caller: Caller): z.infer<typeof SteriliserSchema> {
  const { requalificationPassed: passed, requalificationCause: cause, lastBowieDick } = steriliser;
  const of = requalificationRuns();
  return {
    id: steriliser.id,
    code: steriliser.code,
    status: steriliser.status,
    kind: steriliser.kind,
    recallPolicy: steriliser.recallPolicy,
    qualifiedAt: toIso(steriliser.qualifiedAt),
    requalification: { passed, of },
    requalificationCause: cause,
    lastBowieDick: lastBowieDick && { ...lastBowieDick, at: new Date(lastBowieDick.at).toISOString() },
    lastPassedBiAt: toIso(steriliser.lastPassedBiAt),
    custody: custodyResource(custody),
    version: steriliser.version,
    createdAt: steriliser.createdAt.toISOString(),
    allowed: allowedSteriliserActs(steriliser.status, { passed, of }).filter((act) => mayDo(operationOf[act], caller.roles)),
  };
}

async function steriliserReply(db: Database, id: string, caller: Caller, status: number): Promise<Reply> {
  const steriliser = await findSteriliser(db, id);
  if (!steriliser) throw new Error(`The steriliser ${id} has gone; sterilisers are never deleted.`);
  const custody = (await custodyOf(db, 'steriliser', [steriliser.id])).get(steriliser.id);
  return {
    status,
    body: steriliserResource(steriliser, custody, caller),
    headers: { etag: `"${steriliser.version}"`, ...(status === 201 ? { location: `/v1/sterilisers/${id}` } : {}) },
  };
}

const createSteriliser = actOperation({
  id: 'createSteriliser',
  path: '/v1/sterilisers',
  tag,
  summary: '登记灭菌器 / Register a steriliser',
  body: z.object({
    code: Text(40),
    kind: z.enum(['prevacuum', 'gravity']),
    qualifiedAt: Instant.optional(),
    recallPolicy: z.enum(recallPolicies).default('cn-ws310'),
  }),
  timesOfItsOwn: true,
  answers: { 201: { description: 'Registered', schema: SteriliserSchema } },
  async perform({ act, body, caller, deps }) {
    const { qualifiedAt, ...given } = body;
    const qualified = qualifiedAt === undefined ? null : new Date(qualifiedAt);
    // It may have been qualified long ago; only the future is looked at.
    if (qualifiedAt && qualified && qualified > act.recordedAt)
      checkedInstant(qualifiedAt, act.recordedAt, deps.config.CAREPATH_DEMO, 'qualifiedAt');
    const id = await registerSteriliser(act, { ...given, qualifiedAt: qualified });
    return steriliserReply(act.trx, id, caller, 201);
  },
});

const listSterilisersOperation = operation({
  id: 'listSterilisers',
  method: 'get',
  path: '/v1/sterilisers',
  tag,
  summary: '灭菌器列表 / Sterilisers, by code',
  query: z.strictObject({ ...PageQuery, status: z.enum(steriliserStatuses).optional() }),
  answers: { 200: { description: 'A page of sterilisers', schema: pageOf(SteriliserSchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const rows = await listSterilisers(deps.db, filter, { limit, after: decodeCursor(cursor, z.string()) });
    const places = await custodyOf(
      deps.db,
      'steriliser',
      rows.map(({ id }) => id),
    );
    const body = toPage(
      rows,
      limit,
      ({ code }) => code,
      (row) => steriliserResource(row, places.get(row.id), caller),
    );
    return { status: 200, body };
  },
});

const getSteriliser = operation({
  id: 'getSteriliser',
  method: 'get',
  path: '/v1/sterilisers/{id}',
  tag,
  summary: '查看灭菌器 / Read a steriliser',
  params: ThingById,
  answers: { 200: { description: 'The steriliser', schema: SteriliserSchema } },
  find: findVisibleSteriliser,
  handle: ({ deps, resource, caller }) => steriliserReply(deps.db, resource.id, caller, 200),
});

/** What the head nurse does with a steriliser. `words` names the member of the body that says why. */
const serviceOperation = (name: SteriliserAct, summary: string, words?: 'reason' | 'cause'): Operation =>
  actOperation({
    id: operationOf[name],
    path: `/v1/sterilisers/{id}/${name}`,
    tag,
    summary,
    params: ThingById,
    body: z.object(words === undefined ? {} : { [words]: Text(2_000) }),
    answers: { 200: { description: 'Done', schema: SteriliserSchema } },
    find: findVisibleSteriliser,
    async perform({ act, resource, caller, body }) {
      const said = words === undefined ? null : String((body as Record<string, unknown>)[words]);
      await changeService(act, resource.id, { name, words: said, requalificationRuns: requalificationRuns() });
      return steriliserReply(act.trx, resource.id, caller, 200);
    },
  });

const BowieDickSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(['pass', 'fail']),
    steriliserId: z.string(),
    startedAt: Instant,
    endedAt: Instant,
    result: z.enum(['pass', 'fail']),
    recordedBy: z.string(),
    allowed: z.array(z.string()),
  })
  .openapi('BowieDickTest');

const bowieDickResource = (test: BowieDickRecord): z.infer<typeof BowieDickSchema> => ({
  id: test.id,
  status: test.result,
  version: test.version,
  createdAt: test.createdAt.toISOString(),
  steriliserId: test.steriliserId,
  startedAt: test.startedAt.toISOString(),
  endedAt: test.endedAt.toISOString(),
  result: test.result,
  recordedBy: test.recordedBy.personId,
  allowed: [],
});

const createBowieDickTest = actOperation({
  id: 'createBowieDickTest',
  path: '/v1/bowie-dick-tests',
  tag,
  summary: '登记 B-D 测试 / Record a Bowie-Dick test',
  body: z.object({ steriliserId: Id, startedAt: Instant, endedAt: Instant, result: z.enum(['pass', 'fail']) }),
  timesOfItsOwn: true,
  answers: { 201: { description: 'Recorded', schema: BowieDickSchema } },
  async perform({ act, body, deps }) {
    const demo = deps.config.CAREPATH_DEMO;
    const startedAt = checkedInstant(body.startedAt, act.recordedAt, demo, 'startedAt');
    const endedAt = checkedInstant(body.endedAt, act.recordedAt, demo, 'endedAt');
    if (endedAt <= startedAt) throw invalidRequestProblem('endedAt', { zh: '须晚于开始时间', en: 'has to be after the start' });
    const steriliserId = await resolveThing(act.trx, 'steriliser', body.steriliserId, 'steriliserId');
    const { runsInARowOutOfService } = loadNormRules(localDateOf(endedAt.getTime()));
    const told = { ...act, happenedAt: endedAt, late: isLate(endedAt, act.recordedAt) };
    const test = { steriliserId, startedAt, endedAt, result: body.result };
    const id = await recordBowieDickTest(told, test, runsInARowOutOfService.bowieDickFails);
    return { ...(await bowieDickReply(act.trx, id, 201)), headers: { location: `/v1/bowie-dick-tests/${id}` } };
  },
});

async function bowieDickReply(db: Database, id: string, status: number): Promise<Reply> {
  const test = await findBowieDickTest(db, id);
  if (!test) throw new Error(`The test ${id} has gone; tests are never deleted.`);
  return { status, body: bowieDickResource(test), headers: { etag: `"${test.version}"` } };
}

const listTests = operation({
  id: 'listBowieDickTests',
  method: 'get',
  path: '/v1/bowie-dick-tests',
  tag,
  summary: 'B-D 测试列表，新的在前 / Bowie-Dick tests, newest first',
  query: z.strictObject({ ...PageQuery, steriliserId: Id.optional() }),
  answers: { 200: { description: 'A page of tests', schema: pageOf(BowieDickSchema) } },
  async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
    const before = decodeCursor(cursor, z.uuid());
    const rows = seesLoads({ caller }) ? await listBowieDickTests(deps.db, filter, { limit, before }) : [];
    return { status: 200, body: toPage(rows, limit, ({ id }) => id, bowieDickResource) };
  },
});

const getTest = operation({
  id: 'getBowieDickTest',
  method: 'get',
  path: '/v1/bowie-dick-tests/{id}',
  tag,
  summary: '查看 B-D 测试 / Read a Bowie-Dick test',
  params: ThingById,
  answers: { 200: { description: 'The test', schema: BowieDickSchema } },
  find: findVisibleTest,
  handle: async ({ resource }) => ({ status: 200, body: bowieDickResource(resource), headers: { etag: `"${resource.version}"` } }),
});

export const steriliserOperations: Operation[] = [
  createSteriliser,
  listSterilisersOperation,
  getSteriliser,
  serviceOperation('take-out', '停用灭菌器 / Take a steriliser out of service', 'reason'),
  serviceOperation('begin-requalification', '开始再验证 / Begin the requalification', 'cause'),
  serviceOperation('return-to-service', '恢复使用 / Take it back into service'),
  serviceOperation('retire', '报废灭菌器 / Retire a steriliser'),
  createBowieDickTest,
  listTests,
  getTest,
];
