/** What Temporal keeps is compressed and read again, whatever it is; what was written plain before is read as it is. */
import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compressingCodec, createDocumentCodec, payloadDictionary } from '../../platform/payload-codec.ts';

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload;
const readValue = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload);
const sizeOf = ({ data }: Payload): number => data?.length ?? 0;

test('whatever is written is read again, also from a history of older code, and is never larger', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (values) => {
      const plain = values.map(payloadOf);
      const written = await compressingCodec.encode(plain);
      const same = JSON.parse(JSON.stringify(values)) as unknown[];
      expect((await compressingCodec.decode(written)).map(readValue)).toEqual(same);
      expect((await compressingCodec.decode(plain)).map(readValue)).toEqual(same);
      for (const [index, payload] of written.entries()) expect(sizeOf(payload)).toBeLessThanOrEqual(sizeOf(plain[index] as Payload));
    }),
  );
});

test('a decision of a usual size takes less than half of its bytes', async () => {
  const decision = {
    changes: Array.from({ length: 40 }, (_, n) => ({ event: 'rung', from: 'sent', to: 'sent', at: 1_790_000_000_000 + n })),
  };
  const [written] = await compressingCodec.encode([payloadOf(decision)]);
  expect(sizeOf(written as Payload)).toBeLessThan(sizeOf(payloadOf(decision)) / 2);
});

test('what was changed on its way is refused and not read as something else', async () => {
  const [written] = await compressingCodec.encode([payloadOf('x'.repeat(2_000))]);
  const data = Uint8Array.from(written?.data ?? []);
  data[0] = (data[0] ?? 0) ^ 0xff;
  await expect(compressingCodec.decode([{ ...written, data } as Payload])).rejects.toThrow();
});

test('the dictionary is the one that every history was compressed against', () => {
  expect(createHash('sha256').update(payloadDictionary).digest('hex')).toBe(
    '48ee3b6b411850dbffac14902758f6c7d1b5dbf68f37d30ba98be1091e22807f',
  );
});

test('what older code has compressed without the dictionary is read', async () => {
  const value = { text: 'x'.repeat(2_000) };
  const plain = payloadOf(value);
  const metadata = { encoding: Buffer.from('binary/zstd'), 'encoding-before': plain.metadata?.encoding as Uint8Array };
  const [read] = await compressingCodec.decode([{ metadata, data: zstdCompressSync(plain.data as Uint8Array) }]);
  expect(readValue(read as Payload)).toEqual(value);
});

test('a worker whose shelf does not answer reads nothing, instead of a name in the place of a document', async () => {
  const lost = createDocumentCodec({ shortFormOf: (value) => value, longFormOf: () => Promise.reject(new Error('Postgres is away.')) });
  const written = await compressingCodec.encode([payloadOf({ protocol: { $doc: 'name' }, text: 'x'.repeat(500) })]);
  await expect(lost.decode(written)).rejects.toThrow('Postgres is away.');
  const found = createDocumentCodec({ shortFormOf: (value) => value, longFormOf: async () => ({ protocol: 'found' }) });
  expect((await found.decode(written)).map(readValue)).toEqual([{ protocol: 'found' }]);
});
