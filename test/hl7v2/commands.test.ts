/** IHE 360X as HL7 v2: a message means the same command as the API's, whichever side sends it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { facades } from '../../api/app.ts';
import { ruleOf } from '../../api/policy.ts';
import { appointmentIn } from '../support/builders/appointment-times.ts';
import * as his from '../support/builders/hl7v2.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf } from '../support/oracles/hl7v2-validators.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let centre: his.HisSystem;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  centre = await his.hisOf(service, 'inst-c01');
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

const up = { from: 'inst-c01', to: 'inst-h1' };
const answering = { from: 'inst-h1', to: 'inst-c01' };

async function requested(over: Partial<his.RequestParts> = {}) {
  const number = his.newNumber();
  const patient = (await his.newPatient(service)).pid;
  const answer = his.read(await centre.send(his.request({ ...up, number, patient, ...over })));
  expect(answer).toMatchObject({ code: 'AA', errors: [] });
  const id = answer.referralId as string;
  return { id, number, patient, asCentre: { ...up, number, patient }, asHospital: { ...answering, number, patient } };
}

const stateOf = async (id: string) => (await service.get('gp', `/v1/referrals/${id}`)).body;
const shown = async (id: string) => (await stateOf(id)).businessStatus;

async function sent(system: his.HisSystem, message: string): Promise<his.Acknowledged> {
  const answer = await system.send(message);
  expect(answer.status).toBe(200);
  expect(answer.contentType).toBe('x-application/hl7-v2+er7; charset=utf-8');
  expect(complaintsOf(answer.text)).toEqual([]);
  const acknowledged = his.read(answer);
  expect(acknowledged.controlId).toBe(message.split('|')[9]);
  return acknowledged;
}

describe('sent by HL7 v2', () => {
  test('it is a referral of the API, with everything the message said', async () => {
    const { id } = await requested({ priority: 'A', reason: '血压\\T\\血糖' });
    expect((await service.get('specialist', `/v1/referrals/${id}`)).body).toMatchObject({
      status: 'received',
      businessStatus: '2.0',
      direction: 'up',
      urgency: 'same-day',
      reason: '血压&血糖',
      initiator: { institutionId: 'inst-c01', personId: centre.caller.personId },
      legs: [{ institutionId: 'inst-h1', departmentId: 'dept-h1-cardiology' }],
      consent: { given: true, recordedAt: '2026-01-01T00:00:00.000Z' },
    });
  });

  test('and answered through the API; the sender’s system reads each answer as a message', async () => {
    const { id, number } = await requested();
    await service.post('specialist', `/v1/referrals/${id}/send-acceptance`, {});
    await service.post('specialist', `/v1/referrals/${id}/schedule-visit`, appointmentIn(100));
    await service.post('specialist', `/v1/referrals/${id}/report-no-show`, {});
    await service.post('specialist', `/v1/referrals/${id}/reschedule-visit`, appointmentIn(131));
    await service.post('specialist', `/v1/referrals/${id}/send-interim-note`, { note: '已入院观察 | 血压^平稳' });
    await service.post('specialist', `/v1/referrals/${id}/send-outcome`, { outcome: '治疗完成\n请每月复查' });
    const { body } = await service.get('gp', `/v1/referrals/${id}/hl7v2`);
    expect(body.items.map(({ pcc }: { pcc: string }) => pcc)).toEqual(['PCC-55', 'PCC-56', 'PCC-60', 'PCC-61', null, 'PCC-59', 'PCC-57']);
    for (const { message } of body.items) {
      expect(complaintsOf(message)).toEqual([]);
      expect(message, 'the loop key is the number that the sender knows').toContain(number);
      expect(message).toContain(`${id}^CAREPATH`);
    }
  });

  test('an emergency and a department’s desk', async () => {
    const patient = (await his.newPatient(service)).pid;
    const message = his.request({ ...up, number: his.newNumber(), patient, department: '57133-1^^LN', priority: 'S', consent: '' });
    const emergency = message.replace('57133-1^^LN^^99CAREPATH', '57133-1^^LN').replace('\rORC|', '\rPV1|1|E\rORC|');
    const { code, referralId } = await sent(centre, emergency);
    expect(code).toBe('AA');
    expect(await stateOf(referralId as string)).toMatchObject({ emergency: true, urgency: 'urgent', legs: [{ departmentId: null }] });
  });

  test('down, with its management plan', async () => {
    const number = his.newNumber();
    const patient = (await his.newPatient(service)).pid;
    const message = his.request({ ...answering, number, patient, department: 'general-practice', plan: '每月测血压\\.br\\限盐' });
    const { code, referralId } = await sent(hospital, message);
    expect(code).toBe('AA');
    expect(await stateOf(referralId as string)).toMatchObject({ direction: 'down', managementPlan: '每月测血压\n限盐' });
    expect((await sent(centre, his.accept({ ...up, number, patient }))).code).toBe('AA');
  });

  test('a patient named by the numbers of two systems', async () => {
    const known = await service.db.selectFrom('patient_local_id').selectAll().where('patient_id', '=', 'patient-0002').execute();
    await service.db
      .insertInto('patient_local_id')
      .values([
        { system: 'urn:his:c01', value: 'C-2', patient_id: 'patient-0002' },
        { system: '1.2.3', value: 'O-2', patient_id: 'patient-0002' },
      ])
      .execute();
    const patient = 'C-2^^^&urn:his:c01&URI^MR~O-2^^^&1.2.3&ISO^MR~X^^^&9.9.9&ISO^MR';
    const { id } = await requested({ patient, person: '', department: 'neurology' });
    expect((await stateOf(id)).patientId).toBe('patient-0002');
    expect(known.length).toBeGreaterThanOrEqual(0);
  });
});

describe('sent through the API', () => {
  async function fromApi() {
    const { id: patientId, pid } = await his.newPatient(service);
    const { body } = await service.post(
      'gp',
      '/v1/referrals',
      await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
    );
    return { id: body.id as string, patient: pid, asHospital: { ...answering, number: body.id as string, patient: pid } };
  }

  test('the hospital’s system reads the request and answers with our id as the loop key', async () => {
    const { id, asHospital } = await fromApi();
    const { body } = await service.get('specialist', `/v1/referrals/${id}/hl7v2`);
    expect(body.items).toHaveLength(1);
    expect(complaintsOf(body.items[0].message)).toEqual([]);
    expect(body.items[0].message).toContain(`ORC|NW|${id}^CAREPATH|${id}^CAREPATH`);
    expect((await sent(hospital, his.accept(asHospital))).code).toBe('AA');
    expect(await stateOf(id)).toMatchObject({ status: 'accepted', businessStatus: '3.0' });
    const { body: timeline } = await service.get('gp', `/v1/referrals/${id}/timeline`);
    expect(timeline.items.at(-1)).toMatchObject({
      event: 'send-acceptance',
      actor: { personId: hospital.caller.personId, role: 'gateway' },
    });
  });

  test.each([
    ['SC with IP', 'ORC|OK|', 'ORC|SC|', '3.0'],
    ['our id in ORC-3 alone', /ORC\|OK\|([^|]+)\|/, 'ORC|OK||$1', '3.0'],
  ])('accepted with %s', async (_, written, instead, expected) => {
    const { id, asHospital } = await fromApi();
    expect((await sent(hospital, his.accept(asHospital).replace(written, instead))).code).toBe('AA');
    expect(await shown(id)).toBe(expected);
  });

  test('its whole course in messages of both sides', async () => {
    const { id, asHospital } = await fromApi();
    const steps: [his.HisSystem, string, string][] = [
      [hospital, his.accept(asHospital), '3.0'],
      [hospital, his.appointment(asHospital), '5.1.1'],
      [hospital, his.noShow(asHospital), '5.1.2'],
      [hospital, his.reschedule(asHospital), '5.1.1'],
      [hospital, his.cancelAppointment(asHospital), '5.1.3'],
      [hospital, his.appointment(asHospital), '5.1.1'],
      [hospital, his.interim(asHospital), '5.1.4'],
      [hospital, his.interim(asHospital), '5.1.4'],
      [centre, his.cancel({ ...asHospital, ...up }), '5.2'],
      [hospital, his.outcome(asHospital), '7.0'],
    ];
    for (const [system, message, businessStatus] of steps) {
      expect(await sent(system, message)).toMatchObject({ code: 'AA', errors: [] });
      expect(await shown(id)).toBe(businessStatus);
    }
    const { body } = await service.get('gp', `/v1/referrals/${id}/hl7v2`);
    expect(body.items).toHaveLength(steps.length + 1);
    for (const { message } of body.items) expect(complaintsOf(message)).toEqual([]);
  });

  test('declined, cancelled and confirmed, withdrawn', async () => {
    const declined = await fromApi();
    expect((await sent(hospital, his.decline(declined.asHospital))).code).toBe('AA');
    expect(await stateOf(declined.id)).toMatchObject({ businessStatus: '4.0', statusReason: '专科已满' });

    const cancelled = await fromApi();
    expect((await sent(centre, his.cancel({ ...cancelled.asHospital, ...up }))).code).toBe('AA');
    expect((await sent(hospital, his.confirmCancel(cancelled.asHospital))).code).toBe('AA');
    expect(await shown(cancelled.id)).toBe('6.0');

    const withdrawn = await fromApi();
    expect((await sent(centre, his.withdraw({ ...withdrawn.asHospital, ...up }))).code).toBe('AA');
    expect(await shown(withdrawn.id)).toBe('6.0');
  });
});

test('our own messages, sent back by the other side’s systems, lead a second referral the same way', async () => {
  const { id } = await requested();
  for (const [trigger, body] of [
    ['send-acceptance', {}],
    ['schedule-visit', appointmentIn(100)],
    ['cancel-appointment', { reason: '医生外出' }],
    ['schedule-visit', appointmentIn(159)],
    ['send-interim-note', { note: '观察' }],
    ['send-outcome', { outcome: '治疗完成' }],
  ] as const)
    expect((await service.post('specialist', `/v1/referrals/${id}/${trigger}`, body)).status).toBe(200);
  const { body } = await service.get('gp', `/v1/referrals/${id}/hl7v2`);
  const [first] = body.items;
  const number = /ORC\|NW\|([^|^]+)/.exec(first.message)?.[1] as string;
  const another = his.newNumber();
  const patient = await his.newPatient(service);
  const first0 = await stateOf(id);
  let second = '';
  for (const { message } of body.items) {
    const mine = message
      .replaceAll(number, another)
      .replaceAll(`${id}^CAREPATH`, `${second}^CAREPATH`)
      .replaceAll(first0.patientId, patient.id)
      .replace(/^((?:[^|]*\|){9})[^|]*/, `$1${his.newControlId()}`);
    const system = message.split('|')[3] === 'inst-c01' ? centre : hospital;
    const answer = await sent(system, mine);
    expect(answer).toMatchObject({ code: 'AA', errors: [] });
    second = second || (answer.referralId as string);
  }
  const [one, two] = [first0, await stateOf(second)];
  const comparable = ({ status, businessStatus, urgency, reason, summary, consent, direction, legs }: typeof one) => ({
    status,
    businessStatus,
    urgency,
    reason,
    summary,
    consent,
    direction,
    departments: legs.map(({ departmentId }: { departmentId: string }) => departmentId),
  });
  expect(comparable(two)).toEqual(comparable(one));
});

test('only machine accounts send messages, and each only for its own institution', async () => {
  expect(ruleOf('postHl7v2Message').roles).toEqual(['gateway']);
  const asked = await service.call('gp', 'POST', '/v1/hl7v2', {
    body: 'MSH|',
    key: null,
    headers: { 'content-type': 'x-application/hl7-v2+er7' },
  });
  expect(asked.status).toBe(403);
  expect((await service.call('', 'POST', '/v1/hl7v2', { body: 'MSH|', key: null })).status).toBe(401);
  const foreign = his.read(await hospital.send(his.accept({ ...up })));
  expect(foreign).toMatchObject({ code: 'AR', errors: [{ place: 'MSH^1^4', condition: '103' }] });
  expect(new Set(facades.map(({ id }) => id)).size).toBe(facades.length);
});

test('another media type is 415, 300 KB are 413', async () => {
  const json = await service.call('gateway', 'POST', '/v1/hl7v2', { body: '{}', key: null });
  expect(json.status).toBe(415);
  const charset = await service.call('gateway', 'POST', '/v1/hl7v2', {
    body: 'MSH|',
    key: null,
    headers: { 'content-type': 'x-application/hl7-v2+er7; charset=big5' },
  });
  expect(charset.status).toBe(415);
  const large = await service.call('gateway', 'POST', '/v1/hl7v2', {
    body: 'x'.repeat(300_000),
    key: null,
    headers: { 'content-type': 'x-application/hl7-v2+er7' },
  });
  expect(large.status).toBe(413);
});
