/** Whom a message is about and which referral, as senders name them: old numbers, other spellings, numbers that look like ours. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverAll, newFact, postFact } from '../support/builders/facts.ts';
import * as his from '../support/builders/hl7v2.ts';
import { bloodPressure, postReadings } from '../support/builders/readings.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let centre: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  centre = await his.hisOf(service, 'inst-c01');
});
afterAll(() => service?.stop());

const up = { from: 'inst-c01', to: 'inst-h1' };
const OID = '1.2.156.77777.1';

async function known(...localIds: [system: string, value: string][]): Promise<{ id: string; pid: string }> {
  const patient = await his.newPatient(service);
  for (const [system, value] of localIds)
    await service.db.insertInto('patient_local_id').values({ system, value, patient_id: patient.id }).execute();
  return patient;
}

async function request(over: Partial<his.RequestParts>, change: (message: string) => string = (message) => message) {
  const parts = { ...up, number: his.newNumber(), ...over };
  return { parts, answer: his.read(await centre.send(change(his.request(parts)))) };
}
const patientOf = async (id: unknown) => (await service.get('gp', `/v1/referrals/${id}`)).body.patientId;

test('after a merger the old number, alone or beside the new one, names the survivor, over two mergers too', async () => {
  const [a, b, c] = [await known([OID, 'A1']), await known([OID, 'B1']), await known([OID, 'C1'])];
  for (const [patientId, survivorPatientId] of [
    [a.id, b.id],
    [b.id, c.id],
  ])
    expect((await postFact(service, newFact({ type: 'patients-merged', patientId, survivorPatientId }))).status).toBe(202);
  await deliverAll(service);
  for (const [index, pid3] of [`A1^^^&${OID}&ISO^MR`, `A1^^^&${OID}&ISO^MR~C1^^^&${OID}&ISO^MR`, a.pid].entries()) {
    const { parts, answer } = await request({ patient: pid3 });
    expect(answer, pid3).toMatchObject({ code: 'AA' });
    expect(await patientOf(answer.referralId)).toBe(c.id);
    expect(his.read(await centre.send(his.withdraw({ ...parts, controlId: his.newControlId() }))).code, `${index}`).toBe('AA');
  }
});

test('a number whose request was refused may be sent again once the reason is gone; what comes meanwhile is refused likewise', async () => {
  const { pid } = await known();
  const open = await request({ patient: pid });
  expect(open.answer.code).toBe('AA');
  const { parts, answer } = await request({ patient: pid });
  expect(answer.code).toBe('AE');
  // Another message with the number, twice at once.
  const again = () => centre.send(his.request({ ...parts, controlId: his.newControlId() })).then(his.read);
  for (const { code } of await Promise.all([again(), again()])) expect(code).toBe('AE');
  expect(his.read(await centre.send(his.withdraw({ ...open.parts, controlId: his.newControlId() }))).code).toBe('AA');
  const third = await again();
  expect(third.code).toBe('AA');
  expect(await patientOf(third.referralId)).toBeDefined();
  expect(
    await service.db.selectFrom('command').select(['id', 'pathway_id']).where('name', '=', 'create').where('outcome', 'is', null).execute(),
  ).toEqual([]);
});

test('a merger while the referral runs: the sender goes on with the number it has', async () => {
  const [old, survivor] = [await known([OID, 'A2']), await known()];
  const { parts, answer } = await request({ patient: `A2^^^&${OID}&ISO^MR` });
  expect(answer.code).toBe('AA');
  await postFact(service, newFact({ type: 'patients-merged', patientId: old.id, survivorPatientId: survivor.id }));
  await deliverAll(service);
  expect(await patientOf(answer.referralId)).toBe(survivor.id);
  expect(his.read(await centre.send(his.withdraw({ ...parts, controlId: his.newControlId() }))).code).toBe('AA');
});

test('an OID is one system with and without urn:oid:, in whichever way it was registered', async () => {
  await known([`urn:oid:${OID}`, 'T1']);
  await known([OID, 'T2']);
  for (const value of ['T1', 'T2'])
    for (const authority of [`&${OID}&ISO`, `&urn:oid:${OID}&URI`]) {
      const { parts, answer } = await request({ patient: `${value}^^^${authority}^MR` });
      expect(answer.code, `${value} ${authority}`).toBe('AA');
      await centre.send(his.withdraw({ ...parts, controlId: his.newControlId() }));
    }
  // Two people under the two spellings are nobody.
  await known([OID, 'T1']);
  expect((await request({ patient: `T1^^^&${OID}&ISO^MR` })).answer).toMatchObject({ code: 'AE', errors: [{ condition: '204' }] });
});

test('a number goes with a person: another birth date or sex is refused at its place, what is not given contradicts nothing', async () => {
  const { pid } = await known();
  const change = (birthDate: string, sex: string) => (message: string) => message.replace('|19510308|F', `|${birthDate}|${sex}`);
  for (const [birthDate, sex, place] of [
    ['19800101', 'M', 'PID^1^7'],
    ['19510309', 'F', 'PID^1^7'],
    ['1950', 'F', 'PID^1^7'],
    ['19510308', 'M', 'PID^1^8'],
  ] as const)
    expect((await request({ patient: pid }, change(birthDate, sex))).answer).toMatchObject({
      code: 'AE',
      errors: [{ condition: '204', place }],
    });
  for (const [birthDate, sex] of [
    ['', ''],
    ['1951', 'U'],
    ['195103080930', 'F'],
  ] as const) {
    const { parts, answer } = await request({ patient: pid }, change(birthDate, sex));
    expect(answer.code, `${birthDate} ${sex}`).toBe('AA');
    await centre.send(his.withdraw({ ...parts, controlId: his.newControlId() }));
  }
});

test('a reading, a fact and a registration know one number under every spelling of its system and of its check digit', async () => {
  const registered: [system: string, value: string][] = [
    [`urn:oid:${OID}`, 'S1'],
    [OID, 'S2'],
    ['urn:card', '11010119490307002X'],
    ['urn:his', 'A6B7C8D9-0000-4000-8000-0000000000AB'],
  ];
  const others: Record<string, [system: string, value: string]> = {
    S1: [OID, 'S1'],
    S2: [`urn:oid:${OID}`, 'S2'],
    '11010119490307002X': ['urn:card', '11010119490307002x'],
    'A6B7C8D9-0000-4000-8000-0000000000AB': ['urn:his', 'a6b7c8d9-0000-4000-8000-0000000000ab'],
  };
  for (const localId of registered) {
    const { id } = await known(localId);
    for (const [system, value] of [localId, others[localId[1]] as [string, string]]) {
      const { patientId: _, ...reading } = bloodPressure(id, 141, 91);
      const posted = await postReadings(service, [{ ...reading, localId: { system, value } }]);
      expect(posted.body.results[0].result, `${system} ${value}`).not.toBe('held');
      const fact = newFact({ type: 'patient-admitted', institutionId: 'inst-h2', localId: { system, value } });
      const { body } = await postFact(service, fact);
      const row = await service.db.selectFrom('fact').select(['status', 'patient_id']).where('id', '=', body.factId).executeTakeFirst();
      expect([value, row?.patient_id]).toEqual([value, id]);
      const again = await service.post('gp', '/v1/patients', {
        name: `李${value}`,
        birthDate: '1933-03-03',
        sex: 'male',
        homeInstitutionId: 'inst-c01',
        localIds: [{ system, value }],
      });
      expect([value, again.status, again.body.code]).toEqual([value, 409, 'local-id-taken']);
    }
  }
});

test('a UUID in capital letters is the same id, in paths, queries, bodies and references, and a sender’s own number, too', async () => {
  const made = await service.post('gp', '/v1/patients', {
    name: '顾大写',
    birthDate: '1948-02-02',
    sex: 'female',
    homeInstitutionId: 'inst-c01',
  });
  const id = made.body.id as string;
  const upper = id.toUpperCase();
  const { answer } = await request({ patient: `${upper}^^^CAREPATH^PI` }, (message) =>
    message.replace(/\|王秀英[^\r]*/, '|顾大写||19480202|F'),
  );
  expect(answer.code).toBe('AA');
  const referral = String(answer.referralId).toUpperCase();
  for (const path of [`/v1/referrals/${referral}`, `/v1/referrals/${referral}/timeline`, `/fhir/Task/${referral}`, `/v1/patients/${upper}`])
    expect((await service.get('gp', path)).status, path).toBe(200);
  expect((await service.get('gp', `/v1/referrals?patientId=${upper}`)).body.items).toHaveLength(1);
  expect((await service.post('gp', `/v1/referrals/${referral}/withdraw`, { reason: '误发', patientId: upper })).status).toBe(200);
  const number = randomUUID();
  const own = (value: string) => (message: string) =>
    message.replaceAll(/(ORC\|(?:NW|DC)\||OBR\|1\|)[^|]*/g, `$1${value}^^1.2.156.99999.7^ISO`);
  const { pid } = await known();
  const sent = await request({ patient: pid }, own(number));
  expect(sent.answer.code).toBe('AA');
  const shouted = own(number.toUpperCase())(his.withdraw({ ...sent.parts, controlId: his.newControlId() }));
  expect(his.read(await centre.send(`\n\r ${shouted}`)).code).toBe('AA');
});

test('another name, where there is no birth date to compare, or another identity number is refused; a birth date that nobody can read, too', async () => {
  const { pid } = await known();
  const change = (person: string) => (message: string) => message.replace(/(PID[^\r]*)\|王秀英[^\r]*/, `$1|${person}`);
  for (const [person, place, condition] of [
    ['李四^^^^^^L', 'PID^1^5', '204'],
    ['王秀英^^^^^^L||8/3/1951|F', 'PID^1^7', '102'],
    ['王秀英^^^^^^L||19519999|F', 'PID^1^7', '102'],
    [`王秀英^^^^^^L||19510308|F${'|'.repeat(11)}110101195001010025`, 'PID^1^3', '204'],
  ] as const)
    expect((await request({ patient: pid }, change(person))).answer, person).toMatchObject({ code: 'AE', errors: [{ condition, place }] });
  for (const person of ['王^秀英^^^^^L', 'Wang^Xiuying^^^^^L', '王', '王 秀英||1951-03-08|F', '李四^^^^^^L||19510308|F']) {
    const { parts, answer } = await request({ patient: pid }, change(person));
    expect(answer.code, person).toBe('AA');
    await centre.send(his.withdraw({ ...parts, controlId: his.newControlId() }));
  }
  expect((await request({ patient: `${pid}~110101195001010025^^^^NI` })).answer).toMatchObject({
    code: 'AE',
    errors: [{ place: 'PID^1^3' }],
  });
});

test('after a merger a person who names the old record means the survivor, and its numbers are found', async () => {
  const [old, survivor] = [await known([OID, 'A3-old']), await known()];
  await postFact(service, newFact({ type: 'patients-merged', patientId: old.id, survivorPatientId: survivor.id }));
  await deliverAll(service);
  const { answer } = await request({ patient: survivor.pid });
  const path = `/v1/referrals/${answer.referralId}/withdraw`;
  expect((await service.post('gp', path, { reason: '误发', patientId: old.id })).status).toBe(200);
  const found = (query: string) => service.get('gp', `/v1/patients?query=A3-old${query}`);
  expect((await found('')).body.items.map(({ id }: { id: string }) => id)).toEqual([survivor.id]);
  expect((await found('&include=merged')).body.items).toHaveLength(2);
});

test('a sender’s UUID is the sender’s; ours is ours in either case', async () => {
  const { pid } = await known();
  const uuid = randomUUID();
  const foreign = (message: string) => message.replaceAll(/(ORC\|(?:NW|DC)\||OBR\|1\|)[^|]*/g, `$1${uuid}^^1.2.156.99999.7^ISO`);
  const { parts, answer } = await request({ patient: pid }, foreign);
  expect(answer.code).toBe('AA');
  expect(his.read(await centre.send(foreign(his.withdraw({ ...parts, controlId: his.newControlId() })))).code).toBe('AA');
  const own = await request({ patient: pid });
  const shouted = his
    .withdraw({ ...own.parts, controlId: his.newControlId() })
    .replace(/ORC\|DC\|[^|]*/, `ORC|DC|${String(own.answer.referralId).toUpperCase()}^CAREPATH`);
  expect(his.read(await centre.send(shouted)).code).toBe('AA');
});

test('older versions, a priority in its old place, a consent dated to the day', async () => {
  for (const version of ['2.3', '2.3.1', '2.4', '2.6', '2.8']) {
    const { pid } = await known();
    const { answer } = await request({ patient: pid, msh: { 12: version } }, (message) =>
      message
        .replace(/TQ1[^\r]*\r/, '')
        .replace(/(ORC\|NW\|[^\r]*)/, '$1|||||1^^^20261201080000^^S')
        .replace('20260101080000+0800\r', '20260101\r'),
    );
    expect(answer.code, version).toBe('AA');
    const { body } = await service.get('gp', `/v1/referrals/${answer.referralId}`);
    expect([body.urgency, body.consent.recordedAt]).toEqual(['urgent', '2025-12-31T16:00:00.000Z']);
  }
});

test('a refusal names its message also where the message cannot be read', async () => {
  const controlId = his.newControlId();
  const message = his.request({ ...up, controlId, msh: { 18: 'GBK' } });
  const { text } = await centre.send(message);
  expect(text).toContain(`MSA|AR|${controlId}`);
});
