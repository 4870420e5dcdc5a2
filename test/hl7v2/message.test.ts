/** The parser and the writer by themselves: what is written is read again, and no bytes whatever bring the reader down. */
import { Hl7Message } from '@medplum/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../interop/hl7v2/kit/character-sets.ts';
import { Hl7Error } from '../../interop/hl7v2/kit/hl7-error.ts';
import { findSegment, parseMessage, textAt, valueAt } from '../../interop/hl7v2/kit/message.ts';
import { FrameReader, toFrame } from '../../interop/hl7v2/kit/mllp-frames.ts';
import { parseTimestamp } from '../../interop/hl7v2/kit/timestamps.ts';
import { joinSegments, writeHeader, writeSegment, writeTimestamp } from '../../interop/hl7v2/kit/write-message.ts';

const isControl = (character: string): boolean => character !== '\n' && (character < ' ' || character === '\u007f');

/** Text that a person can have written: no control characters but line breaks, nothing to trim. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((each) =>
  [...each]
    .filter((character) => !isControl(character) && character !== '\ufeff' && character.isWellFormed())
    .join('')
    .trim(),
);

/** Earlier editions of GB 18030 kept these in Unicode's private area; the edition of 2022 reads their bytes as the characters that they have become. */
const assignedSince = /[\ue5e5\ue78d-\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864]/g;

const written = (value: string) =>
  joinSegments([
    writeHeader({ 9: ['OSU', 'O51', 'OSU_O51'] }),
    writeSegment('ORC', { 16: ['', value] }),
    writeSegment('NTE', { 3: value }),
  ]);

describe('whatever is written is read again', () => {
  test('as a component and as a text, by us and by @medplum/core', () => {
    fc.assert(
      fc.property(text, (value) => {
        const read = parseMessage(written(value));
        expect(valueAt(read, findSegment(read, 'ORC'), { field: 16, component: 2 })).toBe(value);
        expect(textAt(read, findSegment(read, 'NTE'), 3)).toBe(value);
        expect(Hl7Message.parse(written(value)).getAllSegments('NTE')).toHaveLength(1);
      }),
    );
  });

  test('in both character sets', () => {
    const readAsWritten = text.map((each) => each.replaceAll(assignedSince, ''));
    fc.assert(
      fc.property(readAsWritten, fc.constantFrom('utf-8' as const, 'gb18030' as const), (value, characterSet) => {
        const bytes = encode(written(value), characterSet);
        expect(decode(bytes, characterSet)).toEqual({ text: written(value), characterSet });
      }),
    );
  });

  test('in GB18030 a character of the private area that has got a place of its own since is read as what it is now', () => {
    for (const [before, now] of [
      ['\ue78d', '︐'],
      ['\ue796', '︙'],
      ['\ue81e', '龴'],
      ['\ue864', '龻'],
      ['\ue5e5', '\u3000'],
    ] as const)
      expect(decode(encode(written(before), 'gb18030'), 'gb18030').text).toBe(written(now));
  });

  test('an instant', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1900-01-01'), max: new Date('2199-01-01'), noInvalidDate: true }), (at) => {
        at.setUTCMilliseconds(0);
        expect(parseTimestamp(writeTimestamp(at))).toBe(at.toISOString());
      }),
    );
  });
});

test.each([
  ['202601010800', '2026-01-01T00:00:00.000Z'],
  ['20260101080000.1234-0500', '2026-01-01T13:00:00.000Z'],
  ['20240229000000+0000', '2024-02-29T00:00:00.000Z'],
  ['20250229000000', undefined],
  ['20261301000000', undefined],
  ['20260101240000', undefined],
  ['20260101', undefined],
  ['2026-01-01T08:00:00Z', undefined],
])('the instant %s', (written, instant) => expect(parseTimestamp(written)).toBe(instant));

test('no bytes bring the reader down: it reads them or says what is wrong with them', () => {
  const likely = fc
    .array(fc.constantFrom('MSH', '|', '^~\\&', '\r', '\\', 'PID', 'ORC', '&', '~', '\u0000', '王', '"', 'OSU^O51'), { maxLength: 40 })
    .map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        likely,
        likely.map((rest) => Buffer.concat([Buffer.from('MSH|^~\\&|'), rest])),
      ),
      (bytes) => {
        try {
          const read = parseMessage(decode(bytes).text);
          for (const each of read.segments) for (const [field] of each.fields.entries()) valueAt(read, each, { field });
        } catch (error) {
          expect(error).toBeInstanceOf(Hl7Error);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('frames come whole, however the bytes are portioned', () => {
  const payload = fc
    .uint8Array({ minLength: 1, maxLength: 30 })
    .map((bytes) => bytes.map((byte) => (byte === 0x1c || byte === 0x0b ? 0x20 : byte)));
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 5 }), fc.array(fc.nat(50), { maxLength: 20 }), (payloads, cuts) => {
      const stream = Buffer.concat(payloads.map((each) => toFrame(each)));
      const places = [...new Set(cuts.map((cut) => Math.min(cut, stream.length)))].sort((a, b) => a - b);
      const portions = [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.length));
      const reader = new FrameReader(1_000);
      const read = portions.flatMap((portion) => reader.push(portion));
      expect(read.map((framing) => ('message' in framing ? [...framing.message] : framing))).toEqual(payloads.map((each) => [...each]));
      expect(reader.hasUnfinishedMessage).toBe(false);
    }),
  );
});
