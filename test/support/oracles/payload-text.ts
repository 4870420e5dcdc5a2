/** What stands in a payload of a history, whether it was compressed or not. */
import { zstdDecompressSync } from 'node:zlib';
import { payloadDictionary } from '../../../platform/payload-codec.ts';

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export function payloadText(data: Uint8Array): string {
  const isCompressed = ZSTD_MAGIC.every((byte, index) => data[index] === byte);
  return Buffer.from(isCompressed ? zstdDecompressSync(data, { dictionary: payloadDictionary }) : data).toString('utf8');
}
