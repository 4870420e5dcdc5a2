/**
 * The grammar of texts that people may edit. `{date}` is filled with what is known when the message is sent. A part in square brackets falls away when
 * something in it is not known, and `[this|that]` gives way to what stands behind the bar. Brackets do not nest. Pure.
 */

/** What stands between two braces. */
const PLACEHOLDER = /\{([^{}]*)\}/g;
const OPTIONAL_PART = /\[([^[\]|]*)(?:\|([^[\]|]*))?\]/g;

export type PlaceholderValues = Readonly<Record<string, string | undefined>>;

/** Returns the names in a text, each once, in the order in which they first stand there. */
export const listPlaceholders = (text: string): string[] => [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];

export type TextFlaw =
  | { flaw: 'unknown-placeholder'; placeholder: string }
  /** A brace or a bracket that is not closed, not opened, or stands in another one. */
  | { flaw: 'unbalanced' };

/** Returns why a text cannot be filled in; undefined when it can. `placeholders` are the names that may stand in it. */
export function findTextFlaw(text: string, placeholders: readonly string[]): TextFlaw | undefined {
  const unknown = listPlaceholders(text).find((name) => !placeholders.includes(name));
  if (unknown !== undefined) return { flaw: 'unknown-placeholder', placeholder: unknown };
  const rest = text.replace(PLACEHOLDER, '').replace(OPTIONAL_PART, (_, part: string, otherwise = '') => part + otherwise);
  return /[{}[\]]/.test(rest) ? { flaw: 'unbalanced' } : undefined;
}

/** Fills a text in. What is not known and stands in no optional part is left out. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  const isKnown = (part: string): boolean => listPlaceholders(part).every((name) => values[name]);
  return text
    .replace(OPTIONAL_PART, (_, part: string, otherwise = '') => (isKnown(part) ? part : otherwise))
    .replace(PLACEHOLDER, (_, name: string) => values[name] ?? '')
    .replace(/ {2,}/g, ' ')
    .trim();
}
