/** The norm rules that come with the program, in `protocols/norms/`. What they say is checked once, as they are loaded. */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type NormRule,
  type NormRules,
  ruleMarks,
  rulesInForce,
  rulesToJudgeBy,
  supplyTimers,
} from '../../domain/sterile-supply/norm-rules.ts';
import { packagings, programs } from '../../domain/sterile-supply/vocabulary.ts';
import type { LocalDate } from '../../domain/time/local-date.ts';

const positive = z.number().positive();
const count = z.int().positive();
const rows = z.array(z.strictObject({ temperatureC: positive, seconds: count })).min(1);
const days = z.array(count).min(1);

/** The value of each rule, under the name that the program knows it by. */
const values = {
  timers: { id: 'supply-timers', schema: z.record(z.enum(supplyTimers), count) },
  disinfectionRows: { id: 'disinfection-rows', schema: z.strictObject({ toBeSterilised: rows, directUse: rows }) },
  a0: { id: 'a0', schema: z.strictObject({ referenceTemperatureC: positive, zKelvin: positive }) },
  steamPrograms: {
    id: 'steam-programs',
    schema: z.record(
      z.enum(programs),
      z
        .strictObject({
          exposureSeconds: count,
          setTemperatureC: positive,
          aboveSetKelvin: positive,
          minPressureKpa: positive,
          maxPressureKpa: positive,
        })
        .refine(({ minPressureKpa, maxPressureKpa }) => minPressureKpa < maxPressureKpa, 'a band that holds nothing'),
    ),
  },
  coolingMinutes: { id: 'cooling-minutes', schema: positive },
  wetPacksForReview: { id: 'wet-packs-for-review', schema: count },
  biologicalIndicatorDays: { id: 'biological-indicator-days', schema: count },
  usualIncubationMinutes: { id: 'usual-incubation-minutes', schema: count },
  emergencyIndicatorClass: { id: 'emergency-indicator-class', schema: count },
  requalificationRuns: { id: 'requalification-runs', schema: count },
  runsInARowOutOfService: {
    id: 'runs-in-a-row-out-of-service',
    schema: z.strictObject({ invalidIndicators: count, bowieDickFails: count }),
  },
  innerCiFailsForRecall: { id: 'inner-ci-fails-for-recall', schema: count },
  storageClimate: { id: 'storage-climate', schema: z.strictObject({ belowTemperatureC: positive, belowHumidityPercent: positive }) },
  expiryDays: {
    id: 'expiry-days',
    schema: z.record(
      z.enum(packagings),
      z
        .strictObject({ conforming: count, exposed: count })
        .refine(({ conforming, exposed }) => exposed <= conforming, 'exposure never lengthens'),
    ),
  },
  climateReviewPackagings: { id: 'climate-review-packagings', schema: z.array(z.enum(packagings)) },
  climateBreach: { id: 'climate-breach', schema: z.strictObject({ readingsInARow: count, minutesApart: count }) },
  expiryWarningDays: { id: 'expiry-warning-days', schema: z.strictObject({ cotton: days, others: days }) },
  uncollectedDays: { id: 'uncollected-days', schema: count },
  lowUseNoticeSeconds: { id: 'low-use-notice-seconds', schema: count },
  planning: {
    id: 'planning',
    schema: z.strictObject({ longestRoundMinutes: count, minutesAtStop: count, detourFactor: positive, kmPerHour: positive }),
  },
  offline: {
    id: 'offline',
    schema: z.strictObject({
      bundleValidSeconds: count,
      clockOffsetIgnoredSeconds: count,
      gapWaitSeconds: count,
      openedAgainSeconds: count,
      checkAfterUnsignedSeconds: count,
    }),
  },
};

type Values = { [Name in keyof typeof values]: z.output<(typeof values)[Name]['schema']> };

const Document = z.strictObject({
  rules: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9-]+$/),
      norm: z.string().min(1),
      clause: z.string().min(1),
      mark: z.enum(ruleMarks),
      effectiveFrom: z.iso.date(),
      value: z.unknown(),
    }),
  ),
});

/** Throws an error that names each wrong place. */
export const parseNormRules = (text: string): NormRule[] => Document.parse(JSON.parse(text)).rules;

/** The rules by which what happens on a day is judged, with their values read. Throws for a rule that is missing or whose value has another shape. */
export function readNormRules(all: readonly NormRule[], on: LocalDate): NormRules {
  const rules = rulesToJudgeBy(all, on);
  const read = Object.entries(values).map(([name, { id, schema }]) => {
    const { data, error } = schema.safeParse(rules.find((rule) => rule.id === id)?.value);
    if (error) throw new Error(`protocols/norms: ${id}: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
    return [name, data];
  });
  return { rules, ...(Object.fromEntries(read) as Values) };
}

const folder = new URL('../../protocols/norms/', import.meta.url);

const shipped: readonly NormRule[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .flatMap((file) => parseNormRules(readFileSync(new URL(file, folder), 'utf8')));

/** The days on which a rule takes effect; between two of them nothing changes. */
const effectiveDays = [...new Set(shipped.map(({ effectiveFrom }) => effectiveFrom))].sort();

const read = new Map<LocalDate, NormRules>();

/** The rules by which the program judges what happens on a day. What lies before the first version is judged by the first. */
export function loadNormRules(on: LocalDate): NormRules {
  const from = effectiveDays.findLast((day) => day <= on) ?? effectiveDays[0];
  if (from === undefined) throw new Error('protocols/norms holds no rule.');
  const known = read.get(from);
  if (known) return known;
  const rules = readNormRules(shipped, from);
  read.set(from, rules);
  return rules;
}

/** The rules as the program ships them that are in force on a day, for people to read. */
export const listNormRules = (on: LocalDate): NormRule[] => rulesInForce(shipped, on);
