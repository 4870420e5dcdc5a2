/** One call a person over all pathways: what was recorded for follow-up counts after a discharge, and the other way round. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMessageTask } from '../../../db/messages/open-task.ts';
import { followUpsOn } from '../../support/builders/enrolments.ts';
import { episodesOn } from '../../support/builders/episodes-on-service.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const episodes = episodesOn(() => service);
const followUps = followUpsOn(() => service);

const dutyOf = async (id: string, name: string) => {
  const { body } = await service.get('nurse', `/v1/episodes/${id}`);
  return body.duties.find(({ duty }: { duty: string }) => duty === name);
};
const call = (patientId: string, outcome: string) => service.post('nurse', `/v1/patients/${patientId}/visits`, { call: { outcome } });

/** A message of the resident's follow-up that somebody has to tell by telephone. Resolves with the id of the task. */
async function openCall(patientId: string): Promise<string> {
  const { pathwayId } = await followUps.enrol('htn-2017', patientId);
  const { id: messageId } = await service.db
    .insertInto('message')
    .values({
      key: `call-${patientId}-${randomUUID()}`,
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
  const { id } = await service.db.selectFrom('task').select('id').where('message_id', '=', messageId).executeTakeFirstOrThrow();
  return id;
}
const taskOf = (id: string) => service.db.selectFrom('task').select(['status', 'outcome']).where('id', '=', id).executeTakeFirstOrThrow();

test('a call in vain that was recorded for the resident is an attempt after the discharge, and one that reached them closes the contact', {
  timeout: 90_000,
}, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001121' });
  const id = await episodes.beginDischarged(patientId);
  expect((await call(patientId, 'no-answer')).status).toBe(201);
  await deliverAll(service);
  const { body } = await service.get('nurse', `/v1/episodes/${id}`);
  expect(body.contact.attempts).toMatchObject([{ rung: 1, channel: 'phone', outcome: 'no-answer' }]);

  const taskId = await openCall(patientId);
  expect((await service.post('nurse', `/v1/tasks/${taskId}/complete`, { outcome: 'agreed' })).status).toBe(200);
  await deliverAll(service);
  expect(await dutyOf(id, 'contact')).toMatchObject({ state: 'done', late: false });
});

test('a visit of the resident for another reason is the visit that was owed, once its window is open', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001122' });
  const id = await episodes.beginDischarged(patientId);
  const visit = async () => {
    const { body } = await service.get('nurse', `/v1/episodes/${id}`);
    const seen = { visitedAt: new Date().toISOString(), mode: 'clinic', form: { bloodPressures: [{ systolic: 132, diastolic: 82 }] } };
    const answer = await service.post('nurse', `/v1/patients/${patientId}/visits`, { ...seen, allowSecondSameDay: true });
    expect([answer.status, answer.body.code, body.status]).toEqual([201, undefined, 'discharged']);
    await deliverAll(service);
  };
  await visit();
  expect(await dutyOf(id, 'contact')).toMatchObject({ state: 'done' });
  await service.fastForward(id, 'P2D');
  await visit();
  expect(await dutyOf(id, 'visit')).toMatchObject({ state: 'done', late: false });
});

test('a contact after the discharge closes the calls of follow-up by the centre that has to tell them', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001123' });
  const id = await episodes.beginDischarged(patientId);
  const taskId = await openCall(patientId);
  const reached = { channel: 'phone', outcome: 'reached' };
  expect((await service.post('nurse-h1', `/v1/episodes/${id}/record-contact`, reached)).status).toBe(200);
  expect(await taskOf(taskId)).toMatchObject({ status: 'open' });
  expect((await service.post('nurse', `/v1/episodes/${id}/record-contact`, reached)).status).toBe(200);
  expect(await taskOf(taskId)).toMatchObject({ status: 'done', outcome: 'agreed' });
});
