/** Moving everybody on a protocol to another version: the preview says what the move does; nobody is moved twice, nobody is forgotten. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Protocol } from '../../../domain/follow-up/protocol.ts';
import { type FollowUpState, initialFollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decision, evolve } from '../../../domain/kit/pathway.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const today = () => localDateOf(Date.now());
const read = async (id: string) => (await service.get('gp', `/v1/enrolments/${id}`)).body;
const forward = async (pathwayId: string, duration: string) => expect((await service.fastForward(pathwayId, duration)).status).toBe(200);

interface Enrolled {
  id: string;
  pathwayId: string;
  patientId: string;
  nextVisit: { opensOn: string; dueOn: string };
}

async function enrol(protocol = 'htn-2017', patientId?: string): Promise<Enrolled> {
  const body = { patientId: patientId ?? (await newResident(service)), protocol, startedOn: today() };
  const answer = await service.post('gp', '/v1/enrolments', body);
  expect([answer.status, answer.body.code]).toEqual([201, undefined]);
  return answer.body;
}

async function act(id: string, name: string, body: object = {}) {
  const answer = await service.post('gp', `/v1/enrolments/${id}/${name}`, body);
  expect([name, answer.status, answer.body.code]).toEqual([name, 200, undefined]);
  return answer.body;
}

async function visit({ id }: { id: string }, systolic: number) {
  const { now: visitedAt } = await read(id);
  const form = { bloodPressures: [{ systolic, diastolic: 80 }], fastingGlucose: { value: 6, unit: 'mmol/L' } };
  const answer = await service.post('gp', `/v1/enrolments/${id}/visits`, { visitedAt, mode: 'clinic', form, allowSecondSameDay: true });
  expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
  return answer.body;
}

/** Monthly instead of quarterly, and 160 is a crisis. */
async function publish(id: string, version: number, change: (document: Protocol) => Partial<Protocol>): Promise<void> {
  const { document } = (await service.get('office', `/v1/protocols/${id}`)).body;
  expect((await service.post('office', '/v1/protocols', { ...document, ...change(document), version })).status).toBe(201);
  expect((await service.post('office', `/v1/protocols/${id}/versions/${version}/publish`, {})).status).toBe(200);
}

const stricter = ({ phases, rules }: Protocol): Partial<Protocol> => ({
  phases: phases.map((phase) => ({ ...phase, every: { ...phase.every, due: { months: 1 } } })),
  rules: rules.map((rule) => (rule.when.kind === 'blood-pressure-at-least' ? { ...rule, when: { ...rule.when, systolic: 160 } } : rule)),
});

const path = '/v1/protocols/htn-2017/versions/2';
const previewed = async (query = '') => (await service.get('head', `${path}/move-preview${query}`)).body;
const progress = async () => (await service.get('head', `${path}/move`)).body;

const windowOf = (next: { opensOn: string; dueOn: string } | null) => next && { opensOn: next.opensOn, dueOn: next.dueOn };

test('the preview says for each of a dozen follow-ups what the move then does', { timeout: 240_000 }, async () => {
  const planned = await enrol();
  const controlled = await enrol();
  await visit(controlled, 128);
  const twoMonthsAgo = await enrol();
  await visit(twoMonthsAgo, 128);
  await forward(twoMonthsAgo.pathwayId, 'P60D');
  const open = await enrol();
  await forward(open.pathwayId, `P${Math.ceil((Date.parse(`${open.nextVisit.opensOn}T02:00:00Z`) - Date.now()) / DAY_MS)}D`);
  const overdue = await enrol();
  await forward(overdue.pathwayId, 'P100D');
  const paused = await enrol();
  await act(paused.id, 'pause', { reason: 'travel' });
  const pausedOffTarget = await enrol();
  await visit(pausedOffTarget, 165);
  await act(pausedOffTarget.id, 'pause', { reason: 'travel' });
  const agreed = await enrol();
  await act(agreed.id, 'pause', { reason: 'travel' });
  await act(agreed.id, 'resume');
  const twoDiseases = await enrol();
  const glucose = await enrol('t2dm-2017', twoDiseases.patientId);
  await visit(twoDiseases, 128);
  const uncontrolled = await enrol();
  await visit(uncontrolled, 150);
  const crisis = await enrol();
  await visit(crisis, 165);
  const referred = await enrol();
  await visit(referred, 186);
  const withdrawn = await enrol();
  await act(withdrawn.id, 'withdraw', { reason: 'wishes so' });
  const all = [
    planned,
    controlled,
    twoMonthsAgo,
    open,
    overdue,
    paused,
    pausedOffTarget,
    agreed,
    twoDiseases,
    uncontrolled,
    crisis,
    referred,
  ];

  expect((await service.get('head', `${path}/move-preview`)).status).toBe(404);
  await publish('htn-2017', 2, stricter);
  const already = await enrol();

  const preview = await previewed();
  expect(preview.items.map(({ enrolmentId }: { enrolmentId: string }) => enrolmentId)).toEqual(all.map(({ id }) => id).toSorted());
  expect(preview.inAll).toMatchObject({ enrolments: 12, toBeSeen: 2 });
  expect((await previewed('?only=to-be-seen')).items.map((item: { enrolmentId: string }) => item.enrolmentId)).toEqual(
    [pausedOffTarget.id, crisis.id].toSorted(),
  );
  const firstPage = await previewed('?limit=5');
  const secondPage = await previewed(`?limit=7&cursor=${encodeURIComponent(firstPage.nextCursor)}`);
  expect([...firstPage.items, ...secondPage.items]).toEqual(preview.items);
  expect([secondPage.inAll, secondPage.nextCursor]).toEqual([null, null]);
  expect(await progress()).toEqual({ ordered: 0, underWay: 0, moved: 0, remaining: 12 });
  expect((await read(planned.id)).protocol.version).toBe(1);

  // Without what time brings: with today's date a window may open in the middle of this.
  const versions = () => Promise.all(preview.items.map(({ pathwayId }: { pathwayId: string }) => countToldSteps(pathwayId)));
  const before = await versions();
  const first = await service.post('head', `${path}/move`, { limit: 5 });
  expect([first.status, first.body]).toEqual([200, { ordered: 5, remaining: 7 }]);
  expect(await progress()).toEqual({ ordered: 5, underWay: 5, moved: 0, remaining: 7 });
  const next = await service.post('head', `${path}/move`, {}, { key: 'all-the-rest' });
  expect(next.body).toEqual({ ordered: 7, remaining: 0 });
  // The same request again, and another one of the same: nobody twice.
  expect((await service.post('head', `${path}/move`, {}, { key: 'all-the-rest' })).body).toEqual({ ordered: 7, remaining: 0 });
  expect((await service.post('head', `${path}/move`, {})).body).toEqual({ ordered: 0, remaining: 0 });
  await deliverAll(service);
  expect(await progress()).toEqual({ ordered: 12, underWay: 0, moved: 12, remaining: 0 });
  expect(await versions()).toEqual(before.map((version) => version + 1));

  for (const item of preview.items) {
    const now = await read(item.enrolmentId);
    expect(now.protocol.version).toBe(2);
    expect({ status: now.status, next: windowOf(now.nextVisit) }).toEqual({ status: item.after.status, next: item.after.next });
    const plan = await planAfterMove(item.pathwayId);
    expect(plan && { opensOn: plan.opensOn, dueOn: plan.dueOn, stage: plan.stage }).toEqual(item.after.plan);
    const { items } = (await service.get('gp', `/v1/enrolments/${item.enrolmentId}/timeline`)).body;
    const entries = items.filter(({ event }: { event: string }) => event === 'move-version');
    expect(entries).toHaveLength(1);
    expect(entries[0].because[0].evidence).toMatchObject({
      from: 'htn-2017/1',
      to: 'htn-2017/2',
      dueOnBefore: item.before.next?.dueOn ?? null,
      dueOn: item.after.next?.dueOn ?? null,
    });
    expect(entries[0].because[1].evidence.orderedBy).toBe('person-head');
    const tasks = await service.db
      .selectFrom('task')
      .select(['role', 'urgency'])
      .where('pathway_id', '=', item.pathwayId)
      .where('name', '=', 'see-resident')
      .where('status', '=', 'open')
      .execute();
    expect(tasks).toEqual(item.toBeSeen ? [{ role: 'gp', urgency: 'routine' }] : []);
    expect(now.referrals).toHaveLength(item.enrolmentId === referred.id ? 1 : 0);
  }
  const after = (id: string) => preview.items.find((item: { enrolmentId: string }) => item.enrolmentId === id).after;
  expect(after(planned.id).next.dueOn < planned.nextVisit.dueOn).toBe(true);
  // What has been asked for stays; what would lie in the past is asked for soon, and nobody has missed it.
  expect([after(open.id).next, after(open.id).plan.stage]).toEqual([windowOf(open.nextVisit), 'open']);
  expect(after(overdue.id).next).toEqual(windowOf(overdue.nextVisit));
  expect(after(twoMonthsAgo.id).next.dueOn >= localDateOf(Date.now() + 60 * DAY_MS)).toBe(true);
  expect(await read(twoMonthsAgo.id)).toMatchObject({ missedWindows: 0, status: 'active' });
  expect((await read(glucose.id)).protocol).toMatchObject({ id: 't2dm-2017', version: 1 });
  expect((await read(already.id)).version).toBe(1);
  expect((await read(withdrawn.id)).protocol.version).toBe(1);

  // The visit that was asked for is what was to be done.
  await visit(crisis, 128);
  const seen = await service.db
    .selectFrom('task')
    .select('status')
    .where('pathway_id', '=', crisis.pathwayId)
    .where('name', '=', 'see-resident')
    .execute();
  expect(seen).toEqual([{ status: 'done' }]);
});

test('named ones only; who was moved back by hand may be ordered again; strangers and drafts are refused and change nothing', {
  timeout: 60_000,
}, async () => {
  const [one, other] = [await enrol('t2dm-new'), await enrol('t2dm-new')];
  const stranger = await enrol('elderly');
  const move = '/v1/protocols/t2dm-new/versions/2/move';
  const { document } = (await service.get('office', '/v1/protocols/t2dm-new')).body;
  expect((await service.post('office', '/v1/protocols', { ...document, version: 2 })).status).toBe(201);
  expect((await service.get('office', `${move}-preview`)).body.inAll.enrolments).toBe(2);
  const draft = await service.post('office', move, {});
  expect([draft.status, draft.body.code, draft.body.state]).toEqual([409, 'transition-not-allowed', 'draft']);
  await service.post('office', '/v1/protocols/t2dm-new/versions/2/publish', {});
  const strange = await service.post('office', move, { enrolmentIds: [one.id, stranger.id] });
  expect([strange.status, strange.body.errors?.[0]?.path]).toEqual([422, 'enrolmentIds.1']);
  expect((await service.post('gp', move, {})).status).toBe(403);

  expect((await service.post('office', move, { enrolmentIds: [one.id] })).body).toEqual({ ordered: 1, remaining: 1 });
  await deliverAll(service);
  expect([(await read(one.id)).protocol.version, (await read(other.id)).protocol.version]).toEqual([2, 1]);
  await act(one.id, 'move-version', { version: 1 });
  const orders = await Promise.all(Array.from({ length: 5 }, () => service.post('office', move, { enrolmentIds: [one.id] })));
  expect(orders.map(({ body }) => body.ordered).toSorted(), 'five at once are one').toEqual([0, 0, 0, 0, 1]);
  await deliverAll(service);
  expect((await read(one.id)).protocol.version).toBe(2);
});

test('nobody decides while it is ordered, and everybody is told again and again: each moves once', { timeout: 60_000 }, async () => {
  const all = [await enrol('high-risk'), await enrol('high-risk'), await enrol('high-risk')];
  await publish('high-risk', 2, () => ({}));
  expect((await service.post('office', '/v1/protocols/high-risk/versions/2/move', {})).body).toEqual({ ordered: 3, remaining: 0 });
  const handles = all.map(({ pathwayId }) => service.client.workflow.getHandle(`follow-up/${pathwayId}`));
  const owed = await service.db
    .selectFrom('fact')
    .innerJoin('fact_delivery', 'fact_id', 'id')
    .select(['id', 'input', 'pathway_id'])
    .where('settled_at', 'is', null)
    .execute();
  expect(owed).toHaveLength(3);
  for (const { id, input, pathway_id } of [...owed, ...owed])
    await handles.find(({ workflowId }) => workflowId.endsWith(pathway_id))?.signal('version-move-ordered', { id, input });
  await deliverAll(service);
  for (const { id, pathwayId } of all) {
    expect(await read(id)).toMatchObject({ version: 2, protocol: { version: 2 } });
    const entries = await service.db.selectFrom('timeline').select('event').where('pathway_id', '=', pathwayId).execute();
    expect(entries.filter(({ event }) => event === 'move-version')).toHaveLength(1);
  }
});

/** As the move itself left it: a window that has come meanwhile opens right after it. */
async function planAfterMove(pathwayId: string): Promise<{ opensOn: string; dueOn: string; stage: string } | null> {
  const rows = await service.db.selectFrom('decision').select('decision').where('pathway_id', '=', pathwayId).orderBy('version').execute();
  const steps = rows.map(({ decision }) => decision as Decision<FollowUpState>);
  const moved = steps.findIndex(({ entries }) => entries.some(({ event }) => event === 'move-version'));
  return steps.slice(0, moved + 1).reduce(evolve, initialFollowUpState).plan;
}

/** What a pathway was told or asked, so many decisions. */
async function countToldSteps(pathwayId: string): Promise<number> {
  const rows = await service.db.selectFrom('decision').select('event').where('pathway_id', '=', pathwayId).execute();
  return rows.filter(({ event }) => (event as { kind: string }).kind !== 'due').length;
}
