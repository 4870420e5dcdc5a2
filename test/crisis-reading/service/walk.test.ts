/** A crisis value of anybody registered, on the running service: from the reading to the task, the calls, the confirmation and the referral. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { completeCrisis, crisisTaskOf, openCrisisReadingsOf, taskOf } from '../../support/builders/crisis-readings.ts';
import { followUpsOn } from '../../support/builders/enrolments.ts';
import { deliverAll, newFact, newResident, postFact } from '../../support/builders/facts.ts';
import { ago, bloodPressure, DAY, glucose, HOUR, MINUTE, postReadings } from '../../support/builders/readings.ts';
import { createReferral } from '../../support/builders/referral-steps.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const called = async (pathwayId: string): Promise<string[]> => {
  const rows = await service.db
    .selectFrom('message')
    .innerJoin('post', 'post.person_id', 'message.recipient_id')
    .select(['template', 'role'])
    .distinct()
    .where('pathway_id', '=', pathwayId)
    .where('role', 'in', ['nurse', 'gp', 'head'])
    .execute();
  return rows.map(({ template, role }) => `${template.replace('crisis-reading-', '')} ${role}`).toSorted();
};

const onWorklistOf = async (account: string, pathwayId: string): Promise<boolean> => {
  const { body } = await service.get(account, '/v1/worklist?kind=confirm-reading&limit=200');
  return body.items.some(({ id }: { id: string }) => id === `${pathwayId}.confirm-reading`);
};

async function raised(patientId: string, ...readings: Record<string, unknown>[]): Promise<string> {
  const { status } = await postReadings(service, readings);
  expect(status).toBe(202);
  return (await crisisTaskOf(service, patientId)).id;
}

const SLOW = { timeout: 60_000 };

describe('of somebody in no follow-up', () => {
  test('one task of the nurse within 30 minutes, with the value and what it has reached; the doctor confirms it', SLOW, async () => {
    const patientId = await newResident(service);
    const measuredAt = ago(5 * MINUTE);
    const id = await raised(patientId, bloodPressure(patientId, 192, 112, { measuredAt }));
    const task = await taskOf(service, id);
    expect(task).toMatchObject({
      name: 'confirm-reading',
      role: 'nurse',
      institution_id: 'inst-c01',
      patient_id: patientId,
      emergency: true,
      status: 'open',
      about: { kind: 'blood-pressure', value: '192/112', unit: 'mmHg', measuredAt, threshold: '180/110' },
    });
    expect((task?.due_at?.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(30 * MINUTE);
    expect([await onWorklistOf('nurse', id), await called(id)]).toEqual([true, ['raised nurse']]);
    const confirmed = await completeCrisis(service, 'gp', id, { outcome: 'confirmed', note: '已电话联系，服药后 150/90' });
    expect([confirmed.status, confirmed.body]).toMatchObject([
      200,
      { id, status: 'confirmed', action: 'treat', note: '已电话联系，服药后 150/90', closedById: 'person-gp', referralId: null },
    ]);
    expect(await taskOf(service, id)).toMatchObject({ status: 'done' });
    const episodes = await service.get('gp', `/v1/reading-episodes?patientId=${patientId}`);
    expect(episodes.body.items).toMatchObject([
      { rule: 'blood-pressure-crisis', done: '已电话联系，服药后 150/90', closedById: 'person-gp' },
    ]);
  });

  test('who is called sees it: the doctor at 30 minutes, the head at 60, then everybody hourly until it is claimed', SLOW, async () => {
    const patientId = await newResident(service);
    const id = await raised(patientId, glucose(patientId, 2.1));
    expect(await onWorklistOf('gp', id)).toBe(false);
    await service.fastForward(id, 'PT31M');
    expect([await onWorklistOf('gp', id), await called(id)]).toEqual([true, ['overdue gp', 'raised nurse']]);
    await service.fastForward(id, 'PT30M');
    expect(await called(id)).toEqual(['overdue gp', 'overdue head', 'raised nurse']);
    await service.fastForward(id, 'PT1H');
    expect(await called(id)).toEqual(expect.arrayContaining(['unclaimed gp', 'unclaimed head', 'unclaimed nurse']));
    const before = await service.db.selectFrom('message').select('id').where('pathway_id', '=', id).execute();
    expect((await service.post('nurse', `/v1/tasks/${id}.confirm-reading/claim`, {})).status).toBe(200);
    await service.fastForward(id, 'PT2H');
    expect(await service.db.selectFrom('message').select('id').where('pathway_id', '=', id).execute()).toEqual(before);
    expect(await taskOf(service, id)).toMatchObject({ status: 'open', escalated_to: [{ role: 'gp' }, { role: 'head' }] });
  });

  test(
    'a further value joins the open task, of which the worst is shown; a usual one closes nothing; twenty at once are one task',
    SLOW,
    async () => {
      const patientId = await newResident(service);
      const at = (n: number) => ({ measuredAt: ago((30 - n) * MINUTE) });
      const batches = Array.from({ length: 10 }, (_, n) => postReadings(service, [bloodPressure(patientId, 182 + n, 100, at(n))]));
      await Promise.all(batches);
      const { id } = await crisisTaskOf(service, patientId);
      await postReadings(service, [bloodPressure(patientId, 210, 118, at(25)), bloodPressure(patientId, 130, 80, at(28))]);
      await postReadings(service, [bloodPressure(patientId, 183, 90, at(29))]);
      await deliverAll(service);
      expect(await taskOf(service, id)).toMatchObject({ status: 'open', about: { value: '210/118', values: 12 } });
      expect(await openCrisisReadingsOf(service, patientId)).toEqual([id]);
    },
  );
});

describe('who may say what it is', () => {
  test('a nurse only after a later value below the threshold, of the same kind', SLOW, async () => {
    const patientId = await newResident(service);
    const id = await raised(patientId, bloodPressure(patientId, 186, 100, { measuredAt: ago(20 * MINUTE) }));
    const early = await completeCrisis(service, 'nurse', id, { outcome: 'refuted' });
    expect([early.status, early.body.code]).toEqual([409, 'value-below-threshold-required']);
    await postReadings(service, [bloodPressure(patientId, 140, 80, { measuredAt: ago(25 * MINUTE) }), glucose(patientId, 6)]);
    expect((await completeCrisis(service, 'nurse', id, { outcome: 'refuted' })).status).toBe(409);
    await postReadings(service, [bloodPressure(patientId, 179, 109, { measuredAt: ago(MINUTE) })]);
    const late = await completeCrisis(service, 'nurse', id, { outcome: 'refuted', note: '袖带过松，复测 179/109' });
    expect([late.status, late.body.status]).toEqual([200, 'refuted']);
    expect((await completeCrisis(service, 'gp', id, { outcome: 'confirmed' })).body.code).toBe('task-closed');
  });

  test('nobody without a word, with an action that does not belong there, or of another centre', SLOW, async () => {
    const patientId = await newResident(service);
    const id = await raised(patientId, glucose(patientId, 18));
    const path = (body: Record<string, unknown>) => service.post('gp', `/v1/tasks/${id}.confirm-reading/complete`, body);
    expect((await path({ outcome: 'confirmed' })).body.errors[0].path).toBe('note');
    expect((await path({ note: 'x' })).body.errors[0].path).toBe('outcome');
    expect((await path({ note: 'x', outcome: 'reached' })).body.errors[0].path).toBe('outcome');
    expect((await path({ note: 'x', outcome: 'refuted', action: 'treat' })).body.errors[0].path).toBe('action');
    expect((await path({ note: 'x', outcome: 'confirmed', action: 'wait' })).body.errors[0].path).toBe('action');
    expect((await completeCrisis(service, 'gp2', id, { outcome: 'confirmed' })).status).toBe(404);
    expect(await taskOf(service, id)).toMatchObject({ status: 'open' });
  });

  test('a doctor who refers sends an urgent referral; a nurse drafts one, which the doctor is called to send', SLOW, async () => {
    const referralOf = async (id: string) =>
      vi.waitFor(async () => {
        const { body, status } = await service.get('gp', `/v1/referrals/${id}`);
        expect(status).toBe(200);
        return body;
      }, 20_000);
    const [ofGp, ofNurse] = [await newResident(service), await newResident(service)];
    const first = await raised(ofGp, bloodPressure(ofGp, 220, 130));
    const { body } = await completeCrisis(service, 'gp', first, { outcome: 'confirmed', action: 'emergency' });
    expect(await referralOf(body.referralId)).toMatchObject({ status: 'received', urgency: 'urgent', emergency: true, patientId: ofGp });

    const second = await raised(ofNurse, bloodPressure(ofNurse, 190, 100, { measuredAt: ago(20 * MINUTE) }));
    await postReadings(service, [bloodPressure(ofNurse, 178, 100, { measuredAt: ago(MINUTE) })]);
    const drafted = await completeCrisis(service, 'nurse', second, { outcome: 'confirmed', action: 'refer' });
    expect(await referralOf(drafted.body.referralId)).toMatchObject({
      status: 'draft',
      urgency: 'urgent',
      clocks: [{ budgetSeconds: 1_800 }],
    });
    expect(await called(second)).toEqual(expect.arrayContaining(['referral-to-send gp', 'referral-to-send head']));
  });
});

test('a follow-up counts on the urgent referral of a confirmed value: its visits ask for no second one', SLOW, async () => {
  const patientId = await newResident(service);
  const { id: enrolmentId } = await followUpsOn(() => service).enrol('htn-2017', patientId);
  const id = await raised(patientId, bloodPressure(patientId, 220, 130));
  const { body } = await completeCrisis(service, 'gp', id, { outcome: 'confirmed', action: 'refer' });
  await deliverAll(service);
  const { body: shown } = await service.get('gp', `/v1/enrolments/${enrolmentId}`);
  expect(shown.referrals).toMatchObject([{ id: body.referralId, urgency: 'urgent', reviewedAt: null }]);
});

test('a follow-up counts on an urgent referral that was written by hand as soon as a confirmed value joins it', SLOW, async () => {
  const patientId = await newResident(service);
  const { id: enrolmentId } = await followUpsOn(() => service).enrol('htn-2017', patientId);
  const referralId = await createReferral(service, { patientId, urgency: 'urgent' });
  const id = await raised(patientId, bloodPressure(patientId, 220, 130));
  const { body } = await completeCrisis(service, 'gp', id, { outcome: 'confirmed', action: 'refer' });
  expect(body.referralId).toBe(referralId);
  await deliverAll(service);
  const { body: shown } = await service.get('gp', `/v1/enrolments/${enrolmentId}`);
  expect(shown.referrals).toMatchObject([{ id: referralId, urgency: 'urgent', reviewedAt: null }]);
});

describe('what happens to the person', () => {
  test('moved: the task goes to the new home centre, where it is called anew; died: it ends', SLOW, async () => {
    const patientId = await newResident(service);
    const id = await raised(patientId, glucose(patientId, 25));
    const { due_at: dueAt } = (await taskOf(service, id)) ?? {};
    await postFact(service, newFact({ type: 'patient-moved', patientId, homeInstitutionId: 'inst-c02' }));
    await deliverAll(service);
    expect(await taskOf(service, id)).toMatchObject({ status: 'open', institution_id: 'inst-c02', due_at: dueAt });
    const nurses = await service.db
      .selectFrom('message')
      .innerJoin('post', 'post.person_id', 'message.recipient_id')
      .select('institution_id')
      .distinct()
      .where('pathway_id', '=', id)
      .execute();
    expect(nurses.map(({ institution_id }) => institution_id).toSorted()).toEqual(['inst-c01', 'inst-c02']);
    await postFact(service, newFact({ patientId }));
    await deliverAll(service);
    expect(await taskOf(service, id)).toMatchObject({ status: 'withdrawn' });
    await postReadings(service, [glucose(patientId, 26, { measuredAt: ago(HOUR) })]);
    expect(await openCrisisReadingsOf(service, patientId)).toEqual([]);
  });

  test('two records of one person: the older goes on with the values of both', SLOW, async () => {
    const [survivor, double] = [await newResident(service), await newResident(service)];
    const older = await raised(double, bloodPressure(double, 183, 90));
    const younger = await raised(survivor, glucose(survivor, 2));
    await postFact(service, newFact({ type: 'patients-merged', patientId: double, survivorPatientId: survivor }));
    await deliverAll(service);
    expect(await taskOf(service, younger)).toMatchObject({ status: 'withdrawn' });
    expect(await taskOf(service, older)).toMatchObject({ status: 'open', patient_id: survivor, about: { value: 2, values: 2 } });
    await postReadings(service, [glucose(survivor, 20)]);
    expect(await openCrisisReadingsOf(service, double)).toEqual([older]);
    expect(await openCrisisReadingsOf(service, survivor)).toEqual([]);
  });
});

describe('quarantine hides no danger', () => {
  test.each([
    ['one of two pressures is no value', (id: string) => bloodPressure(id, 226, 2_047), { value: '226/2047', quarantine: 'no-value' }],
    ['a pressure above those of anybody', (id: string) => bloodPressure(id, 350, 90), { value: '350/90', quarantine: 'too-high' }],
    ['a glucose above those of anybody', (id: string) => glucose(id, 61), { value: 61, quarantine: 'too-high' }],
    ['a glucose below those of anybody', (id: string) => glucose(id, 0.4), { value: 0.4, quarantine: 'too-low' }],
    [
      'a clock eight hours ahead',
      (id: string) => bloodPressure(id, 224, 132, { measuredAt: ago(-8 * HOUR) }),
      { value: '224/132', quarantine: 'in-the-future' },
    ],
    [
      'a clock that fell back',
      (id: string) => bloodPressure(id, 227, 131, { measuredAt: '2000-01-01T00:03:00Z' }),
      { value: '227/131', quarantine: 'clock-behind' },
    ],
  ])('%s', SLOW, async (_, reading, about) => {
    const patientId = await newResident(service);
    const { body } = await postReadings(service, [reading(patientId)]);
    expect(body.results[0].result).toBe('quarantined');
    const { id } = await crisisTaskOf(service, patientId);
    expect(await taskOf(service, id)).toMatchObject({ role: 'nurse', about });
  });

  test('a clock that fell back by a year: the value stands in the chart, and somebody looks', SLOW, async () => {
    const patientId = await newResident(service);
    const { body } = await postReadings(service, [bloodPressure(patientId, 227, 131, { measuredAt: ago(365 * DAY) })]);
    expect(body.results[0].result).toBe('recorded');
    const { id } = await crisisTaskOf(service, patientId);
    expect(await taskOf(service, id)).toMatchObject({ role: 'nurse', about: { value: '227/131' } });
  });

  test('what is no value wakes nobody, nor does what is a week old; what comes twice alarms once', SLOW, async () => {
    const patientId = await newResident(service);
    await postReadings(service, [glucose(patientId, 2_047), bloodPressure(patientId, 190, 100, { measuredAt: ago(8 * DAY) })]);
    expect(await openCrisisReadingsOf(service, patientId)).toEqual([]);
    const crisis = bloodPressure(patientId, 190, 100);
    const id = await raised(patientId, crisis);
    await completeCrisis(service, 'gp', id, { outcome: 'confirmed' });
    await postReadings(service, [crisis, { ...crisis, messageId: randomUUID() }]);
    expect(await openCrisisReadingsOf(service, patientId)).toEqual([]);
    // The same message with another value: somebody has to find out which is true, once.
    await postReadings(service, [
      { ...crisis, systolic: 230 },
      { ...crisis, systolic: 230 },
    ]);
    expect(await openCrisisReadingsOf(service, patientId)).toHaveLength(1);
  });
});

describe('entered in error', () => {
  const mark = (account: string, readingId: string) =>
    service.post(account, `/v1/readings/${readingId}/mark-entered-in-error`, { reason: '录错了人' });

  test('by whoever recorded it: the task goes, the chart is without it, and a true value opens a new one', SLOW, async () => {
    const patientId = await newResident(service);
    const { body } = await postReadings(service, [bloodPressure(patientId, 191, 110)], 'nurse');
    const [{ readingId }] = body.results;
    const { id } = await crisisTaskOf(service, patientId);
    expect((await mark('gp', readingId)).status).toBe(403);
    expect((await mark('gp2', readingId)).status).toBe(404);
    const marked = await mark('nurse', readingId);
    const [episode] = await service.db.selectFrom('reading_episode').select('id').where('patient_id', '=', patientId).execute();
    expect([marked.status, marked.body]).toEqual([
      200,
      { visitPlan: null, referral: null, episodes: [episode?.id], tasks: [`${id}.confirm-reading`] },
    ]);
    await deliverAll(service);
    expect(await taskOf(service, id)).toMatchObject({ status: 'withdrawn' });
    const timeline = await service.get('gp', `/v1/crisis-readings/${id}/timeline`);
    expect(timeline.body.items.at(-1)).toMatchObject({ event: 'crisis-value-withdrawn', from: 'open', to: 'withdrawn' });
    expect((await service.get('gp', `/v1/readings?patientId=${patientId}`)).body.items).toEqual([]);
    expect((await mark('nurse', readingId)).body.code).toBe('transition-not-allowed');
    expect(await raised(patientId, bloodPressure(patientId, 192, 111))).not.toBe(id);
  });

  test('of a machine by the doctor: the other values stay, and so does the task', SLOW, async () => {
    const patientId = await newResident(service);
    const { body } = await postReadings(service, [bloodPressure(patientId, 240, 130), glucose(patientId, 17)]);
    const { id } = await crisisTaskOf(service, patientId);
    expect((await mark('nurse', body.results[0].readingId)).status).toBe(403);
    expect((await mark('gp', body.results[0].readingId)).body.tasks).toEqual([]);
    await deliverAll(service);
    expect(await taskOf(service, id)).toMatchObject({ status: 'open', about: { kind: 'random-glucose', value: 17, threshold: 16.7 } });
  });
});
