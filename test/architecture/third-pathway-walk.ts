/**
 * The walk of the pathway that docs/adding-a-pathway.md makes. This project has no such pathway: third-pathway.long.test.ts makes a copy that has it, and
 * runs this file there.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPolicies, operations } from '../../api/app.ts';
import { renderMessage } from '../../domain/messages/templates.ts';
import { fetchHistory, listRuns } from '../../platform/pathway-runs.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import { type RecordedRun, replay } from '../../worker/replay.ts';
import { deliverAll, newFact, newResident, postFact } from '../support/builders/facts.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const everyVisit: string[] = [];

async function newHomeVisit(patientId: string): Promise<string> {
  const { status, body, headers } = await service.post('gp', '/v1/home-visits', { patientId, dueAt: inDays(3) });
  expect([status, body]).toMatchObject([201, { patientId, institutionId: 'inst-c01', status: 'planned', version: 1 }]);
  expect(headers.get('location')).toBe(`/v1/home-visits/${body.id}`);
  everyVisit.push(body.id);
  return body.id;
}

const read = (account: string, id: string): Promise<Answer> => service.get(account, `/v1/home-visits/${id}`);
const record = (account: string, id: string, body: unknown): Promise<Answer> =>
  service.post(account, `/v1/home-visits/${id}/record-visit`, body);

async function findTask(account: string, pathwayId: string) {
  const { body } = await service.get(account, '/v1/worklist?limit=200');
  return body.items.find((task: { pathwayId: string }) => task.pathwayId === pathwayId);
}

const eventsOf = async (id: string): Promise<string[]> =>
  (await service.get('gp', `/v1/home-visits/${id}/timeline`)).body.items.map(({ event }: { event: string }) => event);

test('it is created, read, acted upon and told in words; who may not do it is refused, who may not know of it is told nothing', async () => {
  const patientId = await newResident(service);
  expect((await service.post('nurse', '/v1/home-visits', { patientId, dueAt: inDays(3) })).body.code).toBe('role-may-not');
  expect((await service.post('gp2', '/v1/home-visits', { patientId, dueAt: inDays(3) })).body.errors[0].path).toBe('patientId');
  const id = await newHomeVisit(patientId);
  expect((await read('nurse', id)).body).toMatchObject({ id, status: 'planned', note: null });
  expect((await read('office', id)).status).toBe(200);
  expect((await read('gp2', id)).status).toBe(404);
  expect((await record('gp2', id, { note: '已上门' })).status).toBe(404);

  const done = await record('nurse', id, { note: '血压平稳' });
  expect([done.status, done.body]).toMatchObject([200, { status: 'visited', note: '血压平稳', dueAt: null, version: 2 }]);
  const again = await record('nurse', id, { note: '血压平稳' });
  expect([again.status, again.body]).toMatchObject([409, { code: 'transition-not-allowed', state: 'visited', allowed: [] }]);

  const { body } = await service.get('gp', `/v1/home-visits/${id}/timeline`);
  expect(body.items).toMatchObject([
    { event: 'create', from: null, to: 'planned', actor: { personId: 'person-gp' }, because: [{ rule: 'home-visit', clause: 'create' }] },
    { event: 'record-visit', from: 'planned', to: 'visited', actor: { personId: 'person-nurse' }, note: '血压平稳' },
  ]);
  const history = (await service.get('sysadmin', `/v1/pathways/${id}/history`)).body.items;
  expect(history.map(({ summary }: { summary: string }) => summary).join('\n')).toContain('已上门访视');
});

test('a fact reaches it: whoever moves takes the task to their new centre, and nobody visits the dead', async () => {
  const patientId = await newResident(service);
  const id = await newHomeVisit(patientId);
  const moved = newFact({ type: 'patient-moved', patientId, homeInstitutionId: 'inst-c02' });
  expect((await postFact(service, moved)).status).toBe(202);
  await deliverAll(service);
  expect((await read('gp2', id)).body).toMatchObject({ institutionId: 'inst-c02', status: 'planned' });
  expect((await read('gp', id)).status).toBe(404);

  expect((await postFact(service, newFact({ patientId }))).status).toBe(202);
  await deliverAll(service);
  expect((await read('gp2', id)).body).toMatchObject({ status: 'cancelled', dueAt: null });
});

test('what comes due tells the head in both languages, by the name of the pathway, and leaves the task, which its note completes', async () => {
  const id = await newHomeVisit(await newResident(service));
  expect(await findTask('nurse', id)).toMatchObject({ name: 'home-visit', pathwayKind: 'home-visit', overdue: false });
  expect((await service.fastForward(id, 'P4D')).status).toBe(200);
  expect(await eventsOf(id)).toEqual(['create', 'overdue']);

  const messages = await service.db.selectFrom('message').selectAll().where('pathway_id', '=', id).execute();
  expect(messages.map(({ template }) => template)).toEqual(['home-visit-overdue']);
  const subjectIn = (language: 'zh' | 'en') =>
    renderMessage({ template: messages[0]?.template as never, kind: 'home-visit', parameters: {}, audience: 'person', language }).subject;
  expect([subjectIn('zh'), subjectIn('en')]).toEqual(['上门访视：上门访视已超时', 'Home visit: a home visit has not been made in time']);

  const task = await findTask('nurse', id);
  expect(task).toMatchObject({ overdue: true, status: 'open' });
  const complete = (body: unknown) => service.post('nurse', `/v1/tasks/${task.id}/complete`, body);
  expect((await complete({})).body.errors).toMatchObject([{ path: 'note' }]);
  expect(await complete({ note: '已上门' })).toMatchObject({ status: 200, body: { id, status: 'visited', note: '已上门' } });
  expect(await findTask('nurse', id)).toBeUndefined();
});

test('an operation without a policy and a policy without an operation do not start', () => {
  expect(operations.map(({ id }) => id as string)).toContain('getHomeVisitTimeline');
  const without = operations.filter(({ id }) => (id as string) !== 'getHomeVisit');
  expect(() => checkPolicies(without)).toThrow('the policy getHomeVisit has no operation');
  expect(() => checkPolicies(operations, {})).toThrow('getHomeVisit has no policy');
});

test('its histories replay to their last event', async () => {
  const { codePath } = await loadWorkflowBundle(service.config.CAREPATH_CACHE_FOLDER);
  const recorded: RecordedRun[] = [];
  for (const id of everyVisit) {
    const workflowId = `home-visit/${id}`;
    // The last command is answered as soon as it is committed; the workflow ends after that.
    await expect.poll(async () => (await listRuns(service.client, workflowId)).runs.map(({ status }) => status)).toEqual(['completed']);
    for (const { runId } of (await listRuns(service.client, workflowId)).runs) {
      const history = await fetchHistory(service.client, workflowId, runId);
      if (history) recorded.push({ title: id, workflowId, history });
    }
  }
  const results = [];
  for await (const result of replay(codePath, recorded)) results.push(result);
  expect(results).toEqual(everyVisit.map((title) => ({ title })));
});
