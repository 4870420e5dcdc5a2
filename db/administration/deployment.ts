/** Whether this database is a demonstration's or a real alliance's. */
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export type DeploymentKind = 'demo' | 'alliance';

/** Resolves with undefined as long as nobody has filled the directory. */
export async function findDeploymentKind(db: Database): Promise<DeploymentKind | undefined> {
  return (await db.selectFrom('deployment').select('kind').executeTakeFirst())?.kind;
}

/** Of two that begin at once the second waits here for the first. @returns false when another kind has begun already */
export async function beginDeployment(trx: Trx, kind: DeploymentKind): Promise<boolean> {
  await trx
    .insertInto('deployment')
    .values({ kind })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await findDeploymentKind(trx)) === kind;
}

/** What is said to whoever starts one over the database of the other; undefined where both fit. */
export function describeMisfit(kind: DeploymentKind | undefined, demo: boolean): string | undefined {
  if (kind === 'alliance' && demo)
    return 'This database holds a real alliance, and the demonstration must not run on it: set CAREPATH_DEMO=0, or use an empty database.';
  if (kind === 'demo' && !demo)
    return 'This database holds the demonstration, whose passwords are public, and no real alliance may run on it: use an empty database.';
  return undefined;
}
