/** Every list of the table, asked as the API asks it, with the buffers that it may touch. */
import { sql } from 'kysely';
import { searchPatients } from '../../db/directory/directory.ts';
import { listAuditOfPatient } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { listPathways } from '../../db/kit/pathways.ts';
import { listWorklist, type Place, placeOf } from '../../db/kit/tasks.ts';
import { countWaiting } from '../../db/kit/waiting.ts';
import type { WorklistQuestion } from '../../db/kit/worklist-order.ts';
import { listBookEntries } from '../../db/referral/book.ts';
import { loadReceivedIndicators, loadSentIndicators } from '../../db/referral/indicators.ts';
import { listReferrals } from '../../db/referral/referrals.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { startOfMonth } from '../../domain/time/shanghai.ts';
import { countBuffers } from './count-buffers.ts';

const PAGE = 50;

export interface MeasuredList {
  list: string;
  rows: number;
  buffers: number;
  /** The most that it may touch. */
  goal: number;
}

/** Who looks at a worklist: accounts of the demo alliance. */
const viewers = {
  "a centre's GP": { personId: 'person-gp', institutionId: 'inst-c01', roles: ['gp'] },
  "a hospital's specialist": { personId: 'person-specialist', institutionId: 'inst-h1', roles: ['specialist'] },
  "a hospital's head": { personId: 'person-head', institutionId: 'inst-h1', roles: ['head'] },
  'the office': { personId: 'person-office', institutionId: 'inst-h1', roles: ['office'], overdueEverywhere: true },
};

/** `bookOf` and `name`: an institution and a name that the generated rows have. */
export async function measureLists(url: string): Promise<MeasuredList[]> {
  const measured: MeasuredList[] = [];
  const measure = async <T>(
    list: string,
    goal: number | ((rows: number) => number),
    read: (db: Database) => Promise<T[]>,
  ): Promise<T[]> => {
    const { result, buffers } = await countBuffers(url, read);
    measured.push({ list, rows: result.length, buffers, goal: typeof goal === 'number' ? goal : goal(result.length) });
    return result;
  };

  const at = new Date();
  for (const [who, viewer] of Object.entries(viewers)) {
    const question: WorklistQuestion = { ...viewer, at, limit: PAGE };
    const first = await measure(`worklist of ${who}`, 700, (db) => listWorklist(db, question));
    // A page in the middle of what runs, and one far behind, where paused tasks and those that have just begun stand.
    const last = first.at(-1);
    if (!last) continue;
    const places: Record<string, Place> = { 'half used': [1, 1, -0.5, 0, ''], 'little used': [1, 1, -0.1, 0, ''], 'page 2': placeOf(last) };
    for (const [where, after] of Object.entries(places))
      await measure(`worklist of ${who}, ${where}`, 700, (db) => listWorklist(db, { ...question, after }));
  }
  for (const [who, filter] of Object.entries({
    'a centre': { visibleTo: 'inst-c01' },
    'a hospital': { visibleTo: 'inst-h1' },
    'a house without any': { visibleTo: 'inst-none' },
    'the office': { sentOr: 'inst-h1' },
    'the office, of a hospital': { sentOr: 'inst-h1', institutionId: 'inst-h2' },
    'the office, of a status that none has': { sentOr: 'inst-h1', status: 'rejected' },
  }))
    await measure(`referrals of ${who}`, 600, (db) => listReferrals(db, filter, { limit: PAGE }));
  for (const institutionId of ['inst-h1', 'inst-c01'])
    await measure(`pathways of ${institutionId}`, 60, (db) => listPathways(db, { institutionId }, { limit: PAGE }));
  const page = { limit: PAGE };
  for (const [what, query] of Object.entries({ 'whole name': '王桐伟', 'end of a phone number': '13907919', 'unknown name': '欧阳修' }))
    await measure(`patients by ${what}`, 200, async (db) => (await searchPatients(db, { query, page })).items);
  for (const query of ['王', '伟'])
    await measure(`patients by ${query}`, 200, async (db) => (await searchPatients(db, { query, page })).items);
  const month = { from: new Date(at.getTime() - 40 * 86_400_000), to: new Date(at.getTime() - 10 * 86_400_000), limit: 500 };
  for (const institutionId of ['inst-c01', 'inst-h1'])
    await measure(
      `referral book of ${institutionId}, a page`,
      (rows) => 5 * rows,
      (db) => listBookEntries(db, { institutionId, ...month }),
    );
  const thisMonth = localDateOf(at.getTime()).slice(0, 7);
  const monthBefore = { from: startOfMonth(thisMonth, -1), to: startOfMonth(thisMonth) };
  const year = { from: startOfMonth(thisMonth, -11), to: startOfMonth(thisMonth, 1) };
  for (const [what, goal, question] of [
    ["a hospital's month", 300, { institutionId: 'inst-h1', ...monthBefore }],
    ["a centre's month", 300, { institutionId: 'inst-c01', ...monthBefore }],
    ['the alliance and a year', 3_000, year],
  ] as const)
    await measure(`indicators of referrals, ${what}`, goal, async (db) => [
      ...(await loadSentIndicators(db, question)),
      ...(await loadReceivedIndicators(db, question)),
    ]);
  const auditBy = (condition: ReturnType<typeof sql<boolean>>) => (db: Database) =>
    db.selectFrom('audit').select(['id', 'action']).where(condition).orderBy('id', 'desc').limit(PAGE).execute();
  await measure('audit of an institution', 100, auditBy(sql<boolean>`institution_id = 'inst-c01'`));
  await measure('audit of a patient', 100, (db) => listAuditOfPatient(db, 'patient-g00000777', { limit: PAGE }));
  await measure('audit of a person', 100, auditBy(sql<boolean>`actor ->> 'personId' = 'person-7'`));
  await measure('a scrape of the metrics', 200, countWaiting);
  await measure('the poll of an idle channel', 10, (db) =>
    db
      .selectFrom('message')
      .select('id')
      .where('status', '=', 'waiting')
      .where('channel', '=', 'wechat')
      .where('next_attempt_at', '<=', sql<Date>`now()`)
      .orderBy('next_attempt_at')
      .limit(PAGE)
      .execute(),
  );
  return measured;
}
