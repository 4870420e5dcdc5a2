/** A client of the API whose paths, parameters, bodies and answers the compiler checks against the contract. It needs nothing but `fetch`. */
import type { components, paths } from './api-types.d.ts';

export type * from './api-types.d.ts';

export type Problem = components['schemas']['Problem'];

export interface ClientOptions {
  /** Where the service is, such as `https://carepath.example.org`. */
  baseUrl: string;
  /** The bearer token; without one only public operations answer. */
  token?: string;
  /** The language of sentences for people; zh unless said otherwise. */
  language?: 'zh' | 'en';
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How long a command that was stored and not decided yet is asked after. */
  answerWithinMs?: number;
}

export type Answer<Body, Refusal extends Problem = Problem> =
  | {
      ok: true;
      status: number;
      body: Body /** The version, for `ifMatch`. */;
      etag: string | null;
      location: string | null;
      replayed: boolean;
    }
  | { ok: false; status: number; problem: Refusal; retryAfterSeconds: number | null };

type Method = 'get' | 'post' | 'put' | 'patch';

/** The paths that have an operation of this method. */
export type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];

type OperationAt<M extends Method, P extends keyof paths> = paths[P] extends Record<M, infer O> ? O : never;

type PathParameters<O> = O extends { parameters: { path: infer Path } } ? { path: Path } : { path?: never };
type Query<O> = O extends { parameters: { query: infer Asked } }
  ? { query: Asked }
  : O extends { parameters: { query?: infer Asked } }
    ? { query?: Asked }
    : { query?: never };
type Body<O> = O extends { requestBody: { content: { 'application/json': infer Sent } } } ? { body: Sent } : { body?: never };

interface Precautions {
  /**
   * The Idempotency-Key: the same key and body always get the first answer. A form makes one (`newKey()`) when it opens and keeps it over every retry;
   * without one each call is a request of its own.
   */
  key?: string;
  /** The `etag` that the caller has seen; when it is another one by now, the answer is 412. */
  ifMatch?: string;
}

/** What a call of the operation takes. */
export type RequestOf<M extends Method, P extends keyof paths> = PathParameters<OperationAt<M, P>> &
  Query<OperationAt<M, P>> &
  (M extends 'get' ? { body?: never } : Body<OperationAt<M, P>> & Precautions);

type ContentOf<Documented> = Documented extends { content: infer Content } ? Content[keyof Content] : never;
/** A 202 that only names the command has its answer awaited; one that has a receipt of its own is the answer. */
type SuccessOf<O> = O extends { responses: infer Documented }
  ? Exclude<
      { [Status in keyof Documented & (200 | 201 | 202)]: ContentOf<Documented[Status]> }[keyof Documented & (200 | 201 | 202)],
      Command
    >
  : never;

type Command = components['schemas']['Command'];

type FailureStatus = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 501 | 503;
type RefusalOf<O> = O extends { responses: infer Documented }
  ? Extract<{ [Status in keyof Documented & FailureStatus]: ContentOf<Documented[Status]> }[keyof Documented & FailureStatus], Problem>
  : never;

/** The problems that the operation may answer, told apart by their codes. */
export type ProblemOf<M extends Method, P extends PathOf<M>> = RefusalOf<OperationAt<M, P>>;

/** What the operation answers when all goes well. */
export type ResultOf<M extends Method, P extends PathOf<M>> = SuccessOf<OperationAt<M, P>>;

/** Nothing has to be said where the operation asks for nothing. */
type Given<Asked> = Record<never, never> extends Asked ? [request?: Asked] : [request: Asked];

type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...request: Given<RequestOf<M, P>>
) => Promise<Answer<ResultOf<M, P>, ProblemOf<M, P>>>;

/** Each resolves with the answer or the problem, and rejects when there is no answer: the network is away, or NotAnsweredYet. */
export interface Client {
  get: Call<'get'>;
  post: Call<'post'>;
  put: Call<'put'>;
  patch: Call<'patch'>;
}

/** The command is stored and will happen or be refused; the same call with the same key asks again. */
export class NotAnsweredYet extends Error {
  readonly location: string;

  constructor(location: string) {
    super(`${location} has no answer yet.`);
    this.name = 'NotAnsweredYet';
    this.location = location;
  }
}

/** A problem as an error, for callers that have no other way out. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(
      [
        `${problem.status} ${problem.code}: ${problem.title}`,
        ...(problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`),
      ].join('; '),
    );
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

export const newKey = (): string => crypto.randomUUID();

/** Returns the body of a good answer. Throws ProblemError for any other. */
export function bodyOf<Result>(answer: Answer<Result>): Result {
  if (answer.ok) return answer.body;
  throw new ProblemError(answer.problem);
}

/** Resolves with a client for whoever signs in. Throws ProblemError when they may not. */
export async function signIn(
  options: Omit<ClientOptions, 'token'>,
  credentials: RequestOf<'post', '/v1/sessions'>['body'],
): Promise<Client> {
  const { token } = bodyOf(await createClient(options).post('/v1/sessions', { body: credentials }));
  return createClient({ ...options, token });
}

interface AnyRequest extends Precautions {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}

export function createClient(options: ClientOptions): Client {
  // What the compiler has checked of a call is the same for every path, so one function serves all of them.
  const call =
    (method: Method) =>
    (path: string, request: AnyRequest = {}) =>
      send(options, method, addressOf(path, request), request);
  return { get: call('get'), post: call('post'), put: call('put'), patch: call('patch') } as unknown as Client;
}

const ANSWER_WITHIN_MS = 60_000;

async function send(options: ClientOptions, method: Method, address: string, request: AnyRequest): Promise<Answer<unknown>> {
  const response = await exchange(options, method, address, request);
  const location = response.headers.get('location');
  return response.status === 202 && location?.startsWith('/v1/commands/') ? awaitCommand(options, location) : readAnswer(response);
}

async function exchange(
  { baseUrl, token, language = 'zh', fetch: exchangeOver = fetch }: ClientOptions,
  method: Method,
  address: string,
  request: AnyRequest,
) {
  const { body, key, ifMatch } = request;
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': language };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method === 'post' || (method === 'patch' && key)) headers['idempotency-key'] = key ?? newKey();
  if (ifMatch) headers['if-match'] = ifMatch;
  return exchangeOver(`${baseUrl}${address}`, {
    method: method.toUpperCase(),
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A list is given as the parameter repeated. */
function addressOf(template: string, { path = {}, query = {} }: AnyRequest): string {
  const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter((each) => each !== undefined).map((each): [string, string] => [name, String(each)]),
  );
  return pairs.length === 0 ? address : `${address}?${new URLSearchParams(pairs)}`;
}

/** Asks after 1, 2, 4 s and then every 4 s what became of the command. */
async function awaitCommand(options: ClientOptions, location: string): Promise<Answer<unknown>> {
  const deadline = Date.now() + (options.answerWithinMs ?? ANSWER_WITHIN_MS);
  for (let pauseMs = 1_000; Date.now() < deadline; pauseMs = Math.min(pauseMs * 2, 4_000)) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const asked = await readAnswer(await exchange(options, 'get', location, {}));
    if (!asked.ok) return asked;
    const { response } = asked.body as Command;
    if (response) return answerWith(response.status, response.body, new Headers());
  }
  throw new NotAnsweredYet(location);
}

async function readAnswer(response: Response): Promise<Answer<unknown>> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return answerWith(response.status, isJson && text !== '' ? JSON.parse(text) : text, response.headers);
}

function answerWith(status: number, body: unknown, headers: Headers): Answer<unknown> {
  if (status >= 400) {
    const retryAfter = headers.get('retry-after');
    return { ok: false, status, problem: body as Problem, retryAfterSeconds: retryAfter === null ? null : Number(retryAfter) };
  }
  const replayed = headers.get('idempotency-replayed') === 'true';
  return { ok: true, status, body, etag: headers.get('etag'), location: headers.get('location'), replayed };
}
