/**
 * Documents that pathways decide by (a protocol, a calendar) never change, so what is stored names them instead of repeating them: wherever a known
 * document stands in a value, its short form has `{"$doc": name}`. Beside the name stand the members that are not the document's: those of a reason
 * beside the clause and the source that it cites, those of an object that is a blank form but for them.
 */
import { isSameJson } from './changes.ts';
import { citedTextOf, type Source } from './citation.ts';

type Members = Record<string, unknown>;

/** Instants and the like, which rows of tables hold beside JSON, are no objects in this sense. */
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** Says whether a value in short form is a document's name, or has one beside members of its own. */
export const isNamed = (value: unknown): value is { $doc: string } =>
  isMembers(value) && Object.hasOwn(value, '$doc') && typeof value.$doc === 'string';

/** The names of the members, in order. Members that are undefined do not count, as in JSON. */
const memberNames = (value: Members): string[] =>
  Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();

/** Writes a value as JSON with the members of each object in the order of their names, so that the same value always has the same text. */
export function toCanonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => toCanonicalText(item ?? null)).join(',')}]`;
  if (!isMembers(value)) return JSON.stringify(value);
  return `{${memberNames(value)
    .map((name) => `${JSON.stringify(name)}:${toCanonicalText(value[name])}`)
    .join(',')}}`;
}

/** The documents that may be named. All of them are objects. */
export class KnownNames {
  readonly #byText = new Map<string, string>();
  /** The names of the members of each document, and how many: what has others is none, so that its text need not be written. */
  readonly #shapes = new Set<string>();
  readonly #sizes = new Set<number>();
  /** Most documents in a state are the very objects that were put there from this memory. */
  readonly #byIdentity = new WeakMap<object, string>();
  readonly #blanks = new Map<string, Members>();

  get isEmpty(): boolean {
    return this.#byText.size === 0;
  }

  add(name: string, content: object): void {
    this.#byText.set(toCanonicalText(content), name);
    this.#byIdentity.set(content, name);
    if (!isMembers(content)) return;
    this.#shapes.add(memberNames(content).join());
    this.#sizes.add(memberNames(content).length);
  }

  addBlank(name: string, content: object): void {
    this.#blanks.set(name, { ...content });
  }

  find(value: object): string | undefined {
    const known = this.#byIdentity.get(value);
    if (known !== undefined || !isMembers(value) || !this.#sizes.has(Object.keys(value).length)) return known;
    return this.#shapes.has(memberNames(value).join()) ? this.#byText.get(toCanonicalText(value)) : undefined;
  }

  /** The blank of which the value has all members, with those that are the same as there. */
  findBlank(value: Members): { name: string; same: string[] } | undefined {
    for (const [name, blank] of this.#blanks) {
      const members = Object.keys(blank);
      if (members.every((member) => value[member] !== undefined))
        return { name, same: members.filter((member) => isSameJson(blank[member], value[member])) };
    }
    return undefined;
  }
}

/** Returns the value in short form. */
export const toShortForm = <Value>(value: Value, names: KnownNames): Value => shorten(value, names) as Value;

function shorten(value: unknown, names: KnownNames): unknown {
  if (Array.isArray(value)) return value.map((item) => shorten(item, names));
  if (!isMembers(value)) return value;
  const name = names.find(value);
  if (name !== undefined) return { $doc: name };
  const some = nameSome(value, names);
  // Always in the same order, because what always looks the same is compressed well.
  const left = Object.keys(value).filter((member) => !some?.same.includes(member));
  const short = Object.fromEntries(left.sort().map((member) => [member, shorten(value[member], names)]));
  return some ? { ...short, $doc: some.name } : short;
}

/** Names what some of the members are together: a clause with its source, or what is the same as in a blank. */
function nameSome(value: Members, names: KnownNames): { name: string; same: string[] } | undefined {
  const { clause, source } = value;
  const citation = typeof clause === 'string' && typeof source === 'string' ? names.find({ clause, source }) : undefined;
  return citation === undefined ? names.findBlank(value) : { name: citation, same: ['clause', 'source'] };
}

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
