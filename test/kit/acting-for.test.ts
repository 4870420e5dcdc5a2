/** A database acts for somebody, and a transaction for nobody else. */
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { actingFor, createDatabase, createPool } from '../../db/kit/database.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { testDatabase } from '../support/service/database.ts';

const gp = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
const specialist = { personId: 'person-specialist', institutionId: 'inst-h1', role: 'specialist' };

async function newDatabase() {
  const db = createDatabase(createPool(await testDatabase(), { connections: 2 }), 'api');
  onTestFinished(() => db.destroy());
  return db;
}

test('what acts for one person cannot act for another, nor at another post, nor for the service', async () => {
  const db = actingFor(await newDatabase(), gp);
  expect(actingFor(db, { ...gp })).toBe(db);
  for (const other of [
    specialist,
    { ...gp, institutionId: 'inst-c02' },
    { ...gp, role: 'nurse' },
    { system: true, part: 'outbox' } as const,
  ])
    await expect(
      inTransaction(db, other, async () => 'done'),
      JSON.stringify(other),
    ).rejects.toThrow('cannot act for somebody else');
});

test('a transaction is kept whole when its work succeeds and leaves nothing when it throws', async () => {
  const db = await newDatabase();
  const insert = (id: string) =>
    sql`insert into institution (id, name_zh, name_en, tier, kind) values (${id}, '院', 'H', 'tertiary', 'hospital')`;
  expect(await inTransaction(db, gp, async (trx) => (await insert('kept').execute(trx)).numAffectedRows)).toBe(1n);
  const failing = inTransaction(db, specialist, async (trx) => {
    await insert('lost').execute(trx);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await db.selectFrom('institution').select('id').execute()).toEqual([{ id: 'kept' }]);
});

test('statements that nobody waited for travel together and in order; one that follows a failed one stays out, even behind the rollback', async () => {
  const db = await newDatabase();
  const insert = (id: string, tier = 'tertiary') =>
    sql`insert into institution (id, name_zh, name_en, tier, kind) values (${id}, '院', 'H', ${tier}, 'hospital')`;
  const late: Promise<unknown>[] = [];
  const failing = inTransaction(db, gp, async (trx) => {
    const behind = async (turns: number, id: string) => {
      await sql`select 1`.execute(trx);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await insert(id).execute(trx);
    };
    for (let turns = 0; turns < 60; turns++) {
      const one = behind(turns, `late-${turns}`);
      late.push(one.catch(() => 'refused'));
    }
    await Promise.all([insert('early').execute(trx), insert('wrong', 'no such tier').execute(trx)]);
  });
  await expect(failing).rejects.toThrow('institution_tier');
  expect(new Set(await Promise.all(late))).toEqual(new Set(['refused']));
  expect(await db.selectFrom('institution').select('id').execute()).toEqual([]);
  const order = await inTransaction(db, gp, (trx) =>
    Promise.all([
      insert('one').execute(trx),
      sql<{ n: string }>`select count(*)::text as n from institution`.execute(trx).then(({ rows }) => rows[0]?.n),
    ]),
  );
  expect(order[1]).toBe('1');
});
