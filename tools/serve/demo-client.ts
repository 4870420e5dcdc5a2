/** The few calls of the HTTP API that preparing the demo needs. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const Session = z.object({ token: z.string(), person: z.object({ institutionId: z.string() }) });
const Patients = z.object({ items: z.array(z.object({ id: z.string() })) });
const Referrals = z.object({ items: z.array(z.object({ status: z.string() })) });
const Problem = z.object({ code: z.string(), detail: z.string().optional() });
const Referral = z.object({
  id: z.string(),
  status: z.string(),
  /** One for each hospital that the referral has been sent to. */
  legs: z.array(z.unknown()),
  /** The time on the referral's own clock. */
  now: z.iso.datetime(),
  clocks: z.array(z.object({ dueAt: z.iso.datetime().nullable(), rungs: z.array(z.object({ firedAt: z.iso.datetime().nullable() })) })),
});
/** How the API says that it has stored a command: 202 with its address. */
const Pending = z.strictObject({ id: z.string(), state: z.literal('pending') });
const Command = z.object({ state: z.enum(['pending', 'done', 'refused']), response: z.object({ body: z.unknown() }).optional() });
export type Referral = z.infer<typeof Referral>;

/** The API has answered with a problem, whose code this error carries. */
class RefusedError extends Error {
  readonly code: string;
  constructor(path: string, status: number, { code, detail }: z.infer<typeof Problem>) {
    super(`${path} answered ${status} ${code}${detail ? `: ${detail}` : ''}`);
    this.code = code;
  }
}

const timeoutMilliseconds = 30_000;
const pauseMilliseconds = 200;

export class DemoClient {
  readonly token: string;
  readonly institutionId: string;
  readonly #apiUrl: string;

  private constructor(apiUrl: string, { token, person }: z.infer<typeof Session>) {
    this.#apiUrl = apiUrl;
    this.token = token;
    this.institutionId = person.institutionId;
  }

  static async signIn(apiUrl: string, username: string, password: string): Promise<DemoClient> {
    const session = await call(`${apiUrl}/v1/sessions`, { method: 'POST', body: { username, password }, headers: {} });
    return new DemoClient(apiUrl, Session.parse(session));
  }

  async listPatientIds(): Promise<string[]> {
    return Patients.parse(await this.get('/v1/patients?query=&limit=50')).items.map((patient) => patient.id);
  }

  /** Resolves with undefined when there is no such referral that this account may see. */
  async findReferral(id: string): Promise<Referral | undefined> {
    try {
      return Referral.parse(await this.get(`/v1/referrals/${encodeURIComponent(id)}`));
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async listReferrals(patientId: string): Promise<Array<{ status: string }>> {
    return Referrals.parse(await this.get(`/v1/referrals?patientId=${encodeURIComponent(patientId)}&limit=200`)).items;
  }

  async createReferral(body: object): Promise<Referral> {
    const headers = { ...this.#headers(), 'idempotency-key': randomUUID() };
    return Referral.parse(await call(`${this.#apiUrl}/v1/referrals`, { method: 'POST', body, headers }));
  }

  async get(path: string): Promise<unknown> {
    return call(`${this.#apiUrl}${path}`, { method: 'GET', headers: this.#headers() });
  }

  /** Waits for the answer to a command that the API has stored and not answered yet. */
  async post(path: string, body: object, key: string): Promise<unknown> {
    const answer = await call(`${this.#apiUrl}${path}`, { method: 'POST', body, headers: { ...this.#headers(), 'idempotency-key': key } });
    const pending = Pending.safeParse(answer);
    return pending.success ? this.#answerTo(pending.data.id) : answer;
  }

  async #answerTo(commandId: string): Promise<unknown> {
    const path = `/v1/commands/${commandId}`;
    for (const until = Date.now() + timeoutMilliseconds; Date.now() < until; await sleep(pauseMilliseconds)) {
      const { state, response } = Command.parse(await this.get(path));
      if (state === 'done' && response) return response.body;
      if (state === 'refused') throw new Error(`${path} was refused`);
    }
    throw new Error(`${path} has no answer after ${timeoutMilliseconds / 1000} s`);
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}`, 'accept-language': 'en' };
  }
}

interface Call {
  method: 'GET' | 'POST';
  body?: object;
  headers: Record<string, string>;
}

async function call(url: string, { method, body, headers }: Call): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: body ? { ...headers, 'content-type': 'application/json' } : headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const problem = Problem.safeParse(answer);
  throw new RefusedError(new URL(url).pathname, response.status, problem.success ? problem.data : { code: 'no-problem-document' });
}
