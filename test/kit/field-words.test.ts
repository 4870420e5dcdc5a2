/** A field error is read by clinicians and by programmers: there is none in one language only. */
import { z } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { operations } from '../../api/app.ts';
import { parseBody } from '../../api/kit/edge.ts';
import { toMessage } from '../../api/kit/field-words.ts';
import { invalidRequestProblem, Problem, problemBody } from '../../api/kit/problem.ts';
import { findForeignErrors } from '../support/oracles/contract.ts';

/** What is wrong for some schema or other: nothing, every type, too short, too long, too small, too large, almost right. */
const hostile: unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, 1e9, '', ' ', 'x', 'x'.repeat(20_000), '2026-02-30', '2999-01-01T00:00:00Z'],
  ...[[], [null], ['x', 'x'], Array.from({ length: 2_000 }, () => 'x'), {}, { unknown: 1 }, { '': 1 }],
];
/** Each alone is right; together they cannot be true. */
const contradictions: unknown[] = [
  { kg: 30, heightCm: 250 },
  { status: 'never', perDay: 5 },
  { level: 'none', liangPerDay: 5 },
  { timesPerWeek: 70, minutesEachTime: 1_440 },
  { systolic: 80, diastolic: 120 },
  { systolic: 3_000, diastolic: 1_200 },
  { value: 300, unit: 'mmol/L' },
  { nextVisitOn: 'soon' },
  ['none', 'leg-oedema'],
  ['none', 'polyuria'],
  ['none', 'palpitations-chest-tightness'],
];

/** What zod says of itself, such as "expected never, received string". */
const programmersWords =
  /expected (a|an|never|string|number|object|array)\b|, (received|got) |invalid input|undefined|\bNaN\b|regular expression/i;

/** The errors of a value, in the language asked for; none: it is right. */
function errorsOf(schema: z.ZodType<unknown>, value: unknown, language: 'zh' | 'en'): { path: string; message: string }[] {
  try {
    parseBody(schema, value);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return problemBody(error, language, 'the-request').errors ?? [];
  }
}

/** A schema and all that it is made of: what stands deep inside is reached without a value that is right around it. */
function partsOf(schema: unknown, seen = new Set<z.ZodType<unknown>>()): Set<z.ZodType<unknown>> {
  if (schema instanceof z.ZodType) {
    // A check or a transformation is only ever given what its schema let through.
    if (seen.has(schema) || schema instanceof z.ZodTransform) return seen;
    seen.add(schema);
    const { checks: _, ...parts } = schema.def;
    for (const part of Object.values(parts)) partsOf(part, seen);
  } else if (Array.isArray(schema)) {
    for (const part of schema) partsOf(part, seen);
  } else if (typeof schema === 'object' && schema !== null && Object.getPrototypeOf(schema) === Object.prototype) {
    for (const part of Object.values(schema)) partsOf(part, seen);
  }
  return seen;
}

const taking = operations.filter(({ body, query }) => body ?? query);

describe.each(['zh', 'en'] as const)('asked for %s, every operation says in it what is wrong with', (language) => {
  test.each(taking)('$id', ({ body, query }) => {
    let found = 0;
    for (const part of [...partsOf(body), ...partsOf(query)])
      for (const value of [...hostile, ...contradictions]) {
        const errors = errorsOf(part, value, language);
        found += errors.length;
        for (const { message } of errors) expect(message).not.toMatch(programmersWords);
        expect(findForeignErrors(errors, language), `${JSON.stringify(value)?.slice(0, 80)} for ${part.type}`).toEqual([]);
      }
    expect(found).toBeGreaterThan(0);
  });
});

test('what is wrong together is told from what is wrong alone', () => {
  const all = new Set(taking.flatMap(({ body, query }) => [...partsOf(body), ...partsOf(query)]));
  const said = contradictions.map((value) => [...all].flatMap((part) => errorsOf(part, value, 'zh')).map(({ message }) => message));
  const words = [
    '矛盾',
    '矛盾',
    '矛盾',
    '矛盾',
    '须低于收缩压',
    '按此单位不合常理',
    '按此单位不合常理',
    '须为日期',
    '矛盾',
    '矛盾',
    '矛盾',
  ];
  words.forEach((word, n) => {
    expect(
      said[n]?.some((message) => message.includes(word)),
      `${JSON.stringify(contradictions[n])}: ${word}`,
    ).toBe(true);
  });
});

test('a message in one language only does not compile, and one that got past is not shown', () => {
  // @ts-expect-error
  expect(invalidRequestProblem('field', 'is wrong').details.errors?.[0]?.message).toBe('is wrong');
  // @ts-expect-error
  expect(() => toMessage('is wrong')).not.toThrow();
  // @ts-expect-error
  invalidRequestProblem('field', { en: 'is wrong' });

  const literal = z.string().regex(/^a$/, 'the letter a');
  expect(errorsOf(literal, 'b', 'zh')).toEqual([{ path: '', message: '不符合要求' }]);
  expect(errorsOf(literal, 'b', 'en')).toEqual([{ path: '', message: 'is not as it should be' }]);
});
