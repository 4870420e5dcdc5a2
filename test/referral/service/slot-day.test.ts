/** Capacity between people: a department opens slots by series, a GP books a reserved one, a slot that is withdrawn cancels its appointment. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, localDateOf, weekdayOf } from '../../../domain/time/local-date.ts';
import { appointmentIn } from '../../support/builders/appointment-times.ts';
import { createReferral, walkReferral } from '../../support/builders/referral-steps.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const firstDay = addDays(localDateOf(Date.now()), 40);
const series = (over: Record<string, unknown> = {}) => ({
  departmentId: 'dept-h1-cardiology',
  weekdays: [weekdayOf(firstDay) || 7],
  from: firstDay,
  to: addDays(firstDay, 7),
  times: ['08:00', '09:00'],
  minutes: 30,
  reservedShare: 0.5,
  releaseHours: 48,
  ...over,
});
const open = (body: unknown, account = 'head'): Promise<Answer> => service.post(account, '/v1/slots/series', body);
const outcomeOf = ({ status, body }: Answer) => [status, body.code ?? body.status ?? 'ok', body.errors?.[0]?.path].filter(Boolean);

async function acceptedReferral(): Promise<string> {
  const id = await createReferral(service, { toDepartmentId: 'dept-h1-cardiology' });
  await walkReferral(service, id, ['specialist', 'send-acceptance']);
  return id;
}

test('a series is opened, checked, listed; a GP books a reserved slot of it; withdrawn, it cancels the appointment', {
  timeout: 120_000,
}, async () => {
  const opened = await open(series());
  expect([opened.status, opened.body.items.length]).toEqual([201, 4]);
  const [reserved, plain, other] = opened.body.items;
  expect(opened.body.items.map((slot: { reserved: boolean }) => slot.reserved)).toEqual([true, false, true, false]);
  expect(reserved).toMatchObject({
    startsAt: `${firstDay}T00:00:00.000Z`,
    endsAt: `${firstDay}T00:30:00.000Z`,
    booked: false,
    withdrawnAt: null,
    institution: { id: 'inst-h1', zh: expect.stringMatching(/医院/), en: expect.any(String) },
    department: { id: 'dept-h1-cardiology', zh: '心血管内科', en: expect.any(String) },
  });
  expect(Date.parse(reserved.startsAt) - Date.parse(reserved.releaseAt)).toBe(48 * 3_600_000);
  const { body: seen } = await service.get(
    'gp',
    `/v1/slots?departmentId=dept-h1-cardiology&reserved=true&booked=false&from=${firstDay}T00:00:00Z`,
  );
  expect(seen.items.map(({ id }: { id: string }) => id)).toEqual([reserved.id, other.id]);
  expect(seen.items[0]).toMatchObject({ institution: reserved.institution, department: reserved.department });

  for (const [over, path] of [
    [{ weekdays: [0] }, 'weekdays.0'],
    [{ weekdays: [] }, 'weekdays'],
    [{ weekdays: [1, 1] }, 'weekdays'],
    [{ times: ['8:00'] }, 'times.0'],
    [{ minutes: 0 }, 'minutes'],
    [{ minutes: 1_441 }, 'minutes'],
    [{ from: '2020-01-01' }, 'from'],
    [{ to: addDays(firstDay, -1) }, 'to'],
    [{ to: addDays(firstDay, 400) }, 'to'],
    [{ reservedShare: 1.1 }, 'reservedShare'],
    [{ departmentId: 'dept-h2-cardiology' }, 'departmentId'],
  ] as const)
    expect(outcomeOf(await open(series(over))), JSON.stringify(over)).toEqual([422, 'invalid-request', path]);
  expect(outcomeOf(await open(series(), 'gp'))).toEqual([403, 'role-may-not']);

  const id = await acceptedReferral();
  const at = `/v1/referrals/${id}`;
  expect((await service.get('gp', at)).body.allowed).toContain('schedule-visit');
  expect(outcomeOf(await service.post('gp', `${at}/schedule-visit`, { slotId: plain.id }))).toEqual([409, 'transition-not-allowed']);
  expect(outcomeOf(await service.post('gp', `${at}/schedule-visit`, appointmentIn(50)))).toEqual([409, 'transition-not-allowed']);
  const booked = await service.post('gp', `${at}/schedule-visit`, { slotId: reserved.id });
  expect(booked.body).toMatchObject({ businessStatus: '5.1.1', appointment: { slotId: reserved.id } });
  expect(booked.body.clocks[0]).toMatchObject({ name: 'appointment', startedAt: reserved.endsAt, elapsedSeconds: 0 });
  // Who has booked it does not move it: that is the recipient's.
  expect(outcomeOf(await service.post('gp', `${at}/reschedule-visit`, { slotId: other.id }))).toEqual([409, 'transition-not-allowed']);

  const withdraw = (account: string, slotId: string) => service.post(account, `/v1/slots/${slotId}/withdraw`, { reason: '医生出差' });
  expect(outcomeOf(await withdraw('gp', reserved.id))).toEqual([403, 'role-may-not']);
  expect(outcomeOf(await service.post('head', `/v1/slots/${reserved.id}/withdraw`, {}))).toEqual([422, 'invalid-request', 'reason']);
  const withdrawn = await withdraw('head', reserved.id);
  expect(withdrawn.body).toMatchObject({ id: reserved.id, booked: true, withdrawnAt: expect.any(String) });
  expect((await service.get('gp', at)).body).toMatchObject({ businessStatus: '5.1.3', appointment: null, statusReason: '医生出差' });
  expect(outcomeOf(await withdraw('head', reserved.id))).toEqual([409, 'slot-withdrawn']);
  expect(outcomeOf(await service.post('specialist', `${at}/schedule-visit`, { slotId: reserved.id }))).toEqual([409, 'slot-withdrawn']);
  const { rows } = await service.pool.query(
    'select recipient_type from message where pathway_id = $1 and template = $2 order by recipient_type',
    [id, 'slot-withdrawn'],
  );
  expect(rows.map((row) => row.recipient_type)).toEqual(['patient', 'person']);
  const { body: left } = await service.get('gp', `/v1/slots?departmentId=dept-h1-cardiology&from=${firstDay}T00:00:00Z`);
  expect(left.items.map((slot: { id: string }) => slot.id)).not.toContain(reserved.id);

  // A free slot is withdrawn without anybody being told.
  expect((await withdraw('head', other.id)).body).toMatchObject({ booked: false });
  await expectAgreement(service, id);
});

test('a withdrawal that comes after the appointment was moved leaves the new one alone', { timeout: 60_000 }, async () => {
  const { body } = await open(series({ reservedShare: 0 }));
  const [first, second] = body.items;
  const id = await acceptedReferral();
  const at = `/v1/referrals/${id}`;
  await service.post('specialist', `${at}/schedule-visit`, { slotId: first.id });
  await service.post('specialist', `${at}/reschedule-visit`, { slotId: second.id });
  expect((await service.post('head', `/v1/slots/${first.id}/withdraw`, { reason: '停诊' })).body).toMatchObject({ booked: false });
  expect((await service.get('gp', at)).body).toMatchObject({ businessStatus: '5.1.1', appointment: { slotId: second.id } });
});
