/** What every journey has: the service on a real port, people who sign in at it through the generated client, and a count of what they call. */
import { serve } from '@hono/node-server';
import { expect } from 'vitest';
import { type Answer, bodyOf, type Client, signIn } from '../../client/client.ts';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import type { Service } from '../support/service/service.ts';

export interface Desk {
  service: Service;
  signIn(username: string): Promise<Worker>;
  stop(): Promise<void>;
}

/** Somebody at work. What is asked after a command that is not decided yet counts as part of that command. */
export interface Worker extends Client {
  calls(): number;
}

export async function openDesk(service: Service): Promise<Desk> {
  const { server, baseUrl } = await new Promise<{ server: ReturnType<typeof serve>; baseUrl: string }>((resolve) => {
    const listening = serve({ fetch: service.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({ server: listening, baseUrl: `http://127.0.0.1:${port}` }),
    );
  });
  const signedIn = new Map<string, Promise<Worker>>();
  return {
    service,
    async signIn(username) {
      const known = signedIn.get(username);
      if (known) return known;
      const worker = signInCounting(baseUrl, username);
      signedIn.set(username, worker);
      return worker;
    },
    stop: () => new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}

async function signInCounting(baseUrl: string, username: string): Promise<Worker> {
  let calls = 0;
  const counting = (url: string, init: RequestInit): Promise<Response> => {
    if (!url.includes('/v1/commands/') && !url.endsWith('/v1/sessions')) calls += 1;
    return fetch(url, init);
  };
  const client = await signIn({ baseUrl, fetch: counting }, { username, password: demoPassword });
  return { ...client, calls: () => calls };
}

/** The work of one person, counted piece by piece; at its end `print` shows what was counted. */
export function countWork(title: string, worker: Worker) {
  const pieces: [piece: string, calls: number][] = [];
  return {
    /** Resolves with what the work gives. Fails when it takes more calls than `atMost`. */
    async piece<Result>(name: string, atMost: number, work: () => Promise<Result>): Promise<Result> {
      const before = worker.calls();
      const result = await work();
      const calls = worker.calls() - before;
      pieces.push([name, calls]);
      expect(calls, `${title}: ${name}`).toBeLessThanOrEqual(atMost);
      return result;
    },
    print(): void {
      const words = pieces.map(([name, calls]) => `${name} ${calls}`).join(', ');
      process.stdout.write(`${title}: ${worker.calls()} calls (${words})\n`);
    },
  };
}

/** The body of a good answer; a test that gets another one fails with the problem's own words. */
export const good = async <Result>(answer: Promise<Answer<Result>>): Promise<Result> => bodyOf(await answer);
