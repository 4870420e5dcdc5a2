/** A nurse's day on the telephone: each resident is one call, and the values are typed while it lasts. */
import { expect } from 'vitest';
import { addDays } from '../../domain/time/local-date.ts';
import { followUpsOn, today } from '../support/builders/enrolments.ts';
import { newResident } from '../support/builders/facts.ts';
import { openCall } from '../support/builders/open-calls.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveNurseDay(desk: Desk, residents: number): Promise<void> {
  const { service } = desk;
  const { enrol } = followUpsOn(() => service);
  const patientIds: string[] = [];
  for (let index = 0; index < residents; index++) {
    const patientId = await newResident(service, 'inst-c01', { phone: `1390000${String(1_000 + index)}` });
    const { pathwayId } = await enrol('htn-2017', patientId, { startedOn: addDays(today(), -7) });
    await openCall(service, { pathwayId, patientId });
    patientIds.push(patientId);
  }

  const nurse = await desk.signIn('nurse');
  const day = countWork(`Nurse with ${residents} calls`, nurse);
  const query = { kind: ['call-patient' as const], limit: 200 };

  const calls = await day.piece('whom to call', 2, async () => {
    const counts = await good(nurse.get('/v1/worklist/counts'));
    const list = await good(nurse.get('/v1/worklist', { query }));
    expect(counts.kinds['call-patient']).toBe(list.items.length);
    return list.items.filter(({ patient }) => patient && patientIds.includes(patient.id));
  });
  expect(calls).toHaveLength(residents);

  const [busy, ...reached] = calls;
  for (const [index, { id: taskId, patient }] of reached.entries()) {
    const patientId = patient?.id as string;
    const answer = await day.piece(`call ${index + 1}`, 2, async () => {
      const sheet = await good(nurse.get('/v1/patients/{id}/sheet', { path: { id: patientId } }));
      expect(sheet.script.length).toBeGreaterThan(0);
      return good(
        nurse.post('/v1/patients/{id}/visits', {
          path: { id: patientId },
          body: {
            visitedAt: new Date(Date.now() - 60_000).toISOString(),
            mode: 'phone',
            form: { bloodPressures: [{ systolic: 132, diastolic: 84, atHome: true }] },
            call: { outcome: 'reached', taskIds: [taskId] },
          },
        }),
      );
    });
    // What is told on the telephone is kept and never classified.
    expect(answer.parts).toMatchObject([{ class: null, nextVisit: { dueOn: expect.any(String) } }]);
    expect(answer.readings).toMatchObject([{ value: '132/84', from: 'self-report' }]);
  }

  const told = await day.piece('a call that nobody answers', 1, () =>
    good(nurse.post('/v1/patients/{id}/visits', { path: { id: busy?.patient?.id as string }, body: { call: { outcome: 'no-answer' } } })),
  );
  expect([told.id, told.parts]).toEqual([null, []]);

  const left = await day.piece('what is left in the evening', 1, () => good(nurse.get('/v1/worklist', { query })));
  expect(left.items.filter(({ patient }) => patient && patientIds.includes(patient.id))).toEqual([]);
  day.print();
}
