/** A morning of calls through the API: moved to another time, booked, and one for each resident whatever is due. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMessageTask } from '../../../db/messages/open-task.ts';
import { addDays, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { followUpsOn, today } from '../../support/builders/enrolments.ts';
import { newResident } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const followUps = followUpsOn(() => service);

/** Ten in the morning of a day in Shanghai: no quiet hours. */
const tenOn = (date: string) => new Date(startOf(date) + 10 * 3_600_000).toISOString();

const reschedule = (taskIds: string[], dueAt: string, more: object = {}, account = 'gp', key: string = randomUUID()): Promise<Answer> =>
  service.post(account, '/v1/tasks/reschedule', { taskIds, dueAt, reason: '居民要求', ...more }, { key });

async function openVisit() {
  const enrolment = await followUps.enrol('htn-2017', undefined, { startedOn: addDays(today(), -1) });
  await followUps.forwardToDay(enrolment, addDays(enrolment.nextVisit.opensOn, 1));
  const { plan, planCount } = await followUps.state(enrolment.pathwayId);
  if (plan?.stage !== 'open') throw new Error('The window is open.');
  return { ...enrolment, plan, taskId: `${enrolment.pathwayId}.visit-${planCount}` };
}

const taskOf = async (id: string) =>
  service.db.selectFrom('task').select(['due_at as dueAt', 'note', 'version', 'clock']).where('id', '=', id).executeTakeFirstOrThrow();

test('visits and calls move within their window, each answered for itself, and a try writes nothing', async () => {
  const visit = await openVisit();
  const call = await openCall();
  const agreedOn = addDays(visit.plan.opensOn, 3);
  const ids = [visit.taskId, `${randomUUID()}.visit-1`, await openReferralTask()];
  const before = await taskOf(visit.taskId);
  const dueAt = tenOn(agreedOn);
  const tried = await reschedule(ids, dueAt, { dryRun: true });
  expect([tried.status, tried.body.items]).toMatchObject([
    200,
    [
      { taskId: visit.taskId, status: 200 },
      { taskId: ids[1], status: 404, code: 'not-found' },
      { taskId: ids[2], status: 409, code: 'not-reschedulable' },
    ],
  ]);
  expect(await taskOf(visit.taskId)).toEqual(before);
  const key = randomUUID();
  const moved = await reschedule(ids, dueAt, {}, 'gp', key);
  expect(moved.body.items).toEqual(tried.body.items);
  expect((await reschedule(ids, dueAt, {}, 'gp', key)).body.items).toEqual(moved.body.items);
  expect(localDateOf((await taskOf(visit.taskId)).dueAt?.getTime() as number)).toBe(addDays(agreedOn, 1));
  const { body: timeline } = await service.get('nurse', `/v1/enrolments/${visit.id}/timeline`);
  expect(timeline.items.filter((line: { event: string }) => line.event === 'agree-visit-date')).toMatchObject([
    { note: '居民要求', actor: { role: 'gp' } },
  ]);

  const tomorrow = tenOn(addDays(today(), 1));
  expect((await reschedule([call.taskId], tomorrow)).body.items).toEqual([{ taskId: call.taskId, status: 200 }]);
  expect(await taskOf(call.taskId)).toMatchObject({ dueAt: new Date(tomorrow), note: '居民要求' });
  const { body: shown } = await service.get('nurse', `/v1/worklist?patientId=${call.patientId}`);
  expect(shown.items[0]).toMatchObject({ id: call.taskId, dueAt: tomorrow, overdue: false, clock: { dueAt: tomorrow } });
  expect(shown.items[0].allowed).toContain('reschedule');
});

test('nothing moves out of its window, nor by whoever may not', async () => {
  const visit = await openVisit();
  const call = await openCall();
  const codesOf = ({ body }: Answer) => body.items.map(({ status, code }: { status: number; code?: string }) => [status, code]);
  const late = tenOn(addDays(visit.plan.dueOn, 1));
  expect(codesOf(await reschedule([visit.taskId, call.taskId], late))).toEqual([
    [409, 'not-reschedulable'],
    [409, 'not-reschedulable'],
  ]);
  const midnight = new Date(startOf(addDays(today(), 1))).toISOString();
  expect(codesOf(await reschedule([call.taskId], midnight))).toEqual([[409, 'not-reschedulable']]);
  expect(codesOf(await reschedule([call.taskId], tenOn(addDays(today(), 1)), {}, 'nurse-c08'))).toEqual([[404, 'not-found']]);
  // Sending a referral is for doctors.
  expect(codesOf(await reschedule([await openReferralTask()], tenOn(visit.plan.dueOn), {}, 'nurse'))).toEqual([[403, 'role-may-not']]);
  await service.post('nurse', `/v1/tasks/${call.taskId}/complete`, { outcome: 'agreed' });
  expect(codesOf(await reschedule([call.taskId], tenOn(addDays(today(), 1))))).toEqual([[409, 'task-closed']]);
});

async function openReferralTask(): Promise<string> {
  const patientId = await newResident(service);
  const draft = await service.post('gp', '/v1/referrals', await newReferral(service, { patientId, draft: true }));
  const { id } = await service.db.selectFrom('task').select('id').where('pathway_id', '=', draft.body.id).executeTakeFirstOrThrow();
  return id;
}

async function openCall() {
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000017' });
  const { pathwayId } = await followUps.enrol('htn-2017', patientId);
  const { id: messageId } = await service.db
    .insertInto('message')
    .values({
      key: `call-${patientId}`,
      pathway_id: pathwayId,
      template: 'follow-up-tier-changed',
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel: 'phone',
      status: 'in-hand',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await openMessageTask(service.db, { messageId, channel: 'phone', now: sql<Date>`now()` });
  const { id: taskId } = await service.db.selectFrom('task').select('id').where('message_id', '=', messageId).executeTakeFirstOrThrow();
  return { patientId, pathwayId, taskId };
}

test('a call for later is booked also where none is open, and what was told in it is kept and judged', async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000018' });
  const callAt = tenOn(addDays(today(), 1));
  const path = `/v1/patients/${patientId}/visits`;
  const ask = (call: object, more: object = {}, key: string = randomUUID()) => service.post('nurse', path, { call, ...more }, { key });
  // There is nothing yet that a call could be about.
  expect((await ask({ outcome: 'call-later', callAt })).body.errors?.[0].path).toBe('call.callAt');
  const { pathwayId } = await followUps.enrol('htn-2017', patientId);
  const tried = await ask({ outcome: 'call-later', callAt }, { dryRun: true });
  expect([tried.status, tried.body.messages]).toMatchObject([200, [{ to: { type: 'patient', id: patientId }, channel: 'phone' }]]);
  expect(await bookedFor(patientId)).toEqual([]);
  const key = randomUUID();
  const form = { bloodPressures: [{ systolic: 192, diastolic: 112 }] };
  const later = await ask({ outcome: 'call-later', callAt }, { form }, key);
  expect([later.status, later.body.id, later.body.messages]).toEqual([201, null, tried.body.messages]);
  expect(later.body).toMatchObject({ readings: [{ value: '192/112', from: 'self-report' }], tasks: [{ kind: 'confirm-reading' }] });
  expect((await ask({ outcome: 'call-later', callAt }, { form }, key)).body).toEqual(later.body);
  expect(await bookedFor(patientId)).toEqual([{ pathwayId, channel: 'phone', status: 'waiting', nextAttemptAt: new Date(callAt) }]);
  const midnight = new Date(startOf(addDays(today(), 1))).toISOString();
  expect((await ask({ outcome: 'call-later', callAt: midnight })).body.errors?.[0].path).toBe('call.callAt');
});

const bookedFor = (patientId: string) =>
  service.db
    .selectFrom('message')
    .select(['pathway_id as pathwayId', 'channel', 'status', 'next_attempt_at as nextAttemptAt'])
    .where('recipient_id', '=', patientId)
    .where('template', '=', 'follow-up-call-back')
    .execute();
