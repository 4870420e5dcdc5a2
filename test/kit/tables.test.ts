/** The tables as the statements are typed against them, held against the tables as the migrations make them. */
import { resolve } from 'node:path';
import { sql } from 'kysely';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { createDatabase, createPool } from '../../db/kit/database.ts';
import { testDatabase } from '../support/service/database.ts';

/** What a type lets through: the names of its kinds, and the texts of a closed list. */
interface Values {
  kinds: Set<string>;
  texts: Set<string>;
}

interface DeclaredColumn {
  read: Values;
  written: Values;
}

interface StoredColumn {
  table: string;
  column: string;
  type: string;
  nullable: boolean;
  /** Postgres fills it when an INSERT leaves it out. */
  filled: boolean;
  /** Postgres computes it, and an INSERT must leave it out. */
  computed: boolean;
  /** the closed list of a CHECK on this column alone */
  texts: string[] | null;
}

/** What the driver gives for a column and takes for it: jsonb is read parsed and written as text, the rest is both. */
const kindOfType: Record<string, string> = {
  text: 'string',
  uuid: 'string',
  date: 'string',
  int8: 'string',
  numeric: 'string',
  int2: 'number',
  int4: 'number',
  float8: 'number',
  _text: 'object',
  _date: 'object',
  _uuid: 'object',
  _int2: 'object',
  _int4: 'object',
  _int8: 'object',
  bool: 'boolean',
  timestamptz: 'Date',
  bytea: 'Buffer',
};
const isJson = (type: string): boolean => type === 'json' || type === 'jsonb';

const declared = declaredColumns();
let stored: StoredColumn[];

beforeAll(async () => {
  stored = await storedColumns();
});

test('every table type has the columns of its table, no more and no fewer', () => {
  expect([...declared.keys()].sort()).toEqual(stored.map(nameOf).sort());
});

test('a column may be null where its type says so, and nowhere else', () => {
  const wrong = stored.filter(({ nullable, computed, ...column }) => {
    const { read, written } = typeOf(column);
    const asRead = read.kinds.has('unknown') || read.kinds.has('null') === nullable;
    return !(asRead && (computed || written.kinds.has('null') === nullable));
  });
  expect(wrong.map(nameOf)).toEqual([]);
});

test('a column is read and written as the type that its type says', () => {
  const wrong = stored.filter(({ type, ...column }) => {
    const { read, written } = typeOf(column);
    if (isJson(type)) return !['object', 'unknown'].some((kind) => read.kinds.has(kind)) || !isOnly(written, 'string');
    const kind = kindOfType[type] ?? `unknown type ${type}`;
    // An instant may also be written as text.
    return !isOnly(read, kind) || !(column.computed || isOnly(written, kind) || (kind === 'Date' && isOnly(written, 'Date', 'string')));
  });
  expect(wrong.map(nameOf)).toEqual([]);
});

test('an INSERT may leave out only what Postgres fills, and must leave out what Postgres computes', () => {
  const wrong = stored.filter(({ nullable, filled, computed, ...column }) => {
    const { written } = typeOf(column);
    return computed !== (written.kinds.size === 0) || (written.kinds.has('undefined') && !filled && !nullable);
  });
  expect(wrong.map(nameOf)).toEqual([]);
});

test('a closed list of texts is the same in the type and in the CHECK', () => {
  const wrong = stored.filter(({ texts, ...column }) => {
    const listed = [...typeOf(column).read.texts].sort();
    return listed.length > 0 && texts !== null && listed.join() !== [...texts].sort().join();
  });
  expect(wrong.map(nameOf)).toEqual([]);
});

const nameOf = ({ table, column }: Pick<StoredColumn, 'table' | 'column'>): string => `${table}.${column}`;

function typeOf(column: Pick<StoredColumn, 'table' | 'column'>): DeclaredColumn {
  return declared.get(nameOf(column)) ?? { read: { kinds: new Set(), texts: new Set() }, written: { kinds: new Set(), texts: new Set() } };
}

const isOnly = ({ kinds }: Values, ...allowed: string[]): boolean =>
  allowed.every((kind) => kinds.has(kind)) && [...kinds].every((kind) => [...allowed, 'null', 'undefined'].includes(kind));

async function storedColumns(): Promise<StoredColumn[]> {
  const db = createDatabase(createPool(await testDatabase()));
  const { rows } = await sql<StoredColumn>`
    select table_name as table, column_name as column, udt_name as type, is_nullable = 'YES' as nullable,
      column_default is not null or is_identity = 'YES' as filled, is_generated = 'ALWAYS' as computed,
      (select array(select (regexp_matches(pg_get_constraintdef(pg_constraint.oid), '''([^'']*)''::text', 'g'))[1])
        from pg_constraint join pg_attribute on attrelid = conrelid and conkey = array[attnum]
        where contype = 'c' and conrelid = (quote_ident(table_schema) || '.' || quote_ident(table_name))::regclass and attname = column_name
          and pg_get_constraintdef(pg_constraint.oid) ~ ('^CHECK [(]+' || column_name || ' = ANY [(]ARRAY[[][^()]*[]][)]+$')
        limit 1) as texts
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%'`
    .execute(db)
    .finally(() => db.destroy());
  return rows;
}

/** By `table.column`, as the compiler reads the interface Tables of db/tables.ts. */
function declaredColumns(): Map<string, DeclaredColumn> {
  const root = resolve(import.meta.dirname, '../..');
  const file = resolve(root, 'db/tables.ts');
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const tables = source?.statements.find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'Tables');
  if (!tables) throw new Error('db/tables.ts declares no interface Tables.');
  const columns = new Map<string, DeclaredColumn>();
  for (const table of checker.getPropertiesOfType(checker.getTypeAtLocation(tables)))
    for (const column of checker.getPropertiesOfType(checker.getTypeOfSymbol(table))) {
      const type = checker.getTypeOfSymbol(column);
      columns.set(`${table.name}.${column.name}`, { read: valuesOf(type, '__select__'), written: valuesOf(type, '__insert__') });
    }
  return columns;

  /** Kysely's ColumnType holds the types of reading and of writing in two properties; any other type is both. */
  function valuesOf(type: ts.Type, side: '__select__' | '__insert__'): Values {
    const values: Values = { kinds: new Set(), texts: new Set() };
    const parts = partsOf(type).flatMap((part) => {
      const held = part.getProperty(side);
      return held ? partsOf(checker.getTypeOfSymbol(held)) : [part];
    });
    for (const part of parts) {
      if (part.isStringLiteral()) values.texts.add(part.value);
      const kind = kindOf(part);
      if (kind !== 'never') values.kinds.add(kind);
    }
    return values;
  }

  function kindOf(type: ts.Type): string {
    const name = checker.typeToString(checker.getWidenedType(checker.getBaseTypeOfLiteralType(type)));
    if (['string', 'number', 'boolean', 'null', 'undefined', 'unknown', 'never', 'Date'].includes(name)) return name;
    return /^Buffer\b/.test(name) ? 'Buffer' : 'object';
  }
}

function partsOf(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types.flatMap(partsOf) : [type];
}
