/** What the generated contract lacks: who serves it, what its parts are called, and what stands in the headers of every answer. */
import { describeError, errorCodes } from '../../domain/kit/errors.ts';
import { nameShapes } from './name-shapes.ts';
import { tagWords } from './tag-words.ts';

/** The parts of an OpenAPI document that are changed here. */
interface Document {
  paths?: Record<string, Record<string, DocumentedOperation>>;
  components?: Record<string, Record<string, unknown>>;
  [member: string]: unknown;
}

interface DocumentedOperation {
  tags?: string[];
  parameters?: unknown[];
  responses?: Record<string, DocumentedResponse>;
}

interface DocumentedResponse {
  description?: string;
  content?: Record<string, { schema?: unknown }>;
  headers?: Record<string, unknown>;
  $ref?: string;
}

const text = (description: string, schema: object = { type: 'string' }) => ({ description, schema });

const headers = {
  'X-Request-Id': text('The request, as logs and the audit name it; the one that the caller sent when it was harmless'),
  'Content-Language': text('The language of the sentences in the answer', { type: 'string', enum: ['zh-CN', 'en'] }),
  ETag: text('The version of the resource, for If-Match and If-None-Match; a list has none', { type: 'string', examples: ['"2"'] }),
  Location: text('Where the new resource, or the command that has no answer yet, can be read'),
  'Idempotency-Replayed': text('True when this is the answer that the same request got before', { type: 'string', enum: ['true'] }),
  'Retry-After': text('After how many seconds the request may be sent again', { type: 'string', pattern: '^\\d+$' }),
} as const;

type HeaderName = keyof typeof headers;

const reference = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const headersNamed = (names: readonly HeaderName[]) => Object.fromEntries(names.map((name) => [name, reference('headers', name)]));

const parameters = {
  AcceptLanguage: {
    name: 'Accept-Language',
    in: 'header',
    required: false,
    description: 'The language of sentences for people: zh (unless said otherwise) or en',
    schema: { type: 'string', examples: ['zh', 'en'] },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag of what the caller has; when it is still that version the answer is 304 without a body',
    schema: { type: 'string', examples: ['"2"'] },
  },
} as const;

const problemWords: Readonly<Record<string, string>> = {
  400: 'The request cannot be read',
  401: 'No valid token',
  403: 'The post of the caller does not allow it',
  404: 'Not there, or not for the caller to know',
  406: 'The form that is asked for in Accept is not served',
  409: 'The present state does not allow it',
  412: 'It has changed since the version in If-Match',
  413: 'The body is too large',
  415: 'The media type of the body is another one',
  422: 'The content of the request is not as it should be, ids in it that name nothing or nothing of the caller among it; `errors` names the places',
  423: 'Signing in has failed too often',
  429: 'Too many requests',
  500: 'Something went wrong here',
  501: 'The servers behind do not support it',
  503: 'A server behind is away for now',
};

/** The codes that a problem of this status may have, whatever was asked. */
const codesOfStatus = (status: number): string[] => errorCodes.filter((code) => describeError(code).status === status);

/** Returns the document with named problems, headers, parameters and shapes; what went in stays as it was. */
export function finishContract(generated: object): object {
  const document = structuredClone(generated) as Document;
  const usedTags = new Set<string>();
  for (const methods of Object.values(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods)) {
      for (const tag of operation.tags ?? []) usedTags.add(tag);
      finishOperation(method, operation);
    }
  const referred = JSON.stringify(document.paths);
  const problems = Object.entries(problemWords).map(
    ([status, description]) => [`Problem${status}`, problemResponse(status, description)] as const,
  );
  document.components = {
    ...document.components,
    headers,
    parameters,
    // A component that nothing refers to is a warning to those who lint the document.
    responses: Object.fromEntries(problems.filter(([name]) => referred.includes(`"#/components/responses/${name}"`))),
  };
  document.tags = [...usedTags].sort().map((name) => ({ name, description: tagWords(name) }));
  nameShapes(document);
  return document;
}

const problemHeaders = (status: string) =>
  headersNamed(['X-Request-Id', 'Content-Language', ...(['423', '429', '503'].includes(status) ? (['Retry-After'] as const) : [])]);

const problemResponse = (status: string, description: string): DocumentedResponse => ({
  description,
  headers: problemHeaders(status),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          reference('schemas', 'Problem'),
          { type: 'object', properties: { code: { type: 'string', enum: codesOfStatus(Number(status)) } }, required: ['code'] },
        ],
      },
    },
  },
});

function finishOperation(method: string, operation: DocumentedOperation): void {
  const isWrite = method !== 'get';
  const given = Object.keys(operation.responses ?? {});
  const isRead = !isWrite && given.includes('200');
  operation.parameters = [
    ...(operation.parameters ?? []),
    reference('parameters', 'AcceptLanguage'),
    ...(isRead ? [reference('parameters', 'IfNoneMatch')] : []),
  ];
  operation.parameters.forEach(callYesOrNoBoolean);
  const responses: Record<string, DocumentedResponse> = {};
  for (const [status, response] of Object.entries(operation.responses ?? {})) responses[status] = finishResponse(status, response, isWrite);
  if (isRead)
    responses['304'] = { description: 'It is still the version in If-None-Match', headers: headersNamed(['X-Request-Id', 'ETag']) };
  operation.responses = responses;
}

/** A query holds the words true and false, which is how a boolean is written there. */
function callYesOrNoBoolean(parameter: unknown): void {
  const asked = parameter as { schema?: { enum?: unknown } };
  if (JSON.stringify(asked.schema?.enum) === '["true","false"]') asked.schema = { type: 'boolean' } as object;
}

function finishResponse(status: string, response: DocumentedResponse, isWrite: boolean): DocumentedResponse {
  const problem = response.content?.['application/problem+json'];
  const description = problemWords[status];
  if (Number(status) >= 400) {
    if (!problem || description === undefined) return response;
    // Where an operation names its own codes, its answer is one of its own too.
    const isNamed = (problem.schema as { $ref?: string } | undefined)?.$ref !== undefined;
    return isNamed ? reference('responses', `Problem${status}`) : { ...response, description, headers: problemHeaders(status) };
  }
  const names: HeaderName[] = ['X-Request-Id', 'ETag'];
  if (isWrite) names.push('Idempotency-Replayed');
  if (status === '201' || status === '202') names.push('Location');
  return { ...response, headers: headersNamed(names) };
}
