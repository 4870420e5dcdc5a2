/** People at their consoles. Each asks until there is an answer, always with the same Idempotency-Key, and remembers the answer. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoPassword } from '../../../db/directory/seed-demo-alliance.ts';

export interface Question {
  account: string;
  path: string;
  body: unknown;
  /** By default a new one. */
  key?: string;
  /** The version that the caller insists on (If-Match). */
  ifVersion?: number;
}

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  body: any;
  headers: Headers;
}

/** A question with its final answer: done or refused. */
export interface Answered {
  question: Question & { key: string };
  personId: string;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  body: any;
  /** How often the question was asked. */
  asked: number;
}

export interface Callers {
  signIn(...accounts: string[]): Promise<void>;
  /** Asks once. Resolves with undefined when nobody answered. */
  ask(question: Question): Promise<Reply | undefined>;
  /** Resolves with undefined when nobody answered. */
  get(account: string, path: string): Promise<Reply | undefined>;
  /** Asks again and again until the answer is final. Throws when there is none in time. */
  insist(question: Question, withinMs?: number): Promise<Answered>;
  /** Every final answer so far. */
  readonly answered: readonly Answered[];
}

/** Longer than the 5 s that the API itself takes for an answer at most. */
const PATIENCE_MS = 20_000;

export function createCallers(apiUrl: string): Callers {
  const sessions = new Map<string, { token: string; personId: string }>();
  const answered: Answered[] = [];

  async function send(
    account: string,
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Reply> {
    const token = sessions.get(account)?.token;
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  const catchSilence = (reply: Promise<Reply>): Promise<Reply | undefined> => reply.catch(() => undefined);

  function ask({ account, path, body, key = randomUUID(), ifVersion }: Question): Promise<Reply | undefined> {
    const headers = { 'idempotency-key': key, ...(ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` }) };
    // When the connection is refused, breaks off or stays silent, the process has died or is about to.
    return catchSilence(send(account, 'POST', path, headers, body));
  }

  return {
    answered,
    ask,
    get: (account, path) => catchSilence(send(account, 'GET', path, {})),
    async signIn(...accounts) {
      for (const account of accounts) {
        const { status, body } = await send(account, 'POST', '/v1/sessions', {}, { username: account, password: demoPassword });
        if (status !== 201) throw new Error(`${account} could not sign in: ${status}`);
        sessions.set(account, { token: body.token, personId: body.person.id });
      }
    },
    async insist(asked, withinMs = 120_000) {
      const question = { ...asked, key: asked.key ?? randomUUID() };
      const giveUpAt = Date.now() + withinMs;
      for (let count = 1; ; count++) {
        const reply = await ask(question);
        if (reply && isFinal(reply)) {
          const final = {
            question,
            personId: sessions.get(question.account)?.personId ?? '',
            status: reply.status,
            body: reply.body,
            asked: count,
          };
          answered.push(final);
          return final;
        }
        if (Date.now() > giveUpAt)
          throw new Error(
            `No final answer to ${question.path} (${question.key}) within ${withinMs / 1_000} s; the last was ${reply?.status ?? 'silence'}.`,
          );
        await sleep(Math.min(1_000, 100 * count));
      }
    },
  };
}

/** 202 only promises an answer, except to a fact, to which it is the answer. */
const isFinal = ({ status, body }: Reply): boolean => (status !== 202 || 'factId' in body) && status !== 429 && status < 500;
