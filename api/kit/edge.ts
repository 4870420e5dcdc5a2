/** The edge: every request goes through the same checks in the same order, every failure leaves as a problem. */

import { createHash, randomUUID } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { auditDenied } from '../../db/kit/audit.ts';
import { actingFor } from '../../db/kit/database.ts';
import { describeError, type ErrorCode, type Language } from '../../domain/kit/errors.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { toOwnId } from '../../domain/kit/uuid.ts';
import { actingRole, mayDo, ruleOf } from '../policy.ts';
import { refusalsOf } from '../refusals.ts';
import type { Caller } from './auth.ts';
import { authenticate } from './authenticate.ts';
import { isStorable, readJson, readRaw, setUnstorableApart, toStorable, unstorable } from './body.ts';
import { createCursorSeal } from './cursor.ts';
import { messageOfIssue, wordsOf } from './field-words.ts';
import type { ApiDependencies, Operation, OperationRequest, RefusedWith, Reply } from './operation.ts';
import {
  type FieldError,
  invalidRequestProblem,
  isUnavailable,
  Problem,
  type ProblemBody,
  preferredLanguage,
  problemBody,
  sendProblem,
} from './problem.ts';

export interface EdgeVariables {
  requestId: string;
  operationId: string;
}

export type EdgeContext = Context<{ Variables: EdgeVariables }>;

interface GivenBody {
  /** Undefined where an operation takes none. Throws what reading it throws, each time. */
  read(): Promise<unknown>;
  /** What of a body that cannot be read as a whole can be read; undefined where nothing can. Never throws. */
  salvage(): Promise<unknown>;
}

/** A body can be read only once. */
function readOnce(context: EdgeContext, operation: Operation): GivenBody {
  const { list } = operation;
  let parsed: Promise<unknown> | undefined;
  const parseOnce = () => {
    parsed ??= operation.body && !operation.raw ? readJson(context.req.raw, operation.accepts, operation.maxBodyBytes) : Promise.resolve();
    return parsed;
  };
  const readParts = (value: unknown) => {
    if (list) setUnstorableApart(value, list.name);
    return toStorable(value);
  };
  return {
    read: async () => (list?.eachForItself ? readParts(await parseOnce()) : toStorable(await parseOnce())),
    salvage: () =>
      parseOnce()
        .then(readParts)
        .catch(() => undefined),
  };
}

/** What must not be lost is stored before a refusal goes out, so that nobody is told of the one without the other. */
async function keepWhatMatters(
  operation: Operation,
  asked: OperationRequest<unknown, unknown, undefined>,
  given: GivenBody,
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const { keepOfRefused } = operation;
  if (!keepOfRefused) return answer();
  const keep = async (refusedWith: RefusedWith) => keepOfRefused(asked, await given.salvage(), refusedWith);
  let reply: Reply;
  try {
    reply = await answer();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const members = await keep({ code: error.code, flaws: error.details.errors?.map(({ path }) => path) ?? [] });
    throw new Problem(error.code, { ...error.details, members: { ...error.details.members, ...members } });
  }
  if (reply.status < 400) return reply;
  const problem = reply.body as ProblemBody;
  return { ...reply, body: { ...problem, ...(await keep({ code: problem.code, flaws: [] })) } };
}

const requestIdPattern = /^[A-Za-z0-9._-]{8,64}$/;

/** The caller's own id when it is harmless, else a new one. */
export function requestIdOf(header: string | undefined): string {
  return header && requestIdPattern.test(header) ? header : randomUUID();
}

const CALLS_PER_10_SECONDS = 3_000;

export function createEdge(deps: ApiDependencies) {
  const perCaller = new RateLimiterMemory({ points: CALLS_PER_10_SECONDS, duration: 10 });
  const cursors = createCursorSeal(deps.config.CAREPATH_TOKEN_SECRET);

  async function answer(context: EdgeContext, operation: Operation): Promise<Response> {
    const requestId = context.get('requestId');
    const language = preferredLanguage(context.req.header('accept-language'));
    context.set('operationId', operation.id);
    try {
      const reply = await run(context, operation, requestId, language);
      if (deps.checkAnswers) checkAnswer(operation, reply);
      return send(context, operation, reply, language);
    } catch (error) {
      return fail(context, deps.checkAnswers ? withCheckedCode(operation, error) : error, language, operation.failure);
    }
  }

  async function run(context: EdgeContext, operation: Operation, requestId: string, language: Language): Promise<Reply> {
    const signedIn = await authenticate(context, operation, deps);
    const caller = signedIn?.caller;
    await slowDownProblem(caller?.personId ?? addressOf(context));
    const actor: Actor = {
      personId: caller?.personId ?? '',
      institutionId: caller?.institutionId ?? '',
      role: actingRole(operation.id, caller?.roles ?? []),
    };
    const asked: OperationRequest<unknown, unknown, unknown, undefined> = {
      // A handler gets a database that acts for its caller, so that every statement is bound to a person.
      deps: { ...deps, db: actingFor(deps.db, actor) },
      caller: caller ?? nobody,
      session: signedIn?.session,
      actor,
      params: parseParams(operation, context),
      query: undefined,
      body: undefined,
      resource: undefined,
      requestId,
      idempotencyKey: '',
      requestHash: Buffer.alloc(0),
      ifVersion: undefined,
      operationId: operation.id,
      language,
      clientAddress: addressOf(context),
      authorization: context.req.header('authorization') ?? '',
    };
    const resource = await operation.find?.(asked);
    if (operation.find && resource === undefined) throw new Problem('not-found');
    try {
      refuseOthers(operation, { ...asked, resource });
      const given = readOnce(context, operation);
      return await keepWhatMatters(operation, { ...asked, resource, body: undefined }, given, async () => {
        const idempotencyKey = operation.method === 'get' ? '' : keyOf(context, operation);
        const { query, shape } = readQuery(context, operation);
        const request: OperationRequest = { ...asked, resource, query, idempotencyKey, ...(await readRequest(context, operation, given)) };
        return shape(sealReply(operation, await operation.handle(request)));
      });
    } catch (error) {
      if (error instanceof Problem && error.code === 'role-may-not') await auditDenial(asked, error);
      throw error;
    }
  }

  /** Throws Problem 403. */
  function refuseOthers(operation: Operation, request: OperationRequest): void {
    const mayAtAll = ruleOf(operation.id).roles === 'public' || mayDo(operation.id, request.caller.roles);
    if (!mayAtAll || operation.may?.(request) === false) throw new Problem('role-may-not');
  }

  /** Every 403 leaves a trace, whoever found it. */
  async function auditDenial({ actor, operationId, params, requestId }: OperationRequest, { code, details }: Problem): Promise<void> {
    const targetId = details.deniedTargetId ?? idOf(params);
    await auditDenied(deps.db, { actor, action: operationId, targetId, code, requestId });
  }

  function readQuery(context: EdgeContext, operation: Operation): { query: unknown; shape(reply: Reply): Reply } {
    const given = queryOf(context, operation);
    const { query, shape } = operation.conventions?.read(context.req.raw.headers, given, namesOf(operation.query)) ?? {
      query: given,
      shape: (reply: Reply) => reply,
    };
    if (typeof query.cursor === 'string') query.cursor = cursors.open(operation.id, query.cursor);
    return { query: parse(operation.query, query, 'query'), shape };
  }

  type Written = Pick<OperationRequest, 'body' | 'requestHash' | 'ifVersion'>;

  /** What a request that may write brings beside its address. */
  async function readRequest(context: EdgeContext, operation: Operation, given: GivenBody): Promise<Partial<Written>> {
    if (operation.method === 'get') return {};
    const { body, hashed } = await readBody(context, operation, given);
    const requestHash = createHash('sha256').update(`${operation.method.toUpperCase()} ${context.req.path}\n`).update(hashed).digest();
    return { body, requestHash, ifVersion: ifVersionOf(context, operation) };
  }

  async function readBody(
    context: EdgeContext,
    operation: Operation,
    given: GivenBody,
  ): Promise<{ body: unknown; hashed: string | Uint8Array }> {
    if (operation.raw) {
      const body = await readRaw(context.req.raw, operation.accepts ?? [], operation.maxBodyBytes);
      return { body, hashed: body.bytes };
    }
    const body = await given.read();
    return { body: parse(operation.body, body, 'body'), hashed: toCanonicalJson(body) };
  }

  /** A page's way to the next one, so that only we can have written it. */
  function sealReply({ id }: Operation, reply: Reply): Reply {
    const { nextCursor } = (reply.body ?? {}) as { nextCursor?: unknown };
    return typeof nextCursor === 'string'
      ? { ...reply, body: { ...(reply.body as object), nextCursor: cursors.seal(id, nextCursor) } }
      : reply;
  }

  async function slowDownProblem(key: string): Promise<void> {
    try {
      await perCaller.consume(key);
    } catch (limit) {
      if (limit instanceof RateLimiterRes) throw tooManyProblem(limit);
      throw limit;
    }
  }

  function fail(context: EdgeContext, error: unknown, language: Language, failure?: Operation['failure']): Response {
    const requestId = context.get('requestId');
    const problem = problemOf(error);
    if (problem.code === 'internal-error')
      deps.log.error({ err: error, requestId, operation: context.get('operationId') }, 'request failed');
    if (!failure) return sendProblem(context, problem, language, requestId);
    const body = problemBody(problem, language, requestId);
    return context.newResponse(JSON.stringify(failure.write(body)), body.status as 400, {
      'content-type': `${failure.contentType}; charset=utf-8`,
      'content-language': language === 'zh' ? 'zh-CN' : 'en',
      ...problem.details.headers,
    });
  }

  return { answer, fail };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return isUnavailable(error) ? new Problem('unavailable', { headers: { 'retry-after': '5' } }) : new Problem('internal-error');
}

const tooManyProblem = (limit: RateLimiterRes): Problem =>
  new Problem('too-many-requests', { headers: { 'retry-after': String(Math.max(1, Math.ceil(limit.msBeforeNext / 1_000))) } });

const nobody: Caller = { personId: '', institutionId: '', roles: [] };

export function addressOf(context: EdgeContext): string {
  try {
    return getConnInfo(context).remote.address ?? 'unknown';
  } catch {
    return 'in-process'; // Tests call the application without a socket, so there is no address.
  }
}

const idOf = (params: unknown): string | null => (params as { id?: string } | undefined)?.id ?? null;

/** A path that cannot name anything names nothing. */
function parseParams(operation: Operation, context: EdgeContext): unknown {
  const given = Object.fromEntries(Object.entries(context.req.param()).map(([name, value]) => [name, toOwnId(value)]));
  const parsed = operation.params?.safeParse(given);
  if ((parsed && !parsed.success) || !Object.values(given).every(isStorable)) throw new Problem('not-found');
  return parsed?.data;
}

function queryOf(context: EdgeContext, { repeatable = [] }: Operation): Record<string, string | string[]> {
  const values = Object.entries(context.req.queries()).map(([name, given]) => {
    const [value = '', ...more] = given;
    if (!given.every(isStorable)) throw invalidRequestProblem(name, unstorable);
    if (repeatable.includes(name)) return [name, given] as const;
    if (more.length > 0) throw invalidRequestProblem(name, { zh: '重复给出', en: 'given more than once' });
    return [name, value] as const;
  });
  return Object.fromEntries(values); // An assignment to the member __proto__ would set the prototype and lose the member.
}

const namesOf = (query: z.ZodType<unknown> | undefined): string[] => (query instanceof z.ZodObject ? Object.keys(query.shape) : []);

function parse(schema: z.ZodType<unknown> | undefined, value: unknown, what: 'query' | 'body'): unknown {
  if (!schema) {
    const unknown = what === 'query' ? Object.keys(value as object) : [];
    if (unknown.length > 0)
      throw new Problem('invalid-request', {
        errors: unknown.map((path) => ({ path, message: unknownParameter })),
      });
    return undefined;
  }
  return what === 'body' ? parseBody(schema, value) : parseQuery(schema, value);
}

function parseQuery<T>(schema: z.ZodType<T>, value: unknown): T {
  try {
    return parseBody(schema, value);
  } catch (error) {
    if (error instanceof Problem)
      for (const flaw of error.details.errors ?? []) if (flaw.message === unknownField) flaw.message = unknownParameter;
    throw error;
  }
}

const unknownField = { zh: '未知字段', en: 'unknown field' };
const unknownParameter = { zh: '未知参数', en: 'unknown parameter' };

/** Throws Problem 422. */
export function parseBody<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: messageOfIssue });
  if (!parsed.success) throw new Problem('invalid-request', { errors: fieldErrors(parsed.error) });
  return parsed.data;
}

/** An error names the place and what is wrong there. It never repeats the value, which may be personal data. */
const fieldErrors = (error: z.ZodError): FieldError[] => error.issues.flatMap((issue) => errorsOf(issue, []));

function errorsOf(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): FieldError[] {
  const at = [...above, ...issue.path];
  const path = at.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: unknownField }));
  // Where a value may have several forms, the errors of the form that it comes closest to are shown.
  const closest =
    issue.code === 'invalid_union' ? issue.errors.toSorted((a, b) => a.length - b.length || depthOf(b) - depthOf(a))[0] : undefined;
  if (closest && closest.length > 0) return closest.flatMap((inner) => errorsOf(inner, at));
  return [{ path, message: wordsOf(issue.message) }];
}

/** A form that is wrong somewhere inside is closer than one that is of another type altogether. */
const depthOf = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

/** A PATCH may do without a key, because If-Match keeps it from happening twice; one that brings a key is answered the same again. */
function keyOf(context: EdgeContext, { method, keyless }: Operation): string {
  if (keyless || method === 'put' || method === 'delete') return '';
  if (method === 'patch' && context.req.header('idempotency-key') === undefined) return randomUUID();
  return idempotencyKeyOf(context);
}

function idempotencyKeyOf(context: EdgeContext): string {
  const key = context.req.header('idempotency-key') ?? '';
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw new Problem('idempotency-key-required');
  return key;
}

/** FHIR's versions are weak ones, the API's own are strong. */
function ifVersionOf(context: EdgeContext, { failure }: Operation): number | undefined {
  const header = context.req
    .header('if-match')
    ?.trim()
    .replace(failure ? /^W\// : '', '');
  if (header === undefined || header === '*') return undefined;
  const version = /^"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined) throw new Problem('malformed-precondition');
  return Number(version);
}

/** JSON with its members in order: two ways to write one body are the same request. Built up as one text, for a body may have a thousand items. */
function toCanonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text && ','}${toCanonicalJson(item)}`;
    return `[${text}]`;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members).sort()) text += `${text && ','}${JSON.stringify(name)}:${toCanonicalJson(members[name])}`;
  return `{${text}}`;
}

/** Returns the error, or another one when the contract of the operation does not name its code. */
function withCheckedCode(operation: Operation, error: unknown): unknown {
  return error instanceof Problem && !isNamed(operation, error.code) ? unnamed(operation, error.code) : error;
}

/** Standards of others have codes of their own; an operation without a line is found by the test of the contract. */
const isNamed = ({ id, failure }: Operation, code: ErrorCode): boolean =>
  failure !== undefined || describeError(code).status !== 409 || (refusalsOf(id)?.includes(code) ?? true);

const unnamed = ({ id }: Operation, code: ErrorCode): Error =>
  new Error(`${id} is refused with ${code}, which api/refusals.ts does not name.`);

function checkAnswer(operation: Operation, { status, body }: Reply): void {
  if (status >= 400) {
    const { code } = body as ProblemBody;
    if (!isNamed(operation, code)) throw unnamed(operation, code);
    return;
  }
  const answer = operation.answers[status];
  if (!answer) throw new Error(`${operation.id} does not document the status ${status}.`);
  const parsed = answer.schema.safeParse(body, { error: messageOfIssue });
  if (!parsed.success)
    throw new Error(`${operation.id} answered ${status} against its schema: ${JSON.stringify(fieldErrors(parsed.error))}`);
}

/** Whether the caller has this version already: If-None-Match names it, be it as a weak one (RFC 9110, 13.1.2). */
function isUnchanged(ifNoneMatch: string | undefined, etag: string | undefined): boolean {
  if (ifNoneMatch === undefined || etag === undefined) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag));
}

function send(
  context: EdgeContext,
  operation: Operation,
  { status, body, headers, write = JSON.stringify }: Reply,
  language: Language,
): Response {
  const failed = status >= 400 ? (operation.failure?.contentType ?? 'application/problem+json') : 'application/json';
  const type = operation.answers[status]?.contentType ?? failed;
  if (body instanceof Uint8Array || body instanceof ReadableStream) {
    const content = body instanceof Uint8Array ? new Uint8Array(body) : body;
    return context.newResponse(content, status as 200, { 'content-type': type, 'cache-control': 'no-store', ...headers });
  }
  if (operation.method === 'get' && status === 200 && isUnchanged(context.req.header('if-none-match'), headers?.etag))
    return context.newResponse(null, 304, { 'cache-control': 'no-store', ...headers });
  const shown = status >= 400 && operation.failure ? operation.failure.write(body as ProblemBody) : body;
  if (status === 204) return context.newResponse(null, 204, { 'cache-control': 'no-store', ...headers });
  const content = typeof shown === 'string' && type !== 'application/json' ? shown : write(shown);
  return context.newResponse(content, status as 200, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    ...(status >= 400 ? { 'content-language': language === 'zh' ? 'zh-CN' : 'en' } : {}),
    ...headers,
  });
}
