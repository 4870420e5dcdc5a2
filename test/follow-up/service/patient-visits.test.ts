/** A visit of a person through the API: one form for all enrolments, for none, tried out, told on the telephone, entered twice. */

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMessageTask } from '../../../db/messages/open-task.ts';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { followUpsOn, offTarget, onTarget, today } from '../../support/builders/enrolments.ts';
import { newResident } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const followUps = followUpsOn(() => service);
const { read } = followUps;
const enrol = (protocol: string, patientId?: string) => followUps.enrol(protocol, patientId, { startedOn: addDays(today(), -7) });

/** Yesterday after twelve in Shanghai, whatever the time is now: times of one test lie on one day. */
const noon = startOf(addDays(today(), -1)) + 12 * 3_600_000;
const at = (minute: number) => new Date(noon + minute * 60_000).toISOString();

const post = (patientId: string, body: object, account = 'gp'): Promise<Answer> =>
  service.post(account, `/v1/patients/${patientId}/visits`, { visitedAt: at(10), mode: 'clinic', form: onTarget, ...body });

const crisisAtHome = { bloodPressures: [{ systolic: 192, diastolic: 112, atHome: true }] };

async function enrolInTwo() {
  const patientId = await newResident(service);
  const pressure = await enrol('htn-2017', patientId);
  const glucose = await enrol('t2dm-2017', patientId);
  return { patientId, pressure, glucose };
}

test('two diseases are one form: one decision, one plan, a record for each with the visit’s id', async () => {
  const { patientId, pressure, glucose } = await enrolInTwo();
  const before = (await read(pressure.id)).version;
  const answer = await post(patientId, {});
  expect([answer.status, answer.body.code, answer.body.errors]).toEqual([201, undefined, undefined]);
  const { id, parts, visitPlan, referral } = answer.body;
  expect(parts.map((part: { enrolmentId: string }) => part.enrolmentId).toSorted()).toEqual([pressure.id, glucose.id].toSorted());
  for (const part of parts) expect(part).toMatchObject({ class: 1, action: 'continue', nextVisit: { dueOn: expect.any(String) } });
  expect([visitPlan.enrolmentIds.length, visitPlan.agreedOn, referral]).toEqual([2, null, null]);
  expect((await read(pressure.id)).version).toBe(before + 1);
  const rows = await service.db.selectFrom('follow_up_visit').select(['enrolment_id', 'visit_id']).where('visit_id', '=', id).execute();
  expect(rows).toHaveLength(2);
});

test('a crisis in one disease is one urgent referral for the person, and no part goes on as usual', async () => {
  const { patientId } = await enrolInTwo();
  const form = { bloodPressures: [{ systolic: 126, diastolic: 78 }], fastingGlucose: { value: 17.2, unit: 'mmol/L' } };
  const tried = await post(patientId, { form, dryRun: true });
  expect([tried.status, tried.body.id, tried.body.referral]).toMatchObject([
    200,
    null,
    { id: null, status: 'received', urgency: 'urgent' },
  ]);
  const { body } = await post(patientId, { form });
  expect(body.referral).toMatchObject({ status: 'received', urgency: 'urgent' });
  expect(body.parts.map(({ action }: { action: string }) => action)).toEqual(['refer-urgent', 'refer-urgent']);
  expect(body.parts).toEqual(tried.body.parts);
  // The window may have opened by the time of the answer.
  expect({ ...body.visitPlan, stage: null }).toEqual({ ...tried.body.visitPlan, stage: null });
  expect(body.messages).toEqual(tried.body.messages);
});

test('a crisis told on the telephone is kept, is to be confirmed, and never ends in "continue"', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const told = { mode: 'phone', form: crisisAtHome, visitedAt: at(9) };
  const { status, body } = await post(patientId, told, 'nurse');
  expect([status, body.errors]).toEqual([201, undefined]);
  for (const part of body.parts) expect(part).toMatchObject({ class: null, action: 'confirm-reading' });
  expect(body.readings).toEqual([
    { id: expect.any(String), kind: 'blood-pressure', value: '192/112', unit: 'mmHg', measuredAt: expect.any(String), from: 'self-report' },
  ]);
  expect(body.episodes).toMatchObject([{ rule: 'blood-pressure-crisis' }]);
  expect(body.tasks).toMatchObject([{ kind: 'confirm-reading', role: 'nurse', emergency: true }]);
  // The machine's route passes the same gate.
  const [other] = [await enrol('htn-2017')];
  const byMachine = await service.post('nurse', `/v1/enrolments/${other.id}/visits`, {
    visitedAt: at(9),
    mode: 'phone',
    form: crisisAtHome,
  });
  expect([byMachine.status, byMachine.body.lastVisit]).toMatchObject([201, { action: 'confirm-reading', class: null }]);
  const kept = await service.db.selectFrom('reading').select(['context', 'systolic']).where('patient_id', '=', other.patientId).execute();
  expect(kept).toEqual([{ context: 'self-report', systolic: '192' }]);
  expect((await read(pressure.id)).lastVisit.action).toBe('confirm-reading');
});

test('a value that a protocol needs is asked for at its field, unless it is said why or one was taken at home', async () => {
  const { patientId, pressure } = await enrolInTwo();
  const pressures = [{ systolic: 126, diastolic: 78 }];
  const missing = await post(patientId, { form: { bloodPressures: pressures } });
  expect([missing.status, missing.body.errors?.[0].path]).toEqual([422, 'form.fastingGlucose']);
  const unknown = await post(patientId, { form: { ...onTarget, shoeSize: 43 } });
  expect(unknown.status).toBe(422);
  const one = await post(patientId, { form: { bloodPressures: pressures }, enrolmentIds: [pressure.id], dryRun: true });
  expect([one.status, one.body.parts.length]).toEqual([200, 1]);
  const atHome = { bloodPressures: pressures, fastingGlucose: { value: 6.2, unit: 'mmol/L', atHome: true } };
  const { body } = await post(patientId, { form: atHome, visitedAt: at(8) });
  expect(body.readings).toMatchObject([{ kind: 'fasting-glucose', value: 6.2, from: 'self-report' }]);
  expect(body.parts.map((part: { class: number | null }) => part.class)).toEqual([1, null]);
});

test('somebody in no follow-up is seen too: no parts, every value a reading', async () => {
  const patientId = await newResident(service);
  const tried = await post(patientId, { form: crisisAtHome, dryRun: true });
  expect([tried.status, tried.body.parts, tried.body.readings.length]).toEqual([200, [], 1]);
  const { status, body } = await post(patientId, { form: { bloodPressures: [{ systolic: 148, diastolic: 92 }] } });
  expect([status, body.parts, body.visitPlan, body.referral]).toEqual([201, [], null, null]);
  expect(body.readings).toMatchObject([{ value: '148/92', from: 'clinic' }]);
  const again = await post(patientId, { form: crisisAtHome, visitedAt: at(6) });
  expect([again.status, again.body.code, again.body.visitId]).toEqual([409, 'visit-exists', body.id]);
  const kept = await service.db.selectFrom('reading').select('systolic').where('patient_id', '=', patientId).orderBy('systolic').execute();
  expect(kept).toEqual([{ systolic: '148' }, { systolic: '192' }]);
});

test('two people at one form at once are one visit, and a crisis value in the other form is kept', async () => {
  const { patientId } = await enrolInTwo();
  const visitedAt = at(7);
  const crisis = { ...onTarget, bloodPressures: [...onTarget.bloodPressures, { systolic: 190, diastolic: 100, atHome: true }] };
  const answers = await Promise.all([
    post(patientId, { visitedAt, form: offTarget }),
    post(patientId, { visitedAt, form: crisis }, 'nurse'),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  const [made, refused] = answers.toSorted((a, b) => a.status - b.status) as [Answer, Answer];
  expect(refused.body).toMatchObject({ code: 'visit-exists', visitId: made.body.id });
  const kept = await service.db.selectFrom('reading').select('systolic').where('patient_id', '=', patientId).execute();
  expect(kept).toEqual([{ systolic: '190' }]);
  // Same day and mode, an hour before: only who says so. Another mode is another visit.
  const near = { visitedAt: at(8), late: true };
  expect([(await post(patientId, near)).body.code, (await post(patientId, { ...near, visitedAt })).body.code]).toEqual([
    'visit-exists',
    'visit-exists',
  ]);
  expect((await post(patientId, { visitedAt, allowSecondSameDay: true, late: true })).body.code).toBe('visit-exists');
  expect((await post(patientId, { ...near, allowSecondSameDay: true })).status).toBe(201);
});

test('the agreed date lies in the new window, and consent given with the form reaches the referral', async () => {
  const { patientId } = await enrolInTwo();
  const tried = await post(patientId, { dryRun: true });
  const { dueOn } = tried.body.visitPlan;
  const outside = await post(patientId, { nextOn: '2031-01-01' });
  expect([outside.status, outside.body.errors?.[0].path]).toEqual([422, 'nextOn']);
  const consent = { given: true, recordedAt: at(10) };
  const complication = { ...onTarget, newComplication: true };
  const { status, body } = await post(patientId, {
    nextOn: dueOn,
    visitedAt: at(9),
  });
  expect([status, body.visitPlan?.agreedOn]).toEqual([201, dueOn]);
  const referred = await post(patientId, { form: complication, consent, allowSecondSameDay: true });
  expect(referred.body.referral).toMatchObject({ status: 'received', urgency: 'routine' });
  await expect
    .poll(async () => (await service.get('gp', `/v1/referrals/${referred.body.referral.id}`)).body.status, { timeout: 30_000 })
    .toBe('received');
});

test('the sheet of a resident says in one audited read what a visit needs', async () => {
  const { patientId } = await enrolInTwo();
  await post(patientId, { form: { ...offTarget, bloodPressures: [{ systolic: 156, diastolic: 94 }] } });
  await post(patientId, {
    mode: 'phone',
    form: { bloodPressures: [{ systolic: 132, diastolic: 84, atHome: true }], notMeasuredReason: 'phone' },
    visitedAt: at(20),
  });
  const before = await countReads(patientId);
  const { status, body } = await service.get('nurse', `/v1/patients/${patientId}/sheet`);
  expect(status).toBe(200);
  expect(await countReads(patientId)).toBe(before + 1);
  expect(body.patient).toMatchObject({ id: patientId, age: expect.any(Number) });
  expect(body.enrolments).toHaveLength(2);
  for (const one of body.enrolments) expect(one).toMatchObject({ status: 'active', lastVisit: { class: null, action: 'continue' } });
  expect(body.lastValues).toMatchObject([
    { kind: 'blood-pressure', value: '132/84', unit: 'mmHg', from: 'self-report', overTarget: false },
    { kind: 'fasting-glucose', value: 8.2, unit: 'mmol/L', from: 'clinic', overTarget: true },
  ]);
  expect(body.visitPlan.items.map(({ code }: { code: string }) => code)).toContain('blood-pressure');
  for (const line of [...body.alerts, ...body.script])
    expect(line).toEqual({ code: expect.any(String), zh: expect.any(String), en: expect.any(String) });
  expect(body.allowed).toContain('record-visit');
  const elsewhere = await service.get('nurse-c08', `/v1/patients/${patientId}/sheet`);
  expect(elsewhere.status).toBe(404);
  const none = await service.get('nurse', `/v1/patients/${await newResident(service)}/sheet`);
  expect(none.body).toMatchObject({ enrolments: [], visitPlan: null, lastValues: [], allowed: ['record-visit'] });
});

async function countReads(patientId: string): Promise<number> {
  const rows = await service.db
    .selectFrom('audit')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('action', '=', 'patient.sheet.read')
    .execute();
  return rows.length;
}

test('one call answers every open call of the resident: reached with the visit, otherwise without one', async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000017' });
  const enrolment = await enrol('htn-2017', patientId);
  const openCalls = async () => {
    for (const n of [1, 2]) await openCall(enrolment.pathwayId, patientId, n);
    return countOpen(patientId, 'call-patient');
  };
  expect(await openCalls()).toBe(2);
  const unanswered = await call(patientId, { outcome: 'no-answer' });
  expect([unanswered.status, unanswered.body.id, unanswered.body.parts]).toEqual([201, null, []]);
  expect([await countOpen(patientId, 'call-patient'), await openCalls()]).toEqual([0, 2]);
  expect((await call(patientId, { outcome: 'call-later' })).body.errors?.[0].path).toBe('call.callAt');
  const tried = await call(patientId, { outcome: 'dead' }, { dryRun: true });
  expect([tried.status, await countOpen(patientId, 'call-patient')]).toEqual([200, 2]);
  const reached = { outcome: 'reached' };
  expect((await call(patientId, reached)).status).toBe(422);
  const told = { mode: 'phone', visitedAt: at(1), form: { bloodPressures: [{ systolic: 132, diastolic: 84 }] } };
  const visited = await call(patientId, reached, told);
  expect([visited.status, visited.body.errors, await countOpen(patientId, 'call-patient')]).toEqual([201, undefined, 0]);
  await openCalls();
  const dead = await call(patientId, { outcome: 'dead' });
  expect(dead.body.tasks).toMatchObject([{ kind: 'confirm-death' }]);
  expect([await countOpen(patientId, 'call-patient'), await countOpen(patientId, 'confirm-death')]).toEqual([0, 1]);
  await service.post('gp', `/v1/patients/${patientId}/refute-death`, { reason: 'answered the telephone' });
  // A wrong number is never called again.
  await openCalls();
  await call(patientId, { outcome: 'wrong-number' });
  expect(await openCall(enrolment.pathwayId, patientId, 3)).toBe('no-phone');
});

const call = (patientId: string, told: object, more: object = {}) =>
  service.post('nurse', `/v1/patients/${patientId}/visits`, { call: told, ...more });

let messages = 0;
async function openCall(pathwayId: string, patientId: string, n: number): Promise<string> {
  const { id: messageId } = await service.db
    .insertInto('message')
    .values({
      key: `call-${n}-${messages++}-${patientId}`,
      pathway_id: pathwayId,
      template: 'follow-up-open',
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel: 'phone',
      status: 'in-hand',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return openMessageTask(service.db, { messageId, channel: 'phone', now: sql<Date>`now()` });
}

async function countOpen(patientId: string, name: string): Promise<number> {
  const rows = await service.db
    .selectFrom('task')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('name', '=', name)
    .where('status', '=', 'open')
    .execute();
  return rows.length;
}

test('a visit completes the first follow-up after hospital, and its values go back', async () => {
  const patientId = await newResident(service);
  const { overrideReason: _, ...form } = await newReferral(service, { direction: 'down', toInstitutionId: 'inst-c01', patientId });
  const sent = await service.post('specialist', '/v1/referrals', { ...form, managementPlan: '每周测血压，继续服药' });
  expect((await service.post('gp', `/v1/referrals/${sent.body.id}/send-acceptance`, {})).status).toBe(200);
  const seen = await post(
    patientId,
    { visitedAt: new Date().toISOString(), form: { bloodPressures: [{ systolic: 138, diastolic: 84 }] } },
    'nurse',
  );
  expect([seen.status, seen.body.errors]).toEqual([201, undefined]);
  const statusOf = async () => (await service.get('gp', `/v1/referrals/${sent.body.id}`)).body.status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('completed');
  const { body } = await service.get('gp', `/v1/referrals/${sent.body.id}/timeline`);
  expect(body.items.at(-1)).toMatchObject({ event: 'send-outcome', note: expect.stringContaining('138') });
});
