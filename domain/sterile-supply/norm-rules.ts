/** The rules of the norms as data: each number with its norm, its clause, and how well we know it. */
import type { LocalDate } from '../time/local-date.ts';
import type { Packaging, Program } from './vocabulary.ts';

/**
 * How well a rule is known. `seen`: read in a source. `standard-unchecked`: of the standard, whose text was not at hand. `model-case`: from the
 * published model case. `ours`: an assumption of ours.
 */
export const ruleMarks = ['seen', 'standard-unchecked', 'model-case', 'ours'] as const;
export type RuleMark = (typeof ruleMarks)[number];

export interface NormRule {
  id: string;
  norm: string;
  clause: string;
  mark: RuleMark;
  effectiveFrom: LocalDate;
  value: unknown;
}

/** Where a rule stands, as a reason cites it. */
export const clauseOf = ({ norm, clause }: Pick<NormRule, 'norm' | 'clause'>): string => `${norm} ${clause}`;

export interface DisinfectionRow {
  temperatureC: number;
  seconds: number;
}

export interface SteamProgram {
  exposureSeconds: number;
  setTemperatureC: number;
  aboveSetKelvin: number;
  minPressureKpa: number;
  maxPressureKpa: number;
}

export interface ExpiryDays {
  /** Stored within the climate that the norm asks for. */
  conforming: number;
  /** Stored outside of it at any time. */
  exposed: number;
}

/**
 * Every timer of sterile supply. `cut-off` counts back from midnight before the round's date, `release-lead` back from its departure, all others
 * forward. Where a second number follows with another owner, it has a name of its own: `dwell-then`, `discrepancy-resolve`, `discrepancy-escalate`.
 */
export const supplyTimers = [
  'cut-off',
  'release-lead',
  'stop-late',
  'round-late',
  'dwell',
  'dwell-then',
  'hand-over',
  'reconcile',
  'end-overdue',
  'unload-overdue',
  'review-overdue',
  'incubate-overdue',
  'read-overdue',
  'unserved',
  'count-due',
  'confirm-signature',
  'stop-use-sent',
  'stop-use',
  'stop-use-again',
  'pickup',
  'retrieve',
  'report',
  'recall-decision',
  'discrepancy',
  'discrepancy-resolve',
  'discrepancy-escalate',
] as const;
export type SupplyTimer = (typeof supplyTimers)[number];

/** Budgets in seconds. */
export type SupplyTimers = Record<SupplyTimer, number>;

/** The rules that are in force on a day. */
export interface NormRules {
  /** All of them, by id. */
  rules: readonly NormRule[];
  timers: SupplyTimers;
  disinfectionRows: { toBeSterilised: readonly DisinfectionRow[]; directUse: readonly DisinfectionRow[] };
  a0: { referenceTemperatureC: number; zKelvin: number };
  steamPrograms: Record<Program, SteamProgram>;
  coolingMinutes: number;
  wetPacksForReview: number;
  biologicalIndicatorDays: number;
  /** Of a biological indicator whose product nobody has given an incubation. */
  usualIncubationMinutes: number;
  /** Of the chemical indicator of the load, for an emergency release. */
  emergencyIndicatorClass: number;
  requalificationRuns: number;
  runsInARowOutOfService: { invalidIndicators: number; bowieDickFails: number };
  innerCiFailsForRecall: number;
  storageClimate: { belowTemperatureC: number; belowHumidityPercent: number };
  expiryDays: Record<Packaging, ExpiryDays>;
  /** What was outside the climate in one of these waits for a review. */
  climateReviewPackagings: readonly Packaging[];
  climateBreach: { readingsInARow: number; minutesApart: number };
  expiryWarningDays: { cotton: readonly number[]; others: readonly number[] };
  uncollectedDays: number;
  lowUseNoticeSeconds: number;
  planning: { longestRoundMinutes: number; minutesAtStop: number; detourFactor: number; kmPerHour: number };
  offline: {
    bundleValidSeconds: number;
    clockOffsetIgnoredSeconds: number;
    gapWaitSeconds: number;
    openedAgainSeconds: number;
    checkAfterUnsignedSeconds: number;
  };
}

/** Where a rule stands, as a reason cites it. Throws for an id that no rule has. */
export function citeRule({ rules }: Pick<NormRules, 'rules'>, id: string): string {
  const rule = rules.find((one) => one.id === id);
  if (!rule) throw new Error(`There is no norm rule ${id}.`);
  return clauseOf(rule);
}

/**
 * The version of each rule that is in force on a day: the latest that took effect by then. Before its first version a rule is not in force.
 */
export function rulesInForce(all: readonly NormRule[], on: LocalDate): NormRule[] {
  const byId = Map.groupBy(
    all.filter(({ effectiveFrom }) => effectiveFrom <= on),
    ({ id }) => id,
  );
  return [...byId.values()]
    .map((versions) => versions.reduce((latest, version) => (version.effectiveFrom > latest.effectiveFrom ? version : latest)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The same, and of each rule that took effect later only its first version: what lies before it is judged by that one. */
export function rulesToJudgeBy(all: readonly NormRule[], on: LocalDate): NormRule[] {
  const inForce = rulesInForce(all, on);
  const firstOn = all.map(({ effectiveFrom }) => effectiveFrom).sort();
  const later = firstOn.flatMap((day) => rulesInForce(all, day));
  const missing = later.filter(
    ({ id }, index) => !inForce.some((rule) => rule.id === id) && later.findIndex((rule) => rule.id === id) === index,
  );
  return [...inForce, ...missing];
}
