/**
 * Documents that pathways decide by (a protocol, a calendar) never change, so what is stored names them instead of repeating them: wherever a known
 * document stands in a value, its short form has `{"$doc": name}`. Beside the name stand the members that are not the document's: those of a reason
 * beside the clause and the source that it cites, those of an object that is a blank form but for them.
 */
import { citedTextOf, type Source } from './citation.ts';

type Members = Record<string, unknown>;

export interface KnownNames {
  /** Gives the name of a document by its canonical text; undefined for what is no document. */
  find(canonicalText: string): string | undefined;
  blanks: readonly Blank[];
}

/** What an object mostly is: the canonical texts of its members by their names. */
export interface Blank {
  name: string;
  members: ReadonlyMap<string, string>;
}

/** Instants and the like, which rows of tables hold beside JSON, are no objects in this sense. */
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** Says whether a value in short form is a document's name, or has one beside members of its own. */
export const isNamed = (value: unknown): value is { $doc: string } =>
  isMembers(value) && Object.hasOwn(value, '$doc') && typeof value.$doc === 'string';

/** Writes a value as JSON with the members of each object in the order of their names, so that the same value always has the same text. */
export const toCanonicalText = (value: unknown): string => shorten(value, { find: () => undefined, blanks: [] }).text;

/** Returns the value in short form. */
export const toShortForm = <Value>(value: Value, names: KnownNames): Value => shorten(value, names).short as Value;

interface Shortened {
  short: unknown;
  /** The canonical text of the whole value. */
  text: string;
}

function shorten(value: unknown, names: KnownNames): Shortened {
  if (Array.isArray(value)) {
    const items = value.map((item) => shorten(item ?? null, names));
    return nameOr(`[${items.map(({ text }) => text).join(',')}]`, names, () => items.map(({ short }) => short));
  }
  if (!isMembers(value)) return { short: value, text: JSON.stringify(value) };
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => ({ name, ...shorten(value[name], names) }));
  return nameOr(textOf(members), names, () => {
    const { $doc, left } = nameSome(members, names);
    return { ...Object.fromEntries(left.map(({ name, short }) => [name, short])), ...($doc === undefined ? {} : { $doc }) };
  });
}

interface Member extends Shortened {
  name: string;
}

const textOf = (members: readonly Member[]): string => `{${members.map(({ name, text }) => `${JSON.stringify(name)}:${text}`).join(',')}}`;

/** Names what some of the members are together, and gives those that are left to be written. */
function nameSome(members: readonly Member[], names: KnownNames): { $doc?: string | undefined; left: readonly Member[] } {
  const cited = members.filter(({ name }) => name === 'clause' || name === 'source');
  const citation = cited.length === 2 ? names.find(textOf(cited)) : undefined;
  if (citation !== undefined) return { $doc: citation, left: members.filter((member) => !cited.includes(member)) };
  const has = new Set(members.map(({ name }) => name));
  const blank = names.blanks.find((one) => [...one.members.keys()].every((name) => has.has(name)));
  if (blank) return { $doc: blank.name, left: members.filter(({ name, text }) => blank.members.get(name) !== text) };
  return { left: members };
}

function nameOr(text: string, names: KnownNames, write: () => unknown): Shortened {
  const $doc = names.find(text);
  return { text, short: $doc === undefined ? write() : { $doc } };
}

/** Returns the blank that a document is, under its name. */
export const toBlank = (name: string, content: object): Blank => ({
  name,
  members: new Map(Object.entries(content).map(([member, value]) => [member, toCanonicalText(value)])),
});

/** Returns the names of all documents in a value in short form. */
export function namesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (isNamed(value)) found.add(value.$doc);
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) namesIn(member, found);
  return found;
}

/** Returns the value with every document in its place again. `contentOf` throws for a name that it does not know. */
export function toLongForm(value: unknown, contentOf: (name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => toLongForm(item, contentOf));
  if (!isMembers(value)) return value;
  const { $doc, ...others } = value;
  const members = Object.fromEntries(
    Object.entries(isNamed(value) ? others : value).map(([name, member]) => [name, toLongForm(member, contentOf)]),
  );
  if (!isNamed(value)) return members;
  const content = contentOf($doc as string);
  return isMembers(content) && Object.keys(members).length > 0 ? { ...content, ...members } : content;
}

/** A clause and its source, as reasons have them. */
export interface Citation {
  clause: string;
  source: string;
}

/** Returns what reasons may cite of a document that names its sources, each once. */
export function citationsIn(document: unknown): Citation[] {
  const sources = isMembers(document) && isMembers(document.sources) ? (document.sources as Record<string, Source>) : {};
  const found = new Map<string, Citation>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { clause, source } = value as Members;
    if (typeof clause === 'string' && typeof source === 'string') {
      const citation = { clause, source: citedTextOf(sources, source) };
      found.set(JSON.stringify(citation), citation);
    }
    for (const member of Object.values(value)) collect(member);
  };
  collect(document);
  return [...found.values()];
}
