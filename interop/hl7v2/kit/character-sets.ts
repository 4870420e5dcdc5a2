/** The character sets of messages: UTF-8 and GB18030, which are the two that hospital systems in China send. Broken bytes are refused, never replaced. */
import iconv from 'iconv-lite';
import { malformedError } from './hl7-error.ts';

export type CharacterSet = 'utf-8' | 'gb18030';

/** The names of HL7 table 0211. */
export const namesInMsh18: Record<CharacterSet, string> = { 'utf-8': 'UNICODE UTF-8', gb18030: 'GB 18030-2000' };

/** Takes a name from MSH-18 or from a Content-Type. Returns undefined for any other character set. */
export function findCharacterSet(name: string): CharacterSet | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (plain === 'unicodeutf8' || plain === 'utf8' || plain === 'ascii' || plain === 'usascii') return 'utf-8';
  return /^gb18030(20\d\d)?$/.test(plain) ? 'gb18030' : undefined;
}

export interface Decoded {
  text: string;
  characterSet: CharacterSet;
}

const MSH_18 = { segment: 'MSH', sequence: 1, field: 18 };

/**
 * Decodes by what MSH-18 says, else by what the transport says, else as UTF-8. MSH-18 is looked for in each decoding, because in GB18030 the
 * second byte of a character may be a delimiter's. Throws Hl7Error (AR).
 */
export function decode(bytes: Uint8Array, transport?: CharacterSet): Decoded {
  const candidates: CharacterSet[] = transport === 'gb18030' ? ['gb18030', 'utf-8'] : ['utf-8', 'gb18030'];
  let unknown: string | undefined;
  for (const characterSet of candidates) {
    const text = decodeAs(bytes, characterSet);
    if (text === undefined) continue;
    const name = msh18Of(text);
    const meant = name === '' ? (transport ?? 'utf-8') : findCharacterSet(name);
    if (meant === characterSet) return { text, characterSet };
    if (meant === undefined) unknown ??= name;
  }
  if (unknown !== undefined)
    throw malformedError('103', MSH_18, { zh: '只支持 UTF-8 与 GB18030', en: 'only UTF-8 and GB18030 are supported' });
  throw malformedError('102', MSH_18, { zh: '字节与所声明的字符集不符', en: 'the bytes are not of the character set that is named' });
}

function decodeAs(bytes: Uint8Array, characterSet: CharacterSet): string | undefined {
  try {
    return new TextDecoder(characterSet, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function msh18Of(text: string): string {
  const [header = ''] = text.split(/[\r\n]/, 1);
  const separator = header[3];
  const field = separator === undefined ? '' : (header.split(separator)[17] ?? '');
  return /^[^~^&]*/.exec(field)?.[0].trim() ?? '';
}

/** The one character of Unicode's private area that GB 18030 has no bytes for: those of its old place are read as a wide space. */
const withoutPlace = '\ue5e5';
const wideSpace = '\u3000';

// TextDecoder knows GB18030 and TextEncoder does not, so iconv-lite encodes it.
export const encode = (text: string, characterSet: CharacterSet): Buffer =>
  characterSet === 'utf-8' ? Buffer.from(text, 'utf8') : iconv.encode(text.replaceAll(withoutPlace, wideSpace), 'gb18030');
