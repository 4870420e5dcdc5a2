/**
 * Documents are stored once, under a name that follows from their content; see domain/kit/documents.ts. Under one name there is for ever the same
 * content, so a process keeps what it has read. Only what is known to be stored is named: a name without a document could never be read again.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { citationsIn, KnownNames, namesIn, toCanonicalText, toLongForm, toShortForm } from '../../domain/kit/documents.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import { type Database, poolOf } from './database.ts';

interface KnownDocuments {
  contents: Map<string, object>;
  names: KnownNames;
  /** The blanks of deciders that are among the names. */
  blanks: Set<object>;
}

const known = new WeakMap<pg.Pool, KnownDocuments>();

/** What is known of the database that this one works with. */
function knownIn(db: Database): KnownDocuments {
  const pool = poolOf(db);
  const found = pool && known.get(pool);
  if (found) return found;
  const nothing: KnownDocuments = { contents: new Map(), names: new KnownNames(), blanks: new Set() };
  if (pool) known.set(pool, nothing);
  return nothing;
}

/** A name takes 33 bytes, so that less than this is written as it is. */
const LEAST_CHARACTERS = 64;

/** 22 characters hold 132 bits of the hash: nobody finds two documents with the same. */
const nameOf = (canonicalText: string): string => createHash('sha256').update(canonicalText).digest('base64url').slice(0, 22);

/** The members of an input that the pathways of a kind name as documents. */
const documentsIn = (kind: string, input: unknown): object[] => {
  const members = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const found = (findDecider(kind)?.documents ?? []).flatMap((name) => members[name] ?? []);
  return found.filter((document) => typeof document === 'object' && document !== null);
};

/** Stores the documents of an input that this process has not seen yet, and returns the input in short form. May be called twice. */
export async function storeDocumentsOf(db: Database, kind: string, input: unknown): Promise<unknown> {
  await storeDocuments(db, documentsIn(kind, input));
  return shortFormOf(db, input);
}

/** What a transaction has stored itself. Others may name it only after that transaction, should it commit. */
const storedIn = new WeakMap<Database, KnownNames>();

/** Stores documents with what can be cited of them. */
export async function storeDocuments(db: Database, documents: readonly object[]): Promise<void> {
  const { names } = knownIn(db);
  const unknown = documents.filter((document) => names.find(document) === undefined);
  const rows = [...unknown, ...unknown.flatMap(citationsIn)]
    .map((content) => ({ text: toCanonicalText(content), content }))
    .filter(({ text, content }) => text.length >= LEAST_CHARACTERS && names.find(content) === undefined)
    .map(({ text, content }) => ({ name: nameOf(text), content }));
  if (rows.length === 0) return;
  await sql`
    insert into document (name, content)
    select distinct on (name) name, content from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (name text, content jsonb) order by name
    on conflict (name) do nothing`.execute(db);
  if (!db.isTransaction) {
    for (const { name, content } of rows) remember(db, name, content);
    return;
  }
  const own = storedIn.get(db) ?? new KnownNames();
  for (const { name, content } of rows) own.add(name, content);
  storedIn.set(db, own);
}

/** Stores blanks, by which this process then writes what is like them. Costs a statement the first time. */
export async function storeBlanks(db: Database, blanks: readonly object[]): Promise<void> {
  const known = knownIn(db);
  const added = blanks.filter((blank) => !known.blanks.has(blank));
  if (added.length === 0) return;
  await storeDocuments(db, added);
  for (const blank of added) {
    known.blanks.add(blank);
    const name = known.names.find(blank);
    if (name !== undefined) known.names.addBlank(name, blank);
  }
}

function remember(db: Database, name: string, content: object): void {
  const { contents, names } = knownIn(db);
  contents.set(name, freeze(content));
  names.add(name, content);
}

/** What is shared must not be changed by one of those who share it. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** The value with the name of every document that this process knows to be stored. */
export function shortFormOf<Value>(db: Database, value: Value): Value {
  const { names } = knownIn(db);
  const own = storedIn.get(db);
  const short = names.isEmpty ? value : toShortForm(value, names);
  return own ? toShortForm(short, own) : short;
}

/** The value with its documents in their places; reads those that this process does not know yet. Throws for a name that is not stored. */
export async function longFormOf<Value>(db: Database, value: Value): Promise<Value> {
  const wanted = namesIn(value);
  if (wanted.size === 0) return value;
  const { contents } = knownIn(db);
  const loaded = await load(
    db,
    [...wanted].filter((name) => !contents.has(name)),
  );
  const contentOf = (name: string): unknown => {
    const content = contents.get(name) ?? loaded.get(name);
    if (content === undefined) throw new Error(`The document ${name} is not stored.`);
    return content;
  };
  return toLongForm(value, contentOf) as Value;
}

/** Reads documents, and what can be cited of them as far as it is stored. */
async function load(db: Database, names: readonly string[]): Promise<Map<string, object>> {
  const loaded = await read(db, names);
  const citations = [...loaded.values()].flatMap(citationsIn).map((citation) => nameOf(toCanonicalText(citation)));
  await read(
    db,
    citations.filter((name) => !knownIn(db).contents.has(name)),
  );
  return loaded;
}

async function read(db: Database, names: readonly string[]): Promise<Map<string, object>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('document')
    .select(['name', 'content'])
    .where('name', 'in', [...names])
    .execute();
  const found = rows.map(({ name, content }) => [name, content as object] as const);
  for (const [name, content] of found) remember(db, name, content);
  return new Map(found);
}

/** The documents of a database, for whoever reads and writes histories: a `DocumentShelf` of platform/payload-codec.ts. */
export const createDocumentShelf = (db: Database) => ({
  shortFormOf: (value: unknown): unknown => shortFormOf(db, value),
  longFormOf: (value: unknown): Promise<unknown> => longFormOf(db, value),
});
