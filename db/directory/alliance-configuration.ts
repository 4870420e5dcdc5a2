/** The alliance configuration: a row for each version, appended and never changed. The newest is in force. */
import { sql } from 'kysely';
import { compareWithDefaults, describeDifferences } from '../../domain/alliance/compare-configurations.ts';
import { type AllianceConfiguration, defaultConfiguration } from '../../domain/alliance/configuration.ts';
import { type ConfigurationFlaw, findConfigurationFlaws } from '../../domain/alliance/validate-configuration.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { appendAudit, type system } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { ConfigurationSchema, parseConfiguration } from './configuration-document.ts';

export interface ConfigurationVersion {
  version: number;
  configuration: AllianceConfiguration;
}

async function findNewest(db: Database): Promise<{ version: number; configuration: unknown } | undefined> {
  return db
    .selectFrom('alliance_configuration')
    .select(['version', 'configuration'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The newest version; undefined before the first one is recorded. */
export async function loadAllianceConfiguration(db: Database): Promise<ConfigurationVersion | undefined> {
  const row = await findNewest(db);
  return row && { version: row.version, configuration: parseConfiguration(row.configuration) };
}

/** With every setting written out. Throws before the first one is recorded. */
export async function findNewestConfiguration(db: Database): Promise<{ version: number; configuration: Required<AllianceConfiguration> }> {
  const newest = await loadAllianceConfiguration(db);
  if (!newest) throw new Error('No alliance configuration has been recorded yet.');
  return { version: newest.version, configuration: { ...defaultConfiguration, ...newest.configuration } };
}

/** As it was recorded. */
export async function findRecordedConfiguration(
  db: Database,
  version: number,
): Promise<{ version: number; configuration: unknown; recordedAt: Date } | undefined> {
  return db
    .selectFrom('alliance_configuration')
    .select(['version', 'configuration', 'recorded_at as recordedAt'])
    .where('version', '=', version)
    .executeTakeFirst();
}

export interface Examined {
  /** With every setting written out; undefined when its shape is wrong. */
  complete: Required<AllianceConfiguration> | undefined;
  flaws: ConfigurationFlaw[];
}

/** What is wrong with a configuration that comes from outside. */
export async function examineConfiguration(db: Database, configuration: unknown): Promise<Examined> {
  const parsed = ConfigurationSchema.safeParse(configuration);
  if (!parsed.success)
    return { complete: undefined, flaws: parsed.error.issues.map(({ path }) => ({ path: path.join('.'), message: unfit })) };
  const { referral, followUp, messages, interfaces } = parsed.data;
  const complete = {
    referral,
    followUp: followUp ?? defaultConfiguration.followUp,
    messages: messages ?? defaultConfiguration.messages,
    interfaces: interfaces ?? defaultConfiguration.interfaces,
  };
  const unknown = compareWithDefaults(configuration, complete).additional.map((path) => ({ path, message: unknownSetting }));
  return { complete, flaws: [...unknown, ...findConfigurationFlaws(complete, await listInstitutionKinds(db))] };
}

export interface NewConfiguration {
  /** It is checked, because it comes from outside. Settings that it leaves out are recorded with their default. */
  configuration: unknown;
  /** The version that it was made from; 0 for the first one. */
  basedOn: number;
  /** The next one by default. */
  version?: number;
  /** Nobody, when a real alliance is set up. */
  actor: Actor | typeof system;
  requestId: string | null;
}

export type RecordedConfiguration =
  | { result: 'recorded'; version: number }
  /** Somebody has recorded another one meanwhile. */
  | { result: 'version-changed'; version: number }
  | { result: 'flawed'; flaws: ConfigurationFlaw[] };

/**
 * Appends a version with every setting written out, so that no later release changes what is agreed by changing a default. It holds for
 * pathways that begin from now on, its messages for all. The audit keeps who recorded it.
 */
export async function recordAllianceConfiguration(
  trx: Trx,
  { configuration, basedOn, version = basedOn + 1, actor, requestId }: NewConfiguration,
): Promise<RecordedConfiguration> {
  const { complete, flaws } = await examineConfiguration(trx, configuration);
  if (flaws.length > 0) return { result: 'flawed', flaws };

  // Of two who publish at once the second waits here, and finds that another version is the newest.
  await sql`select pg_advisory_xact_lock(hashtext('carepath configuration'))`.execute(trx);
  const { rows } = await sql<{ version: number }>`
    insert into alliance_configuration (version, configuration)
    select ${version}::integer, ${JSON.stringify(complete)}::jsonb
    where ${basedOn}::integer = (select coalesce(max(version), 0) from alliance_configuration)
    on conflict (version) do nothing
    returning version`.execute(trx);
  if (rows.length === 0) return { result: 'version-changed', version: (await findNewest(trx))?.version ?? 0 };
  await appendAudit(trx, {
    happenedAt: new Date(),
    actor,
    institutionId: 'personId' in actor ? actor.institutionId : null,
    action: 'alliance-configuration.record',
    targetType: 'alliance-configuration',
    targetId: String(version),
    patientId: null,
    outcome: 'done',
    code: null,
    requestId,
  });
  return { result: 'recorded', version };
}

const unfit = { zh: '不是此设置的有效值', en: 'is no value of this setting' };
const unknownSetting = { zh: '没有此设置', en: 'there is no such setting' };

async function listInstitutionKinds(db: Database): Promise<Map<string, string>> {
  const rows = await db.selectFrom('institution').select(['id', 'kind']).execute();
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}

export interface ConfigurationComparison {
  /** One line that says how the configuration in force differs from what this release would set by itself. */
  line: string;
  /** Says whether something in force is not as this release would set it. Settings that are only not recorded have their default, so they are named in the line and do not count. */
  differs: boolean;
}

/** `standard` is what this release would set by itself. */
export async function compareConfigurationInForce(db: Database, standard = defaultConfiguration): Promise<ConfigurationComparison> {
  const row = await findNewest(db);
  if (!row) return { line: 'No alliance configuration has been recorded yet; without one no pathway begins.', differs: true };
  const wrong = ConfigurationSchema.safeParse(row.configuration).error?.issues.map(({ path }) => path.join('.'));
  const differences = compareWithDefaults(row.configuration, standard);
  const line = describeDifferences(row.version, differences);
  return {
    line: wrong ? `${line} It cannot be used: wrong are ${wrong.join(', ')}.` : line,
    differs: wrong !== undefined || differences.changed.length + differences.additional.length > 0,
  };
}
