/**
 * What Temporal keeps of a pathway is compressed on its way there, and names documents instead of repeating them. Histories of older code have it plain,
 * and are read like the others.
 */
import { readFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';

const JSON_ENCODING = 'json/plain';
/** JSON that was compressed with the first dictionary. */
const ENCODING = 'binary/zstd-1';
/** As older code has compressed: without a dictionary, and with a note of what the encoding was before. */
const OLDER_ENCODING = 'binary/zstd';
const ENCODING_BEFORE = 'encoding-before';

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const encodingBytes = toBytes(ENCODING);
const jsonEncodingBytes = toBytes(JSON_ENCODING);

/**
 * Payloads as they usually are, which every compressed one is compressed against: its bytes must never change, because no history could be read any
 * more. Another one gets another number and another encoding.
 */
export const payloadDictionary = readFileSync(new URL('./payload-dictionary-1.txt', import.meta.url));

/** Below this the frame costs what is won. */
const LEAST_BYTES = 100;
/** No payload of ours comes near it: a history that names a larger one has been tampered with. */
const MOST_BYTES = 64 * 1_024 * 1_024;

const encodingOf = ({ metadata }: Payload): string => Buffer.from(metadata?.encoding ?? []).toString();

const compress = (payload: Payload): Payload => {
  const { metadata, data } = payload;
  if (!data || data.length < LEAST_BYTES || encodingOf(payload) !== JSON_ENCODING) return payload;
  const compressed = zstdCompressSync(data, { dictionary: payloadDictionary });
  return compressed.length < data.length ? { metadata: { ...metadata, encoding: encodingBytes }, data: compressed } : payload;
};

const decompress = (payload: Payload): Payload => {
  const { metadata } = payload;
  const data = payload.data ?? new Uint8Array();
  switch (encodingOf(payload)) {
    case ENCODING:
      return {
        metadata: { ...metadata, encoding: jsonEncodingBytes },
        data: zstdDecompressSync(data, { dictionary: payloadDictionary, maxOutputLength: MOST_BYTES }),
      };
    case OLDER_ENCODING: {
      const { [ENCODING_BEFORE]: before = jsonEncodingBytes, ...others } = metadata ?? {};
      return { metadata: { ...others, encoding: before }, data: zstdDecompressSync(data, { maxOutputLength: MOST_BYTES }) };
    }
    default:
      return payload;
  }
};

export const compressingCodec: PayloadCodec = {
  encode: async (payloads) => payloads.map(compress),
  decode: async (payloads) => payloads.map(decompress),
};

/** Puts names in the places of documents, and documents in the places of names: see domain/kit/documents.ts. */
export interface DocumentShelf {
  shortFormOf(value: unknown): unknown;
  longFormOf(value: unknown): Promise<unknown>;
}

/** Less than this holds no document. */
const LEAST_BYTES_WITH_DOCUMENT = 400;

/** The codec of whoever reads what pathways decide by. A name in a history is read back from the shelf, whatever has been compressed. */
export function createDocumentCodec(shelf: DocumentShelf): PayloadCodec {
  const shorten = (payload: Payload): Payload => {
    const { data } = payload;
    if (!data || data.length < LEAST_BYTES_WITH_DOCUMENT || encodingOf(payload) !== JSON_ENCODING) return payload;
    return withValue(payload, shelf.shortFormOf(readValue(payload)));
  };
  return {
    encode: async (payloads) => payloads.map((payload) => compress(shorten(payload))),
    decode: (payloads) => Promise.all(payloads.map((payload) => putDocumentsBack(shelf, decompress(payload)))),
  };
}

/** The same payload with every document in its place, compressed as before: it can be read by whoever has no shelf. */
export async function withDocuments(shelf: Pick<DocumentShelf, 'longFormOf'>, payload: Payload): Promise<Payload> {
  const plain = decompress(payload);
  const whole = await putDocumentsBack(shelf, plain);
  return whole === plain ? payload : compress(whole);
}

async function putDocumentsBack(shelf: Pick<DocumentShelf, 'longFormOf'>, payload: Payload): Promise<Payload> {
  if (encodingOf(payload) !== JSON_ENCODING || !Buffer.from(payload.data ?? []).includes('"$doc"')) return payload;
  return withValue(payload, await shelf.longFormOf(readValue(payload)));
}

const readValue = ({ data }: Payload): unknown => JSON.parse(Buffer.from(data ?? []).toString());
const withValue = (payload: Payload, value: unknown): Payload => ({ ...payload, data: Buffer.from(JSON.stringify(value)) });
