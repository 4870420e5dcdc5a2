/** Reads a JSON body as it must be: small, UTF-8, not too deep, without characters that cannot be stored. */
import { invalidRequestProblem, Problem } from './problem.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_DEPTH = 16;

export interface RawBody {
  bytes: Uint8Array;
  /** The name in small letters; undefined where the request names none. */
  charset: string | undefined;
}

/** Throws Problem 413 or 415. */
export async function readRaw(request: Request, accepts: readonly string[], maxBytes: number = MAX_BODY_BYTES): Promise<RawBody> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw new Problem('body-too-large');
  const [type = '', ...parameters] = (request.headers.get('content-type') ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replace(/^"(.*)"$/, '$1');
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  const bytes = await readBytes(request, maxBytes);
  if (!accepts.includes(type.trim()) || encoding !== 'identity') throw new Problem('unsupported-media-type');
  return { bytes, charset };
}

const JSON_TYPES = ['application/json'];

/** The JSON as it came, before anything in it was looked at. Throws Problem 413, 415 or 400. */
export async function readJson(request: Request, accepts: readonly string[] = JSON_TYPES, maxBytes?: number): Promise<unknown> {
  const { bytes, charset = 'utf-8' } = await readRaw(request, accepts, maxBytes);
  if (!/^utf-?8$/.test(charset)) throw new Problem('unsupported-media-type');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem('malformed-body');
  }
}

/** Brings the value into the form in which it can be kept. Throws Problem 422. */
export function toStorable(value: unknown): unknown {
  const body = { value };
  makeStorable(body);
  return body.value;
}

const unreadable = new WeakMap<object, Problem>();

/** What is wrong with an item that `setUnstorableApart` has set apart. */
export const findItemProblem = (item: unknown): Problem | undefined =>
  typeof item === 'object' && item !== null ? unreadable.get(item) : undefined;

/** Puts an empty object where an item of this list cannot be kept, so that one does not spoil the others. */
export function setUnstorableApart(value: unknown, list: string): void {
  const items: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, list) : undefined;
  if (!Array.isArray(items)) return;
  for (const [index, item] of items.entries()) {
    const body = { value: item };
    try {
      makeStorable(body, `${list}.${index}`, 2);
      items[index] = body.value;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const empty = {};
      unreadable.set(empty, error);
      items[index] = empty;
    }
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Problem('body-too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Word processors break lines with characters that MLLP, FHIR and XML keep for themselves: a vertical tab, a form feed, NEL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for exactly these
const withLineBreaks = (text: string): string => text.replaceAll(/[\u000b\u000c\u0085]/g, '\n');

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for exactly these; tabs and line breaks may stand in text
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Says whether a text can be kept and sent on: control characters, and what Postgres or UTF-8 cannot hold, end other systems' messages. */
export const isStorable = (text: string): boolean => !controlCharacter.test(text) && text.isWellFormed();

export const unstorable = { zh: '含有控制字符或不成对的代理字符', en: 'contains a control character or a lone surrogate' };
const unstorableName = { zh: '字段名含有控制字符或不成对的代理字符', en: 'a name contains a control character or a lone surrogate' };

/**
 * Writes line breaks in place of what other systems take for the end of a message, and refuses what cannot be stored. Walks without recursion: depth is what
 * an attacker chooses.
 */
function makeStorable(body: { value: unknown }, at = '', depthOfBody = 0): void {
  const waiting: { holder: object; key: string; path: string; depth: number }[] = [
    { holder: body, key: 'value', path: at, depth: depthOfBody },
  ];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    const { holder, key, path, depth } = item;
    const value: unknown = Reflect.get(holder, key);
    if (depth > MAX_DEPTH) throw invalidRequestProblem(path, { zh: `嵌套超过 ${MAX_DEPTH} 层`, en: `nested deeper than ${MAX_DEPTH}` });
    if (typeof value === 'string') {
      const text = withLineBreaks(value);
      if (!isStorable(text)) throw invalidRequestProblem(path, unstorable);
      if (text !== value) Reflect.defineProperty(holder, key, { value: text, writable: true, enumerable: true, configurable: true });
    }
    if (typeof value !== 'object' || value === null) continue;
    for (const name of Object.keys(value)) {
      if (!isStorable(name)) throw invalidRequestProblem(path, unstorableName);
      waiting.push({ holder: value, key: name, path: path ? `${path}.${name}` : name, depth: depth + 1 });
    }
  }
}
