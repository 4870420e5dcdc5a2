/** Writes HL7 v2 messages in pipe notation (ER7): every text is escaped, every instant is written in UTC with its zone. */

/** The value of a field is one text, or a list of components, or repetitions of such lists. A component is one text or a list of subcomponents. */
export type FieldToWrite = string | readonly ComponentToWrite[] | { repeated: readonly (readonly ComponentToWrite[])[] };
export type ComponentToWrite = string | readonly string[];

const escapes: Record<string, string> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
  '\n': '\\.br\\',
  '\r': '\\.br\\',
  '\u000b': '\\.br\\',
  '\u000c': '\\.br\\',
  '\u0085': '\\.br\\',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: MLLP frames messages with some of these, so none leaves as it is
const toBeEscaped = /[\\|^&~]|[\u0000-\u0008\n-\u001f\u007f-\u009f]/g;

const toHexadecimal = (character: string): string => `\\X${Buffer.from(character).toString('hex').toUpperCase()}\\`;

const escapeText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(toBeEscaped, (character) => escapes[character] ?? toHexadecimal(character));

const writeComponent = (value: ComponentToWrite): string =>
  typeof value === 'string' ? escapeText(value) : joinTrimmed(value.map(escapeText), '&');

function writeField(value: FieldToWrite | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeText(value);
  return 'repeated' in value ? joinTrimmed(value.repeated.map(writeField), '~') : joinTrimmed(value.map(writeComponent), '^');
}

/** HL7 leaves empty parts at the end of a segment, a field or a component out. */
function joinTrimmed(parts: readonly string[], separator: string): string {
  const last = parts.findLastIndex((part) => part !== '');
  return parts.slice(0, last + 1).join(separator);
}

/** Writes a segment from its fields by their numbers, which begin at 1. */
export function writeSegment(name: string, fields: Record<number, FieldToWrite | undefined>): string {
  const highest = Math.max(0, ...Object.keys(fields).map(Number));
  const written = Array.from({ length: highest }, (_, index) => writeField(fields[index + 1]));
  return joinTrimmed([name, ...written], '|');
}

/** Writes the MSH segment. Its first two fields are the delimiters themselves, so `fields` begins at 3. */
export function writeHeader(fields: Record<number, FieldToWrite | undefined>): string {
  const shifted = Object.fromEntries(Object.entries(fields).map(([number, value]) => [Number(number) - 1, value]));
  return `MSH|^~\\&${writeSegment('', { ...shifted, 1: '' }).slice(1)}`;
}

/** Joins segments to a message; each ends with a carriage return, the last one too. */
export const joinSegments = (segments: readonly string[]): string => `${segments.join('\r')}\r`;

/** @param at an instant; a number is in milliseconds. Seconds are the smallest part that is written. */
export const writeTimestamp = (at: number | Date): string => `${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;
