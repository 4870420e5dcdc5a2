/** A crisis value in a form that is refused: whatever the form is refused for, the value is a reading, and somebody has to confirm it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeCommand } from '../../../db/kit/commands.ts';
import { blankVisit } from '../../../domain/follow-up/state.ts';
import { addDays, startOf } from '../../../domain/time/local-date.ts';
import { crisisTaskOf, taskOf } from '../../support/builders/crisis-readings.ts';
import { followUpsOn, onTarget, today } from '../../support/builders/enrolments.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const followUps = followUpsOn(() => service);
const enrol = () => followUps.enrol('htn-2017', undefined, { startedOn: addDays(today(), -7) });

/** Yesterday after twelve in Shanghai, whatever the time is now: times of one test lie on one day. */
const noon = startOf(addDays(today(), -1)) + 12 * 3_600_000;
const at = (minute: number) => new Date(noon + minute * 60_000).toISOString();

const pressure = { systolic: 192, diastolic: 112 };
const crisis = { ...onTarget, bloodPressures: [pressure] };
const visit = { visitedAt: at(10), mode: 'clinic', form: crisis };

/** A door for a form with a crisis value, how the form is refused there, and what makes it so. */
interface Case {
  code: string;
  path: 'patient' | 'enrolment' | 'both';
  body?: object;
  headers?: Record<string, string>;
  before?: (enrolment: { id: string; patientId: string }) => Promise<Answer>;
}

const post = (id: string, command: string, body: object) => service.post('gp', `/v1/enrolments/${id}/${command}`, body);

const cases: Record<string, Case> = {
  'another field is unknown': { code: 'invalid-request', path: 'both', body: { form: { ...crisis, shoeSize: 43 } } },
  'another value is written wrongly': {
    code: 'invalid-request',
    path: 'both',
    body: { form: { bloodPressures: [{ systolic: 'high', diastolic: 90 }, pressure], fastingGlucose: 'much' } },
  },
  'the value has a member too many': {
    code: 'invalid-request',
    path: 'patient',
    body: { form: { bloodPressures: [{ ...pressure, arm: 'left' }] } },
  },
  'the day has not come': {
    code: 'invalid-request',
    path: 'both',
    body: { visitedAt: new Date(Date.now() + 5 * 3_600_000).toISOString() },
  },
  'the day is none': { code: 'invalid-request', path: 'both', body: { visitedAt: 'yesterday' } },
  'the kind of visit is none': { code: 'invalid-request', path: 'patient', body: { mode: 'telepathy' } },
  'a lesson is unknown': {
    code: 'invalid-request',
    path: 'both',
    body: { form: { ...crisis, education: [{ code: 'none', understood: true }] } },
  },
  'no such enrolment': { code: 'invalid-request', path: 'patient', body: { enrolmentIds: ['11111111-1111-4111-8111-111111111111'] } },
  'the agreed day lies outside': { code: 'invalid-request', path: 'patient', body: { nextOn: '2031-01-01' } },
  'the version is stale': { code: 'version-changed', path: 'both', headers: { 'if-match': '"99"' } },
  'the precondition is none': { code: 'malformed-precondition', path: 'both', headers: { 'if-match': 'W/x' } },
  'a later visit is recorded': {
    code: 'visit-before-last',
    path: 'both',
    before: ({ id }) => post(id, 'visits', { visitedAt: new Date().toISOString(), mode: 'clinic', form: onTarget }),
  },
  'the visit is recorded already': {
    code: 'visit-exists',
    path: 'both',
    before: ({ id }) => post(id, 'visits', { visitedAt: at(10), mode: 'clinic', form: onTarget }),
  },
  'the enrolment is paused': {
    code: 'enrolment-not-active',
    path: 'enrolment',
    before: ({ id }) => post(id, 'pause', { reason: 'travel' }),
  },
  'the enrolment has ended': { code: 'enrolment-not-active', path: 'enrolment', before: ({ id }) => post(id, 'withdraw', { reason: 'x' }) },
  'another centre runs it': {
    code: 'not-this-centre',
    path: 'enrolment',
    before: ({ id }) => post(id, 'transfer', { toInstitutionId: 'inst-c08', reason: 'x' }),
  },
};

const doors = Object.entries(cases).flatMap(([reason, { path, ...one }]) =>
  (path === 'both' ? (['patient', 'enrolment'] as const) : [path]).map((door) => ({ reason, door, ...one })),
);

test.each(doors)(
  'refused because $reason ($door): the value is stored once, and one task asks for it',
  async ({ door, code, body, headers, before }) => {
    const enrolment = await enrol();
    const { id, patientId } = enrolment;
    const prepared = await before?.(enrolment);
    expect(prepared?.status ?? 200).toBeLessThan(300);
    const key = randomUUID();
    const path = door === 'patient' ? `/v1/patients/${patientId}/visits` : `/v1/enrolments/${id}/visits`;
    const send = (by: string): Promise<Answer> =>
      service.post('gp', path, { ...visit, ...body }, { key: by, ...(headers ? { headers } : {}) });
    const first = await send(key);
    expect([first.body.code, first.body.readingIds]).toEqual([code, [expect.any(String)]]);
    expect((await send(key)).body.readingIds).toEqual(first.body.readingIds);
    expect((await send(randomUUID())).body.readingIds).toEqual(first.body.readingIds);
    expect(await readingsOf(patientId)).toEqual([{ id: first.body.readingIds[0], systolic: '192' }]);
    expect(await openCrises(patientId)).toBe(1);
  },
);

async function readingsOf(patientId: string) {
  return service.db.selectFrom('reading').select(['id', 'systolic']).where('patient_id', '=', patientId).execute();
}

async function openCrises(patientId: string): Promise<number> {
  const rows = await service.db
    .selectFrom('crisis_reading')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('status', '=', 'open')
    .execute();
  return rows.length;
}

test('the corrected form makes the value a reading of its visit, and asks for nothing twice', async () => {
  const { patientId } = await enrol();
  const told = { bloodPressures: [{ ...pressure, atHome: true }], notMeasuredReason: 'phone' };
  const send = (more: object) =>
    service.post('nurse', `/v1/patients/${patientId}/visits`, { ...visit, mode: 'phone', form: told, ...more });
  const refused = await send({ visitedAt: new Date(Date.now() + 5 * 3_600_000).toISOString() });
  expect([refused.body.code, refused.body.readingIds]).toEqual(['invalid-request', [expect.any(String)]]);
  const { status, body } = await send({});
  expect([status, body.parts[0].action]).toEqual([201, 'confirm-reading']);
  expect(body.readings).toMatchObject([{ id: refused.body.readingIds[0], measuredAt: at(10), from: 'self-report' }]);
  expect(body.tasks).toMatchObject([{ kind: 'confirm-reading' }]);
  expect([(await readingsOf(patientId)).length, await openCrises(patientId)]).toEqual([1, 1]);
});

test('somebody in no follow-up and a form that is only tried out: the one is kept, the other is not', async () => {
  const patientId = await newResident(service);
  const path = `/v1/patients/${patientId}/visits`;
  const wrong = { ...visit, form: { ...crisis, shoeSize: 43 } };
  const tried = await service.post('gp', path, { ...wrong, dryRun: true });
  expect([tried.body.code, tried.body.readingIds, await openCrises(patientId)]).toEqual(['invalid-request', undefined, 0]);
  // Whoever may not record there has written nothing.
  const elsewhere = await service.post('nurse-c08', path, wrong);
  expect([elsewhere.status, await openCrises(patientId)]).toEqual([404, 0]);
  const { body } = await service.post('gp', path, wrong);
  expect([body.readingIds.length, await openCrises(patientId)]).toEqual([1, 1]);
  // A form that has the enrolment of somebody else names nobody for sure.
  const enrolment = await enrol();
  const mismatch = await service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, { ...visit, patientId });
  expect([mismatch.body.code, mismatch.body.readingIds, await openCrises(enrolment.patientId)]).toEqual(['patient-mismatch', undefined, 0]);
});

test('nobody needs to live until the answer: the value stands in the transaction of the refusal', async () => {
  const { id: enrolmentId, pathwayId, patientId } = await enrol();
  const told = { ...blankVisit, visitedAt: Date.parse(at(10)), mode: 'phone', bloodPressures: [{ ...pressure, atHome: true }] };
  const crises = [{ rule: 'readings/2', clause: 'crisis', source: 'own', evidence: {} }];
  const input = { enrolmentId, visitId: randomUUID(), visit: told, late: false, classOverride: null, referralId: randomUUID(), crises };
  await storeCommand(service.db, {
    id: randomUUID(),
    accountId: 'person-gp-c01',
    idempotencyKey: randomUUID(),
    requestHash: Buffer.alloc(32),
    operation: 'recordVisit',
    requestId: randomUUID(),
    pathwayId,
    pathwayKind: 'follow-up',
    name: 'record-visit',
    actor: { personId: 'person-gp-c01', institutionId: 'inst-c01', role: 'gp' },
    input,
    texts: {},
    ifVersion: 99,
    forRelay: true,
  });
  await expect.poll(() => openCrises(patientId), { timeout: 20_000 }).toBe(1);
});

describe('a value that the form does not take', () => {
  test.each([
    ['a pressure above those of anybody', 'phone', { bloodPressures: [{ systolic: 350, diastolic: 90 }] }, '350/90', 'too-high'],
    ['a glucose above those of anybody', 'clinic', { ...onTarget, randomGlucose: { value: 61, unit: 'mmol/L' } }, 61, 'too-high'],
    ['a glucose below those of anybody', 'phone', { ...onTarget, fastingGlucose: { value: 3, unit: 'mg/dL' } }, 0.2, 'too-low'],
    ['half a pressure', 'clinic', { bloodPressures: [{ systolic: 226 }] }, '226/2047', 'no-value'],
    ['a meter that shows HI', 'phone', { ...onTarget, randomGlucose: { value: 'HI', unit: 'mg/dL' } }, '>16.7', undefined],
    ['a number in quotes', 'clinic', { bloodPressures: [{ systolic: '192', diastolic: '112' }] }, '192/112', undefined],
  ])('%s: is put aside, and one task asks for it', async (_, mode, form, value, quarantine) => {
    const { patientId } = await enrol();
    const { status, body } = await service.post('nurse', `/v1/patients/${patientId}/visits`, { ...visit, mode, form });
    expect([status, body.readingIds]).toEqual([422, [expect.any(String)]]);
    const { id } = await crisisTaskOf(service, patientId);
    expect(((await taskOf(service, id)) as { about: object }).about).toMatchObject({ value, ...(quarantine && { quarantine }) });
    const shown = await service.get('gp', `/v1/readings?patientId=${patientId}`);
    expect(shown.body.items.length).toBe(quarantine ? 0 : 1);
  });

  test('a code for no value asks nobody', async () => {
    const { patientId } = await enrol();
    const form = {
      bloodPressures: [{ systolic: 120, diastolic: 2_047 }],
      randomGlucose: { value: 2_047, unit: 'mmol/L', comparator: '>' },
    };
    const { status, body } = await service.post('nurse', `/v1/patients/${patientId}/visits`, { ...visit, form });
    expect([status, body.readingIds, await openCrises(patientId)]).toEqual([422, undefined, 0]);
  });

  test('what a meter shows as beyond its range is taken, wherever that range ends', async () => {
    for (const [value, comparator] of [
      [61, '>='],
      [0.3, '<'],
    ] as const) {
      const { patientId } = await enrol();
      const form = { ...onTarget, randomGlucose: { value, comparator, unit: 'mmol/L' } };
      const { status, body } = await service.post('gp', `/v1/patients/${patientId}/visits`, { ...visit, form });
      expect([status, body.tasks]).toMatchObject([201, [{ kind: 'confirm-reading' }]]);
    }
  });
});
