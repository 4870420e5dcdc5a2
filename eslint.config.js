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

const database = {
  statement: {
    selector: 'CallExpression[callee.property.name=/^(selectFrom|insertInto|updateTable|deleteFrom|mergeInto)$/]',
    message: 'Statements stand in db/, by subject: write a function there and call it.',
  },
  transaction: {
    selector: 'CallExpression[callee.property.name=/^(transaction|startTransaction)$/]',
    message: 'A transaction acts for somebody: inTransaction(db, actor, work) of db/kit/transaction.ts.',
  },
  audit: {
    selector: [
      "CallExpression[callee.property.name='insertInto'] > Literal[value='audit']",
      "TaggedTemplateExpression[tag.name='sql'] TemplateElement[value.raw=/insert\\s+into\\s+audit\\b/i]",
    ].join(', '),
    message: 'The audit has one door: appendAudit, or appendAuditSelected inside a larger statement, of db/kit/audit.ts.',
  },
};

const noKysely = {
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: '^kysely(/|$)',
          allowTypeImports: true,
          message: 'Statements stand in db/, by subject: write a function there and call it.',
        },
      ],
    },
  ],
};
const mayUseKysely = { '@typescript-eslint/no-restricted-imports': 'off' };

const zodMethod = 'callee.property.name=/^(refine|regex|min|max|length|gte?|lte?|positive|negative|date|datetime|addIssue)$/';

const words = {
  ofZod: {
    selector: [
      `CallExpression[${zodMethod}] > :matches(Literal[raw=/^['"]/], TemplateLiteral):nth-child(2)`,
      `CallExpression[${zodMethod}] > ObjectExpression > Property[key.name=/^(message|error)$/] > :matches(Literal, TemplateLiteral).value`,
    ].join(', '),
    message: 'In one language only, and so never shown: toMessage({ zh, en }).',
  },
  chinese: {
    selector: "ObjectExpression:has(> Property[key.name='en']) > Property[key.name='zh'] > Literal[value=/^[ -~]+$/]",
    message: 'No Chinese.',
  },
  english: {
    selector:
      "ObjectExpression:has(> Property[key.name='zh']) > Property[key.name='en'] > :matches(Literal[value=/[\\u3000-\\u9fff]/], TemplateLiteral:has(TemplateElement[value.raw=/[\\u3000-\\u9fff]/]))",
    message: 'No English.',
  },
};

const bans = (...list) => ({ 'no-restricted-syntax': ['error', ...list] });
const everywhere = [sql.literal, sql.jsonPath, words.chinese, words.english];
const inTests = [sql.literal, sql.jsonPath, sql.raw];
const outsideDatabase = [...everywhere, sql.raw, database.statement, database.transaction];
const deterministic = [...outsideDatabase, date.clockOrZone, date.zone, date.locale, random];

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
      // A function that gives a promise and throws before it does is missed by whoever waits for the promise. A short arrow passes on what it calls.
      '@typescript-eslint/promise-function-async': ['error', { checkArrowFunctions: false }],
      ...noKysely,
      ...bans(...outsideDatabase),
    },
  },
  { files: ['api/**/*.ts'], rules: bans(...outsideDatabase, words.ofZod) },
  { files: ['test/**/*.ts'], rules: { ...mayUseKysely, ...bans(...inTests), '@typescript-eslint/promise-function-async': 'off' } },
  { files: ['bench/**/*.ts'], rules: { ...mayUseKysely, ...bans(...everywhere, sql.raw) } },
  { files: ['db/**/*.ts'], rules: { ...mayUseKysely, ...bans(...everywhere, sql.raw, database.transaction, database.audit) } },
  { files: ['db/kit/transaction.ts'], rules: bans(...everywhere, sql.raw, database.audit) },
  { files: ['db/kit/audit.ts'], rules: bans(...everywhere, sql.raw, database.transaction) },
  { files: ['db/migrations/**/*.ts'], rules: bans(...everywhere) },
  { files: ['domain/**/*.ts'], rules: { ...noImpureGlobals, ...bans(...deterministic, date.now) } },
  // The sandbox makes Date.now() the workflow's own clock, the same at every replay.
  // An async function is a tick more, which a recorded history does not have.
  {
    files: ['workflows/**/*.ts'],
    rules: { ...noImpureGlobals, ...bans(...deterministic), '@typescript-eslint/promise-function-async': 'off' },
  },
);
