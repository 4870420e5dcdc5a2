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
