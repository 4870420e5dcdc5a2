/** A referral desk's day: slots opened and one taken back, an accepted referral booked, a patient whom nobody knows. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { addDays, localDateOf, weekdayOf } from '../../domain/time/local-date.ts';
import { sendReferral } from './arrivals.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveReferralDeskDay(desk: Desk): Promise<void> {
  const gp = await desk.signIn('gp');
  const { id } = await sendReferral(desk, gp);
  const specialist = await desk.signIn('specialist');
  await good(specialist.post('/v1/referrals/{id}/send-acceptance', { path: { id }, body: {} }));
  const source = `his-${randomUUID()}`;
  const gateway = await desk.signIn('gateway');
  await good(
    gateway.post('/v1/facts', {
      body: {
        type: 'patient-admitted',
        source,
        messageId: '1',
        occurredAt: new Date().toISOString(),
        localId: { system: source, value: '4711' },
        institutionId: 'inst-h1',
      },
    }),
  );

  const clerk = await desk.signIn('desk');
  const day = countWork('Referral desk', clerk);
  const departmentId = 'dept-h1-cardiology';
  const from = addDays(localDateOf(Date.now()), 50);

  await day.piece('what there is to arrange', 2, async () => {
    await good(clerk.get('/v1/worklist/counts'));
    const { items } = await good(clerk.get('/v1/worklist', { query: { limit: 200 } }));
    expect(items.map(({ subject }) => subject.id)).toContain(id);
  });

  const opened = await day.piece('slots of a week are opened', 1, () =>
    good(
      clerk.post('/v1/slots/series', {
        body: { departmentId, weekdays: [weekdayOf(from) || 7], from, to: from, times: ['08:00', '08:30', '09:00'], minutes: 30 },
      }),
    ),
  );
  const [first] = opened.items;
  const withdrawn = await day.piece('one of them was too much', 1, () =>
    good(clerk.post('/v1/slots/{id}/withdraw', { path: { id: first?.id as string }, body: { reason: '医生出差' } })),
  );
  expect(withdrawn.withdrawnAt).toEqual(expect.any(String));

  const booked = await day.piece('an accepted referral is booked', 3, async () => {
    const read = await good(clerk.get('/v1/referrals/{id}', { path: { id } }));
    expect(read.allowed).toContain('schedule-visit');
    const free = await good(
      clerk.get('/v1/slots', { query: { departmentId, booked: false, from: `${from}T00:00:00Z`, to: `${addDays(from, 1)}T00:00:00Z` } }),
    );
    const slotId = free.items.find((slot) => slot.withdrawnAt === null)?.id as string;
    return good(clerk.post('/v1/referrals/{id}/schedule-visit', { path: { id }, body: { slotId } }));
  });
  expect(booked.appointment?.slotId).not.toBe(first?.id);
  // Somebody else had the same slot on the screen.
  const other = await sendReferral(desk, gp);
  await good(specialist.post('/v1/referrals/{id}/send-acceptance', { path: { id: other.id }, body: {} }));
  const again = await clerk.post('/v1/referrals/{id}/schedule-visit', {
    path: { id: other.id },
    body: { slotId: booked.appointment?.slotId as string },
  });
  expect(again).toMatchObject({ ok: false, problem: { code: 'slot-taken' } });

  await day.piece('whom a message means is said', 2, async () => {
    const { items } = await good(clerk.get('/v1/identity-reviews', { query: { status: 'open', limit: 200 } }));
    const review = items.find(({ fact }) => fact.source === source);
    expect(review?.reason).toBe('unknown-patient');
    await good(
      clerk.post('/v1/identity-reviews/{id}/resolve', {
        path: { id: review?.id as string },
        body: { dismissReason: '测试号，非本院患者' },
      }),
    );
  });

  const evening = await day.piece('what the day has come to', 2, async () => ({
    booked: await good(clerk.get('/v1/referrals', { query: { status: ['in-progress'], departmentId, limit: 200 } })),
    open: await good(clerk.get('/v1/identity-reviews', { query: { status: 'open', limit: 200 } })),
  }));
  expect(evening.booked.items.map((item) => item.id)).toContain(id);
  expect(evening.open.items.filter(({ fact }) => fact.source === source)).toEqual([]);
  day.print();
}
