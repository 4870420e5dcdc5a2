/** What Temporal keeps is compressed and read again, whatever it is; what was written plain before is read as it is. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compressingCodec } from '../../platform/payload-codec.ts';

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
