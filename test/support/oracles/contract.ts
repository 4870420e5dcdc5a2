/** Checks that an answer is what the OpenAPI document promises: its status, its media type and its shape. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { App } from '../../../api/app.ts';
import { membersOf } from '../../../domain/kit/errors.ts';

/** The parts of an OpenAPI document that the tests look at. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, DocumentedOperation>>;
  tags: { name: string; description: string }[];
  components: {
    schemas: Record<string, unknown>;
    responses: Record<string, DocumentedResponse>;
    parameters: Record<string, DocumentedParameter>;
    securitySchemes: Record<string, unknown>;
  };
}

export interface DocumentedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  'x-summary-zh': string;
  description: string;
  security: Record<string, string[]>[];
  parameters?: (DocumentedParameter | Reference)[];
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, DocumentedResponse | Reference>;
}

interface Reference {
  $ref: string;
}

export interface DocumentedParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: object;
}

export interface DocumentedResponse {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: object }>;
}

const nameOf = ({ $ref }: Reference): string => $ref.split('/').at(-1) as string;

export const responseOf = (document: ApiDocument, { responses }: DocumentedOperation, status: number | string) => {
  const response = responses[String(status)];
  return response && '$ref' in response ? document.components.responses[nameOf(response)] : response;
};

export const parametersOf = (document: ApiDocument, { parameters = [] }: DocumentedOperation): DocumentedParameter[] =>
  parameters.map((parameter) =>
    '$ref' in parameter ? (document.components.parameters[nameOf(parameter)] as DocumentedParameter) : parameter,
  );

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  body: any;
  headers: Headers;
}

export interface Contract {
  document: ApiDocument;
  /** Returns one sentence for each promise that the answer breaks. */
  findBrokenPromises(method: string, path: string, answer: Answer): string[];
  /** Returns the places in an answer where an instant or a day stands that the document calls a text only. */
  findUntoldDates(method: string, path: string, answer: Answer): string[];
  /** Returns a check of the shape at a JSON pointer into the document. Throws when the document has nothing there. */
  validator(pointer: string): (value: unknown) => boolean;
}

const commonMembers = ['type', 'title', 'status', 'detail', 'code', 'requestId', 'errors'];

const PROBLEM = '#/components/schemas/Problem';

/** Returns one sentence for each field error that is not in the language of its answer. */
export function findForeignErrors(errors: readonly { path: string; message: string }[], language: string): string[] {
  const isForeign = (message: string) => /\p{Script=Han}/u.test(message) !== language.startsWith('zh');
  return errors.filter(({ message }) => isForeign(message)).map(({ path, message }) => `${path} is not in ${language}: ${message}`);
}

const escapePointer = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1');
const pointerTo = (...segments: string[]): string => `#/${segments.map(escapePointer).join('/')}`;

/** Problems that many operations share stand once, under their name. */
function pointerToResponse({ responses }: DocumentedOperation, at: [template: string, method: string], status: number): string {
  const response = responses[String(status)];
  return response && '$ref' in response ? response.$ref : pointerTo('paths', ...at, 'responses', String(status));
}

export async function readAnswer(response: Response): Promise<Answer> {
  const type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  return { status: response.status, body: /json/.test(type) && text !== '' ? JSON.parse(text) : text, headers: response.headers };
}

export async function contractOf(app: App): Promise<Contract> {
  const document = (await (await app.request('/openapi.json')).json()) as ApiDocument;
  // Ajv is not strict here, because OpenAPI adds keywords of its own (example, discriminator) that JSON Schema lets pass.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'contract');

  const validator = (pointer: string) => {
    const validate = ajv.getSchema(`contract${pointer}`);
    if (!validate) throw new Error(`The document has nothing at ${pointer}.`);
    return (value: unknown): boolean => validate(value) as boolean;
  };

  function findViolations(pointer: string, value: unknown): string[] {
    const validate = ajv.getSchema(`contract${pointer}`);
    if (!validate) return [`nothing at ${pointer}`];
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`);
  }

  function templateOf(path: string): string | undefined {
    const { pathname } = new URL(path, 'http://localhost');
    const matches = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
    // A path written out wins over one with parameters, as in the router.
    return Object.keys(document.paths)
      .filter(matches)
      .sort((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  function findBrokenProblem({ status, body, headers }: Answer): string[] {
    const broken = findViolations(PROBLEM, body);
    const members = Object.keys(body ?? {}).filter((member) => !commonMembers.includes(member));
    for (const member of members)
      if (!membersOf(body?.code).includes(member)) broken.push(`the catalogue names no member ${member} of ${body?.code}`);
    if (body?.status !== status) broken.push(`the problem says status ${body?.status}`);
    if (body?.type !== `urn:carepath:problem:${body?.code}`) broken.push(`the type is ${body?.type}`);
    if (!/^(zh-CN|en)$/.test(headers.get('content-language') ?? '')) broken.push(`the language is ${headers.get('content-language')}`);
    const replayed = headers.get('idempotency-replayed') === 'true';
    if (!replayed) broken.push(...findForeignErrors(body?.errors ?? [], headers.get('content-language') ?? ''));
    if (!replayed && body?.requestId !== headers.get('x-request-id')) broken.push('requestId and X-Request-Id differ');
    if ((status === 429 || status === 503) && !/^\d+$/.test(headers.get('retry-after') ?? '')) broken.push('no Retry-After');
    if (status === 401 && body?.code === 'not-authenticated' && !headers.get('www-authenticate')) broken.push('no WWW-Authenticate');
    if (status === 405 && !headers.get('allow')) broken.push('no Allow');
    return broken;
  }

  function findBrokenPromises(method: string, path: string, answer: Answer): string[] {
    const { status, body, headers } = answer;
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const broken: string[] = [];
    if (!headers.get('x-request-id')) broken.push('no X-Request-Id');
    if (method === 'HEAD' || status === 204) return broken;
    if (type === 'application/problem+json') broken.push(...findBrokenProblem(answer));
    const template = templateOf(path);
    const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
    if (!template || !operation) {
      if (status !== 404 && status !== 405) broken.push('an operation that is not documented');
      if (type !== 'application/problem+json') broken.push(`the media type is ${type}`);
      return broken;
    }
    const documented = responseOf(document, operation, status);
    if (!documented) return [...broken, `the status ${status} is not documented`];
    if (!documented.content?.[type]) return [...broken, `the media type ${type} is not documented for ${status}`];
    if (/json/.test(type))
      broken.push(
        ...findViolations(
          `${pointerToResponse(operation, [template, method.toLowerCase()], status)}/content/${escapePointer(type)}/schema`,
          body,
        ),
      );
    return broken;
  }

  function findUntoldDates(method: string, path: string, { status, body }: Answer): string[] {
    const operation = document.paths[templateOf(path) ?? '']?.[method.toLowerCase()];
    const schema = operation && responseOf(document, operation, status)?.content?.['application/json']?.schema;
    return schema ? untoldDatesIn(document, schema, body, '') : [];
  }

  return { document, findBrokenPromises, findUntoldDates, validator };
}

interface ShapeOfValue {
  $ref?: string;
  format?: string;
  pattern?: string;
  properties?: Record<string, object>;
  additionalProperties?: object | boolean;
  items?: object;
  anyOf?: object[];
  oneOf?: object[];
  allOf?: object[];
}

const formatOf = (text: string): string | undefined => {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return 'date-time';
  return /^\d{4}-\d\d-\d\d$/.test(text) ? 'date' : undefined;
};

/** The schemas that a value may be described by: what a schema refers to, and its forms. */
function formsOf(document: ApiDocument, schema: object): ShapeOfValue[] {
  const { $ref, ...own } = schema as ShapeOfValue;
  const target = $ref === undefined ? [] : formsOf(document, document.components.schemas[nameOf({ $ref })] as object);
  const inner = [...(own.anyOf ?? []), ...(own.oneOf ?? []), ...(own.allOf ?? [])].flatMap((form) => formsOf(document, form));
  return [own, ...target, ...inner];
}

/** What holds whatever its kind has has no schema of its own, such as the members of `about`, and the `value` of what a decision was judged by. */
function untoldDatesIn(document: ApiDocument, schema: object, value: unknown, place: string): string[] {
  const forms = formsOf(document, schema);
  if (typeof value === 'string') {
    const format = formatOf(value);
    return format === undefined || forms.some((form) => form.format === format) ? [] : [place];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = Array.isArray(value)
      ? forms.flatMap(({ items }) => items ?? [])
      : forms.flatMap(({ properties }) => (properties && Object.hasOwn(properties, name) ? (properties[name] as object) : []));
    return inner.length === 0 || name === 'value'
      ? []
      : untoldDatesIn(document, { anyOf: inner }, member, `${place}/${Array.isArray(value) ? '*' : name}`);
  });
}

/** Returns a function that sends a request and throws when the answer is not as the document says. */
export function createCheckedRequests(app: App, contract: Contract) {
  return async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await readAnswer(await app.request(path, { ...init, method }));
    const broken = contract.findBrokenPromises(method, path, answer);
    if (broken.length > 0)
      throw new Error(`${method} ${path} answered ${answer.status}: ${broken.join('; ')}\n${JSON.stringify(answer.body)}`);
    return answer;
  };
}
