/**
 * Documents are stored once, under a name that follows from their content; see domain/kit/documents.ts. Under one name there is for ever the same
 * content, so a process keeps what it has read. Only what is known to be stored is named: a name without a document could never be read again.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { type Blank, citationsIn, namesIn, toBlank, toCanonicalText, toLongForm, toShortForm } from '../../domain/kit/documents.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import { type Database, poolOf } from './database.ts';

interface KnownDocuments {
  contents: Map<string, unknown>;
  /** By canonical text. */
  names: Map<string, string>;
  blanks: Map<object, Blank>;
}

const known = new WeakMap<pg.Pool, KnownDocuments>();

/** What is known of the database that this one works with. */
function knownIn(db: Database): KnownDocuments {
  const pool = poolOf(db);
  const found = pool && known.get(pool);
  if (found) return found;
  const nothing: KnownDocuments = { contents: new Map(), names: new Map(), blanks: new Map() };
  if (pool) known.set(pool, nothing);
  return nothing;
}

/** A name takes 33 bytes, so that less than this is written as it is. */
const LEAST_CHARACTERS = 64;

/** 22 characters hold 132 bits of the hash: nobody finds two documents with the same. */
const nameOf = (canonicalText: string): string => createHash('sha256').update(canonicalText).digest('base64url').slice(0, 22);

/** The members of an input that the pathways of a kind name as documents. */
const documentsIn = (kind: string, input: unknown): unknown[] => {
  const members = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  return (findDecider(kind)?.documents ?? []).flatMap((name) => members[name] ?? []);
};

/** Stores the documents of an input that this process has not seen yet, and returns the input in short form. May be called twice. */
export async function storeDocumentsOf(db: Database, kind: string, input: unknown): Promise<unknown> {
  await storeDocuments(db, documentsIn(kind, input));
  return shortFormOf(db, input);
}

/** What a transaction has stored itself. Others may name it only after that transaction, should it commit. */
const storedIn = new WeakMap<Database, Map<string, string>>();

/** Stores documents with what can be cited of them. */
export async function storeDocuments(db: Database, documents: readonly unknown[]): Promise<void> {
  const { names } = knownIn(db);
  const all = [...documents, ...documents.flatMap(citationsIn)];
  const rows = all
    .map((content) => ({ text: toCanonicalText(content), content }))
    .filter(({ text }) => text.length >= LEAST_CHARACTERS && !names.has(text))
    .map((row) => ({ ...row, name: nameOf(row.text) }));
  if (rows.length === 0) return;
  await sql`
    insert into document (name, content)
    select distinct on (name) name, content from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (name text, content jsonb) order by name
    on conflict (name) do nothing`.execute(db);
  if (db.isTransaction) storedIn.set(db, new Map([...(storedIn.get(db) ?? []), ...rows.map(({ text, name }) => [text, name] as const)]));
  else for (const { name, text, content } of rows) remember(db, name, text, content);
}

/** Stores blanks, by which this process then writes what is like them. Costs a statement the first time. */
export async function storeBlanks(db: Database, blanks: readonly object[]): Promise<void> {
  const known = knownIn(db);
  const added = blanks.filter((blank) => !known.blanks.has(blank));
  if (added.length === 0) return;
  await storeDocuments(db, added);
  for (const blank of added) {
    const name = known.names.get(toCanonicalText(blank));
    if (name !== undefined) known.blanks.set(blank, toBlank(name, blank));
  }
}

function remember(db: Database, name: string, text: string, content: unknown): void {
  const { contents, names } = knownIn(db);
  contents.set(name, freeze(content));
  names.set(text, name);
}

/** What is shared must not be changed by one of those who share it. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** The value with the name of every document that this process knows to be stored. */
export function shortFormOf<Value>(db: Database, value: Value): Value {
  const { names, blanks } = knownIn(db);
  const own = storedIn.get(db);
  if (names.size === 0 && !own) return value;
  return toShortForm(value, {
    find: (text) => (text.length >= LEAST_CHARACTERS ? (names.get(text) ?? own?.get(text)) : undefined),
    blanks: [...blanks.values()],
  });
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
async function load(db: Database, names: readonly string[]): Promise<Map<string, unknown>> {
  const loaded = await read(db, names);
  const citations = [...loaded.values()].flatMap(citationsIn).map((citation) => nameOf(toCanonicalText(citation)));
  await read(
    db,
    citations.filter((name) => !knownIn(db).contents.has(name)),
  );
  return loaded;
}

async function read(db: Database, names: readonly string[]): Promise<Map<string, unknown>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('document')
    .select(['name', 'content'])
    .where('name', 'in', [...names])
    .execute();
  for (const { name, content } of rows) remember(db, name, toCanonicalText(content), content);
  return new Map(rows.map(({ name, content }) => [name, content]));
}

/** The documents of a database, for whoever reads and writes histories: a `DocumentShelf` of platform/payload-codec.ts. */
export const createDocumentShelf = (db: Database) => ({
  shortFormOf: (value: unknown): unknown => shortFormOf(db, value),
  longFormOf: (value: unknown): Promise<unknown> => longFormOf(db, value),
});
