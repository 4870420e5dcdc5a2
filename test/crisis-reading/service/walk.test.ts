/** A crisis value of anybody registered, on the running service: from the reading to the task, the calls, the confirmation and the referral. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeCrisis, crisisTaskOf, openCrisisReadingsOf, taskOf } from '../../support/builders/crisis-readings.ts';
import { newResident } from '../../support/builders/facts.ts';
import { ago, bloodPressure, glucose, MINUTE, postReadings } from '../../support/builders/readings.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const messagesOf = (pathwayId: string) =>
  service.db.selectFrom('message').select(['template', 'recipient_id as to']).where('pathway_id', '=', pathwayId).orderBy('id').execute();

describe('of somebody in no follow-up', () => {
  test('one task of the nurse within 30 minutes, with the value and what it has reached; the doctor confirms it', async () => {
    const patientId = await newResident(service);
    const measuredAt = ago(5 * MINUTE);
    await postReadings(service, [bloodPressure(patientId, 192, 112, { measuredAt })]);
    const { id, task } = await crisisTaskOf(service, patientId);
    expect(task).toMatchObject({
      name: 'confirm-reading',
      role: 'nurse',
      institution_id: 'inst-c01',
      patient_id: patientId,
      emergency: true,
      status: 'open',
      about: { kind: 'blood-pressure', value: '192/112', unit: 'mmHg', measuredAt, threshold: '180/110' },
    });
    expect(await messagesOf(id)).toContainEqual({ template: 'crisis-reading-raised', to: 'person-nurse' });
    const confirmed = await completeCrisis(service, 'gp', id, { outcome: 'confirmed', note: '已电话联系，服药后 150/90' });
    expect([confirmed.status, confirmed.body]).toMatchObject([
      200,
      { id, status: 'confirmed', action: 'treat', note: '已电话联系，服药后 150/90', closedById: 'person-gp', referralId: null },
    ]);
    expect(await taskOf(service, id)).toMatchObject({ status: 'done' });
  });

  test('a further value joins the task that is open, and the worst is shown; a usual value closes nothing', async () => {
    const patientId = await newResident(service);
    await postReadings(service, [bloodPressure(patientId, 182, 100)]);
    const { id } = await crisisTaskOf(service, patientId);
    await postReadings(service, [glucose(patientId, 2.1), bloodPressure(patientId, 130, 80, { measuredAt: ago(MINUTE) })]);
    expect(await openCrisisReadingsOf(service, patientId)).toEqual([id]);
  });
});
