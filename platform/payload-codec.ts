/** What Temporal keeps of a pathway is compressed on its way there. Histories of older code have it plain, and are read like the others. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const ENCODING = 'binary/zstd';
const encodingBytes = new TextEncoder().encode(ENCODING);

/** Below this the frame and the note of the encoding cost what is won. */
const LEAST_BYTES = 160;
/** No payload of ours comes near it: a history that names a larger one has been tampered with. */
const MOST_BYTES = 64 * 1_024 * 1_024;

const compress = (payload: Payload): Payload => {
  if ((payload.data?.length ?? 0) < LEAST_BYTES) return payload;
  const plain = PayloadMessage.encode(payload).finish();
  const data = zstdCompressSync(plain);
  return data.length < plain.length ? { metadata: { encoding: encodingBytes }, data } : payload;
};

const decompress = (payload: Payload): Payload => {
  const encoding = payload.metadata?.encoding;
  if (!encoding || Buffer.from(encoding).toString() !== ENCODING) return payload;
  return PayloadMessage.decode(zstdDecompressSync(payload.data ?? new Uint8Array(), { maxOutputLength: MOST_BYTES }));
};

export const compressingCodec: PayloadCodec = {
  encode: async (payloads) => payloads.map(compress),
  decode: async (payloads) => payloads.map(decompress),
};
