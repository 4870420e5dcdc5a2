/** Writes messages: every text escaped, every instant in UTC with its zone. */

/** One text; components; or repetitions of components. A component may have subcomponents. */
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
};

const escaped = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(/[\\|^&~\n\r]/g, (character) => escapes[character] ?? '');

const component = (value: ComponentToWrite): string => (typeof value === 'string' ? escaped(value) : trimmed(value.map(escaped), '&'));

function field(value: FieldToWrite | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escaped(value);
  return 'repeated' in value ? trimmed(value.repeated.map(field), '~') : trimmed(value.map(component), '^');
}

/** Nothing that is empty stands at an end. */
function trimmed(parts: readonly string[], separator: string): string {
  const last = parts.findLastIndex((part) => part !== '');
  return parts.slice(0, last + 1).join(separator);
}

/** A segment from its fields by number. */
export function segment(name: string, fields: Record<number, FieldToWrite | undefined>): string {
  const highest = Math.max(0, ...Object.keys(fields).map(Number));
  const written = Array.from({ length: highest }, (_, index) => field(fields[index + 1]));
  return trimmed([name, ...written], '|');
}

/** The header, whose first two fields are the delimiters themselves. */
export function header(fields: Record<number, FieldToWrite | undefined>): string {
  const shifted = Object.fromEntries(Object.entries(fields).map(([number, value]) => [Number(number) - 1, value]));
  return `MSH|^~\\&${segment('', { ...shifted, 1: '' }).slice(1)}`;
}

export const message = (segments: readonly string[]): string => `${segments.join('\r')}\r`;

export const timestamp = (at: number | Date): string => `${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;
