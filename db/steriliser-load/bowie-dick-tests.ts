/** Bowie-Dick tests: each is a run of its steriliser. A fail blocks until a pass, and several running put the steriliser out of service. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import { isRunOf } from '../../domain/steriliser-load/indicators.ts';
import type { Database } from '../kit/database.ts';
import { type Act, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { lockSteriliser, putOutOfService } from './service-of-steriliser.ts';

export interface NewBowieDickTest {
  steriliserId: string;
  startedAt: Date;
  endedAt: Date;
  result: 'pass' | 'fail';
}

/** Returns its id. `failsInARow`: so many put the steriliser out of service. Throws ActRefused. */
export async function recordBowieDickTest(act: Act, test: NewBowieDickTest, failsInARow: number): Promise<string> {
  const { trx, actor } = act;
  const { steriliserId, startedAt, endedAt, result } = test;
  const steriliser = await lockSteriliser(trx, steriliserId);
  if (steriliser.status === 'retired') throw refuseTransition('retired', []);
  const id = uuid();
  await trx.insertInto('steriliser_run').values({ id, steriliser_id: steriliserId, started_at: startedAt, ended_at: endedAt }).execute();
  await trx
    .insertInto('bowie_dick_test')
    .values({
      id,
      steriliser_id: steriliserId,
      started_at: startedAt,
      ended_at: endedAt,
      result,
      recorded_by: JSON.stringify(actor),
    })
    .execute();
  await appendLedger(act, [
    { thing: { type: 'steriliser', id: steriliserId }, event: 'bowie-dick-tested', details: { testId: id, result } },
  ]);
  if (result === 'fail' && (await isOneOfFails(act, id, steriliserId, failsInARow)))
    await putOutOfService(act, steriliserId, { reason: 'bowie-dick-failed-twice' });
  return id;
}

async function isOneOfFails({ trx }: Act, id: string, steriliserId: string, count: number): Promise<boolean> {
  const tests = await trx
    .selectFrom('bowie_dick_test')
    .select(['id', 'result'])
    .where('steriliser_id', '=', steriliserId)
    .orderBy('ended_at')
    .orderBy('id')
    .execute();
  return isRunOf(
    tests.map(({ result }) => result),
    tests.findIndex((test) => test.id === id),
    'fail',
    count,
  );
}

export interface BowieDickRecord {
  id: string;
  steriliserId: string;
  startedAt: Date;
  endedAt: Date;
  result: 'pass' | 'fail';
  recordedBy: Actor;
  version: number;
  createdAt: Date;
}

const selectTests = (db: Database) =>
  db
    .selectFrom('bowie_dick_test')
    .select([
      'id',
      'steriliser_id as steriliserId',
      'started_at as startedAt',
      'ended_at as endedAt',
      'result',
      sql<Actor>`recorded_by`.as('recordedBy'),
      'version',
      'created_at as createdAt',
    ]);

export const findBowieDickTest = (db: Database, id: string): Promise<BowieDickRecord | undefined> =>
  selectTests(db).where('id', '=', id).executeTakeFirst();

/** Newest first. One more than `limit` when there are more. */
export async function listBowieDickTests(
  db: Database,
  { steriliserId }: { steriliserId?: string | undefined },
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<BowieDickRecord[]> {
  let tests = selectTests(db)
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (steriliserId !== undefined) tests = tests.where('steriliser_id', '=', steriliserId);
  if (before !== undefined) tests = tests.where('id', '<', before);
  return tests.execute();
}
