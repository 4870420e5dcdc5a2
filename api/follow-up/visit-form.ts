/** A visit as clients send it: units and codes are brought to what the rules use; what cannot be true is refused with its place. */
import { z } from '@hono/zod-openapi';
import type { RuleFieldName } from '../../domain/follow-up/form-field-kinds.ts';
import { kgPerM2, type visitForm } from '../../domain/follow-up/form-fields.ts';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import type { RiskFacts } from '../../domain/follow-up/risk-tier.ts';
import { symptomCodes } from '../../domain/follow-up/symptoms.ts';
import type { GlucoseField, PatientFacts, Visit } from '../../domain/follow-up/visit.ts';
import { type Comparator, comparators } from '../../domain/readings/reading.ts';
import { isSpecialValue } from '../../domain/readings/special-values.ts';
import { glucoseInMmolPerL, glucoseUnits, pressureInMmHg, pressureUnits } from '../../domain/readings/units.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { toMessage } from '../kit/field-words.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { DateOnly, Instant, Text } from '../kit/schemas.ts';
import { implausible, recordFieldSchemas } from './form-field-schemas.ts';

/** What no living person has; a slip of the pen or of the unit. */
const possible = {
  systolicMmHg: [40, 300],
  diastolicMmHg: [20, 200],
  glucoseMmolPerL: [0.5, 60],
} as const;
const isPossible = (value: number, [least, most]: readonly [number, number], comparator?: Comparator): boolean =>
  (value >= least || comparator === '<' || comparator === '<=') &&
  (value <= most || comparator === '>' || comparator === '>=') &&
  value >= 0;

export const GlucoseSchema = z
  .strictObject({
    value: z.number(),
    comparator: z.enum(comparators).optional().openapi({ description: 'of a meter that shows HI or LO: beyond its range' }),
    unit: z.enum(glucoseUnits),
    atHome: z.boolean().optional(),
  })
  .refine((given) => !isSpecialValue(given.value) && isPossible(glucoseInMmolPerL(given), possible.glucoseMmolPerL, given.comparator), {
    path: ['value'],
    error: implausible,
  })
  .openapi('Glucose', { example: { value: 6.4, unit: 'mmol/L' } });

export const BloodPressureSchema = z
  .strictObject({
    systolic: z.number(),
    diastolic: z.number(),
    unit: z.enum(pressureUnits).default('mmHg'),
    atHome: z.boolean().default(false),
  })
  .superRefine(({ systolic, diastolic, unit }, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const [upper, lower] = [pressureInMmHg(systolic, unit), pressureInMmHg(diastolic, unit)];
    if (!isPossible(upper, possible.systolicMmHg)) complain('systolic', implausible);
    if (!isPossible(lower, possible.diastolicMmHg)) complain('diastolic', implausible);
    else if (lower >= upper) complain('diastolic', toMessage({ zh: '须低于收缩压', en: 'must be below systolic' }));
  })
  .openapi('BloodPressure', { example: { systolic: 138, diastolic: 86 } });

/** The form's codes, or their names. */
const modes = { 1: 'clinic', 2: 'home', 3: 'phone' } as const;
export const ModeSchema = z.union([z.literal(1), z.literal(2), z.literal(3), z.enum(['clinic', 'home', 'phone'])]);

/** The fields that the rules read, of which the form's description has the words only. */
const ruleFieldSchemas = {
  visitedAt: Instant,
  mode: ModeSchema,
  bloodPressures: z.array(BloodPressureSchema).max(20).default([]),
  fastingGlucose: GlucoseSchema.nullish(),
  randomGlucose: GlucoseSchema.nullish(),
  heartRate: z.number().min(20).max(300).nullish(),
  temperature: z.number().min(30).max(45).nullish(),
  symptoms: z.array(z.enum(symptomCodes)).max(50).default([]),
  adverseReactions: z.array(Text(100)).max(50).default([]),
  newComplication: z.boolean().default(false),
  hardToControl: z.boolean().default(false),
  notMeasuredReason: Text(200).nullish(),
  annualExam: z.boolean().default(false),
} satisfies Record<RuleFieldName<typeof visitForm>, z.ZodType>;

export const VisitFormSchema = z
  .strictObject({ ...ruleFieldSchemas, ...recordFieldSchemas })
  .openapi('VisitForm', { example: { visitedAt: '2026-03-02T01:00:00Z', mode: 1, bloodPressures: [{ systolic: 138, diastolic: 86 }] } });

export const PatientFactsSchema = z
  .strictObject({
    birthDate: DateOnly,
    sex: z.enum(['male', 'female', 'other', 'unknown']),
    pregnant: z.boolean().default(false),
    toleratesLowerTarget: z.boolean().default(false),
    diabetes: z.boolean().default(false),
    kidneyDisease: z.boolean().default(false),
  })
  .openapi('PatientFacts');

/** What a visit may find different of the person, beside what it measures. */
export const ChangedFactsSchema = z
  .strictObject({
    pregnant: z.boolean().optional(),
    toleratesLowerTarget: z.boolean().optional(),
    diabetes: z.boolean().optional(),
    kidneyDisease: z.boolean().optional(),
  })
  .openapi('ChangedFacts');

/** Throws Problem 422. */
export function refuseContradictions(path: string, { pregnant, sex }: Pick<PatientFacts, 'pregnant' | 'sex'>): void {
  if (pregnant && sex === 'male') throw invalidRequestProblem(`${path}pregnant`, { zh: '与性别矛盾', en: 'contradicts the sex' });
}

export type VisitForm = z.output<typeof VisitFormSchema>;

/** What the rules see. All else of the form, free text first of all, stays in the visit's row. */
export function visitOf(form: VisitForm): Visit {
  const { mode, fastingGlucose, randomGlucose } = form;
  const glucoseAtHome: GlucoseField[] = [
    ...(fastingGlucose?.atHome ? (['fastingGlucose'] as const) : []),
    ...(randomGlucose?.atHome ? (['randomGlucose'] as const) : []),
  ];
  return {
    visitedAt: Date.parse(form.visitedAt),
    mode: typeof mode === 'string' ? mode : modes[mode],
    bloodPressures: form.bloodPressures.map(({ systolic, diastolic, unit, atHome }) => ({
      systolic: pressureInMmHg(systolic, unit),
      diastolic: pressureInMmHg(diastolic, unit),
      atHome,
    })),
    fastingGlucose: fastingGlucose ? glucoseInMmolPerL(fastingGlucose) : null,
    randomGlucose: randomGlucose ? glucoseInMmolPerL(randomGlucose) : null,
    ...(glucoseAtHome.length > 0 ? { glucoseAtHome } : {}),
    ...(fastingGlucose?.comparator || randomGlucose?.comparator
      ? {
          glucoseComparators: {
            ...(fastingGlucose?.comparator && { fastingGlucose: fastingGlucose.comparator }),
            ...(randomGlucose?.comparator && { randomGlucose: randomGlucose.comparator }),
          },
        }
      : {}),
    heartRate: form.heartRate ?? null,
    temperature: form.temperature ?? null,
    symptoms: form.symptoms,
    adverseReactions: form.adverseReactions,
    newComplication: form.newComplication,
    hardToControl: form.hardToControl,
    notMeasuredReason: form.notMeasuredReason ?? null,
    annualExam: form.annualExam,
    ...(form.itemsDone?.length ? { itemsDone: form.itemsDone } : {}),
  };
}

/** What the form says of the risk score's variables, and nothing that it leaves open: who smokes none now may have stopped. */
export function riskFactsOf(form: Omit<VisitForm, 'visitedAt' | 'mode'>): RiskFacts {
  const { weight, smoking, alcohol, exercise } = form;
  const said = {
    bmi: weight?.kg != null && weight.heightCm != null ? Math.round(kgPerM2({ kg: weight.kg, heightCm: weight.heightCm }) * 10) / 10 : null,
    waistCm: form.waistCm,
    ldlCholesterol: form.examinations?.ldlCholesterolMmolPerL,
    smoking: smoking?.status ?? (smoking?.perDay ? 'current' : null),
    alcohol: alcohol?.level ?? (alcohol?.liangPerDay === 0 ? 'none' : null),
    exerciseMinutesPerWeek: minutesAWeek(exercise),
    familyHistory: form.familyHistory,
    targetOrganDamage: form.targetOrganDamage,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value != null)) as RiskFacts;
}

function minutesAWeek(exercise: VisitForm['exercise']): number | null {
  if (exercise?.timesPerWeek === 0 || exercise?.minutesEachTime === 0) return 0;
  return exercise?.timesPerWeek != null && exercise.minutesEachTime != null ? exercise.timesPerWeek * exercise.minutesEachTime : null;
}

/** Throws Problem 422 when the form names an item that none of its protocols has. */
export function refuseUnknownItems(path: string, { itemsDone }: Pick<VisitForm, 'itemsDone'>, protocols: readonly Protocol[]): void {
  const known = new Set(protocols.flatMap(({ items }) => items.map(({ code }) => code)));
  for (const [index, code] of (itemsDone ?? []).entries())
    if (!known.has(code))
      throw invalidRequestProblem(`${path}itemsDone.${index}`, { zh: '方案中没有此项目', en: 'the protocol has no such item' });
}

/** Clocks of devices and servers differ a little. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Throws Problem 422 when a visit lies in the future or before the birth. */
export function refuseImpossibleTimes(
  path: string,
  { visitedAt }: Visit,
  { birthDate }: Pick<PatientFacts, 'birthDate'>,
  now: number,
): void {
  if (visitedAt > now + CLOCK_SKEW_MS) throw invalidRequestProblem(`${path}visitedAt`, { zh: '在将来', en: 'lies in the future' });
  if (localDateOf(visitedAt) < birthDate)
    throw invalidRequestProblem(`${path}visitedAt`, { zh: '早于出生日期', en: 'lies before the birth' });
}
