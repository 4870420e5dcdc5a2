/** Keeps a process from working on a database that is not its own: a demonstration on a real alliance, or the reverse. */
import type { Database } from '../kit/database.ts';
import { describeMisfit, findDeploymentKind } from './deployment.ts';

const ASK_AGAIN_MS = 1_000;

/** Asks until Postgres answers, because a process starts whether or not it is there. Resolves with the sentence to end with, or with undefined. */
export async function findMisfit(db: Database, demo: boolean): Promise<string | undefined> {
  for (;;) {
    try {
      return describeMisfit(await findDeploymentKind(db), demo);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS).unref());
    }
  }
}
