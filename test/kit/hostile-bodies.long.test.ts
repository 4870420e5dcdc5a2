/** Bodies that are wrong: each gets a clear 4xx from every operation that takes a body, and nothing is written. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../api/app.ts';
import { MAX_BODY_BYTES } from '../../api/kit/body.ts';
import type { Operation } from '../../api/kit/operation.ts';
import { ruleOf } from '../../api/policy.ts';
import { addressOf, refusalOf } from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import type { Answer } from '../support/oracles/contract.ts';
import { type HostileGround, startHostileGround } from '../support/oracles/hostile-ground.ts';
import { blamedFor, wrongFields } from '../support/oracles/wrong-fields.ts';
import { testSeed } from '../support/seed.ts';

let ground: HostileGround;

beforeAll(async () => {
  ground = await startHostileGround();
});
afterAll(() => ground?.service.stop());

type Body = string | Uint8Array;

let keys = 0;
function postAs(account: string, path: string, body: Body, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Bearer ${ground.tokens.get(account)}`;
  const language = keys % 2 === 0 ? 'zh' : 'en'; // in turn: field errors are held to be in the language of their answer
  // Node's fetch takes bytes as they are; a string would be written as UTF-8 once more.
  return ground.send('POST', path, {
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

/**
 * Every operation with a body, each with an account that gets as far as its body. What comes by a patient's link is turned away by the link before its body
 * is read, and counted; what belongs to the session of a browser is turned away without one.
 */

/** A table that is uploaded is no JSON; what is wrong with one is tried in test/administration/imports.test.ts. */
const takingBodies = operations.filter(
  ({ method, path, raw }) => method === 'post' && !raw && !/^\/v1\/(links|browser-sessions)(\/|$)/.test(path),
);

function post(operation: Operation, body: Body): Promise<Answer> {
  const path = addressOf(operation, ground.objects);
  if (ruleOf(operation.id).roles === 'public') return postAs('gp', path, body);
  const holder = ground.holders.find((one) => refusalOf(operation, one) === undefined);
  // Nobody sees the object: the request is turned away before its body is read.
  return postAs(holder?.account ?? 'gp', path, body);
}

const isReachable = (operation: Operation) =>
  ruleOf(operation.id).roles === 'public' || ground.holders.some((one) => refusalOf(operation, one) === undefined);

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
    const holder = ground.holders.find((one) => refusalOf(operation, one) === undefined);
    const headers = {
      authorization: `Bearer ${ground.tokens.get(holder?.account ?? 'gp')}`,
      'content-type': 'application/json',
      'idempotency-key': `stream-${operation.id}`,
    };
    const answer = await ground.send('POST', addressOf(operation, ground.objects), {
      headers,
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect([operation.id, answer.status]).toEqual([operation.id, 413]);
  }
});

test('a length that is announced and too long is refused before anything is read', async () => {
  const operation = takingBodies.find(({ id }) => id === 'createReferral') as Operation;
  const path = addressOf(operation, ground.objects);
  const { status } = await postAs('gp', path, '{}', { 'content-length': '99999999999' });
  expect(status).toBe(413);
});

// --- field by field -------------------------------------------------------------------------

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60);

describe.each(wrongFields)('$id', ({ id, account, good, wrong }) => {
  const operation = operations.find((one) => one.id === id) as Operation;
  const cases = Object.entries(wrong).flatMap(([field, values]) => values.map((value) => ({ field, value, shown: show(value) })));

  test(`refuses ${cases.length} wrong values, and says which field`, async () => {
    for (const { field, value, shown } of cases) {
      const { status, body } = await postAs(
        account,
        addressOf(operation, ground.objects),
        JSON.stringify({ ...(await good(ground.service, ground.objects)), [field]: value }),
      );
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
    const whole = await good(ground.service, ground.objects);
    for (const field of Object.keys(whole)) {
      const body = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
      if (operation.body?.safeParse(body).success && !['consent', 'patientId'].includes(field)) continue; // may be left out
      const { status } = await postAs(account, addressOf(operation, ground.objects), JSON.stringify(body));
      expect({ field, status }).toEqual({ field, status: 422 });
    }
  });
});

// --- anything at all --------------------------------------------------------------------------

const seed = testSeed;

test(`whatever JSON is sent where, it is refused with a 4xx that the contract knows (seed ${seed})`, { timeout: 120_000 }, async () => {
  const names = [...new Set(wrongFields.flatMap(({ wrong }) => Object.keys(wrong))), '__proto__', 'constructor', 'id'];
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
  expect(await contentsOf(ground.service.db)).toEqual(ground.before);
});
