/**
 * A gate that cannot fail guards nothing. Each check runs, with the real configuration files, on a small project whose files break one
 * rule each; beside them are files that come close and are right.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCheck } from '../../tools/static-checks.mjs';

const root = resolve(import.meta.dirname, '../..');

interface Case {
  code: string;
  /** the rules it breaks; none: it comes close and is right */
  breaks: string[];
}

const imports: Record<string, Case> = {
  'domain/imports-db.ts': { code: "import { rows } from '../db/rows.ts';\nrows;", breaks: ['domain-stands-alone'] },
  'domain/imports-type-of-db.ts': {
    code: "import type { Row } from '../db/rows.ts';\nexport type R = Row;",
    breaks: ['domain-stands-alone'],
  },
  'domain/imports-node.ts': { code: "import { readFileSync } from 'node:fs';\nreadFileSync;", breaks: ['domain-stands-alone'] },
  'domain/imports-package.ts': { code: "import { z } from 'zod';\nz;", breaks: ['domain-stands-alone'] },
  'domain/imports-domain.ts': { code: "import { rule } from './rule.ts';\nrule;", breaks: [] },
  'workflows/imports-zod.ts': { code: "import { z } from 'zod';\nz;", breaks: ['workflows-load'] },
  'workflows/imports-pg.ts': { code: "import pg from 'pg';\npg;", breaks: ['workflows-load'] },
  'workflows/imports-node.ts': { code: "import { createHash } from 'node:crypto';\ncreateHash;", breaks: ['workflows-load'] },
  'workflows/imports-client.ts': { code: "import { Client } from '@temporalio/client';\nClient;", breaks: ['workflows-load'] },
  'workflows/imports-activity.ts': { code: "import { send } from '../activities/send.ts';\nsend;", breaks: ['workflows-load'] },
  'workflows/loads-later.ts': { code: "export const later = () => import('../db/rows.ts');", breaks: ['workflows-load'] },
  'workflows/imports-types.ts': {
    code: "import type { z } from 'zod';\nimport type { send } from '../activities/send.ts';\nexport type T = [typeof z, typeof send];",
    breaks: [],
  },
  'workflows/imports-domain.ts': {
    code: "import { sleep } from '@temporalio/workflow';\nimport { rule } from '../domain/rule.ts';\nrule;\nsleep;",
    breaks: [],
  },
  'activities/imports-api.ts': { code: "import { app } from '../api/app.ts';\napp;", breaks: ['activities-loads'] },
  'activities/imports-client.ts': { code: "import { Client } from '@temporalio/client';\nClient;", breaks: ['activities-loads'] },
  'activities/imports-db.ts': { code: "import { rows } from '../db/rows.ts';\nrows;", breaks: [] },
  'api/imports-workflow.ts': { code: "import { flow } from '../workflows/flow.ts';\nflow;", breaks: ['api-loads'] },
  'api/imports-type-of-workflow.ts': {
    code: "import type { flow } from '../workflows/flow.ts';\nexport type F = typeof flow;",
    breaks: [],
  },
  'api/imports-type-of-worker.ts': {
    code: "import type { run } from '../worker/run.ts';\nexport type R = typeof run;",
    breaks: ['api-types'],
  },
  'db/imports-platform.ts': { code: "import { config } from '../platform/config.ts';\nconfig;", breaks: ['db-loads'] },
  'platform/imports-db.ts': { code: "import { rows } from '../db/rows.ts';\nrows;", breaks: ['platform-loads'] },
  'worker/imports-api.ts': { code: "import { app } from '../api/app.ts';\napp;", breaks: ['worker-loads'] },
  'worker/imports-development-package.ts': {
    code: "import { parse } from 'yaml';\nparse;",
    breaks: ['runs-without-development-packages'],
  },
  'tools/imports-test.ts': { code: "import { help } from '../test/help.ts';\nhelp;", breaks: ['nothing-imports-tests'] },
  'domain/kit/names-pathway.ts': {
    code: "import type { Kind } from '../home-visit/state.ts';\nexport type K = Kind;",
    breaks: ['kit-knows-no-pathway'],
  },
  'db/kit/names-pathway.ts': { code: "import { visit } from '../home-visit/visits.ts';\nvisit;", breaks: ['kit-knows-no-pathway'] },
  'workflows/kit/names-pathway.ts': { code: "import { flow } from '../flow.ts';\nflow;", breaks: ['kit-knows-no-pathway'] },
  'domain/kit/registry.ts': { code: "import type { Kind } from '../home-visit/state.ts';\nexport type K = Kind;", breaks: [] },
  'domain/kit/names-shared-subject.ts': { code: "import { zone } from '../time/zone.ts';\nzone;", breaks: [] },
  'domain/back.ts': { code: "import type { Circle } from './circle.ts';\nexport type Back = Circle | 1;", breaks: ['no-circles'] },
  'interop/imports-api.ts': { code: "import { app } from '../api/app.ts';\napp;", breaks: ['interop-loads'] },
  'interop/imports-platform.ts': { code: "import { config } from '../platform/config.ts';\nconfig;", breaks: [] },
  'documents/imports-platform.ts': { code: "import { config } from '../platform/config.ts';\nconfig;", breaks: ['documents-loads'] },
  'documents/imports-domain.ts': { code: "import { rule } from '../domain/rule.ts';\nrule;", breaks: [] },
  'tools/imports-api.ts': { code: "import { app } from '../api/app.ts';\napp;", breaks: [] },
};

const syntax = 'no-restricted-syntax';
const kysely = "import { sql, type ExpressionBuilder, type Kysely } from 'kysely';\n";
const restrictedImport = '@typescript-eslint/no-restricted-imports';
const kyselyType = "import type { Kysely } from 'kysely';\n";
const database = 'export const f = (db: Kysely<{ t: { c: number }; audit: { action: string } }>) =>';
const builder = 'export const f = (eb: ExpressionBuilder<{ t: { c: { k: string } } }, "t">) =>';

const calls: Record<string, Case> = {
  'worker/floating.ts': { code: 'const f = async () => 1;\nf();', breaks: ['@typescript-eslint/no-floating-promises'] },
  'worker/misused.ts': {
    code: 'const f = async () => true;\nexport const g = () => (f() ? 1 : 2);',
    breaks: ['@typescript-eslint/no-misused-promises'],
  },
  'api/one-language.ts': {
    code: "import { z } from 'zod';\nexport const name = z.string().regex(/^[a-z]+$/, 'small letters');",
    breaks: [syntax],
  },
  'api/one-language-in-a-check.ts': {
    code: "import { z } from 'zod';\nexport const even = z.number().refine((n) => n % 2 === 0, { message: 'an even number' });",
    breaks: [syntax],
  },
  'api/two-languages.ts': {
    code: "import { z } from 'zod';\nimport { toMessage } from './toMessage.ts';\nexport const name = z.string().regex(/^[a-z]+$/, toMessage({ zh: '小写字母', en: 'small letters' }));",
    breaks: [],
  },
  'domain/no-chinese.ts': { code: "export const words = { zh: 'done', en: 'done' };", breaks: [syntax] },
  'domain/no-english.ts': { code: "export const words = { zh: '完成', en: '完成' };", breaks: [syntax] },
  'worker/awaited.ts': { code: 'const f = async () => 1;\nawait f();', breaks: [] },
  'domain/clock.ts': { code: 'export const f = () => Date.now();', breaks: [syntax] },
  'domain/today.ts': { code: 'export const f = () => new Date();', breaks: [syntax] },
  'domain/local-date.ts': { code: 'export const f = () => new Date(2026, 0, 1);', breaks: [syntax] },
  'domain/local-hours.ts': { code: 'export const f = (at: Date) => at.getHours();', breaks: [syntax] },
  'domain/locale.ts': { code: 'export const f = (at: Date) => at.toLocaleDateString();', breaks: [syntax] },
  'domain/intl.ts': { code: 'export const f = () => new Intl.NumberFormat();', breaks: ['no-restricted-globals'] },
  'domain/performance.ts': { code: 'export const f = () => performance.now();', breaks: ['no-restricted-globals'] },
  'domain/random.ts': { code: 'export const f = () => Math.random();', breaks: [syntax] },
  'domain/given-instant.ts': { code: 'export const f = (at: number) => new Date(at).getUTCHours();', breaks: [] },
  'workflows/today.ts': { code: 'export const f = () => new Date();', breaks: [syntax] },
  'workflows/random.ts': { code: 'export const f = () => Math.random();', breaks: [syntax] },
  'workflows/intl.ts': { code: 'export const f = () => new Intl.NumberFormat();', breaks: ['no-restricted-globals'] },
  'workflows/performance.ts': { code: 'export const f = () => performance.now();', breaks: ['no-restricted-globals'] },
  'workflows/clock-of-the-sandbox.ts': { code: 'export const f = () => Date.now();', breaks: [] },
  'worker/clock.ts': { code: 'export const f = () => [Date.now(), new Date(), Math.random(), performance.now()];', breaks: [] },
  'db/literal.ts': { code: `${kysely}export const f = (text: string) => sql.lit(text);`, breaks: [syntax] },
  'db/raw.ts': { code: `${kysely}export const f = (text: string) => sql.raw(text);`, breaks: [syntax] },
  'db/json-path.ts': { code: `${kysely}${builder} eb.ref('c', '->').key('k');`, breaks: [syntax] },
  'db/json-path-alone.ts': { code: `${kysely}${builder} eb.jsonPath<'c'>().key('k');`, breaks: [syntax] },
  'db/parameter.ts': {
    code: `${kysely}export const f = (key: string) => sql\`c -> \${key}\`;\nexport const last = [1].at(-1);`,
    breaks: [],
  },
  'db/statement.ts': {
    code: `${kysely}${database} db.selectFrom('t').selectAll().execute();\nexport const one = sql\`select 1\`;`,
    breaks: [],
  },
  'db/transaction.ts': { code: `${kysely}${database} db.transaction().execute(async () => 1);`, breaks: [syntax] },
  'db/kit/transaction.ts': { code: `${kysely}${database} db.transaction().execute(async () => 1);`, breaks: [] },
  'db/audit.ts': { code: `${kysely}${database} db.insertInto('audit').defaultValues().execute();`, breaks: [syntax] },
  'db/audit-in-a-statement.ts': {
    code: `${kysely}export const f = () => sql\`with audited as (insert into audit (action) values ('a')) select 1\`;`,
    breaks: [syntax],
  },
  'db/kit/audit.ts': {
    code: `${kysely}${database} db.insertInto('audit').defaultValues().execute();\nexport const g = () => sql\`insert into audit default values\`;`,
    breaks: [],
  },
  'api/sql.ts': { code: "import { sql } from 'kysely';\nexport const f = () => sql`select 1`;", breaks: [restrictedImport] },
  'worker/sql-helpers.ts': {
    code: "import { jsonArrayFrom } from 'kysely/helpers/postgres';\nexport const f = jsonArrayFrom;",
    breaks: [restrictedImport],
  },
  'worker/type-of-kysely.ts': { code: "import type { RawBuilder } from 'kysely';\nexport type R = RawBuilder<Date>;", breaks: [] },
  'activities/statement.ts': { code: `${kyselyType}${database} db.updateTable('t').set({ c: 1 }).execute();`, breaks: [syntax] },
  'interop/transaction.ts': { code: `${kyselyType}${database} db.transaction().execute(async () => 1);`, breaks: [syntax] },
  'test/statement.ts': { code: `${kysely}${database} db.deleteFrom('t').execute();\nexport const one = sql\`select 1\`;`, breaks: [] },
  'db/migrations/raw.ts': { code: `${kysely}export const f = () => sql.raw('select 1');`, breaks: [] },
  'db/migrations/literal.ts': { code: `${kysely}export const f = () => sql.lit('1');`, breaks: [syntax] },
};

/** What the cases above import. */
const imported = {
  'domain/rule.ts': 'export const rule = 1;',
  'domain/home-visit/state.ts': 'export type Kind = 1;',
  'domain/circle.ts': "import type { Back } from './back.ts';\nexport type Circle = Back;",
  'domain/time/zone.ts': 'export const zone = 8;',
  'db/home-visit/visits.ts': 'export const visit = 1;',
  'db/rows.ts': 'export const rows = 1;\nexport type Row = number;',
  'activities/send.ts': 'export const send = 1;',
  'workflows/flow.ts': 'export const flow = 1;',
  'api/app.ts': 'export const app = 1;',
  'worker/run.ts': 'export const run = 1;',
  'platform/config.ts': 'export const config = 1;',
  'test/help.ts': 'export const help = 1;',
};

const configuration = [
  'biome.json',
  'eslint.config.js',
  '.dependency-cruiser.cjs',
  'knip.json',
  'tsconfig.json',
  'package.json',
  '.gitignore',
];

/** A folder with the project's configuration, its packages and these files. */
function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'carepath-gates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of configuration) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, code] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), `${code}\n`);
  }
  return folder;
}

function codeOf(cases: Record<string, Case>): Record<string, string> {
  return Object.fromEntries(Object.entries(cases).map(([file, { code }]) => [file, code]));
}

/** What a tool found in the files of these cases: file → rules. */
function reported(cases: Record<string, Case>, findings: { file: string; rule: string }[]) {
  const rulesOf = (file: string) => [...new Set(findings.filter((finding) => finding.file === file).map(({ rule }) => rule))];
  return Object.fromEntries(Object.keys(cases).map((file) => [file, rulesOf(file)]));
}

function expected(cases: Record<string, Case>) {
  return Object.fromEntries(Object.entries(cases).map(([file, { breaks }]) => [file, breaks]));
}

test('an import against the direction of the folders fails the build, a right one does not', () => {
  const { passed, output } = runCheck('depcruise', { folder: project({ ...imported, ...codeOf(imports) }) });
  expect(passed).toBe(false);
  const findings = [...output.matchAll(/error ([\w-]+): (\S+) → /g)].map(([, rule = '', file = '']) => ({ file, rule }));
  expect(reported(imports, findings)).toEqual(expected(imports));
});

test('a lost promise, a clock or chance in a decision, text glued into SQL, or words in one language only fail the build', () => {
  const folder = project(codeOf(calls));
  const { passed, output } = runCheck('eslint', { folder, args: ['--format', 'json'] });
  expect(passed).toBe(false);
  const files = JSON.parse(output) as { filePath: string; messages: { ruleId: string }[] }[];
  const findings = files.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId }) => ({ file: relative(folder, filePath), rule: ruleId })),
  );
  expect(reported(calls, findings)).toEqual(expected(calls));
});

test('a type error fails the build', () => {
  const { passed, output } = runCheck('tsc', { folder: project({ 'domain/wrong.ts': "export const days: number = 'two';" }) });
  expect(passed).toBe(false);
  expect(output).toContain('domain/wrong.ts(1,14): error TS2322');
});

test('another format and an unused import fail the build', () => {
  const files = {
    'domain/format.ts': 'export const days   = "two"',
    'domain/unused.ts': "import { z } from 'zod';\n\nexport const days = 2;",
  };
  const { passed, output } = runCheck('biome', { folder: project(files) });
  expect(passed).toBe(false);
  expect(output).toContain('domain/format.ts format');
  expect(output).toMatch(/domain\/unused.ts:\d+:\d+ lint\/correctness\/noUnusedImports/);
});

test('a file that nothing uses fails the build', () => {
  const { passed, output } = runCheck('knip', { folder: project({ 'domain/forgotten.ts': 'export const forgotten = 1;' }) });
  expect(passed).toBe(false);
  expect(output).toContain('domain/forgotten.ts');
});
