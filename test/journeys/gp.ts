/** A GP's day: who comes, one visit for two diseases, a value that was a slip of the pen, a referral with a slot. */
import { expect } from 'vitest';
import { addDays } from '../../domain/time/local-date.ts';
import { followUpsOn, today } from '../support/builders/enrolments.ts';
import { newResident } from '../support/builders/facts.ts';
import { countWork, type Desk, good } from './desk.ts';

/** Ten minutes ago at most, and after twelve yesterday at least. */
const justNow = () => new Date(Date.now() - 60_000).toISOString();

export async function liveGpDay(desk: Desk): Promise<void> {
  const { service } = desk;
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000021' });
  const { enrol } = followUpsOn(() => service);
  for (const protocol of ['htn-2017', 't2dm-2017']) await enrol(protocol, patientId, { startedOn: addDays(today(), -7) });

  const gp = await desk.signIn('gp');
  const day = countWork('GP', gp);

  const morning = await day.piece('what there is in the morning', 2, async () => {
    const counts = await good(gp.get('/v1/worklist/counts'));
    const list = await good(gp.get('/v1/worklist', { query: { limit: 20 } }));
    expect(list.items.length).toBeLessThanOrEqual(counts.all);
    for (const { title, patient, dueAt, why, now } of list.items)
      expect({ title, patient, dueAt, why, now }).toMatchObject({
        title: { zh: expect.any(String) },
        why: [{ zh: expect.any(String) }, {}],
      });
    return counts;
  });
  expect(Object.values(morning.kinds).reduce((sum, count) => sum + count, 0)).toBe(morning.all);

  const visit = {
    visitedAt: justNow(),
    mode: 'clinic' as const,
    form: {
      bloodPressures: [
        { systolic: 152, diastolic: 94 },
        { systolic: 148, diastolic: 92 },
      ],
      fastingGlucose: { value: 6.8, unit: 'mmol/L' as const },
    },
  };
  const recorded = await day.piece('a visit in two diseases', 2, async () => {
    const sheet = await good(gp.get('/v1/patients/{id}/sheet', { path: { id: patientId } }));
    expect([sheet.enrolments.length, sheet.allowed.includes('record-visit')]).toEqual([2, true]);
    return good(gp.post('/v1/patients/{id}/visits', { path: { id: patientId }, body: visit }));
  });
  expect(recorded.parts.map(({ action }) => action).toSorted()).toEqual(['adjust', 'continue']);
  expect(recorded.visitPlan?.dueOn).toEqual(expect.any(String));
  for (const { because } of recorded.parts)
    for (const reason of because)
      expect(reason).toMatchObject({ zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.stringMatching(/^[^\p{Script=Han}]+$/u) });

  // Somebody else who has the same form open cannot enter the visit again.
  const again = await gp.post('/v1/patients/{id}/visits', { path: { id: patientId }, body: visit });
  expect(again).toMatchObject({ ok: false, problem: { code: 'visit-exists', visitId: recorded.id } });

  const corrected = await day.piece('a telephone number is corrected', 2, async () => {
    const before = await gp.get('/v1/patients/{id}', { path: { id: patientId } });
    if (!before.ok) throw new Error(before.problem.code);
    return good(
      gp.patch('/v1/patients/{id}', {
        path: { id: patientId },
        ...(before.etag ? { ifMatch: before.etag } : {}),
        body: { phone: '13800000022', reason: '号码登记有误' },
      }),
    );
  });
  expect(corrected).toMatchObject({ phone: '13800000022' });

  const referral = await day.piece('a referral sent and seen', 2, async () => {
    const sent = await good(
      gp.post('/v1/referrals', {
        body: {
          patientId,
          direction: 'up',
          urgency: 'routine',
          toInstitutionId: 'inst-h1',
          toDepartmentId: 'dept-h1-cardiology',
          reason: '血压未达标，请会诊',
          consent: { given: true, recordedAt: justNow() },
        },
      }),
    );
    return good(gp.get('/v1/referrals/{id}', { path: { id: sent.id } }));
  });
  expect([referral.status, referral.now]).toEqual(['received', expect.any(String)]);

  const evening = await day.piece('what the day has come to', 2, async () => ({
    sheet: await good(gp.get('/v1/patients/{id}/sheet', { path: { id: patientId } })),
    changes: await good(gp.get('/v1/patients/{id}/changes', { path: { id: patientId } })),
  }));
  expect(evening.sheet.lastValues).toMatchObject([{ kind: 'blood-pressure', value: '150/93', overTarget: true }, {}]);
  expect(evening.sheet.referrals).toMatchObject([{ id: referral.id, status: 'received' }]);
  expect(evening.changes.items).toMatchObject([{ field: 'phone', reason: '号码登记有误', by: { name: expect.any(String) } }]);
  day.print();
}
