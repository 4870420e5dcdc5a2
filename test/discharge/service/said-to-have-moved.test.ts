/** Whoever is said to have moved is asked about once, on whichever pathway it was heard; the ladder rests until it is known. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { episodesOn } from '../../support/builders/episodes-on-service.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const episodes = episodesOn(() => service);

interface Shown {
  id: string;
  allowed: string[];
}
const listed = async (kind: string, patientId: string, account = 'gp'): Promise<Shown[]> =>
  (await service.get(account, `/v1/worklist?kind=${kind}&patientId=${patientId}`)).body.items;

test('one question; found wrong, the ladder goes on; found right, the new centre goes on with it', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001131' });
  const id = await episodes.beginDischarged(patientId);
  await service.fastForward(id, 'P1D');
  expect(await listed('contact', patientId, 'nurse')).toHaveLength(1);
  const moved = () =>
    service.post('nurse', `/v1/episodes/${id}/record-contact`, { channel: 'phone', outcome: 'moved', note: '邻居告知已搬走' });
  const rung = (await service.get('nurse', `/v1/episodes/${id}`)).body.contact.rung;
  for (const answer of [await moved(), await moved()]) expect(answer.status).toBe(200);
  const call = await service.post('nurse', `/v1/patients/${patientId}/visits`, { call: { outcome: 'moved' } });
  expect(call.body.tasks).toMatchObject([{ kind: 'confirm-move' }]);
  await deliverAll(service);
  const [asked, ...others] = await listed('confirm-move', patientId);
  expect([others, await listed('contact', patientId, 'nurse')]).toEqual([[], []]);

  const answer = (body: object) => service.post('gp', `/v1/tasks/${asked?.id}/complete`, body);
  expect((await answer({ outcome: 'confirmed' })).body.errors?.[0]?.path).toBe('note');
  const wrong = { outcome: 'refuted', note: '已联系本人', homeInstitutionId: 'inst-c02' };
  expect((await answer(wrong)).body.errors?.[0]?.path).toBe('homeInstitutionId');
  expect((await answer({ outcome: 'refuted', note: '已联系本人' })).body).toMatchObject({ status: 'done', outcome: 'refuted' });
  expect((await answer({ outcome: 'refuted', note: '再次' })).body.code).toBe('task-closed');
  await deliverAll(service);
  expect(await listed('contact', patientId, 'nurse')).toHaveLength(1);

  expect((await moved()).status).toBe(200);
  const [again] = await listed('confirm-move', patientId);
  const confirmed = { outcome: 'confirmed', note: '居委会证实', homeInstitutionId: 'inst-c02' };
  expect((await service.post('gp', `/v1/tasks/${again?.id}/complete`, confirmed)).status).toBe(200);
  await deliverAll(service);
  const { body } = await service.get('nurse-h1', `/v1/episodes/${id}`);
  expect([body.centreId, body.contact.rung]).toEqual(['inst-c02', rung]);
});
