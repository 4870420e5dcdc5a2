/**
 * An HL7 v2 message in its pipe notation (ER7), split strictly and read by place.
 *
 * This is our own because the packages at hand do not say where a message is wrong: @medplum/core takes any text for segments, and
 * node-hl7-client refuses without a place. Whoever has to mend a message needs the place in the negative acknowledgement. The tests hold
 * this file against both packages.
 */
import type { Delimiters } from './delimiters.ts';
import { readEscape } from './escapes.ts';
import { malformedError, type Place } from './hl7-error.ts';

export interface Segment {
  name: string;
  /** The position among the segments of the same name, from 1. */
  sequence: number;
  /** The fields as written: index 0 is the name of the segment, index n is field n. */
  fields: readonly string[];
}

export interface Message {
  delimiters: Delimiters;
  segments: readonly Segment[];
}

/** A referral takes some ten segments. The limit keeps a hostile message from costing much. */
const MOST_SEGMENTS = 500;

const segmentName = /^[A-Z][A-Z0-9]{2}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for exactly these; a tab may stand in text
const controlCharacter = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Throws Hl7Error (AR) with the place of what is malformedError. */
export function parseMessage(text: string): Message {
  const lines = text.replace(/[\r\n]+$/, '').split(/\r\n|\r|\n/);
  const header = lines[0] ?? '';
  const delimiters = delimitersOf(header);
  if (lines.length > MOST_SEGMENTS)
    throw malformedError('100', null, { zh: `超过 ${MOST_SEGMENTS} 个段`, en: `more than ${MOST_SEGMENTS} segments` });
  const counts = new Map<string, number>();
  const segments = lines.map((line, index): Segment => {
    const fields = line.split(delimiters.field);
    const name = fields[0] ?? '';
    const sequence = (counts.get(name) ?? 0) + 1;
    const place = { segment: segmentName.test(name) ? name : '???', sequence };
    if (!segmentName.test(name))
      throw malformedError(
        '100',
        { ...place, sequence: index + 1 },
        { zh: `第 ${index + 1} 段没有段名`, en: `segment ${index + 1} has no name` },
      );
    if (name === 'MSH' && index > 0)
      throw malformedError('100', { ...place }, { zh: '一条消息只能有一个 MSH', en: 'a message has one MSH' });
    const broken = fields.findIndex((field) => controlCharacter.test(field));
    if (broken >= 0) throw malformedError('102', { ...place, field: broken }, { zh: '含有控制字符', en: 'contains a control character' });
    counts.set(name, sequence);
    // In the header the field separator itself counts as field 1.
    return { name, sequence, fields: name === 'MSH' ? [name, delimiters.field, ...fields.slice(1)] : fields };
  });
  return { delimiters, segments };
}

function delimitersOf(header: string): Delimiters {
  if (!header.startsWith('MSH'))
    throw malformedError('100', { segment: 'MSH', sequence: 1 }, { zh: '消息必须以 MSH 开始', en: 'a message begins with MSH' });
  const field = header[3] ?? '';
  const encoding = header.slice(4, Math.max(4, header.indexOf(field, 4)));
  // From version 2.7 on a fifth character says where a text was cut off.
  const [component = '', repetition = '', escaping = '', subcomponent = '', ...truncation] = encoding;
  const all = [field, component, repetition, escaping, subcomponent, ...truncation];
  const usable =
    (encoding.length === 4 || encoding.length === 5) &&
    new Set(all).size === all.length &&
    all.every((character) => /^[\x21-\x7e]$/.test(character) && !/\w/.test(character));
  if (!usable)
    throw malformedError(
      '102',
      { segment: 'MSH', sequence: 1, field: 2 },
      { zh: '分隔符应为五个不同的符号，如 |^~\\&', en: 'five different delimiters are needed, such as |^~\\&' },
    );
  return { field, component, repetition, escaping, subcomponent };
}

/** Returns the segments of a name in the order of the message. */
export const segmentsOf = ({ segments }: Message, name: string): Segment[] => segments.filter((segment) => segment.name === name);
/** Returns the first segment of a name. */
export const findSegment = ({ segments }: Message, name: string): Segment | undefined => segments.find((segment) => segment.name === name);

/** Returns how often a field is given; 0 when it is empty. */
export function countRepetitions({ delimiters }: Message, segment: Segment | undefined, field: number): number {
  const text = segment?.fields[field] ?? '';
  return text === '' || text === NULL ? 0 : text.split(delimiters.repetition).length;
}

/** HL7 writes this where a value is to be deleted. carepath reads it as not given. */
const NULL = '""';

/** Says whether the sender wants the field to be empty. */
export const isDeleted = (segment: Segment | undefined, field: number): boolean => segment?.fields[field] === NULL;

export interface ValueAt {
  field: number;
  repetition?: number;
  component?: number;
  subcomponent?: number;
}

/** Which components have been read, as 5.1.2: of the first repetition of field 5 the second. A text that was read whole has all of them. */
const readPlaces = new WeakMap<Segment, Set<string>>();

const WHOLE = 'whole';

function noteRead(segment: Segment | undefined, field: number, repetition: number, component: number | typeof WHOLE): void {
  if (!segment) return;
  const read = readPlaces.get(segment) ?? new Set();
  readPlaces.set(segment, read.add(`${field}.${repetition}.${component}`));
}

/** Says whether anybody has read something of this repetition of a field: what was read and is empty does not count. */
export function wasRead({ delimiters }: Message, segment: Segment, field: number, repetition: number): boolean {
  const read = readPlaces.get(segment);
  if (!read) return false;
  if (read.has(`${field}.${repetition}.${WHOLE}`)) return true;
  const components = segment.fields[field]?.split(delimiters.repetition)[repetition - 1]?.split(delimiters.component) ?? [];
  return components.some((text, index) => text !== '' && read.has(`${field}.${repetition}.${index + 1}`));
}

/** Returns the text at a place, unescaped and trimmed; '' when there is none. */
export function valueAt(
  message: Message,
  segment: Segment | undefined,
  { field, repetition = 1, component = 1, subcomponent = 1 }: ValueAt,
): string {
  const { delimiters } = message;
  noteRead(segment, field, repetition, component);
  const text = segment?.fields[field] ?? '';
  if (!segment || text === NULL) return '';
  const written = text
    .split(delimiters.repetition)
    [repetition - 1]?.split(delimiters.component)
    [component - 1]?.split(delimiters.subcomponent)[subcomponent - 1];
  return unescapeText(written ?? '', delimiters).trim();
}

/**
 * Returns a field of free text, trimmed; '' when there is none. Separators of components in it are read as text, because most likely a
 * system forgot to escape them.
 */
export function textAt(message: Message, segment: Segment | undefined, field: number): string {
  const text = segment?.fields[field] ?? '';
  if (!segment || text === NULL) return '';
  const repetitions = text.split(message.delimiters.repetition);
  for (const index of repetitions.keys()) noteRead(segment, field, index + 1, WHOLE);
  return repetitions
    .map((each) => unescapeText(each, message.delimiters))
    .join('\n')
    .trim();
}

export function placeOf({ name, sequence }: Segment, { field, repetition, component }: ValueAt): Place {
  return {
    segment: name,
    sequence,
    field,
    ...(repetition !== undefined && repetition > 1 ? { repetition } : {}),
    ...(component !== undefined && component > 1 ? { component } : {}),
  };
}

/** Returns the text in plain words. An escape character that begins no sequence is one that a system forgot to escape, and stays. */
function unescapeText(text: string, delimiters: Delimiters): string {
  const [first = '', ...rest] = text.split(delimiters.escaping);
  return rest.reduce((read, part, index) => {
    if (index % 2 !== 0) return read + part;
    return index === rest.length - 1 ? `${read}${delimiters.escaping}${part}` : read + readEscape(part, delimiters);
  }, first);
}
