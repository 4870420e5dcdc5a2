/** Somebody who was sent to another hospital and never arrived there is looked for, on the running service. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { episodesOn } from '../../support/builders/episodes-on-service.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());
const episodes = episodesOn(() => service);

const read = async (account: string, path: string) => (await service.get(account, path)).body;

test('two days after the discharge the desk of the hospital has a task, which a note completes', { timeout: 90_000 }, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001291' });
  const id = await episodes.begin(patientId);
  const dischargedAt = Date.now() - 3_600_000;
  await episodes.tell(id, 2, { ...episodes.admittedNow(), status: 'discharged', dischargedAt, disposition: 'other-hospital' });
  const contactOf = (episode: { duties: { duty: string; state: string }[] }) =>
    episode.duties.find(({ duty }) => duty === 'contact')?.state;
  expect(contactOf(await read('gp', `/v1/episodes/${id}`))).toBe('waiting');
  await service.fastForward(id, 'P2D');
  expect(contactOf(await read('gp', `/v1/episodes/${id}`))).toBe('open');
  const tasks = async () => (await read('desk', `/v1/worklist?kind=find-transferred&patientId=${patientId}`)).items;
  const [task, ...others] = await tasks();
  expect([others, task.role, task.subject.id]).toEqual([[], 'desk', id]);
  expect((await service.post('desk', `/v1/tasks/${task.id}/claim`, {})).status).toBe(200);
  expect((await service.post('desk', `/v1/tasks/${task.id}/complete`, {})).body.errors[0].path).toBe('note');
  expect((await service.post('desk', `/v1/tasks/${task.id}/complete`, { note: '已联系家属，已到外省医院' })).status).toBe(200);
  expect(await tasks()).toEqual([]);
});
