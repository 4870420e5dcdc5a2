/** The lists of enrolments, referrals and episodes: whom each item is about, and the filters that are asked of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDateOf } from '../../domain/time/local-date.ts';
import { followUpsOn, offTarget, onTarget } from '../support/builders/enrolments.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const { enrol, visit, read, forwardTo } = followUpsOn(() => service);

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Item = any;

async function listOf(path: string, query = '', account = 'gp'): Promise<Item[]> {
  const { status, body } = await service.get(account, `/v1/${path}?limit=200${query}`);
  expect([status, body.code]).toEqual([200, undefined]);
  return body.items;
}
const idsOf = async (path: string, query: string, account?: string): Promise<string[]> =>
  (await listOf(path, query, account)).map(({ id }) => id);

const DAY_MS = 86_400_000;

describe('enrolments', () => {
  let controlled: Item;
  let off: Item;
  let unmeasured: Item;
  let late: Item;
  beforeAll(async () => {
    [controlled, off, unmeasured, late] = [await enrol(), await enrol(), await enrol(), await enrol()];
    expect((await visit(controlled, onTarget)).status).toBe(201);
    expect((await visit(off, offTarget)).status).toBe(201);
    const { nextVisit } = await read(late.id);
    await forwardTo(late, Date.parse(`${nextVisit.dueOn}T02:00:00Z`) + DAY_MS);
  });

  test('by the last measured visit, by tier, by what is overdue', async () => {
    const [onIds, offIds] = [await idsOf('enrolments', '&controlled=true'), await idsOf('enrolments', '&offTarget=true')];
    expect([onIds.includes(controlled.id), onIds.includes(off.id), onIds.includes(unmeasured.id)]).toEqual([true, false, false]);
    expect([offIds.includes(controlled.id), offIds.includes(off.id), offIds.includes(unmeasured.id)]).toEqual([false, true, false]);
    expect(await idsOf('enrolments', '&overdue=true')).toEqual([late.id]);
    expect(await idsOf('enrolments', '&overdue=false')).not.toContain(late.id);
    const { tier } = await service.db.selectFrom('enrolment').select('tier').where('id', '=', off.id).executeTakeFirstOrThrow();
    for (const one of ['low', 'middle', 'high'])
      expect((await idsOf('enrolments', `&tier=${one}`)).includes(off.id), one).toBe(one === tier);
  });

  test('by due date, what is due first at the head, page after page; the date itself is not before it', async () => {
    const all = await listOf('enrolments', '&sort=dueOn');
    const dueDates = all.map(({ nextVisit }) => nextVisit?.dueOn ?? '9999');
    expect(dueDates).toEqual([...dueDates].sort());
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Item = await service.get(
        'gp',
        `/v1/enrolments?limit=1&sort=dueOn${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      paged.push(...body.items.map(({ id }: Item) => id));
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    const { nextVisit } = await read(off.id);
    expect(await idsOf('enrolments', `&dueBefore=${nextVisit.dueOn}`)).not.toContain(off.id);
    expect(await idsOf('enrolments', `&dueBy=${nextVisit.dueOn}`)).toContain(off.id);
  });

  test('by the number that messages print, and each item names its resident', async () => {
    const [found, ...others] = await listOf('enrolments', `&query=${off.pathwayId.slice(-8)}`);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ id: off.id, patient: { id: off.patientId, name: expect.any(String), birthDate: expect.any(String) } });
    expect(await idsOf('enrolments', `&query=${encodeURIComponent(found.patient.name)}`)).toContain(off.id);
  });
});

test('referrals are found by department, month, several statuses and number, and each names its patient', async () => {
  const { toDepartmentId } = { toDepartmentId: 'dept-h1-cardiology' };
  const sent = (await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId }))).body;
  const draft = (await service.post('gp', '/v1/referrals', await newReferral(service, { draft: true }))).body;
  expect(await idsOf('referrals', `&departmentId=${toDepartmentId}`, 'specialist')).toEqual([sent.id]);
  expect(await idsOf('referrals', '&departmentId=dept-h1-neurology', 'specialist')).toEqual([]);
  const month = localDateOf(Date.now()).slice(0, 7);
  expect(await idsOf('referrals', `&month=${month}&status=received&status=draft`)).toEqual([draft.id, sent.id]);
  expect(await idsOf('referrals', `&month=${month}&status=received`)).toEqual([sent.id]);
  expect(await idsOf('referrals', '&month=2020-01')).toEqual([]);
  const [found] = await listOf('referrals', `&query=${sent.id.slice(-8)}`, 'specialist');
  expect(found).toMatchObject({ id: sent.id, patient: { id: sent.patientId, name: expect.any(String) } });
  expect(await idsOf('patients', `&query=${sent.id.slice(-8)}`)).toEqual([sent.patientId]);
  expect(await idsOf('referrals', `&query=${draft.id.slice(-8)}`, 'specialist')).toEqual([]);
});

test('a claim of many tasks is answered for each, in order', async () => {
  const sent = (await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }))).body;
  const [task] = await listOf('worklist', `&query=${sent.id.slice(-8)}`, 'specialist');
  const unknown = `${sent.id}.c9-nothing`;
  const foreign = (await listOf('worklist', '', 'gp'))[0];
  const taskIds = [unknown, task.id, foreign.id];
  const { status, body } = await service.post('specialist', '/v1/tasks/claim', { taskIds });
  expect([status, body]).toEqual([
    200,
    {
      items: [
        { taskId: unknown, status: 404, code: 'not-found' },
        { taskId: task.id, status: 200 },
        { taskId: foreign.id, status: 404, code: 'not-found' },
      ],
    },
  ]);
  const again = await service.post('head', '/v1/tasks/claim', { taskIds: [task.id] });
  expect(again.body.items).toEqual([{ taskId: task.id, status: 409, code: 'task-already-claimed' }]);
  expect((await listOf('worklist', '&mine=true', 'specialist')).map(({ id }) => id)).toEqual([task.id]);
});
