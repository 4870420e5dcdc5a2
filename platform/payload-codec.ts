/** What Temporal keeps of a pathway is compressed on its way there. Histories of older code have it plain, and are read like the others. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';

const ENCODING = 'binary/zstd';
/** What the encoding was before, beside what Temporal itself writes of a payload. */
const ENCODING_BEFORE = 'encoding-before';
const encodingBytes = new TextEncoder().encode(ENCODING);

/** Below this the frame and the note of the encoding cost what is won. */
const LEAST_BYTES = 160;
/** No payload of ours comes near it: a history that names a larger one has been tampered with. */
const MOST_BYTES = 64 * 1_024 * 1_024;

const compress = (payload: Payload): Payload => {
  const { metadata, data } = payload;
  if (!data || data.length < LEAST_BYTES || !metadata?.encoding) return payload;
  const compressed = zstdCompressSync(data);
  if (compressed.length + ENCODING_BEFORE.length + metadata.encoding.length >= data.length) return payload;
  return { metadata: { ...metadata, [ENCODING_BEFORE]: metadata.encoding, encoding: encodingBytes }, data: compressed };
};

const decompress = (payload: Payload): Payload => {
  const { encoding, [ENCODING_BEFORE]: before, ...others } = payload.metadata ?? {};
  if (!encoding || !before || Buffer.from(encoding).toString() !== ENCODING) return payload;
  const data = zstdDecompressSync(payload.data ?? new Uint8Array(), { maxOutputLength: MOST_BYTES });
  return { metadata: { ...others, encoding: before }, data };
};

export const compressingCodec: PayloadCodec = {
  encode: async (payloads) => payloads.map(compress),
  decode: async (payloads) => payloads.map(decompress),
};
