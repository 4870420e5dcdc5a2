/**
 * One operation of the API: its contract (for OpenAPI and for checking) and what it does. The edge runs every request through the same order of checks:
 * 401 no valid token → 404 not visible → 403 role may not → 400/413/415/422 request → 412 and 409 from the state.
 */
import type { z } from '@hono/zod-openapi';
import type { Client } from '@temporalio/client';
import type { Database } from '../../db/kit/database.ts';
import type { SignInSession } from '../../db/sign-in/sessions.ts';
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Config } from '../../platform/config.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { OperationId } from '../policy.ts';
import type { Caller, Tokens } from './auth.ts';
import type { Gate } from './gate.ts';
import type { ProblemBody } from './problem.ts';

export interface ApiDependencies {
  config: Config;
  db: Database;
  client: Client;
  tokens: Tokens;
  log: Log;
  metrics: Metrics;
  /** Limits the Updates in flight per pathway. */
  gate: Gate;
  /** Tests set this, so that an answer that breaks its schema becomes a 500. */
  checkAnswers: boolean;
}

export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Writes the body where the caller has asked for another form than usual. */
  write?: (body: unknown) => string;
}

/** What a standard lets every request say beside what the operation itself asks: in which form it wants the answer, and how strictly it wants to be taken. */
export interface Conventions {
  /**
   * Takes these parameters out of the query. `known`: the names of the operation's own parameters. Throws Problem 406, or 422 for a parameter that may not be
   * left aside.
   */
  read(headers: Headers, query: Record<string, string | string[]>, known: readonly string[]): Asked;
}

export interface Asked {
  query: Record<string, string | string[]>;
  shape(reply: Reply): Reply;
}

/** Why a request is refused. */
export interface RefusedWith {
  code: ErrorCode;
  /** The paths of the request that were complained about. */
  flaws: readonly string[];
}

export interface OperationRequest<Params = unknown, Query = unknown, Body = unknown, Resource = unknown> {
  deps: ApiDependencies;
  caller: Caller;
  /** What lets the caller in; undefined where an operation asks nobody who they are. */
  session: SignInSession | undefined;
  /** The caller as timeline and audit show them. */
  actor: Actor;
  params: Params;
  query: Query;
  body: Body;
  resource: Resource;
  requestId: string;
  /** The idempotency key of a POST that needs one, or of a PATCH (a new one where the caller gives none); '' elsewhere. */
  idempotencyKey: string;
  /** A hash of the method, the path and the body, by which a repeated request is told from another one with the same key. */
  requestHash: Buffer;
  /** The version in If-Match. */
  ifVersion: number | undefined;
  operationId: OperationId;
  language: 'zh' | 'en';
  clientAddress: string;
  /** The header Authorization, for operations that know callers other than staff; '' without one. */
  authorization: string;
}

type Shape = z.ZodType<unknown>;

export interface Operation<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape, Resource = unknown> {
  id: OperationId;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** The path with its parameters in braces, as OpenAPI writes them. */
  path: string;
  tag: string;
  summary: string;
  params?: Params;
  query?: Query;
  /** The parameters of the query that may be given more than once; the query has all that were given as a list. */
  repeatable?: readonly string[];
  body?: Body;
  /** Media types of the body; application/json by default. */
  accepts?: readonly string[];
  /** MAX_BODY_BYTES by default; of operations that take many things at once, more. */
  maxBodyBytes?: number;
  /**
   * The list in the body whose items stand for themselves. Of a refused request the items that can be read are looked at for what must not be lost; with
   * `eachForItself` an item that cannot be kept spoils none of the others in any case (see `findItemProblem`).
   */
  list?: { name: string; eachForItself?: true };
  /** The body stays as it came, a RawBody: the operation reads it itself. */
  raw?: boolean;
  /** How a failure is written in a standard that has a form of its own for it; problem+json by default. */
  failure?: { contentType: string; schema: z.ZodType<unknown>; write(problem: ProblemBody): unknown };
  conventions?: Conventions;
  /** The answers by status. Problems are added to every operation. */
  answers: Record<number, { description: string; schema: z.ZodType<unknown>; contentType?: string }>;
  /** A POST without an Idempotency-Key: signing in, and standards that bring a key of their own. */
  keyless?: boolean;
  /** It checks a password or a code: a name that has failed too often is answered 423. */
  locksOut?: true;
  /** Only a page of this site may ask it, signed in or not. */
  sameSite?: true;
  demoOnly?: boolean;
  /** It is judged, written and answered in one transaction, without a pathway. */
  isAct?: true;
  /** The object of the request if the caller may know of it; undefined answers 404. */
  find?(request: OperationRequest<z.output<Params>, unknown, unknown, undefined>): Promise<Resource | undefined>;
  /** Says whether the caller may do it to this very object, beyond what the policy says of roles. False is answered with 403. */
  may?(request: OperationRequest<z.output<Params>, unknown, unknown, Resource>): boolean;
  handle(request: OperationRequest<z.output<Params>, z.output<Query>, z.output<Body>, Resource>): Promise<Reply>;
  /**
   * Stores what must not be lost although the request is refused. Called for whoever may do this, whatever is wrong with the request, with the body as it came;
   * also for a repeated request, whose second time changes nothing. Resolves with further members of the problem.
   */
  keepOfRefused?(
    request: OperationRequest<z.output<Params>, unknown, undefined, Resource>,
    given: unknown,
    refusedWith: RefusedWith,
  ): Promise<Record<string, unknown>>;
}

/** Keeps the types of the parts together; what the edge calls is the same object. */
export function operation<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape, Resource = undefined>(
  definition: Operation<Params, Query, Body, Resource>,
): Operation {
  return definition;
}
