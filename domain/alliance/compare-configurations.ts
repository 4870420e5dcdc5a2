/**
 * Compares what an alliance has recorded with the defaults of this release. A default that a release changes does not change what is recorded,
 * and a setting that is new is in no row yet: whoever runs carepath has to hear of both.
 */
import { type AllianceConfiguration, defaultConfiguration } from './configuration.ts';

/** Paths are written as in `referral.budgetsSeconds.received.urgent`. */
export interface ConfigurationDifferences {
  /** Settings that are recorded with another value than the default. */
  changed: { path: string; recorded: unknown; standard: unknown }[];
  /** Settings, or whole parts, that are not recorded. The default holds for them. */
  absent: { path: string; standard: unknown }[];
  /** Settings that are recorded and have no default in this release. */
  additional: string[];
}

type Part = Readonly<Record<string, unknown>>;

export function compareWithDefaults(recorded: unknown, standard: Required<AllianceConfiguration> = defaultConfiguration) {
  const differences: ConfigurationDifferences = { changed: [], absent: [], additional: [] };
  comparePart(isPart(recorded) ? recorded : {}, { ...standard }, '', differences);
  return differences;
}

function comparePart(recorded: Part, standard: Part, above: string, found: ConfigurationDifferences): void {
  for (const name of new Set([...Object.keys(standard), ...Object.keys(recorded)])) {
    const path = above + name;
    const [one, other] = [recorded[name], standard[name]];
    if (!Object.hasOwn(recorded, name)) found.absent.push({ path, standard: other });
    else if (!Object.hasOwn(standard, name)) found.additional.push(path);
    else if (isPart(one) && isPart(other)) comparePart(one, other, `${path}.`, found);
    else if (JSON.stringify(one) !== JSON.stringify(other)) found.changed.push({ path, recorded: one, standard: other });
  }
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One line for the log of an operator. It holds paths and values of settings, and nothing of persons. */
export function describeDifferences(version: number, { changed, absent, additional }: ConfigurationDifferences): string {
  const start = `The alliance configuration in force is version ${version}`;
  const parts = [
    ...buildClause('it sets', changed, ({ path, recorded, standard }) => `${path} to ${toText(recorded)} (default ${toText(standard)})`),
    ...buildClause('the default holds for', absent, ({ path, standard }) => (isPart(standard) ? path : `${path} (${toText(standard)})`)),
    ...buildClause('there is no default for', additional, (path) => path),
  ];
  return parts.length === 0 ? `${start}; it sets nothing but the defaults.` : `${start}; ${parts.join('; ')}.`;
}

function buildClause<Item>(verb: string, items: readonly Item[], write: (item: Item) => string): string[] {
  return items.length === 0 ? [] : [`${verb} ${items.map(write).join(', ')}`];
}

const toText = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

export interface SettingChange {
  path: string;
  /** Null where the setting is missing. */
  before: unknown;
  after: unknown;
}

/** Each setting that differs, by its path. */
export function listChanges(before: unknown, after: unknown, path = ''): SettingChange[] {
  if (isPart(before) && isPart(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      listChanges(before[name], after[name], path === '' ? name : `${path}.${name}`),
    );
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before: before ?? null, after: after ?? null }];
}
