/**
 * The twelve invariants with what holds each: a statement in the shape of the act that goes around its friendly check, as the same role of the database,
 * and acts at once that would break the invariant together though neither does alone.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, createPool } from '../../../db/kit/database.ts';
import { refusalOfConstraint } from '../../../db/sterile-supply/constraint-refusals.ts';
import { describeError } from '../../../domain/kit/errors.ts';
import { createSupplyRows } from '../../support/builders/sterile-supply-rows.ts';
import { act, at, constraintOf, db, newBox, oneOf, rows, set, stow, useTables, type Work } from '../../support/constraint-cases/ground.ts';
import { casesOfTheFloor } from '../../support/constraint-cases/of-the-floor.ts';
import { casesOfTheRoad } from '../../support/constraint-cases/of-the-road.ts';
import { supplyFlaws } from '../../support/oracles/supply-flaws.ts';
import { demoDatabase } from '../../support/service/database.ts';

beforeAll(async () => {
  const tables = createDatabase(createPool(await demoDatabase(), { connections: 12, statementTimeoutMs: 20_000 }));
  useTables(tables, createSupplyRows(tables));
});
afterAll(async () => {
  expect(await supplyFlaws(db)).toEqual({});
  await db?.destroy();
});

const cases = [...casesOfTheFloor, ...casesOfTheRoad];

const around = cases.filter((one) => one.around).map((one) => [`${one.invariant} ${one.constraint}`, one] as const);
const races = cases.filter((one) => one.race).map((one) => [`${one.invariant} ${one.constraint}`, one] as const);

describe('what goes around the friendly check is refused by the table', () => {
  test.each(around)('%s', async (_, { constraint, around: attempt }) => {
    const refused = await constraintOf(attempt?.() ?? Promise.resolve());
    if (constraint.startsWith('rows of')) expect(refused).toContain(constraint);
    else expect(refused).toBe(constraint);
  });
});

describe('of acts at once that would break it together, one goes through', () => {
  test.each(races)('%s', async (_, { constraint, race }) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const answers = (await race?.()) ?? [];
      if (constraint.startsWith('rows of')) expect(answers).toEqual([undefined]);
      else oneOf(answers, constraint);
    }
  });
});

test('each of the twelve invariants has what holds it', () => {
  expect(new Set(cases.map(({ invariant }) => invariant))).toEqual(new Set(Array.from({ length: 12 }, (_, index) => index + 1)));
});

test('a special pathogen that a scan saw among others is written as it was', async () => {
  const round = await rows.round();
  const box = await newBox('soiled');
  await act(stow(round, box, null));
  const answer = await constraintOf(
    act(async (trx) => {
      const seal_number = randomUUID();
      const consignment = {
        id: randomUUID(),
        round_id: round.id,
        stop_id: round.stopId,
        lane: 'soiled',
        box_id: box,
        special: 'prion',
      } as const;
      await trx
        .insertInto('consignment')
        .values({ ...consignment, seal_number })
        .execute();
      await trx
        .insertInto('supply_event')
        .values({
          id: randomUUID(),
          happened_at: at('01:00'),
          late: false,
          event: 'soiled-stowed',
          thing_type: 'transport-box',
          thing_id: box,
          stop_id: round.stopId,
          scan_id: randomUUID(),
          details: JSON.stringify({ sealNumber: seal_number }),
          actor: '{}',
          institution_id: 'inst-cssd',
        })
        .execute();
    }),
  );
  expect(answer).toBeUndefined();
  // The round is no question of the oracle: what was seen there has happened.
  await sql`alter table consignment disable trigger consignment_special_alone`.execute(db);
  await db.updateTable('consignment').set({ special: null }).where('round_id', '=', round.id).execute();
  await sql`alter table consignment enable trigger consignment_special_alone`.execute(db);
});

test('every constraint that an act can run into is refused in words, in both languages', async () => {
  const { rows: raised } = await sql<{ name: string }>`
    select distinct substring(proname from 'check_(.*)') as name from pg_proc join pg_trigger on tgfoid = pg_proc.oid
    where proname like 'check\\_%' and not tgisinternal`.execute(db);
  const names = raised.map(({ name }) => name.replace(/_(new|old)$/, '')).filter((name) => name !== 'scan_content_kept');
  expect(names.length).toBeGreaterThan(50);
  for (const constraint of names) {
    const refused = refusalOfConstraint(Object.assign(new pg.DatabaseError('refused', 0, 'error'), { constraint }));
    expect(refused?.code, constraint).toBeDefined();
    if (!refused) continue;
    const { zh, en, status } = describeError(refused.code);
    expect(
      [zh, en].every((words) => words.length > 5),
      constraint,
    ).toBe(true);
    expect([409, 422], constraint).toContain(status);
  }
});

test('whoever loses a deadlock is done again, and both acts have happened', async () => {
  const ids = [await rows.pack(), await rows.pack()] as const;
  let runs = 0;
  const inOrder =
    (first: string, second: string): Work =>
    async (trx) => {
      runs += 1;
      await set('pack', first, { label_print: sql`label_print + 1` })(trx);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await set('pack', second, { label_print: sql`label_print + 1` })(trx);
    };
  expect(await Promise.all([constraintOf(act(inOrder(...ids))), constraintOf(act(inOrder(ids[1], ids[0])))])).toEqual([
    undefined,
    undefined,
  ]);
  expect(runs).toBeGreaterThan(2);
  const prints = await db.selectFrom('pack').select('label_print').where('id', 'in', ids).execute();
  expect(prints.map(({ label_print }) => label_print)).toEqual([2, 2]);
});
