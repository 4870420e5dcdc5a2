import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReferral } from '../support/referrals.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;

interface Item {
  event: string;
  happenedAt: string;
  from: string | null;
  to: string | null;
}

/** Events with their hours since the first sending. */
async function eventsOf(id: string): Promise<{ event: string; hours: number }[]> {
  const { body } = await service.get('gp', `/v1/referrals/${id}/timeline`);
  const items = body.items as Item[];
  const sentAt = Date.parse(items.find(({ event }) => event === 'send-referral-package')?.happenedAt as string);
  return items.map(({ event, happenedAt }) => ({ event, hours: (Date.parse(happenedAt) - sentAt) / HOUR }));
}

const near = (expected: [string, number][]) => expected.map(([event, hours]) => ({ event, hours: expect.closeTo(hours, 2) }));

test('a routine referral that nobody answers climbs its rungs, goes round the hospitals, expires, and is still checked after two weeks', async () => {
  const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service));
  const forwarded = await service.fastForward(created.id, 'P15D');
  expect(forwarded.status).toBe(200);
  expect(await eventsOf(created.id)).toEqual(
    near([
      ['create', 0],
      ['send-referral-package', 0],
      ['rung-50', 12],
      ['rung-80', 19.2],
      ['rung-100', 24],
      ['reroute', 24],
      ['rung-50', 36],
      ['rung-80', 43.2],
      ['rung-100', 48],
      ['reroute', 48],
      ['rung-50', 60],
      ['rung-80', 67.2],
      ['rung-100', 72],
      ['expire', 72],
      ['rung-50', 108],
      ['rung-80', 129.6],
      ['rung-100', 144],
      ['check-due', 336],
    ]),
  );
  const { body } = await service.get('gp', `/v1/referrals/${created.id}`);
  expect(body).toMatchObject({ status: 'rejected', businessStatus: '4.0', statusReason: 'no-answer', closedAt: null });
  expect(body.legs.map((leg: { institutionId: string }) => leg.institutionId)).toEqual(['inst-h1', 'inst-h2', 'inst-h3']);
  expect(Date.parse(body.now) - Date.parse(body.sentAt)).toBeGreaterThan(360 * HOUR - 60_000);
});
