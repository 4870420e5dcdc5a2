import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  channelAfterCorrection,
  channelOfPhone,
  isMobile,
  isTelephone,
  phoneKeyOf,
  telephoneKindOf,
} from '../../../domain/residents/telephone.ts';

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

test.each([
  ['13800000000', 'mobile', 'sms'],
  ['+86 199-1234-5678', 'mobile', 'sms'],
  ['００８６１３８００００００００', 'mobile', 'sms'],
  ['86 138 0000 0000', 'mobile', 'sms'],
  ['12800000000', undefined, 'phone'],
  ['138000000000', undefined, 'phone'],
  ['0755-26001234', 'landline', 'phone'],
  ['０７５５－２６００１２３４', 'landline', 'phone'],
  ['+86 (0)755 2600 1234', 'landline', 'phone'],
  ['020-81234567', 'landline', 'phone'],
  ['010 65001234', 'landline', 'phone'],
  ['0898-6512345', 'landline', 'phone'],
  ['010-6500123', undefined, 'phone'],
  ['0755-26001234-801', undefined, 'phone'],
  ['0755-26001234转801', undefined, 'phone'],
  ['400-800-1234', undefined, 'phone'],
  ['800-810-1234', undefined, 'phone'],
  ['95588', undefined, 'phone'],
  ['120', undefined, 'phone'],
])('%s is a %s, and never gets a text unless it is a mobile: %s', (text, kind, channel) => {
  expect([telephoneKindOf(text), channelOfPhone(text)]).toEqual([kind, channel]);
});

test.each([
  ['sms', '13800000000', '0755-26001234', 'phone'],
  ['sms', '13800000000', null, 'paper'],
  ['phone', '0755-26001234', '13800000000', 'sms'],
  ['phone', '13800000000', '13900000000', 'phone'],
  ['phone', '13800000000', null, 'paper'],
  ['wechat', '13800000000', '0755-26001234', 'wechat'],
  ['sms', '0755-26001234', '0755-26001235', 'phone'],
  ['paper', null, '13800000000', 'sms'],
  ['paper', '13800000000', '0755-26001234', 'paper'],
])('%s of whoever had %s and has %s now becomes %s', (channel, before, after, becomes) => {
  expect(channelAfterCorrection(channel, { before, after })).toBe(becomes);
});
