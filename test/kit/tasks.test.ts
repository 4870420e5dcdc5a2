/** The worklist: its order, its pages, and who sees which task. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAuditOfPatient } from '../../db/kit/audit.ts';
import { placeOf, type TaskRow } from '../../db/kit/tasks.ts';
import { listWorklist } from '../../db/kit/worklist.ts';
import type { Place } from '../../db/kit/worklist-order.ts';
import { elapsedMs, instantOf, type SlaClock } from '../../domain/time/sla-clock.ts';
import { testSeed } from '../support/seed.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const seed = testSeed;

interface NewTask {
  institutionId?: string;
  departmentId?: string | null;
  role?: string;
  ownerId?: string | null;
  emergency?: boolean;
  clock?: SlaClock;
  clockOffsetMs?: number;
  patientId?: string | null;
}

const runningSince = (ageMs: number, budgetMs: number): SlaClock => ({
  id: 'c1',
  name: 'received',
  budgetMs,
  startedAt: Date.now() - ageMs,
  pauses: [],
  rungs: [],
});

/** Rows as a commit writes them, without a referral behind them. */
async function insertTasks(tasks: NewTask[]): Promise<string[]> {
  const made = tasks.map((task) => ({ ...task, pathwayId: randomUUID(), clock: task.clock ?? runningSince(0, 24 * HOUR) }));
  await service.db
    .insertInto('pathway')
    .values(made.map(({ pathwayId, clockOffsetMs = 0 }) => ({ id: pathwayId, kind: 'referral', clock_offset_ms: String(clockOffsetMs) })))
    .execute();
  const rows = made.map(({ pathwayId, clock, ownerId = null, ...task }) => {
    const due = instantOf(clock, 100);
    return {
      id: `${pathwayId}.c1-answer-referral`,
      pathway_id: pathwayId,
      name: 'answer-referral',
      role: task.role ?? 'specialist',
      institution_id: task.institutionId ?? 'inst-h1',
      department_id: task.departmentId === undefined ? 'dept-h1-cardiology' : task.departmentId,
      patient_id: task.patientId ?? null,
      owner_id: ownerId,
      claimed_at: ownerId === null ? null : new Date(),
      urgency: 'routine',
      emergency: task.emergency ?? false,
      clock: JSON.stringify(clock),
      opened_at: new Date(clock.startedAt),
      due_at: due === undefined ? null : new Date(due),
    };
  });
  for (let from = 0; from < rows.length; from += 100)
    await service.db
      .insertInto('task')
      .values(rows.slice(from, from + 100))
      .execute();
  return rows.map(({ id }) => id);
}

/** Each test its own department of its own institution, so that no test sees another's tasks. */
const places = ['h2', 'h3'].flatMap((institution) =>
  ['emergency', 'endocrinology', 'neurology', 'nephrology', 'general-surgery'].map((code) => ({
    institutionId: `inst-${institution}`,
    departmentId: `dept-${institution}-${code}`,
  })),
);
let placesTaken = 0;

async function placeOfItsOwn(): Promise<{ institutionId: string; departmentId: string; personId: string; token: string }> {
  const place = places[placesTaken++];
  if (!place) throw new Error('More tests than departments.');
  const { person_id: personId } = await service.db
    .selectFrom('post')
    .select('person_id')
    .where('department_id', '=', place.departmentId)
    .where('role', '=', 'specialist')
    .orderBy('person_id')
    .limit(1)
    .executeTakeFirstOrThrow();
  const { token } = await service.tokens.issue({ personId, institutionId: place.institutionId, roles: ['specialist'] });
  return { ...place, personId, token };
}

interface List {
  items: { id: string; [member: string]: unknown }[];
  nextCursor: string | null;
}

async function getList(token: string, query: string): Promise<List> {
  const response = await service.app.request(`/v1/worklist?${query}`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as List;
}

async function allPages(token: string, limit: number, between: (page: number) => Promise<unknown> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let page = 1; page <= 1_000; page++) {
    const answer: List = await getList(token, `limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    expect(answer.items.length).toBeLessThanOrEqual(limit);
    seen.push(...answer.items.map(({ id }) => id));
    if (!answer.nextCursor) return seen;
    cursor = answer.nextCursor;
    await between(page);
  }
  throw new Error('The pages do not end.');
}

// --- order ---------------------------------------------------------------------------------

/** A clock with pauses one after the other, the last of them perhaps still lasting. */
const anyClock: fc.Arbitrary<SlaClock> = fc
  .record({
    ageMs: fc.integer({ min: 0, max: 40 * HOUR }),
    budgetMs: fc.constantFrom(30 * MINUTE, 4 * HOUR, 24 * HOUR, 72 * HOUR),
    steps: fc.array(fc.integer({ min: 0, max: 6 * HOUR }), { maxLength: 5 }),
  })
  .map(({ ageMs, budgetMs, steps }) => {
    const now = Date.now();
    const clock: SlaClock = { ...runningSince(ageMs, budgetMs), pauses: [] };
    let at = clock.startedAt;
    for (let index = 0; index < steps.length; index += 2) {
      const from = at + (steps[index] as number);
      const to = steps[index + 1] === undefined ? null : from + (steps[index + 1] as number);
      if (from > now || (to !== null && to > now)) break;
      clock.pauses.push({ from, to });
      at = to ?? now;
    }
    return clock;
  });

const anyTask = fc.record({ emergency: fc.boolean(), clock: anyClock, clockOffsetMs: fc.constantFrom(0, 0, 0, HOUR, 30 * HOUR) });

const isBefore = (a: Place, b: Place): boolean => {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] as number) < (b[index] as number);
};

test(`emergencies first, then what is overdue, then the larger share of its time, then the earlier due (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const { institutionId, departmentId, personId } = await placeOfItsOwn();
  const property = fc.asyncProperty(fc.array(anyTask, { minLength: 2, maxLength: 40 }), async (tasks) => {
    await service.db.deleteFrom('task').where('department_id', '=', departmentId).execute();
    const ids = await insertTasks(tasks.map((task) => ({ ...task, institutionId, departmentId })));
    const at = new Date();
    const rows = await listWorklist(service.db, { institutionId, roles: ['specialist'], personId, at, limit: 1_000 });
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const row of rows) {
      const task = tasks[ids.indexOf(row.id)] as (typeof tasks)[number];
      const now = at.getTime() + task.clockOffsetMs;
      const due = instantOf(task.clock, 100);
      expect(row.emergency).toBe(task.emergency);
      expect(row.overdue).toBe(due !== undefined && due <= now);
      expect(row.dueAt?.getTime()).toBe(due);
      expect(row.pausedSince === null).toBe(due !== undefined);
      // Beyond the end the share goes on growing: what is later by its own measure stands first.
      const expected =
        due === undefined ? elapsedMs(task.clock, now) / task.clock.budgetMs : Math.max(0, 1 - (due - now) / task.clock.budgetMs);
      expect(row.shareUsed).toBeCloseTo(expected, 5);
    }
    const places = rows.map((row) => placeOf(row));
    for (const [index, place] of places.slice(1).entries()) expect(isBefore(places[index] as Place, place)).toBe(true);
  });
  await fc.assert(property, { seed, numRuns: 25 });
});

test('each item says why it stands where it stands, the weightiest first, in both languages', async () => {
  const { token, ...place } = await placeOfItsOwn();
  const paused: SlaClock = { ...runningSince(3 * HOUR, 24 * HOUR), pauses: [{ from: Date.now() - HOUR, to: null }] };
  await insertTasks(
    [
      { ...place, emergency: true },
      { ...place, clock: runningSince(36 * HOUR, 24 * HOUR) },
      { ...place, clock: runningSince(12 * HOUR, 24 * HOUR) },
      { ...place, clock: paused },
    ].map(({ personId, ...task }: NewTask & { personId?: string }) => task),
  );
  const { items } = await getList(token, 'limit=10');
  const why = items.map((item) => (item.why as { code: string; zh: string; en: string }[]).map(({ code }) => code));
  expect(why).toEqual([
    ['emergency', 'share-of-budget', 'due-at'],
    ['overdue', 'share-of-budget'],
    ['share-of-budget', 'due-at'],
    ['paused', 'share-of-budget'],
  ]);
  expect(items.map(({ shareUsed }) => shareUsed)).toEqual([0, 1.5, 0.5, 2 / 24].map((share) => expect.closeTo(share, 3)));
  expect(items[1]?.why).toMatchObject([{}, { zh: '已用时限的 150%', en: '150 % of the time is used' }]);
});

// --- pages ---------------------------------------------------------------------------------

describe('page after page', () => {
  const many = fc.sample(anyTask, { numRuns: 330, seed });

  test.each([
    [1, 40],
    [7, 330],
    [50, 330],
    [200, 330],
  ])('of %i: each of %i tasks once', async (limit, count) => {
    const { token, institutionId, departmentId } = await placeOfItsOwn();
    const ids = await insertTasks(many.slice(0, count).map((task) => ({ ...task, institutionId, departmentId })));
    expect((await allPages(token, limit)).sort()).toEqual([...ids].sort());
  });

  test('the order is that of one long page, whatever the length of the pages', async () => {
    const { institutionId, departmentId, personId } = await placeOfItsOwn();
    // Many of the same share and the same due instant: only the id tells them apart.
    const equal = runningSince(HOUR, 4 * HOUR);
    await insertTasks(
      many.slice(0, 100).flatMap((task) => [
        { ...task, institutionId, departmentId },
        { clock: equal, institutionId, departmentId },
      ]),
    );
    const question = { institutionId, roles: ['specialist'], personId, at: new Date() };
    const whole = await listWorklist(service.db, { ...question, limit: 1_000 });
    expect(whole).toHaveLength(200);
    for (const limit of [3, 64]) {
      const seen: TaskRow[] = [];
      for (let rows: TaskRow[] = []; ; ) {
        const last = seen.at(-1);
        // As for the API: one more than the page, to know whether there is another.
        rows = await listWorklist(service.db, { ...question, limit, after: last && (JSON.parse(JSON.stringify(placeOf(last))) as Place) });
        seen.push(...rows.slice(0, limit));
        if (rows.length <= limit) break;
      }
      expect(seen.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    }
  });

  test('while others are opened, claimed and finished: none twice, none of the others skipped', async () => {
    const { token, institutionId, departmentId, personId } = await placeOfItsOwn();
    const place = { institutionId, departmentId };
    const ids = await insertTasks(many.slice(0, 120).map((task) => ({ ...task, ...place })));
    const finished = new Set<string>();
    const seen = await allPages(token, 10, async (page) => {
      await insertTasks(many.slice(page * 3, page * 3 + 3).map((task) => ({ ...task, ...place })));
      const [claimed, done] = [ids[page * 5], ids[page * 5 + 1]] as [string, string];
      await service.db.updateTable('task').set({ owner_id: personId, claimed_at: new Date() }).where('id', '=', claimed).execute();
      await service.db.updateTable('task').set({ status: 'done', closed_at: new Date() }).where('id', '=', done).execute();
      finished.add(done);
    });
    expect(new Set(seen).size).toBe(seen.length);
    const missing = ids.filter((id) => !seen.includes(id));
    expect(missing.filter((id) => !finished.has(id))).toEqual([]);
  });
});

// --- who sees what -----------------------------------------------------------------------

describe('who sees which task', () => {
  let tasks: Record<string, string>;
  const byId = () => new Map(Object.entries(tasks).map(([name, id]) => [id, name]));

  beforeAll(async () => {
    await service.db.deleteFrom('task').execute();
    const wanted: Record<string, NewTask> = {
      cardiology: {},
      endocrinology: { departmentId: 'dept-h1-endocrinology' },
      'cardiology, taken by a colleague': { ownerId: 'person-head' },
      desk: { role: 'desk', departmentId: null },
      'gp of c01': { role: 'gp', institutionId: 'inst-c01', departmentId: 'dept-c01-general-practice' },
      'gp of c02, overdue': {
        role: 'gp',
        institutionId: 'inst-c02',
        departmentId: 'dept-c02-general-practice',
        clock: runningSince(2 * HOUR, HOUR),
      },
      'cardiology of h2': { institutionId: 'inst-h2', departmentId: 'dept-h2-cardiology' },
      'cardiology of h2, taken by somebody of h1': {
        institutionId: 'inst-h2',
        departmentId: 'dept-h2-cardiology',
        ownerId: 'person-specialist',
      },
      'cardiology of h2, overdue on its own clock': {
        institutionId: 'inst-h2',
        departmentId: 'dept-h2-cardiology',
        clockOffsetMs: 48 * HOUR,
      },
    };
    const ids = await insertTasks(Object.values(wanted));
    tasks = Object.fromEntries(Object.keys(wanted).map((name, index) => [name, ids[index] as string]));
  });

  const h2 = ['cardiology of h2', 'cardiology of h2, taken by somebody of h1', 'cardiology of h2, overdue on its own clock'];
  const overdue = ['gp of c02, overdue', 'cardiology of h2, overdue on its own clock'];
  test.each<[string, string[]]>([
    ['specialist', ['cardiology', 'cardiology, taken by a colleague']],
    ['head', ['cardiology', 'cardiology, taken by a colleague', 'desk']],
    ['desk', ['desk']],
    ['specialist2', h2],
    ['gp', ['gp of c01']],
    ['gp2', ['gp of c02, overdue']],
    ['office', overdue],
    ['nurse', []],
    ['pharmacist', []],
  ])('%s', async (account, names) => {
    const { body } = await service.get(account, '/v1/worklist?limit=200');
    expect(body.items.map(({ id }: { id: string }) => byId().get(id)).sort()).toEqual([...names].sort());
  });

  test('with ?mine=true only what one holds oneself, where one is signed in', async () => {
    expect((await service.get('head', '/v1/worklist?mine=true')).body.items.map(({ id }: { id: string }) => byId().get(id))).toEqual([
      'cardiology, taken by a colleague',
    ]);
    expect((await service.get('specialist', '/v1/worklist?mine=true')).body.items).toEqual([]);
    expect((await service.get('specialist', '/v1/worklist?mine=false')).body.items).toHaveLength(2);
  });

  test('somebody with posts at two institutions sees at each what is there', async () => {
    const at = async (institutionId: string) => {
      const { body } = await service.post(
        '',
        '/v1/sessions',
        { username: 'multipost', password: 'carepath-demo', institutionId },
        { key: null },
      );
      return (await getList(body.token, 'limit=200')).items.map(({ id }) => byId().get(id));
    };
    expect(await at('inst-h1')).toEqual(['endocrinology']);
    expect(await at('inst-c03')).toEqual([]);
  });

  test('every look at a patient’s task is recorded', async () => {
    const patientId = 'patient-0007';
    await insertTasks([
      { patientId, departmentId: 'dept-h1-endocrinology' },
      { patientId, departmentId: 'dept-h1-endocrinology' },
    ]);
    const { body } = await service.post(
      '',
      '/v1/sessions',
      { username: 'multipost', password: 'carepath-demo', institutionId: 'inst-h1' },
      { key: null },
    );
    await getList(body.token, 'limit=200');
    const looked = (await listAuditOfPatient(service.db, patientId, { limit: 50 })).filter(({ action }) => action === 'worklist.read');
    expect(looked.map(({ actor }) => actor)).toEqual([{ personId: 'person-multipost', institutionId: 'inst-h1', role: 'specialist' }]);
  });
});
