// Only what Biome cannot see: promises (needs types) and the project's own bans. Style and common mistakes are Biome's.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const date = {
  now: {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Take the instant from the event: a decision must come out the same whenever it is made again.',
  },
  clockOrZone: {
    selector: "NewExpression[callee.name='Date'][arguments.length!=1], CallExpression[callee.name='Date']",
    message: "Reads the clock, or the machine's time zone. Give one instant: new Date(instant), new Date(Date.UTC(…)).",
  },
  zone: {
    selector:
      'CallExpression[callee.property.name=/^([gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds)|getTimezoneOffset)$/]',
    message: "Uses the machine's time zone; use the UTC method or the calendar.",
  },
  locale: {
    selector: 'CallExpression[callee.property.name=/^(toLocale|localeCompare)/]',
    message: 'Intl by another name: its data changes with Node, and a replay years later must not.',
  },
};

const random = {
  selector: "MemberExpression[object.name='Math'][property.name='random']",
  message: 'A decision must come out the same whenever it is made again.',
};

const sql = {
  literal: {
    selector: "MemberExpression[object.name='sql'][property.name=/^(lit|literal)$/]",
    message: 'Text glued into SQL. Pass it as a parameter of the sql template.',
  },
  // A JSON path (.key, .at) becomes SQL text, not a parameter. Array.at shares the name, so the two calls that begin a path are banned.
  jsonPath: {
    selector: "CallExpression[callee.property.name='jsonPath'], CallExpression[callee.property.name='ref'][arguments.length>1]",
    message: "The keys of Kysely's JSON paths (.key, .at) become SQL text. Write the path with the sql template and parameters.",
  },
  raw: {
    selector: "MemberExpression[object.name='sql'][property.name='raw']",
    message: 'Text glued into SQL; only a migration may, and only constant text.',
  },
};

const bans = (...list) => ({ 'no-restricted-syntax': ['error', ...list] });
const everywhere = [sql.literal, sql.jsonPath];
const deterministic = [...everywhere, sql.raw, date.clockOrZone, date.zone, date.locale, random];

const noImpureGlobals = {
  'no-restricted-globals': [
    'error',
    { name: 'Intl', message: 'Its data changes with Node, and a replay years later must not.' },
    { name: 'performance', message: 'A clock; take the instant from the event.' },
    { name: 'crypto', message: 'Random, and absent from the workflow sandbox. Ids come with the command.' },
  ],
};

// no-restricted-syntax is replaced, not extended, by a later entry: each entry gives its folders' whole list.
export default defineConfig(
  { ignores: ['node_modules/', '.carepath/', '**/*.{js,cjs,mjs}'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      ...bans(...everywhere, sql.raw),
    },
  },
  { files: ['db/migrations/**/*.ts'], rules: bans(...everywhere) },
  { files: ['domain/**/*.ts'], rules: { ...noImpureGlobals, ...bans(...deterministic, date.now) } },
  // The sandbox makes Date.now() the workflow's own clock, the same at every replay.
  { files: ['workflows/**/*.ts'], rules: { ...noImpureGlobals, ...bans(...deterministic) } },
);
