import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMobile, isTelephone, phoneKeyOf } from '../../../domain/residents/telephone.ts';

const separator = fc.constantFrom('', ' ', '-', '－', '.', '·', '\u202d', '\u202c', '（', '）', '\u3000');
const wide = (digit: string) => String.fromCodePoint((digit.codePointAt(0) as number) - 0x30 + 0xff10);

test('a mobile number is the same however it is written', () => {
  const written = fc.record({
    number: fc.integer({ min: 13_000_000_000, max: 19_999_999_999 }).map(String),
    prefix: fc.constantFrom('', '+86', '+86 ', '＋８６', '0086'),
    marks: fc.array(separator, { minLength: 11, maxLength: 11 }),
    isWide: fc.boolean(),
  });
  fc.assert(
    fc.property(written, ({ number, prefix, marks, isWide }) => {
      const text = prefix + [...number].map((digit, index) => marks[index] + (isWide ? wide(digit) : digit)).join('');
      expect([phoneKeyOf(text), isMobile(text), isTelephone(text)]).toEqual([number, true, true]);
    }),
  );
});

test.each([
  ['0755-26001234', '075526001234', true],
  ['+86 755 2600 1234', '075526001234', true],
  ['(010) 6500 1234', '01065001234', true],
  ['0898-6512345', '08986512345', true],
  ['26001234', '26001234', false],
  ['12345678901', '12345678901', false],
  ['1380000000', '1380000000', false],
  ['电话', '电话', false],
])('%s is compared as %s; a telephone: %s', (written, key, valid) => {
  expect([phoneKeyOf(written), isTelephone(written), isMobile(written)]).toEqual([key, valid, false]);
});
