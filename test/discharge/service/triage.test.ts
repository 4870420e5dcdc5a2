/** What a triage starts on the running service: an urgent referral of a doctor, a draft of a nurse, each once. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { episodesOn } from '../../support/builders/episodes-on-service.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());
const episodes = episodesOn(() => service);

test.each([
  ['gp', 'received', '13900001311'],
  ['nurse', 'draft', '13900001312'],
])('refer by %s: %s', { timeout: 90_000 }, async (account, status, phone) => {
  const patientId = await newResident(service, 'inst-c01', { phone });
  const path = `/v1/episodes/${await episodes.beginDischarged(patientId)}`;
  await service.post('nurse', `${path}/record-contact`, { channel: 'phone', outcome: 'reached', symptoms: ['fever'] });
  const { body: told } = await service.get('nurse', path);
  const judge = (body: object) => service.post(account, `${path}/triage`, { triageId: told.triages[0].id, note: '发热三天', ...body });
  const to = { toInstitutionId: 'inst-h1' };
  expect((await judge({ action: 'advise', referral: to })).body.errors[0].path).toBe('referral');
  expect((await judge({ action: 'refer', referral: { toInstitutionId: 'inst-c02' } })).body.errors[0].path).toBe(
    'referral.toInstitutionId',
  );
  expect((await judge({ action: 'refer', referral: to })).body).toMatchObject({ triages: [{ action: 'refer' }] });
  expect((await judge({ action: 'refer' })).body.code).toBe('transition-not-allowed');
  const referrals = async () => (await service.get('gp', `/v1/referrals?patientId=${patientId}`)).body.items;
  await vi.waitUntil(async () => (await referrals()).length > 0, { timeout: 20_000, interval: 50 });
  expect(await referrals()).toMatchObject([{ direction: 'up', urgency: 'urgent', status }]);
});
