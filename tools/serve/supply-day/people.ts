/** The people of the demonstration's supply day, each of whom acts through the API as a client would. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { demoPassword } from '../../../db/directory/seed-demo-alliance.ts';
import { DemoClient } from '../demo-client.ts';

export interface People {
  /** What somebody has looked up once is answered the same for ever, so that acts which follow from it stay the same. */
  look(username: string, path: string): Promise<unknown>;
  /** The same act of the same person told again, also by a later start, gets the first answer. Throws for a refusal. */
  post(username: string, path: string, body: object): Promise<unknown>;
}

export interface SignedInPeople extends People {
  signIn(username: string): Promise<DemoClient>;
}

/** @param seenFile holds what they have looked up, a line each */
export function createPeople(apiUrl: string, seenFile: string): SignedInPeople {
  const clients = new Map<string, Promise<DemoClient>>();
  const seen = readSeen(seenFile);

  async function signIn(username: string): Promise<DemoClient> {
    const client = clients.get(username) ?? DemoClient.signIn(apiUrl, username, demoPassword);
    clients.set(username, client);
    return client;
  }

  return {
    signIn,
    async look(username, path) {
      const known = seen.get(path);
      if (known !== undefined) return known;
      const answer = await (await signIn(username)).get(path);
      seen.set(path, answer);
      appendFileSync(seenFile, `${JSON.stringify([path, answer])}\n`);
      return answer;
    },
    post: async (username, path, body) => (await signIn(username)).post(path, body, keyOfAct(username, path, body)),
  };
}

const Seen = z.tuple([z.string(), z.unknown()]);

/** A line that a broken start has left unfinished counts for nothing. */
function readSeen(file: string): Map<string, unknown> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      try {
        return [Seen.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    }),
  );
}

export const keyOfAct = (...act: readonly unknown[]): string =>
  `demo-supply-day-${createHash('sha256').update(JSON.stringify(act)).digest('hex').slice(0, 40)}`;

/** `nurse` works at the first centre; the nurse of each other one is named after it. */
export const nurseOf = (institutionId: string): string =>
  institutionId === 'inst-c01' ? 'nurse' : institutionId.replace('inst-', 'nurse-');
