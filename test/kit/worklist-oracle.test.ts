/** Any role's list is what a plain filter over all tasks gives, with calls, rests and filters, page after page. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placeOf } from '../../db/kit/tasks.ts';
import { countWorklist, listWorklist } from '../../db/kit/worklist.ts';
import type { Place, WorklistFilter, WorklistSort } from '../../db/kit/worklist-order.ts';
import { testSeed } from '../support/seed.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const seed = testSeed;
const HOUR = 3_600_000;
const CENTRE = 'inst-c01';
const DEPARTMENT = 'dept-c01-general-practice';

const viewers = {
  nurse: { personId: 'person-nurse', institutionId: CENTRE, roles: ['nurse'] },
  gp: { personId: 'person-gp', institutionId: CENTRE, roles: ['gp'] },
  office: { personId: 'person-office', institutionId: 'inst-h1', roles: ['office'], overdueEverywhere: true },
};
type Account = keyof typeof viewers;

const anyTask = fc.record({
  name: fc.constantFrom('follow-up-visit', 'answer-referral', 'review-result'),
  role: fc.constantFrom('nurse', 'gp', 'head', 'office'),
  institutionId: fc.constantFrom(CENTRE, CENTRE, 'inst-h1'),
  departmentId: fc.constantFrom(null, DEPARTMENT),
  ownerId: fc.constantFrom(null, null, 'person-nurse', 'person-gp'),
  emergency: fc.boolean(),
  ageHours: fc.integer({ min: 0, max: 40 }),
  budgetHours: fc.constantFrom(4, 24),
  paused: fc.constantFrom(false, false, true),
  held: fc.constantFrom(false, false, false, true),
  calls: fc.uniqueArray(fc.constantFrom('nurse', 'gp', 'office'), { maxLength: 2 }),
});
type Task = typeof anyTask extends fc.Arbitrary<infer T> ? T : never;

const anyFilter: fc.Arbitrary<WorklistFilter & { sort?: WorklistSort }> = fc
  .record(
    {
      mine: fc.constant(true),
      kinds: fc.subarray(['follow-up-visit', 'answer-referral', 'review-result'], { minLength: 1 }),
      ownerId: fc.constantFrom('person-nurse', 'person-gp'),
      dueInHours: fc.integer({ min: -20, max: 20 }),
      overdue: fc.boolean(),
      emergency: fc.boolean(),
      sort: fc.constantFrom<WorklistSort>('rank', 'dueAt', 'openedAt'),
    },
    { requiredKeys: [] },
  )
  .map(({ dueInHours, ...filter }) =>
    dueInHours === undefined ? filter : { ...filter, dueBefore: new Date(Date.now() + dueInHours * HOUR) },
  );

async function insertTasks(tasks: readonly Task[], now: number): Promise<(Task & { id: string; dueAt: number | null })[]> {
  await service.db.deleteFrom('task').execute();
  const made = tasks.map((task) => {
    const pathwayId = randomUUID();
    const dueAt = task.paused ? null : now - task.ageHours * HOUR + task.budgetHours * HOUR;
    return { ...task, pathwayId, id: `${pathwayId}.t`, dueAt };
  });
  await service.db
    .insertInto('pathway')
    .values(made.map(({ pathwayId }) => ({ id: pathwayId, kind: 'referral' })))
    .execute();
  const rows = made.map(({ pathwayId, id, dueAt, ...task }) => ({
    id,
    pathway_id: pathwayId,
    name: task.name,
    role: task.role,
    institution_id: task.institutionId,
    department_id: task.institutionId === CENTRE ? task.departmentId : null,
    owner_id: task.ownerId,
    claimed_at: task.ownerId === null ? null : new Date(now),
    urgency: 'routine',
    emergency: task.emergency,
    clock: JSON.stringify({
      id: 't',
      name: 't',
      budgetMs: task.budgetHours * HOUR,
      startedAt: now - task.ageHours * HOUR,
      pauses: task.paused ? [{ from: now - (task.ageHours * HOUR) / 2, to: null }] : [],
      rungs: [],
    }),
    opened_at: new Date(now - task.ageHours * HOUR),
    due_at: dueAt === null ? null : new Date(dueAt),
    held_since: task.held ? new Date(now) : null,
    escalated_to: JSON.stringify(
      task.calls.map((role) => ({
        role,
        institutionId: role === 'office' ? null : CENTRE,
        departmentId: null,
        at: new Date(now).toISOString(),
      })),
    ),
  }));
  await service.db.insertInto('task').values(rows).execute();
  return made;
}

/** Who sees a task, said in the simplest words. */
function isSeen(task: Task & { dueAt: number | null }, account: Account, now: number): boolean {
  const { institutionId, personId } = viewers[account];
  if (task.held) return false;
  if (task.calls.includes(account)) return true;
  if (account === 'office' && task.dueAt !== null && task.dueAt <= now) return true;
  if (task.institutionId !== institutionId) return false;
  return task.ownerId === personId || task.role === account || (account === 'gp' && task.name === 'follow-up-visit');
}

function fits(task: Task & { dueAt: number | null }, filter: WorklistFilter, account: Account, now: number): boolean {
  const { mine, kinds, ownerId, dueBefore, overdue, emergency } = filter;
  const { personId, institutionId } = viewers[account];
  if (mine && (task.ownerId !== personId || task.institutionId !== institutionId)) return false;
  if (kinds && !kinds.includes(task.name)) return false;
  if (ownerId !== undefined && task.ownerId !== ownerId) return false;
  if (dueBefore && (task.dueAt === null || task.dueAt >= dueBefore.getTime())) return false;
  if (overdue !== undefined && (task.dueAt !== null && task.dueAt <= now) !== overdue) return false;
  return emergency === undefined || task.emergency === emergency;
}

test(`each role sees what a plain filter gives, in order, whatever the filter and the length of the pages (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.array(anyTask, { minLength: 5, maxLength: 30 }),
    fc.constantFrom<Account>('nurse', 'gp', 'office'),
    fc.array(anyFilter, { minLength: 3, maxLength: 3 }),
    async (tasks, account, filters) => {
      const at = new Date();
      const made = await insertTasks(tasks, at.getTime());
      for (const { sort = 'rank', ...filter } of [{}, ...filters] as (WorklistFilter & { sort?: WorklistSort })[]) {
        const question = { ...viewers[account], ...filter, sort, at };
        const expected = made.filter((task) => isSeen(task, account, at.getTime()) && fits(task, filter, account, at.getTime()));
        const seen: string[] = [];
        const places: Place[] = [];
        for (let after: Place | undefined; ; after = places.at(-1)) {
          const rows = await listWorklist(service.db, { ...question, limit: 4, after });
          seen.push(...rows.slice(0, 4).map(({ id }) => id));
          places.push(...rows.slice(0, 4).map((row) => placeOf(row, sort)));
          if (rows.length <= 4) break;
        }
        expect([...seen].sort()).toEqual(expected.map(({ id }) => id).sort());
        for (const [index, place] of places.slice(1).entries()) {
          const before = places[index] as Place;
          const differs = place.findIndex((value, n) => value !== before[n]);
          expect((before[differs] as number) < (place[differs] as number)).toBe(true);
        }
        expect((await countWorklist(service.db, question)).all).toBe(expected.length);
      }
    },
  );
  await fc.assert(property, { seed, numRuns: 25 });
});
