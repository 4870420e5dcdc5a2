/** Messages that are wrong, late, out of order or repeated: the standard's answer with the place, and nothing is changed. */

import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inDays } from '../support/builders/appointment-times.ts';
import * as his from '../support/builders/hl7v2.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { complaintsOf } from '../support/oracles/hl7v2-validators.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let centre: his.HisSystem;
let hospital: his.HisSystem;
let patient: string;
let stranger: string;
beforeAll(async () => {
  service = await startService();
  centre = await his.hisOf(service, 'inst-c01');
  hospital = await his.hisOf(service, 'inst-h1');
  patient = (await his.newPatient(service)).pid;
  stranger = (await his.newPatient(service)).pid;
});
afterAll(() => service?.stop());

const up = { from: 'inst-c01', to: 'inst-h1' };
const answering = { from: 'inst-h1', to: 'inst-c01' };

async function requested() {
  const number = his.newNumber();
  const { pid } = await his.newPatient(service);
  const { referralId } = his.read(await centre.send(his.request({ ...up, number, patient: pid })));
  return { id: referralId as string, asCentre: { ...up, number, patient: pid }, asHospital: { ...answering, number, patient: pid } };
}

/** The state, and how many decisions there are: nothing may have been added. */
const stateOf = async (id: string) =>
  service.db.selectFrom('pathway').select(['version', 'state', 'status']).where('id', '=', id).executeTakeFirstOrThrow();

const done = async (system: his.HisSystem, message: string) => expect(his.read(await system.send(message))).toMatchObject({ code: 'AA' });

/** All tables but the ones in which the message and its answer stand. */
async function contents() {
  const { hl7v2_message: _, command: __, ...rest } = await contentsOf(service.db);
  return rest;
}

describe('the seven error cases of 360X', () => {
  const unknown = () => ({ ...answering, number: his.newNumber(), patient });
  const withoutRequest: [string, () => string][] = [
    ['an acceptance', () => his.accept(unknown())],
    ['a refusal', () => his.decline(unknown())],
    ['an interim note', () => his.interim(unknown())],
    ['an outcome', () => his.outcome(unknown())],
  ];
  test.each(withoutRequest)('1–4: %s without a request before it', async (_, message) => {
    const before = await contents();
    const answer = await hospital.send(message());
    expect(his.read(answer)).toMatchObject({ code: 'AE', errors: [{ place: 'ORC^1^2', condition: '204', code: 'not-found' }] });
    expect(complaintsOf(answer.text)).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  test('5: an interim note after the outcome', async () => {
    const { id, asHospital } = await requested();
    await done(hospital, his.accept(asHospital));
    await done(hospital, his.outcome(asHospital));
    const before = await stateOf(id);
    const answer = await hospital.send(his.interim(asHospital));
    expect(his.read(answer)).toMatchObject({
      code: 'AE',
      errors: [{ place: 'ORC^1^1', condition: '207', code: 'transition-not-allowed' }],
    });
    expect(answer.text).toContain('completed');
    expect(complaintsOf(answer.text)).toEqual([]);
    expect(await stateOf(id)).toEqual(before);
  });

  test('6: the right referral with another patient', async () => {
    const { id, asHospital } = await requested();
    const before = await stateOf(id);
    const answer = his.read(await hospital.send(his.accept({ ...asHospital, patient: stranger })));
    expect(answer).toMatchObject({ code: 'AE', errors: [{ place: 'PID^1^3', condition: '204', code: 'patient-mismatch' }] });
    expect(await stateOf(id)).toEqual(before);
    await done(hospital, his.accept(asHospital));
  });

  test.each([
    ['a number that nobody gave', his.newNumber],
    ['an id of ours that does not exist', () => '0199a000-0000-7000-8000-000000000000'],
  ])('7: %s', async (_, number) => {
    const before = await contents();
    const unknownId = { ...answering, number: number(), patient };
    for (const message of [his.accept(unknownId), his.appointment(unknownId), his.noShow(unknownId), his.cancel({ ...unknownId, ...up })]) {
      const system = message.split('|')[3] === 'inst-h1' ? hospital : centre;
      expect(his.read(await system.send(message))).toMatchObject({ code: 'AE', errors: [{ condition: '204', code: 'not-found' }] });
    }
    expect(await contents()).toEqual(before);
  });

  test('and one that is somebody else’s looks like one that does not exist', async () => {
    const { asHospital } = await requested();
    const other = await his.hisOf(service, 'inst-h2');
    const theirs = his.read(await other.send(his.accept({ ...asHospital, from: 'inst-h2' })));
    const nobodys = his.read(await other.send(his.accept({ ...asHospital, from: 'inst-h2', number: his.newNumber() })));
    expect(theirs.errors).toEqual(nobodys.errors);
  });
});

describe('what comes twice', () => {
  test('the same message gets the same acknowledgement to the byte, refused or done', async () => {
    const { id, asHospital } = await requested();
    for (const message of [
      his.accept(asHospital),
      his.accept(asHospital),
      his.outcome({ ...asHospital, number: 'unknown' }),
      his.interim(asHospital),
    ]) {
      const first = await hospital.send(message);
      const { version } = await stateOf(id);
      expect(Buffer.from((await hospital.send(message)).bytes)).toEqual(Buffer.from(first.bytes));
      expect((await stateOf(id)).version).toBe(version);
    }
  });

  test('ten copies at once are one referral', async () => {
    const message = his.request({ ...up, number: his.newNumber(), patient: (await his.newPatient(service)).pid });
    const answers = await Promise.all(Array.from({ length: 10 }, () => centre.send(message)));
    expect(new Set(answers.map(({ text }) => his.read({ text }).referralId)).size).toBe(1);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('the same control id on another message', async () => {
    const { id, asHospital } = await requested();
    const controlId = his.newControlId();
    await done(hospital, his.accept({ ...asHospital, controlId }));
    const before = await stateOf(id);
    expect(his.read(await hospital.send(his.outcome({ ...asHospital, controlId })))).toMatchObject({
      code: 'AE',
      errors: [{ place: 'MSH^1^10', condition: '205' }],
    });
    expect(await stateOf(id)).toEqual(before);
  });

  test('a second request under a number that is taken', async () => {
    const { asCentre } = await requested();
    expect(his.read(await centre.send(his.request(asCentre)))).toMatchObject({
      code: 'AE',
      errors: [{ place: 'ORC^1^2', condition: '205', code: 'already-exists' }],
    });
  });

  test('a number whose first request was refused is still free', async () => {
    const parts = { ...up, number: his.newNumber(), patient: (await his.newPatient(service)).pid };
    expect(his.read(await centre.send(his.request({ ...parts, consent: '' })))).toMatchObject({ code: 'AE' });
    await done(centre, his.request(parts));
  });
});

describe('a request that cannot be one', () => {
  const base = () => ({ ...up, number: his.newNumber(), patient });
  const cases: [what: string, message: () => string, place: string, condition: string][] = [
    ['no consent', () => his.request({ ...base(), consent: '' }), 'OBX^1^5', '101'],
    [
      'a consent that was refused',
      () => his.request({ ...base(), consent: 'OBX|1|CE|59284-0^^LN||N||||||F|||20260101080000' }),
      'OBX^1^5',
      '102',
    ],
    [
      'a consent that says yes and no',
      () => his.request({ ...base(), consent: 'OBX|1|CE|59284-0^^LN||Y~N||||||F|||20260101080000' }),
      'OBX^1^5^2',
      '102',
    ],
    [
      'a consent and another one that takes it back',
      () =>
        his.request({
          ...base(),
          consent: ['Y', 'N'].map((said, n) => `OBX|${n + 1}|CE|59284-0^^LN||${said}||||||F|||20260101080000`).join('\r'),
        }),
      'OBX^2^5',
      '102',
    ],
    [
      'a consent of tomorrow',
      () => his.request({ ...base(), consent: 'OBX|1|CE|59284-0^^LN||Y||||||F|||20990101080000' }),
      'OBX^1^14',
      '102',
    ],
    [
      'a consent of no day',
      () => his.request({ ...base(), consent: 'OBX|1|CE|59284-0^^LN||Y||||||F|||20260230080000' }),
      'OBX^1^14',
      '102',
    ],
    ['no reason', () => his.request({ ...base(), reason: '' }), 'OBR^1^31', '101'],
    ['no number', () => his.request(base()).replace(/ORC\|NW\|[^\r]*/, 'ORC|NW'), 'ORC^1^2', '101'],
    ['an unknown priority', () => his.request({ ...base(), priority: 'X' }), 'TQ1^1^9', '102'],
    ['an unknown department', () => his.request({ ...base(), department: 'astrology' }), 'OBR^1^4', '102'],
    ['an unknown institution', () => his.request({ ...base(), to: 'inst-h9' }), 'MSH^1^6', '102'],
    ['itself as the recipient', () => his.request({ ...base(), to: 'inst-c01', department: '57133-1^^LN' }), 'MSH^1^6', '102'],
    ['an unknown patient', () => his.request({ ...base(), patient: 'nobody^^^CAREPATH' }), 'PID^1^3', '204'],
    ['a patient of somebody else', () => his.request({ ...base(), patient: 'patient-0020^^^CAREPATH', person: '' }), 'PID^1^3', '102'],
    ['two patients', () => his.request({ ...base(), patient: 'patient-0001^^^CAREPATH~patient-0002^^^CAREPATH' }), 'PID^1^3^2', '204'],
    ['no patient', () => his.request({ ...base(), patient: '' }), 'PID^1^3', '101'],
  ];
  test.each(cases)('%s', async (_, message, place, condition) => {
    const answer = await centre.send(message());
    expect(his.read(answer)).toMatchObject({ code: 'AE', errors: [{ place, condition }] });
    expect(complaintsOf(answer.text)).toEqual([]);
  });

  test('down without a management plan', async () => {
    const message = his.request({ ...answering, number: his.newNumber(), patient, department: 'general-practice' });
    expect(his.read(await hospital.send(message))).toMatchObject({ code: 'AE', errors: [{ place: 'OBX^1^5', condition: '101' }] });
  });

  test('none of them left anything of a referral', async () => {
    const referrals = service.db
      .selectFrom('referral')
      .select('id')
      .where('patient_id', '=', patient.split('^')[0] as string);
    expect(await referrals.execute()).toEqual([]);
  });

  test('in the language of MSH-19', async () => {
    const wanted = { ...base(), consent: '' };
    expect(his.read(await centre.send(his.request(wanted))).errors[0]?.text).toMatch(/consent/);
    const english = his.read(await hospital.send(his.accept({ ...answering, number: 'nothing', patient, msh: { 19: 'en' } })));
    const chinese = his.read(await hospital.send(his.accept({ ...answering, number: 'nothing', patient })));
    expect([english.errors[0]?.text, chinese.errors[0]?.text]).toEqual(['there is no such referral', '没有此转诊']);
  });
});

describe('an appointment that cannot be one', () => {
  const compact = (days: number, time: string) =>
    inDays(days, time)
      .replaceAll(/[-:TZ]/g, '')
      .slice(0, 12);
  const past = { start: '2001-01-01T00:00:00Z', end: '2001-01-01T01:00:00Z' };
  const backwards = { start: inDays(100, '01:00'), end: inDays(100) };
  test.each([
    ['in the past', past, 'TQ1^1^7', '102'],
    ['that ends before it begins', backwards, 'TQ1^1^8', '102'],
  ])('%s', async (_, slot, place, condition) => {
    const { id, asHospital } = await requested();
    await done(hospital, his.accept(asHospital));
    const before = await stateOf(id);
    expect(his.read(await hospital.send(his.appointment(asHospital, slot)))).toMatchObject({ code: 'AE', errors: [{ place, condition }] });
    expect(await stateOf(id)).toEqual(before);
  });

  test('without a time, and with a time that is none', async () => {
    const { asHospital } = await requested();
    await done(hospital, his.accept(asHospital));
    const without = his.appointment(asHospital).replace(/TQ1[^\r]*\r/, '');
    expect(his.read(await hospital.send(without)).code).toBe('AE');
    const none = his.appointment({ ...asHospital, controlId: his.newControlId() }).replace(/TQ1[^\r]*/, 'TQ1|1||||||20990230|20990301');
    expect(his.read(await hospital.send(none))).toMatchObject({ code: 'AE' });
  });

  test('the older SCH-11 is read as well', async () => {
    const { id, asHospital } = await requested();
    await done(hospital, his.accept(asHospital));
    const older = his.appointment(asHospital).replace(/TQ1[^\r]*\r/, '');
    const withTime = older.split('\r').map((line) =>
      line.startsWith('SCH')
        ? line
            .split('|')
            .map((field, index) => (index === 11 ? `^^^${compact(100, '08:00')}^${compact(100, '09:00')}` : field))
            .join('|')
        : line,
    );
    expect(his.read(await hospital.send(withTime.join('\r')))).toMatchObject({ code: 'AA' });
    expect((await service.get('gp', `/v1/referrals/${id}`)).body.appointment).toMatchObject({
      startsAt: inDays(100).replace('Z', '.000Z'),
      endsAt: inDays(100, '01:00').replace('Z', '.000Z'),
    });
  });
});

describe('what is no message of ours: AR, and nothing is written', () => {
  const good = () => his.accept({ ...answering, number: his.newNumber(), patient });
  const cases: [what: string, message: () => string | Uint8Array, place: string | undefined, condition: string][] = [
    ['nothing', () => '', 'MSH^1', '100'],
    ['something else', () => '{"resourceType":"Task"}', 'MSH^1', '100'],
    ['another first segment', () => good().replace('MSH', 'PID'), 'MSH^1', '100'],
    ['delimiters that are one', () => good().replace('^~\\&', '^^^^'), 'MSH^1^2', '102'],
    ['letters as delimiters', () => good().replace('^~\\&', 'abcd'), 'MSH^1^2', '102'],
    ['a segment without a name', () => `${good()}|x\r`, '???^4', '100'],
    ['a segment in small letters', () => good().replace('\rPID', '\rpid'), '???^2', '100'],
    ['an empty line within', () => good().replace('\rPID', '\r\rPID'), '???^2', '100'],
    ['a second header', () => `${good()}MSH|^~\\&|x\r`, 'MSH^2', '100'],
    ['two orders', () => `${good()}ORC|OK|x\r`, 'ORC^2', '100'],
    ['no order', () => good().replace(/ORC[^\r]*\r/, ''), 'ORC^1', '100'],
    ['no patient', () => good().replace(/PID[^\r]*\r/, ''), 'PID^1', '100'],
    ['a control character', () => good().replace('王秀英', '王\u0001英'), 'PID^1^5', '102'],
    ['NUL', () => good().replace('王秀英', '王\u0000英'), 'PID^1^5', '102'],
    ['no control id', () => his.accept({ ...answering, patient, controlId: '' }), 'MSH^1^10', '101'],
    ['a test message', () => his.accept({ ...answering, patient, msh: { 11: 'T' } }), 'MSH^1^11', '202'],
    ['an older version', () => his.accept({ ...answering, patient, msh: { 12: '2.2' } }), 'MSH^1^12', '203'],
    ['a version that is none', () => his.accept({ ...answering, patient, msh: { 12: '2.51' } }), 'MSH^1^12', '203'],
    ['another type', () => his.accept({ ...answering, patient, msh: { 9: 'ORU^R01^ORU_R01' } }), 'MSH^1^9^1^1', '200'],
    ['another event of the register', () => his.accept({ ...answering, patient, msh: { 9: 'ADT^A60^ADT_A60' } }), 'MSH^1^9^1^2', '201'],
    ['another event', () => his.accept({ ...answering, patient, msh: { 9: 'OSU^O52^OSU_O52' } }), 'MSH^1^9^1^2', '201'],
    ['a character set of others', () => his.accept({ ...answering, patient, msh: { 18: 'BIG-5' } }), 'MSH^1^18', '103'],
    ['a byte that is no UTF-8', () => Buffer.concat([Buffer.from(good()), Buffer.from([0xff])]), 'MSH^1^18', '102'],
    ['GB18030 that says it is UTF-8', () => iconv.encode(good(), 'gb18030'), 'MSH^1^18', '102'],
    [
      'GB18030 that ends within a character',
      () =>
        Buffer.concat([
          iconv.encode(his.accept({ ...answering, patient, msh: { 18: 'GB 18030-2000' } }).trimEnd(), 'gb18030'),
          Buffer.from([0x81]),
        ]),
      'MSH^1^18',
      '102',
    ],
    ['501 segments', () => `${good()}${'NTE|1||x\r'.repeat(500)}`, undefined, '100'],
  ];
  test.each(cases)('%s', async (_, message, place, condition) => {
    const before = await contentsOf(service.db);
    const answer = await hospital.send(message());
    expect(answer.status).toBe(200);
    const { code, errors } = his.read(answer);
    expect({ code, place: errors[0]?.place, condition: errors[0]?.condition }).toEqual({ code: 'AR', place: place ?? '', condition });
    expect(errors[0]?.text).toMatch(/[\u4e00-\u9fff]/);
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('a code that means nothing in a good message: AE with its place', async () => {
    const answer = his.read(await hospital.send(good().replace('ORC|OK|', 'ORC|ZZ|')));
    expect(answer).toMatchObject({ code: 'AE', errors: [{ place: 'ORC^1^1', condition: '103' }] });
    const status = his.read(await hospital.send(good().replace('ORC|OK|', 'ORC|SC|').replace('|||IP', '|||HD')));
    expect(status).toMatchObject({ code: 'AE', errors: [{ place: 'ORC^1^5', condition: '103' }] });
  });
});

describe('GB18030', () => {
  test.each([
    ['by MSH-18', { 18: 'GB 18030-2000' }, undefined],
    ['by the transport', { 18: '' }, 'gb18030'],
  ])('is read %s and answered in the same', async (_, msh, charset) => {
    const number = his.newNumber();
    const person = (await his.newPatient(service)).pid;
    // The second byte of 𠮷 and of many rare names is a delimiter's.
    const message = his.request({ ...up, number, patient: person, reason: '𠮷、䶮：血压俿', msh });
    const answer = await centre.send(iconv.encode(message, 'gb18030'), charset);
    expect(answer.contentType).toBe('x-application/hl7-v2+er7; charset=gb18030');
    const { code, referralId } = his.read(answer);
    expect(code).toBe('AA');
    expect((await service.get('gp', `/v1/referrals/${referralId}`)).body.reason).toBe('𠮷、䶮：血压俿');
    const refused = await centre.send(iconv.encode(his.request({ ...up, number, patient: person, msh }), 'gb18030'), charset);
    expect(his.read({ text: iconv.decode(Buffer.from(refused.bytes), 'gb18030') }).errors[0]?.text).toMatch(/已经存在/);
  });
});
