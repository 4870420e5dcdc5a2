/** The alliance configuration: versions that are appended and never changed, and what a start says of the one in force. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  compareConfigurationInForce,
  loadAllianceConfiguration,
  recordAllianceConfiguration,
} from '../../db/directory/alliance-configuration.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { loadMessageConfiguration } from '../../db/messages/configuration.ts';
import {
  type AllianceConfiguration,
  defaultConfiguration,
  defaultMessageConfiguration,
  defaultReferralConfiguration,
} from '../../domain/alliance/configuration.ts';
import { findConfigurationNotice } from '../../tools/serve/configuration-notice.ts';
import { demoDatabase, testDatabase } from '../support/service/database.ts';
import { type Service, startService } from '../support/service/service.ts';

const office = { personId: 'person-office', institutionId: 'inst-office', role: 'office' as const };

async function newDatabase(url: Promise<string>): Promise<Database> {
  const db = createDatabase(createPool(await url));
  onTestFinished(() => db.destroy());
  return db;
}

const record = (db: Database, configuration: AllianceConfiguration, basedOn = 1) =>
  inTransaction(db, office, (trx) => recordAllianceConfiguration(trx, { configuration, basedOn, actor: office, requestId: 'request-1' }));

const store = (db: Database, version: number, configuration: object) =>
  db
    .insertInto('alliance_configuration')
    .values({ version, configuration: JSON.stringify(configuration) })
    .execute();

const rowsOf = (db: Database) => db.selectFrom('alliance_configuration').select(['version', 'configuration']).orderBy('version').execute();
const auditOf = (db: Database) => db.selectFrom('audit').selectAll().where('target_type', '=', 'alliance-configuration').execute();

const agreed: AllianceConfiguration = {
  referral: {
    ...defaultReferralConfiguration,
    rungPercents: [50, 90, 100],
    rerouteInstitutionIds: { up: ['inst-h2', 'inst-h1'], down: [] },
  },
  messages: { ...defaultMessageConfiguration, patientMessagesPerDay: 2 },
};

describe('a new version', () => {
  test('is appended with every setting, by whoever recorded it; the older ones stay', async () => {
    const db = await newDatabase(demoDatabase());
    const [first] = await rowsOf(db);
    expect(await record(db, agreed)).toEqual({ result: 'recorded', version: 2 });
    const complete = { ...agreed, followUp: defaultConfiguration.followUp, interfaces: defaultConfiguration.interfaces };
    expect(await rowsOf(db)).toEqual([first, { version: 2, configuration: complete }]);
    expect(await loadAllianceConfiguration(db)).toEqual({ version: 2, configuration: complete });
    expect(await auditOf(db)).toEqual([
      expect.objectContaining({
        action: 'alliance-configuration.record',
        actor: office,
        institution_id: 'inst-office',
        target_id: '2',
        outcome: 'done',
        request_id: 'request-1',
      }),
    ]);
  });

  test('is the first one of an alliance that has none', async () => {
    const db = await newDatabase(testDatabase());
    expect(await record(db, defaultConfiguration, 0)).toEqual({ result: 'recorded', version: 1 });
  });

  test('made from one that is not in force any more is refused, also when two are recorded at once', async () => {
    const db = await newDatabase(demoDatabase());
    const both = await Promise.all([record(db, agreed), record(db, { ...agreed, messages: defaultMessageConfiguration })]);
    expect(both.map(({ result }) => result).sort()).toEqual(['recorded', 'version-changed']);
    expect(await record(db, agreed, 1)).toEqual({ result: 'version-changed', version: 2 });
    expect(await record(db, agreed, 7)).toEqual({ result: 'version-changed', version: 2 });
    expect((await rowsOf(db)).map(({ version }) => version)).toEqual([1, 2]);
    expect(await auditOf(db)).toHaveLength(1);
  });

  const { referral, followUp, messages } = defaultConfiguration;
  const received = { urgent: 0, 'same-day': 60, routine: 60 };
  test.each<[what: string, configuration: object, paths: string[]]>([
    [
      'no time at all',
      { referral: { ...referral, budgetsSeconds: { ...referral.budgetsSeconds, received } } },
      ['referral.budgetsSeconds.received.urgent'],
    ],
    ['words for a number', { ...defaultConfiguration, followUp: { ...followUp, reminderHour: 'nine' } }, ['followUp.reminderHour']],
    ['an hour that no day has', { ...defaultConfiguration, followUp: { ...followUp, reminderHour: 24 } }, ['followUp.reminderHour']],
    ['a setting that nothing reads', { referral: { ...referral, rungPercent: [100] } }, ['referral.rungPercent']],
    ['a part that nothing reads', { referral, folowUp: {} }, ['folowUp']],
    ['rungs out of order', { referral: { ...referral, rungPercents: [80, 50, 100] } }, ['referral.rungPercents']],
    ['nothing at the limit', { referral: { ...referral, rungPercents: [50, 80] } }, ['referral.rungPercents']],
    [
      'hospitals that are none, or named twice',
      { referral: { ...referral, rerouteInstitutionIds: { up: ['inst-h1', 'inst-c01', 'inst-none', 'inst-h1'], down: ['inst-h1'] } } },
      [
        'referral.rerouteInstitutionIds.up.1',
        'referral.rerouteInstitutionIds.up.2',
        'referral.rerouteInstitutionIds.up.3',
        'referral.rerouteInstitutionIds.down.0',
      ],
    ],
    [
      'a night of 17 hours',
      { referral, messages: { ...messages, quietHours: { fromMinute: 15 * 60, untilMinute: 8 * 60 } } },
      ['messages.quietHours'],
    ],
  ])('with %s is refused with its places in both languages, and nothing is written', async (_, configuration, paths) => {
    const db = await newDatabase(demoDatabase());
    const answer = await record(db, configuration as AllianceConfiguration);
    expect(answer.result === 'flawed' ? answer.flaws.map(({ path }) => path) : answer).toEqual(paths);
    for (const { message } of answer.result === 'flawed' ? answer.flaws : []) {
      expect(message.zh).toMatch(/\p{Script=Han}/u);
      expect(message.en).not.toMatch(/\p{Script=Han}/u);
    }
    expect(await rowsOf(db)).toHaveLength(1);
    expect(await auditOf(db)).toEqual([]);
  });

  test('is never changed or taken back', async () => {
    const db = await newDatabase(demoDatabase());
    await expect(db.updateTable('alliance_configuration').set({ configuration: '{}' }).execute()).rejects.toThrow('never changed');
    await expect(db.deleteFrom('alliance_configuration').execute()).rejects.toThrow('never changed');
    await expect(sql`truncate alliance_configuration`.execute(db)).rejects.toThrow('never changed');
  });
});

describe('a row that an older or a newer release wrote', () => {
  test('has the default of a setting that it lacks, at any depth, and goes without one that is not known', async () => {
    const db = await newDatabase(testDatabase());
    const { check: _, ...budgetsSeconds } = defaultReferralConfiguration.budgetsSeconds;
    const { reopenWithinSeconds: __, ...older } = defaultReferralConfiguration;
    await store(db, 1, { referral: { ...older, budgetsSeconds, ofTomorrow: 1 }, messages: { quietHours: { fromMinute: 60 } } });
    expect((await loadAllianceConfiguration(db))?.configuration).toEqual({
      referral: defaultReferralConfiguration,
      messages: { ...defaultMessageConfiguration, quietHours: { ...defaultMessageConfiguration.quietHours, fromMinute: 60 } },
    });
    expect((await loadMessageConfiguration(db)).quietHours).toEqual({ fromMinute: 60, untilMinute: 480 });
  });

  test('that says what cannot be is not worked with', async () => {
    const db = await newDatabase(testDatabase());
    await store(db, 1, { referral: { rungPercents: 'all' } });
    await expect(loadAllianceConfiguration(db)).rejects.toThrow('rungPercents');
    expect((await compareConfigurationInForce(db)).line).toContain('It cannot be used: wrong are referral.rungPercents.');
  });
});

describe('what a start says', () => {
  test('every setting that differs from the default of this release with both values, and what the row lacks', async () => {
    const db = await newDatabase(testDatabase());
    expect((await compareConfigurationInForce(db)).line).toBe(
      'No alliance configuration has been recorded yet; without one no pathway begins.',
    );
    await store(db, 1, defaultConfiguration);
    expect((await compareConfigurationInForce(db)).line).toBe(
      'The alliance configuration in force is version 1; it sets nothing but the defaults.',
    );
    // The release that wrote it had another default, knew no letters, and a setting that is gone.
    const { letterSeconds: _, ...messages } = { ...defaultMessageConfiguration, patientMessagesPerDay: 5, ofYesterday: 1 };
    await store(db, 2, { referral: { ...defaultReferralConfiguration, rungPercents: [80, 100] }, messages });
    expect((await compareConfigurationInForce(db)).line).toBe(
      'The alliance configuration in force is version 2; it sets referral.rungPercents to [80,100] (default [50,80,100]), ' +
        'messages.patientMessagesPerDay to 5 (default 3); the default holds for followUp, messages.letterSeconds (259200), interfaces; ' +
        'there is no default for messages.ofYesterday.',
    );
  });

  test('npm start says nothing while everything in force is the default, and the line when something is not', async () => {
    const url = await testDatabase();
    const db = await newDatabase(Promise.resolve(url));
    expect(await findConfigurationNotice(url, false)).toContain('No alliance configuration has been recorded yet');
    await store(db, 1, { referral: defaultReferralConfiguration });
    expect(await findConfigurationNotice(url, false)).toBeUndefined();
    await store(db, 2, { referral: { ...defaultReferralConfiguration, rungPercents: [80, 100] } });
    expect(await findConfigurationNotice(url, false)).toBe((await compareConfigurationInForce(db)).line);
    await store(db, 3, { referral: { rungPercents: 'all' } });
    expect(await findConfigurationNotice(url, false)).toContain('It cannot be used');
    expect(await findConfigurationNotice(await demoDatabase(), true)).toBeUndefined();
  });

  let service: Service;
  beforeAll(async () => {
    service = await startService({ worker: false });
  });
  afterAll(() => service?.stop());

  test.each(['api/main.ts', 'worker/main.ts'])('%s writes it into its log, once', { timeout: 120_000 }, async (program) => {
    const { config, databaseUrl, db } = service;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: config.TEMPORAL_ADDRESS,
        CAREPATH_TASK_QUEUE: `nobody-asks-here-${program}`,
        CAREPATH_TOKEN_SECRET: config.CAREPATH_TOKEN_SECRET,
        CAREPATH_DEMO: '1',
        CAREPATH_API_PORT: '0',
        CAREPATH_WORKER_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { line: expected } = await compareConfigurationInForce(db);
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg } = JSON.parse(line) as { msg: string };
      if (!msg.startsWith('The alliance configuration')) continue;
      said.push(msg);
      child.kill('SIGTERM'); // The rest of the log is read to its end.
    }
    expect(said).toEqual([expected]);
  });
});
