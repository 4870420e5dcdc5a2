/** Bodies that are wrong: each gets a clear 4xx from every operation that takes a body, and nothing is written. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../api/app.ts';
import { MAX_BODY_BYTES } from '../../api/kit/body.ts';
import type { Operation } from '../../api/kit/operation.ts';
import { ruleOf } from '../../api/policy.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type AccountHolder, accountHolders, addressOf, makeObjects, nowhere, type Objects, refusalOf } from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Answer, checkedRequests, contractOf } from '../support/oracles/contract.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let send: ReturnType<typeof checkedRequests>;
let objects: Objects;
let holders: AccountHolder[];
let before: Record<string, string>;
const tokens = new Map<string, string>();

beforeAll(async () => {
  service = await startService();
  send = checkedRequests(service.app, await contractOf(service.app));
  objects = await makeObjects(service);
  holders = await accountHolders(service);
  for (const holder of holders) tokens.set(holder.account, (await service.tokens.issue(holder)).token);
  before = await contentsOf(service.db);
});
afterAll(() => service?.stop());

type Body = string | Uint8Array;

let keys = 0;
function postAs(account: string, path: string, body: Body, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Bearer ${tokens.get(account)}`;
  const language = keys % 2 === 0 ? 'zh' : 'en'; // in turn: field errors are held to be in the language of their answer
  // Node's fetch takes bytes as they are; a string would be written as UTF-8 once more.
  return send('POST', path, {
    headers: {
      authorization,
      'accept-language': language,
      'content-type': 'application/json',
      'idempotency-key': `hostile-${++keys}`,
      ...headers,
    },
    body: body as string,
  });
}

/** Every operation with a body, each with an account that gets as far as its body. */
const takingBodies = operations.filter(({ method }) => method === 'post');

function post(operation: Operation, body: Body): Promise<Answer> {
  const path = addressOf(operation, objects);
  if (ruleOf(operation.id).roles === 'public') return postAs('gp', path, body);
  const holder = holders.find((one) => refusalOf(operation, one) === undefined);
  // Nobody sees the object: the request is turned away before its body is read.
  return postAs(holder?.account ?? 'gp', path, body);
}

const isReachable = (operation: Operation) =>
  ruleOf(operation.id).roles === 'public' || holders.some((one) => refusalOf(operation, one) === undefined);

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const filler = (size: number) => JSON.stringify({ filler: 'x'.repeat(size) });

const mostBytesOf = ({ maxBodyBytes = MAX_BODY_BYTES }: Operation): number => maxBodyBytes;

/** A body that depends on the operation says how. */
const wrongForAll: [what: string, body: Body | ((operation: Operation) => Body), statuses: number[]][] = [
  ['nothing', '', [400]],
  ['blanks', ' \n\t ', [400]],
  ['half of an object', '{', [400]],
  ['a trailing comma', '{"a":1,}', [400]],
  ['two objects', '{}{}', [400]],
  ['single quotes', "{'a':1}", [400]],
  ['a comment', '{}// hello', [400]],
  ['NaN', '{"a":NaN}', [400]],
  ['a form', 'reason=x&note=y', [400]],
  ['XML', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', [400]],
  ['a bare NUL', bytes('{"a":"', [0], '"}'), [400]],
  ['a byte that is no UTF-8', bytes('{"a":"', [0xff], '"}'), [400]],
  ['a cut-off character', bytes('{"a":"', [0xe4, 0xb8], '"}'), [400]],
  ['an overlong slash', bytes('{"a":"', [0xc0, 0xaf], '"}'), [400]],
  ['a surrogate written as UTF-8', bytes('{"a":"', [0xed, 0xa0, 0x80], '"}'), [400]],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), [400]],
  ['gzip', bytes([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]), [400]],
  ['null', 'null', [422]],
  ['a number', '1', [422]],
  ['a text', '"text"', [422]],
  ['true', 'true', [422]],
  ['a list', '[]', [422]],
  ['a list of objects', '[{}]', [422]],
  ['an unknown field', '{"unknown":1}', [422]],
  ['__proto__', '{"__proto__":{"admin":true}}', [422]],
  ['constructor', '{"constructor":{"prototype":{"admin":true}}}', [422]],
  ['hasOwnProperty', '{"hasOwnProperty":1,"toString":1}', [422]],
  ['an empty name', '{"":1}', [422]],
  ['NUL in a value', '{"note":"a\\u0000b"}', [422]],
  ['NUL in a name', '{"a\\u0000b":1}', [422]],
  ['half a surrogate pair', '{"note":"\\ud83d"}', [422]],
  ['the other half', '{"note":"\\ude00 text"}', [422]],
  ['a surrogate pair the wrong way round', '{"note":"\\ude00\\ud83d"}', [422]],
  ['half a surrogate pair in a name', '{"\\ud83d":1}', [422]],
  ['a list nested 17 deep', `{"note":${nested(17, '[', ']')}}`, [422]],
  ['lists nested 100,000 deep', nested(100_000, '[', ']'), [422]],
  ['objects nested 40,000 deep', nested(40_000, '{"a":', '}'), [422]],
  [
    '10,000 unknown fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, index]))),
    [422],
  ],
  ['an unknown field with a name of 100 KB', JSON.stringify({ ['x'.repeat(100_000)]: 1 }), [422]],
  ['a number beyond all bounds', '{"unknown":1e400}', [422]],
  ['a number of 10,000 digits', `{"unknown":${'9'.repeat(10_000)}}`, [422]],
  ['exactly as much as is read', (operation) => filler(mostBytesOf(operation) - 13), [422]],
  ['one byte more', (operation) => filler(mostBytesOf(operation) - 12), [413]],
  ['44 KB more', (operation) => filler(mostBytesOf(operation) + 44 * 1_024), [413]],
];

describe('from every operation that takes a body', () => {
  test.each(wrongForAll)('%s', async (_, body, statuses) => {
    for (const operation of takingBodies.filter(isReachable)) {
      const answer = await post(operation, typeof body === 'function' ? body(operation) : body);
      expect(statuses, `${operation.id} answered ${answer.status}`).toContain(answer.status);
      expect(JSON.stringify(answer.body).length, 'a long question gets a short answer').toBeLessThan(40_000);
    }
  });
});

test('too much that does not say how long it is: 413', async () => {
  const chunk = Buffer.alloc(30_000, 'x');
  for (const operation of takingBodies.filter(isReachable)) {
    let left = Math.ceil(mostBytesOf(operation) / chunk.length) + 1;
    const stream = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const holder = holders.find((one) => refusalOf(operation, one) === undefined);
    const headers = {
      authorization: `Bearer ${tokens.get(holder?.account ?? 'gp')}`,
      'content-type': 'application/json',
      'idempotency-key': `stream-${operation.id}`,
    };
    const answer = await send('POST', addressOf(operation, objects), { headers, body: stream, duplex: 'half' } as RequestInit);
    expect([operation.id, answer.status]).toEqual([operation.id, 413]);
  }
});

test('a length that is announced and too long is refused before anything is read', async () => {
  const operation = takingBodies.find(({ id }) => id === 'createReferral') as Operation;
  const path = addressOf(operation, objects);
  const { status } = await postAs('gp', path, '{}', { 'content-length': '99999999999' });
  expect(status).toBe(413);
});

// --- field by field -------------------------------------------------------------------------

const huge = 'x'.repeat(20_000);
const noText = [null, 1, true, [], {}, '', '   ', '\u3000', huge];
const noId = [null, 1, [], {}, '', 'x'.repeat(101)];
const noInstant = [
  null,
  1,
  '',
  'tomorrow',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+08:00',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:00:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '+012026-01-01T00:00:00Z',
  '20260101T000000Z',
  '２０２６-01-01T00:00:00Z',
];
const noFlag = [null, 0, 1, 'true', [], {}];
const noDate = [
  null,
  1,
  '',
  '2026-02-30',
  '2025-02-29',
  '1900-02-29',
  '2026-00-10',
  '2026-1-1',
  '0000-01-01',
  '1899-12-31',
  '9999-12-31',
  '2026-01-01T00:00:00Z',
  '01/02/1956',
];

const referral = () => newReferral(service);
const consent = { given: true, recordedAt: '2026-01-01T00:00:00Z' };
const patient = { name: '赵𬱖', birthDate: '1944-02-29', sex: 'male', phone: '13800000000', contacts: [], localIds: [] };

/** A good body of each operation, and for each field what it must not be. */
const fields: { id: string; account: string; good: () => object | Promise<object>; wrong: Record<string, unknown[]> }[] = [
  {
    id: 'createReferral',
    account: 'gp',
    good: referral,
    wrong: {
      patientId: [...noId, 'patient-9999', "' or 1=1 --", 'x'],
      direction: [null, 'sideways', '', 1, ['up'], 'UP'],
      urgency: [null, 'soon', '', 0, 'Urgent'],
      toInstitutionId: [...noId, 'inst-none', 'inst-c01', 'inst-c02', 'inst-cssd', 'constructor'],
      toDepartmentId: [...noId, 'dept-none', 'dept-h2-cardiology', 'dept-c01-general-practice'],
      reason: noText,
      summary: noText,
      emergency: noFlag,
      draft: noFlag,
      consent: [
        null,
        true,
        'yes',
        [],
        {},
        { given: false, recordedAt: '2026-01-01T00:00:00Z' },
        { given: true },
        { ...consent, given: 'true' },
        { ...consent, by: 'x' },
        { ...consent, recordedAt: '2099-01-01T00:00:00Z' },
        ...noInstant.map((recordedAt) => ({ given: true, recordedAt })),
      ],
      managementPlan: [null, 1, '', [], { a: null }, { a: { b: 1 } }, { ['x'.repeat(101)]: 1 }, { a: [1] }, huge],
      overrideReason: noText,
      replaces: noId,
    },
  },
  {
    id: 'createPatient',
    account: 'gp',
    good: () => patient,
    wrong: {
      name: [...noText, 'x'.repeat(101)],
      birthDate: noDate,
      sex: [null, '', 'M', 1, 'MALE', '男'],
      homeInstitutionId: [...noId, 'inst-c02', 'inst-h1', 'inst-none', 'inst-cssd'],
      phone: [null, 1, '', 'abc', '1234', '1'.repeat(16), '+', '138 0000 0000 ext 5', '１３８０００００００'],
      contacts: [
        null,
        {},
        [null],
        [{}],
        [{ name: '赵丽', relation: 'child' }],
        Array.from({ length: 21 }, () => ({ name: '赵丽', relation: 'child', phone: '13800000000' })),
        [{ name: '赵丽', relation: 'child', phone: '13800000000', admin: true }],
      ],
      channel: [null, '', 'fax', 1],
      localIds: [
        null,
        {},
        [{}],
        [{ system: '', value: 'x' }],
        [{ system: 'his', value: '' }],
        Array.from({ length: 21 }, (_, index) => ({ system: 'his', value: String(index) })),
      ],
      teamId: ['team-c02'],
      id: ['patient-0001'],
      version: [7],
    },
  },
  { id: 'chooseMyChannel', account: 'gp', good: () => ({ channel: 'wecom' }), wrong: { channel: [null, '', 'phone', 'SMS', 1, ['sms']] } },
  {
    id: 'choosePatientChannel',
    account: 'gp',
    good: () => ({ channel: 'phone' }),
    wrong: { channel: [null, '', 'email', 'wecom', 1, ['sms']], phone: ['13800000000'] },
  },
  {
    id: 'reportLetter',
    account: 'nurse',
    good: () => ({ outcome: 'handed-over' }),
    wrong: { outcome: [null, '', 'agreed', 'lost', 1, ['returned']], note: noText },
  },
  {
    id: 'sendDecline',
    account: 'specialist',
    good: () => ({ reason: '专科已满' }),
    wrong: { reason: noText, patientId: noId, note: ['x'], status: ['completed'] },
  },
  {
    id: 'scheduleVisit',
    account: 'specialist',
    good: () => ({ startsAt: '2099-01-01T00:00:00Z', endsAt: '2099-01-01T01:00:00Z' }),
    wrong: {
      startsAt: [...noInstant, '2001-01-01T00:00:00Z', '2099-01-01T02:00:00Z'],
      endsAt: [...noInstant, '2098-01-01T00:00:00Z', '2099-01-01T00:00:00Z'],
      slotId: [nowhere],
    },
  },
  {
    id: 'referOnward',
    account: 'specialist',
    good: () => ({ toInstitutionId: 'inst-h2', reason: '床位已满' }),
    wrong: {
      toInstitutionId: [...noId, 'inst-none', 'inst-cssd'],
      toDepartmentId: [...noId, 'dept-none', 'dept-h1-cardiology'],
      reason: noText,
    },
  },
  {
    id: 'rerouteReferral',
    account: 'office',
    good: () => ({}),
    wrong: { toInstitutionId: [...noId, 'inst-none', 'inst-cssd'], reason: noText },
  },
  { id: 'requestInformation', account: 'specialist', good: () => ({ question: '近期用药？' }), wrong: { question: noText } },
  { id: 'answerInformation', account: 'gp', good: () => ({ answer: '氨氯地平' }), wrong: { answer: noText } },
  { id: 'reopenReferral', account: 'gp', good: () => ({ reason: '误关' }), wrong: { reason: noText } },
  {
    id: 'createSlot',
    account: 'head',
    good: () => ({ departmentId: 'dept-h1-cardiology', startsAt: '2099-01-01T00:00:00Z', endsAt: '2099-01-01T00:30:00Z' }),
    wrong: {
      departmentId: [...noId, 'dept-none', 'dept-h2-cardiology', 'dept-c01-general-practice'],
      startsAt: [...noInstant, '2001-01-01T00:00:00Z', '2099-01-01T02:00:00Z'],
      endsAt: [...noInstant, '2098-01-01T00:00:00Z', '2099-01-01T00:00:00Z'],
      reserved: noFlag,
      releaseAt: [...noInstant, '2098-12-31T00:00:00Z'],
      institutionId: ['inst-h2'],
      booked: [true],
    },
  },
  {
    id: 'recordFact',
    account: 'gateway',
    good: () => ({
      type: 'patient-moved',
      source: 'his-h1',
      messageId: 'MSG1',
      occurredAt: '2026-01-01T00:00:00Z',
      patientId: 'patient-0001',
      homeInstitutionId: 'inst-c02',
    }),
    wrong: {
      type: [null, 1, '', 'patient-flew', ['patient-died'], '__proto__'],
      source: noText,
      messageId: noText,
      occurredAt: [...noInstant, '2199-01-01T00:00:00Z'],
      patientId: noId,
      localId: [
        null,
        'x',
        {},
        { system: 'urn:his', value: '' },
        { system: 'urn:his', value: '1', more: 1 },
        { system: 'urn:his', value: '1' },
      ],
      homeInstitutionId: [...noId, 'inst-none', 'inst-cssd'],
      survivorPatientId: ['patient-0002'],
    },
  },
  {
    id: 'recordReadings',
    account: 'gateway',
    good: () => ({
      readings: [
        {
          source: 'gateway-c01',
          messageId: 'M1',
          patientId: 'patient-0001',
          kind: 'blood-pressure',
          measuredAt: '2026-01-01T00:00:00Z',
          systolic: 130,
          diastolic: 80,
          unit: 'mmHg',
        },
      ],
    }),
    wrong: { readings: [null, 1, '', {}, [], [null], [[]], [{}], ['x']] },
  },
  { id: 'sendInterimNote', account: 'specialist', good: () => ({ note: '已入院观察' }), wrong: { note: noText } },
  { id: 'sendOutcome', account: 'specialist', good: () => ({ outcome: '治疗完成' }), wrong: { outcome: noText } },
  { id: 'withdraw', account: 'gp', good: () => ({ reason: '误发' }), wrong: { reason: noText } },
  {
    id: 'recordConsent',
    account: 'gp',
    good: () => ({ consent }),
    wrong: { consent: [null, {}, true, { ...consent, given: false }, ...noInstant.map((recordedAt) => ({ given: true, recordedAt }))] },
  },
  { id: 'answerCheck', account: 'gp', good: () => ({}), wrong: { note: [null, 1, '', huge] } },
  { id: 'completeTask', account: 'specialist', good: () => ({}), wrong: { note: [null, 1, '', huge], patientId: ['patient-0001'] } },
  {
    id: 'fastForward',
    account: 'sysadmin',
    good: () => ({ pathwayId: objects.referralId, duration: 'PT1S' }),
    wrong: {
      pathwayId: [null, 1, '', 'x', '0199a000-0000-7000-8000-000000000000', {}],
      duration: [
        null,
        1,
        '',
        'P',
        'PT',
        '1 day',
        'P1M',
        'P1Y',
        'PT0S',
        'PT0.5S',
        '-P1D',
        'P-1D',
        'P4000D',
        `P${'9'.repeat(30)}D`,
        'P1DT',
        'p1d',
        'PT1H ',
      ],
    },
  },
  {
    id: 'createSession',
    account: 'gp',
    good: () => ({ username: 'gp', password: 'carepath-demo' }),
    wrong: {
      username: [null, 1, '', {}, 'x'.repeat(101)],
      password: [null, 1, '', {}, 'x'.repeat(201)],
      institutionId: noId,
      roles: [['sysadmin']],
    },
  },
];

/** Fields that are wrong together with another one. */
const blamedFor: Record<string, string[]> = {
  startsAt: ['startsAt', 'endsAt', 'releaseAt'],
  toInstitutionId: ['toInstitutionId', 'direction'],
  slotId: ['slotId', 'startsAt'],
  localId: ['localId', 'patientId'],
};

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60);

describe.each(fields)('$id', ({ id, account, good, wrong }) => {
  const operation = operations.find((one) => one.id === id) as Operation;
  const cases = Object.entries(wrong).flatMap(([field, values]) => values.map((value) => ({ field, value, shown: show(value) })));

  test(`refuses ${cases.length} wrong values, and says which field`, async () => {
    for (const { field, value, shown } of cases) {
      const { status, body } = await postAs(account, addressOf(operation, objects), JSON.stringify({ ...(await good()), [field]: value }));
      expect({ field, shown, status }).toEqual({ field, shown, status: 422 });
      const paths: string[] = body.errors.map((error: { path: string }) => error.path);
      const blamed = blamedFor[field] ?? [field];
      expect(
        paths.some((path) => blamed.some((name) => path.startsWith(name))),
        `${field} ${shown}: ${paths}`,
      ).toBe(true);
    }
  });

  test('refuses a body without a field that it needs', async () => {
    const whole = await good();
    for (const field of Object.keys(whole)) {
      const body = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
      if (operation.body?.safeParse(body).success && !['consent', 'patientId'].includes(field)) continue; // may be left out
      const { status } = await postAs(account, addressOf(operation, objects), JSON.stringify(body));
      expect({ field, status }).toEqual({ field, status: 422 });
    }
  });
});

// --- anything at all --------------------------------------------------------------------------

const seed = Number(process.env.CAREPATH_TEST_SEED ?? Date.now() % 1_000_000);

test(`whatever JSON is sent where, it is refused with a 4xx that the contract knows (seed ${seed})`, { timeout: 120_000 }, async () => {
  const names = [...new Set(fields.flatMap(({ wrong }) => Object.keys(wrong))), '__proto__', 'constructor', 'id'];
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom('\0', '\ud800', '2026-02-30', 'inst-h1', 'patient-0001', 1e308, -1, Number.MAX_SAFE_INTEGER),
  );
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 6 }),
  );
  const property = fc.asyncProperty(fc.constantFrom(...takingBodies.filter(isReachable)), body, async (operation, json) => {
    // What happens to be right would be done.
    fc.pre(operation.body?.safeParse(json).success !== true);
    const { status } = await post(operation, JSON.stringify(json));
    expect([400, 422]).toContain(status);
  });
  await fc.assert(property, { seed, numRuns: 400 });
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});
