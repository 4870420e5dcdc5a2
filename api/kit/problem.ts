/** Errors as problem+json (RFC 9457), in the language that the caller prefers. */
import { isGrpcServiceError } from '@temporalio/client';
import type { Context } from 'hono';
import { describeError, type ErrorCode, type Language, type Words } from '../../domain/kit/errors.ts';
import { wayOutOf } from '../../domain/kit/ways-out.ts';

export interface FieldError {
  path: string;
  message: Words;
}

export interface ProblemDetails {
  errors?: FieldError[];
  /** Further members of the problem, such as `state` and `allowed`. */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** For role-may-not: the id that was asked for, where the address does not name it. The edge writes it into the audit. */
  deniedTargetId?: string;
}

/** Thrown anywhere in a request; answered once, at the edge. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly details: ProblemDetails;

  constructor(code: ErrorCode, details: ProblemDetails = {}) {
    super(code);
    this.name = 'Problem';
    this.code = code;
    this.details = details;
  }
}

export const invalidRequestProblem = (path: string, message: Words): Problem =>
  new Problem('invalid-request', { errors: [{ path, message }] });

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  errors?: { path: string; message: string }[];
  [member: string]: unknown;
}

/** A body of ten thousand unknown fields is not answered with ten thousand sentences. */
const MOST_ERRORS = 50;
const LONGEST_PATH = 200;

export function problemBody({ code, details }: Problem, language: Language, requestId: string): ProblemBody {
  const { status, zh, en } = describeError(code);
  const text = language === 'zh' ? zh : en;
  const errors = details.errors?.slice(0, MOST_ERRORS).map(({ path, message }) => ({
    path: path.slice(0, LONGEST_PATH),
    message: message[language],
  }));
  return {
    type: `urn:carepath:problem:${code}`,
    title: text,
    status,
    detail: wayOutOf(status)[language],
    code,
    requestId,
    ...(errors ? { errors } : {}),
    ...details.members,
  };
}

/** The first of zh and en in Accept-Language; zh if neither is asked for. */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((part, index) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const quality = Number(
        parameters
          .find((parameter) => parameter.trim().startsWith('q='))
          ?.trim()
          .slice(2) ?? 1,
      );
      return { language: tag.slice(0, 2).toLowerCase(), quality: Number.isFinite(quality) ? quality : 0, index };
    })
    .filter(({ language, quality }) => (language === 'zh' || language === 'en') && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index);
  return wanted[0]?.language === 'en' ? 'en' : 'zh';
}

export function sendProblem(context: Context, problem: Problem, language: Language, requestId: string): Response {
  const body = problemBody(problem, language, requestId);
  return context.newResponse(JSON.stringify(body), describeError(problem.code).status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-language': language === 'zh' ? 'zh-CN' : 'en',
    ...problem.details.headers,
  });
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Postgres: connection, resources, operator intervention, serialization */
const transientClasses = ['08', '53', '57', '40'];

/** The codes of gRPC for DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE. */
const transientStatuses = [4, 8, 14];

/** Whether an error says that Postgres or Temporal is away, rather than that something is wrong here. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isGrpcServiceError(error)) return transientStatuses.includes(error.code);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (networkCodes.has(code) || (code.length === 5 && transientClasses.includes(code.slice(0, 2)))))
    return true;
  // The driver gives these errors no code, so they are known by their text.
  return /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i.test(error.message);
}
