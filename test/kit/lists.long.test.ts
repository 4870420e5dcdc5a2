/** Lists over big tables: what a page costs does not grow with the alliance, nor with what vacuum has left undone. */
import { expect, test } from 'vitest';
import { generateLists, vacuumLists } from '../../bench/support/generated-lists.ts';
import { type MeasuredList, measureLists } from '../../bench/support/measured-lists.ts';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { demoDatabase } from '../support/service/database.ts';

const TASKS = 200_000;

const beyondGoal = (lists: MeasuredList[]) => lists.filter(({ buffers, goal }) => buffers > goal);
/** These are counted in an index alone, which holds what vacuum has seen. */
const isCounted = (list: string) => /^(a scrape|counts|indicators|referral book)/.test(list);

test(`among ${TASKS} tasks no page of any list touches more of the tables than its goal`, { timeout: 300_000 }, async () => {
  const url = await demoDatabase();
  const db = createDatabase(createPool(url, { connections: 1, statementTimeoutMs: 300_000 }));
  try {
    await generateLists(db, TASKS);
    const shown = await measureLists(url, (list) => !isCounted(list));
    expect(shown.filter(({ list, rows }) => rows === 0 && /^worklist of [^,]*(, (page|a middle|the last).*)?$/.test(list))).toEqual([]);
    if (process.env.SHOW_LISTS) console.table(shown);
    expect(beyondGoal(shown)).toEqual([]);
    await vacuumLists(db);
    const counted = await measureLists(url, isCounted);
    if (process.env.SHOW_LISTS) console.table(counted);
    expect(beyondGoal(counted)).toEqual([]);
  } finally {
    await db.destroy();
  }
});
