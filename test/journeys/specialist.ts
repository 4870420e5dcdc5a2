/** A specialist's day: what waits, a referral read, accepted and booked, an appointment moved, the outcome told and read by who referred. */
import { expect } from 'vitest';
import { appointmentIn } from '../support/builders/appointment-times.ts';
import { sendReferral } from './arrivals.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveSpecialistDay(desk: Desk): Promise<void> {
  const gp = await desk.signIn('gp');
  const { id } = await sendReferral(desk, gp);

  const specialist = await desk.signIn('specialist');
  const day = countWork('Specialist', specialist);
  const path = { id };

  await day.piece('what waits in the morning', 2, async () => {
    const counts = await good(specialist.get('/v1/worklist/counts'));
    const { items } = await good(specialist.get('/v1/worklist', { query: { kind: ['answer-referral'], limit: 200 } }));
    expect(counts.kinds['answer-referral']).toBe(items.length);
    const waiting = items.find(({ subject }) => subject.id === id);
    expect(waiting).toMatchObject({ allowed: expect.arrayContaining(['send-acceptance']), patient: { age: expect.any(Number) } });
  });

  const booked = await day.piece('a referral read, accepted and booked', 3, async () => {
    const read = await good(specialist.get('/v1/referrals/{id}', { path }));
    expect([read.status, read.allowed.includes('send-acceptance')]).toEqual(['received', true]);
    await good(specialist.post('/v1/referrals/{id}/send-acceptance', { path, body: {} }));
    return good(specialist.post('/v1/referrals/{id}/schedule-visit', { path, body: appointmentIn(100) }));
  });
  expect([booked.status, booked.businessStatus]).toEqual(['in-progress', '5.1.1']);

  const moved = await day.piece('the appointment is moved', 1, () =>
    good(specialist.post('/v1/referrals/{id}/reschedule-visit', { path, body: appointmentIn(131) })),
  );
  expect(moved.appointment?.startsAt).not.toBe(booked.appointment?.startsAt);

  await day.piece('the patient was seen, and what came of it', 2, async () => {
    await good(specialist.post('/v1/referrals/{id}/send-interim-note', { path, body: { note: '已就诊，调整用药' } }));
    await good(specialist.post('/v1/referrals/{id}/send-outcome', { path, body: { outcome: '原发性高血压，已加用氨氯地平' } }));
  });

  const evening = await day.piece('what the day has come to', 2, async () => ({
    list: await good(specialist.get('/v1/referrals', { query: { status: ['completed'], limit: 200 } })),
    timeline: await good(specialist.get('/v1/referrals/{id}/timeline', { path })),
  }));
  expect(evening.list.items.map((item) => item.id)).toContain(id);
  expect(evening.timeline.items.map(({ event }) => event)).toEqual([
    'create',
    'send-referral-package',
    'send-acceptance',
    'schedule-visit',
    'reschedule-visit',
    'send-interim-note',
    'send-outcome',
  ]);

  const read = await good(gp.get('/v1/referrals/{id}', { path }));
  expect(read.allowed).toContain('review-result');
  await good(gp.post('/v1/referrals/{id}/review-result', { path, body: {} }));
  day.print();
}
