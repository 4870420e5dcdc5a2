/** The contract of each operation, generated from the schemas that check it. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Words } from '../../domain/kit/language.ts';
import { ruleOf } from '../policy.ts';
import { refusalsOf } from '../refusals.ts';
import { finishContract } from './finish-contract.ts';
import type { Operation } from './operation.ts';
import { ProblemSchema } from './schemas.ts';

type Registry = OpenAPIHono['openAPIRegistry'];

const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .openapi({ description: 'The same key and body always get the first answer' });

/** Returns the OpenAPI 3.1 document of these operations. It needs no server, so that a client can be generated from the code alone. */
export function describeContract(described: readonly Operation[]): object {
  const generator = new OpenAPIHono();
  const registry = generator.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  registry.registerComponent('securitySchemes', 'browser', { type: 'apiKey', in: 'cookie', name: '__Host-carepath' });
  for (const each of described) registerContract(registry, each);
  return finishContract(generator.getOpenAPI31Document(contractInfo));
}

function registerContract(registry: Registry, operation: Operation): void {
  const { id, method, path, tag, params, query, body, answers, accepts = ['application/json'], failure } = operation;
  const { roles, relation } = ruleOf(id);
  const { zh, en } = summaryWords(operation);
  const headers = headersOf(operation);
  const responses = Object.entries(answers).map(([status, { description, schema, contentType = 'application/json' }]) => [
    status,
    status === '204' ? { description } : { description, content: { [contentType]: { schema } } },
  ]);
  registry.registerPath({
    operationId: id,
    method,
    path,
    tags: [tag],
    summary: en,
    'x-summary-zh': zh,
    description: `${zh}\n\n角色 / roles: ${typeof roles === 'string' ? roles : roles.join(', ')}`,
    'x-roles': roles,
    'x-relation': relation,
    security: roles === 'public' ? [] : [{ bearer: [] }, { browser: [] }],
    request: {
      ...(params ? { params: params as z.ZodObject } : {}),
      ...(query ? { query: query as z.ZodObject } : {}),
      ...(headers ? { headers } : {}),
      ...(body ? { body: { required: true, content: Object.fromEntries(accepts.map((type) => [type, { schema: body }])) } } : {}),
    },
    responses: {
      ...Object.fromEntries(responses),
      ...Object.fromEntries(
        problemsOf(operation).map((status) => [
          status,
          {
            description: 'Problem',
            content: failure
              ? { [failure.contentType]: { schema: failure.schema } }
              : { 'application/problem+json': { schema: problemOf(operation, status) } },
          },
        ]),
      ),
    },
  });
}

/** What an operation does, in both languages: its summary has one before the first ` / ` and the other behind it. */
function summaryWords({ summary }: Pick<Operation, 'summary'>): Words {
  const between = summary.indexOf(' / ');
  return { zh: summary.slice(0, between), en: summary.slice(between + 3) };
}

function headersOf({ method, keyless }: Operation) {
  if (keyless || method === 'get' || method === 'put' || method === 'delete') return undefined;
  return z.object({ 'Idempotency-Key': method === 'post' ? IdempotencyKey : IdempotencyKey.optional(), 'If-Match': z.string().optional() });
}

/** Nothing is said of a patient whom the caller may not know of, not even that there is nothing. */
const namePatientInQuery = new Set<string>(['listReadings', 'listReadingEpisodes']);

/** The codes of 409 are the operation's own; of any other status they are the same everywhere. */
function problemOf({ id }: Operation, status: number) {
  const own = status === 409 ? refusalsOf(id) : undefined;
  return own && own.length > 0 ? problemWithCodes(own) : ProblemSchema;
}

const problemWithCodes = (codes: readonly string[]) => ProblemSchema.and(z.looseObject({ code: z.enum(codes) }));

function problemsOf({ method, find, keyless, locksOut, id, query, params, failure }: Operation): number[] {
  const problems = [401, 429, 500, 503];
  if (find || params || namePatientInQuery.has(id)) problems.push(404);
  if (ruleOf(id).roles !== 'public' && ruleOf(id).roles !== 'everyone') problems.push(403);
  if (method !== 'get') problems.push(400, 403, 413, 415, 422);
  if (method === 'get' || query) problems.push(422);
  const isWrite = method === 'put' || method === 'patch' || (method === 'post' && (!keyless || failure));
  if (isWrite) problems.push(412);
  const refusals = refusalsOf(id);
  if (isWrite ? refusals?.length !== 0 : method !== 'get' && refusals !== undefined && refusals.length > 0) problems.push(409);
  if (locksOut) problems.push(423);
  if (id === 'fastForward') problems.push(501);
  return [...new Set(problems)].sort();
}

const contractInfo = {
  openapi: '3.1.0',
  info: {
    title: 'carepath',
    version: '0.1.0',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      '医联体路径自动化 / Care pathways of a medical alliance. Instants are RFC 3339 in UTC; errors are problem+json in Chinese or English.',
  },
  servers: [{ url: '/', description: 'The service that serves this document' }],
};
