/** The worklist: what stands first, who sees what, and what happens when many reach for the same task. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, placeOf, type TaskRow, worklist } from '../../db/kit/tasks.ts';
import { elapsedMs, instantOf, type SlaClock } from '../../domain/time/sla-clock.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
});
afterAll(() => service?.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const seed = Number(process.env.CAREPATH_TEST_SEED ?? Date.now() % 1_000_000);

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
    const rows = await worklist(service.db, { institutionId, roles: ['specialist'], personId, at, limit: 1_000 });
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
    const places = rows.map(placeOf);
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
    const whole = await worklist(service.db, { ...question, limit: 1_000 });
    expect(whole).toHaveLength(200);
    for (const limit of [3, 64]) {
      const seen: TaskRow[] = [];
      for (let rows: TaskRow[] = []; ; ) {
        const last = seen.at(-1);
        // As for the API: one more than the page, to know whether there is another.
        rows = await worklist(service.db, { ...question, limit, after: last && (JSON.parse(JSON.stringify(placeOf(last))) as Place) });
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
    const looked = await service.db
      .selectFrom('audit')
      .select(['actor', 'patient_id'])
      .where('action', '=', 'worklist.read')
      .where('patient_id', '=', patientId)
      .execute();
    expect(looked).toEqual([
      { actor: { personId: 'person-multipost', institutionId: 'inst-h1', role: 'specialist' }, patient_id: patientId },
    ]);
  });
});

// --- claim, release, complete ---------------------------------------------------------------

interface Received {
  at: string;
  taskId: string;
  task: string;
}

async function received(): Promise<Received> {
  const { status, body } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  expect(status).toBe(201);
  const { id } = await service.db
    .selectFrom('task')
    .select('id')
    .where('pathway_id', '=', body.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow();
  return { at: `/v1/referrals/${body.id}`, taskId: id, task: `/v1/tasks/${id}` };
}

const taskRow = (id: string) =>
  service.db.selectFrom('task').select(['owner_id', 'status', 'version']).where('id', '=', id).executeTakeFirstOrThrow();

async function act(account: string, path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await service.post(account, path, body, { headers });
  expect(contract.brokenBy('POST', path, answer)).toEqual([]);
  return answer;
}

const outcome = ({ status, body }: Answer) => (status < 300 ? status : [status, body.code]);

describe('claiming', () => {
  test.each<[string, unknown]>([
    ['specialist', 200],
    ['head', 200],
    ['multipost', [404, 'not-found']], // signed in at her centre
    ['desk', [403, 'role-may-not']],
    ['pharmacist', [403, 'role-may-not']],
    ['office', [403, 'role-may-not']],
    ['infection', [403, 'role-may-not']],
    ['gp', [404, 'not-found']],
    ['specialist2', [404, 'not-found']],
    ['driver', [404, 'not-found']],
  ])('as %s', async (account, expected) => {
    const { task, taskId } = await received();
    const answer = await act(account, `${task}/claim`);
    expect(outcome(answer)).toEqual(expected);
    expect((await taskRow(taskId)).owner_id).toBe(expected === 200 ? `person-${account}` : null);
    if (expected === 200) expect(answer.body).toMatchObject({ owner: { personId: `person-${account}` }, version: 2 });
    if (expected === 200) expect(answer.headers.get('etag')).toBe('"2"');
  });

  test('what is claimed is claimed once: its owner and a colleague get 409', async () => {
    const { task } = await received();
    expect(outcome(await act('specialist', `${task}/claim`))).toBe(200);
    expect(outcome(await act('specialist', `${task}/claim`))).toEqual([409, 'task-already-claimed']);
    expect(outcome(await act('head', `${task}/claim`))).toEqual([409, 'task-already-claimed']);
  });

  test('whoever may not hears so before the body is looked at', async () => {
    const { task } = await received();
    expect(outcome(await act('desk', `${task}/claim`, { unknown: 1 }))).toEqual([403, 'role-may-not']);
    expect(outcome(await act('desk', `${task}/complete`, { unknown: 1 }))).toEqual([403, 'role-may-not']);
    expect(outcome(await act('specialist', `${task}/claim`, { unknown: 1 }))).toEqual([422, 'invalid-request']);
  });

  test('a task that is done cannot be claimed or released', async () => {
    const { at, task } = await received();
    await act('specialist', `${at}/send-acceptance`);
    expect(outcome(await act('specialist', `${task}/claim`))).toEqual([409, 'task-closed']);
    expect(outcome(await act('specialist', `${task}/release`))).toEqual([409, 'task-closed']);
    expect(outcome(await act('specialist', `${task}/complete`))).toEqual([409, 'task-closed']);
  });

  test('who has claimed the work keeps it for the next step', async () => {
    const { at, task, taskId } = await received();
    await act('specialist', `${task}/claim`);
    await act('head', `${at}/send-acceptance`);
    const next = await service.db
      .selectFrom('task')
      .select(['name', 'owner_id'])
      .where('pathway_id', '=', taskId.split('.')[0] as string)
      .where('status', '=', 'open')
      .execute();
    expect(next).toEqual([{ name: 'arrange-visit', owner_id: 'person-specialist' }]);
  });

  test('20 people at once, over and over: one gets it, 19 hear that it is taken', async () => {
    const people = await service.db
      .selectFrom('post')
      .select(['person_id', 'role'])
      .where('institution_id', '=', 'inst-h1')
      .where('role', 'in', ['specialist', 'head'])
      .orderBy('person_id')
      .limit(20)
      .execute();
    expect(people).toHaveLength(20);
    const tokens = await Promise.all(
      people.map(({ person_id: personId, role }) => service.tokens.issue({ personId, institutionId: 'inst-h1', roles: [role] })),
    );
    for (let round = 0; round < 5; round++) {
      const { task, taskId } = await received();
      const claims = await Promise.all(
        tokens.map(async ({ token }, index) => {
          const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
          const response = await service.app.request(`${task}/claim`, { method: 'POST', headers, body: '{}' });
          return { personId: people[index]?.person_id, status: response.status, body: (await response.json()) as { code?: string } };
        }),
      );
      const won = claims.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      expect(claims.filter(({ status, body }) => status === 409 && body.code === 'task-already-claimed')).toHaveLength(19);
      expect(await taskRow(taskId)).toEqual({ owner_id: won[0]?.personId, status: 'open', version: 2 });
      const audited = await service.db
        .selectFrom('audit')
        .select('actor')
        .where('action', '=', 'task.claim')
        .where('target_id', '=', taskId)
        .execute();
      expect(audited.map(({ actor }) => (actor as { personId: string }).personId)).toEqual([won[0]?.personId]);
    }
  });
});

describe('releasing', () => {
  test('gives back what one holds; a head gives back what somebody else holds', async () => {
    for (const account of ['specialist', 'head']) {
      const { task, taskId } = await received();
      await act('specialist', `${task}/claim`);
      const released = await act(account, `${task}/release`);
      expect(released.body).toMatchObject({ owner: null, version: 3 });
      expect(await taskRow(taskId)).toEqual({ owner_id: null, status: 'open', version: 3 });
    }
  });

  test('what nobody holds, or somebody else, cannot be given back', async () => {
    const { task, taskId } = await received();
    expect(outcome(await act('specialist', `${task}/release`))).toEqual([409, 'task-not-yours']);
    await act('head', `${task}/claim`);
    expect(outcome(await act('specialist', `${task}/release`))).toEqual([409, 'task-not-yours']);
    expect((await taskRow(taskId)).owner_id).toBe('person-head');
  });
});

describe('completing', () => {
  test('most tasks are completed by the work itself: the answer says by which', async () => {
    const { task } = await received();
    const answer = await act('specialist', `${task}/complete`);
    expect(outcome(answer)).toEqual([409, 'task-done-by-trigger']);
    expect(answer.body.allowed).toContain('send-acceptance');
  });

  test('the two-week check is completed here, with a note, once', { timeout: 120_000 }, async () => {
    const { at } = await received();
    const id = at.split('/')[3] as string;
    expect((await service.fastForward(id, 'P15D')).status).toBe(200);
    const check = await service.db
      .selectFrom('task')
      .select(['id', 'version'])
      .where('pathway_id', '=', id)
      .where('name', '=', 'check-referral')
      .executeTakeFirstOrThrow();
    const path = `/v1/tasks/${check.id}/complete`;
    expect(outcome(await act('nurse', path))).toEqual([403, 'role-may-not']);
    expect(outcome(await act('specialist', path))).toEqual([404, 'not-found']);
    // The version is the task's own, not the referral's.
    expect(outcome(await act('gp', path, {}, { 'if-match': `"${check.version + 1}"` }))).toEqual([412, 'version-changed']);
    const body = { note: '已电话随访，血压平稳' };
    const key = randomUUID();
    const options = { key, headers: { 'if-match': `"${check.version}"` } };
    const done = await service.post('gp', path, body, options);
    expect([done.status, done.body.id]).toEqual([200, id]);
    expect((await taskRow(check.id)).status).toBe('done');
    const again = await service.post('gp', path, body, options);
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, done.body, 'true']);
    expect(outcome(await act('gp', path, body))).toEqual([409, 'task-closed']);
    const { body: timeline } = await service.get('gp', `${at}/timeline`);
    expect(timeline.items.filter(({ event }: { event: string }) => event === 'answer-check')).toMatchObject([{ note: body.note }]);
  });
});

// --- withdrawing against claiming -----------------------------------------------------------

describe('a referral is withdrawn only while nobody has taken it on', () => {
  const reason = { reason: '患者改去他院' };

  test('claimed: 409; given back: withdrawn, and the task is closed with it', async () => {
    const { at, task, taskId } = await received();
    await act('specialist', `${task}/claim`);
    expect((await service.get('gp', at)).body.allowed).not.toContain('withdraw');
    expect(outcome(await act('gp', `${at}/withdraw`, reason))).toEqual([409, 'transition-not-allowed']);
    await act('specialist', `${task}/release`);
    expect((await service.get('gp', at)).body.allowed).toContain('withdraw');
    expect((await act('gp', `${at}/withdraw`, reason)).body).toMatchObject({ status: 'cancelled', businessStatus: '6.0' });
    expect((await taskRow(taskId)).status).not.toBe('open');
    expect(outcome(await act('specialist', `${task}/claim`))).toEqual([409, 'task-closed']);
  });

  test('both at once, 15 times: one of the two, never both, never neither', { timeout: 120_000 }, async () => {
    const winners = { claim: 0, withdraw: 0 };
    for (let round = 0; round < 15; round++) {
      const { at, task, taskId } = await received();
      // A withdrawal goes through the pathway and takes longer: the claim comes now sooner, now later.
      const later = new Promise((resolve) => setTimeout(resolve, (round % 8) * 8));
      const [withdrawn, claimed] = await Promise.all([
        act('gp', `${at}/withdraw`, reason),
        later.then(() => act('specialist', `${task}/claim`)),
      ]);
      const { status } = (await service.get('gp', at)).body;
      const row = await taskRow(taskId);
      if (claimed.status === 200) {
        winners.claim++;
        expect(outcome(withdrawn)).toEqual([409, 'transition-not-allowed']);
        expect([status, row.status, row.owner_id]).toEqual(['received', 'open', 'person-specialist']);
      } else {
        winners.withdraw++;
        expect(outcome(claimed)).toEqual([409, 'task-closed']);
        expect(withdrawn.status).toBe(200);
        expect([status, row.owner_id]).toEqual(['cancelled', null]);
        expect(row.status).not.toBe('open');
      }
    }
    console.log(`claim against withdraw: ${winners.claim} claims, ${winners.withdraw} withdrawals`);
  });
});
