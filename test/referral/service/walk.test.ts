import { afterAll, beforeAll, expect, test } from 'vitest';
import { appointmentIn } from '../../support/builders/appointment-times.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

test('a referral goes all the way: created, accepted, scheduled, answered, reviewed', async () => {
  const created = await service.post('gp', '/v1/referrals', await newReferral(service));
  expect(created.body).toMatchObject({ status: 'received', businessStatus: '2.0', version: 1 });
  expect(created.status).toBe(201);
  const at = `/v1/referrals/${created.body.id}`;
  const steps: [string, string, unknown, string, string][] = [
    ['specialist', 'send-acceptance', {}, 'accepted', '3.0'],
    ['specialist', 'schedule-visit', appointmentIn(100), 'in-progress', '5.1.1'],
    ['specialist', 'send-outcome', { outcome: '血压控制良好' }, 'completed', '7.0'],
    ['gp', 'review-result', {}, 'completed', '7.0'],
  ];
  for (const [account, trigger, body, status, businessStatus] of steps) {
    const answer = await service.post(account, `${at}/${trigger}`, body);
    expect(answer.body).toMatchObject({ status, businessStatus });
    expect(answer.status).toBe(200);
  }
  const { body } = await service.get('gp', `${at}/timeline`);
  expect(body.items.map((item: { event: string }) => item.event)).toEqual([
    'create',
    'send-referral-package',
    'send-acceptance',
    'schedule-visit',
    'send-outcome',
    'review-result',
  ]);
});
