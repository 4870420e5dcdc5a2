/** Failures to sign in, counted by name and by address, over all processes. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

export interface FailureKeys {
  nameHash: Buffer;
  addressHash: Buffer;
}

export interface Failures {
  ofName: number;
  ofAddress: number;
  /** Of the name; null without any. */
  lastOfNameAt: Date | null;
}

/** How often it has failed since then: one statement. */
export async function countFailures(db: Database, { nameHash, addressHash }: FailureKeys, since: Date): Promise<Failures> {
  const { rows } = await sql<{ ofName: string; ofAddress: string; lastOfNameAt: Date | null }>`
    select * from
      (select count(*) as "ofName", max(at) as "lastOfNameAt" from sign_in_failure where name_hash = ${nameHash} and at > ${since}) as named,
      (select count(*) as "ofAddress" from sign_in_failure where address_hash = ${addressHash} and at > ${since}) as called`.execute(db);
  const [row] = rows;
  return { ofName: Number(row?.ofName), ofAddress: Number(row?.ofAddress), lastOfNameAt: row?.lastOfNameAt ?? null };
}

export async function recordFailure(db: Database, { nameHash, addressHash }: FailureKeys, at: Date): Promise<void> {
  await db.insertInto('sign_in_failure').values({ name_hash: nameHash, address_hash: addressHash, at }).execute();
}

/** Once somebody is in, the name starts anew; what is too old to count for anybody goes with it. */
export async function forgetFailures(db: Database, nameHash: Buffer, { before }: { before: Date }): Promise<void> {
  await db
    .deleteFrom('sign_in_failure')
    .where(({ or, eb }) => or([eb('name_hash', '=', nameHash), eb('at', '<', before)]))
    .execute();
}
