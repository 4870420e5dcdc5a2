/** Work on tasks: claimed, given back and completed, each by one person only. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  expect(contract.findBrokenPromises('POST', path, answer)).toEqual([]);
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
    const note = '已电话随访，血压平稳';
    for (const [wrong, member] of [
      [{ note }, 'outcome'],
      [{ outcome: 'arrived' }, 'note'],
      [{ outcome: 'reached', note }, 'outcome'],
    ] as const) {
      const refused = await act('gp', path, wrong);
      expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([422, member]);
    }
    const body = { outcome: 'not-arrived', note };
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
