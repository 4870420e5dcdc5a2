/** The shapes of protocols, calendars and risk models, checked where a document comes in: a shipped file or an upload. Strict: an unknown field is refused. */
import { z } from 'zod';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import { type RiskModel, riskVariables } from '../../domain/follow-up/risk-tier.ts';
import { symptomCodes } from '../../domain/follow-up/symptoms.ts';
import type { CalendarYear } from '../../domain/time/calendar.ts';

const Code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);
const Words = z.string().trim().min(1).max(500);
const Title = z.strictObject({ zh: Words, en: Words });
const LocalDateSchema = z.iso.date();
const Sources = z.record(Code, z.strictObject({ title: Words, reference: Words, url: z.url().optional() }));

const cited = { id: Code, source: Words, clause: Words, effectiveFrom: LocalDateSchema, signOff: z.literal('pending').optional() };
const count = z.number().int().min(1).max(1_000);
const DurationSchema = z.union([z.strictObject({ days: count }), z.strictObject({ months: count })]);
const days = z.number().int().min(0).max(1_000);
const WindowSchema = z.strictObject({
  due: DurationSchema,
  opens: z.union([z.strictObject({ afterDays: days }), z.strictObject({ beforeDueDays: days })]),
});

const value = z.number().positive().max(1_000);
const pressure = { systolic: value, diastolic: value };
const kind = <Kind extends string>(name: Kind) => ({ kind: z.literal(name) });
const ladder = { from: count, to: count.nullable() };
const ConditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...kind('blood-pressure-at-least'), ...pressure }),
  z.strictObject({ ...kind('glucose-at-least'), mmolPerL: value }),
  z.strictObject({ ...kind('glucose-at-most'), mmolPerL: value }),
  z.strictObject({ ...kind('heart-rate-above'), perMinute: value }),
  z.strictObject({ ...kind('temperature-above'), celsius: value }),
  z.strictObject({ ...kind('symptom'), anyOf: z.array(z.enum(symptomCodes)).min(1).max(50) }),
  z.strictObject(kind('pregnant')),
  z.strictObject({ ...kind('pregnant-blood-pressure-at-least'), ...pressure }),
  z.strictObject({ ...kind('pregnant-fasting-glucose-at-least'), mmolPerL: value }),
  z.strictObject(kind('new-complication')),
  z.strictObject({ ...kind('adverse-reaction-hard-to-control'), times: count }),
  z.strictObject(kind('adverse-reaction')),
  z.strictObject({ ...kind('uncontrolled-in-a-row'), ...ladder }),
  z.strictObject(kind('controlled')),
  z.strictObject(kind('not-measured')),
  z.strictObject({ ...kind('raised-on-dates'), ...pressure, ...ladder, withinDays: count.nullable() }),
]);
const Outcome = z.strictObject({
  action: z.enum(['continue', 'adjust', 'refer', 'refer-urgent']),
  next: WindowSchema.nullable(),
  specialistClinicWithinHours: count.optional(),
  notify: z.literal('head').optional(),
});
const age = z.number().int().min(0).max(150);
const EntryConditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...kind('blood-pressure-from'), ...pressure, systolicBelow: value, diastolicBelow: value }),
  z.strictObject({ ...kind('bmi-from'), kgPerM2: value }),
  z.strictObject({ ...kind('waist-from'), maleCm: value, femaleCm: value }),
  z.strictObject(kind('family-history')),
  z.strictObject(kind('salty-diet')),
  z.strictObject({ ...kind('liquor-from'), mlPerDay: value }),
  z.strictObject({ ...kind('age-from'), years: value }),
]);
const BandSchema = z.strictObject({
  ...cited,
  ageFrom: age,
  ageBelow: age.nullable(),
  systolic: value.nullable(),
  diastolic: value.nullable(),
  fastingGlucose: value.nullable(),
});

export const ProtocolSchema = z.strictObject({
  id: Code,
  version: z.number().int().min(1).max(1_000_000),
  title: Title,
  disease: Code,
  effectiveFrom: LocalDateSchema,
  indicator: z.enum(['payment', 'clinical']).nullable(),
  sources: Sources,
  population: z.strictObject({ ...cited, minimumAge: age.nullable() }),
  entry: z.array(z.strictObject({ ...cited, when: EntryConditionSchema })).max(50),
  classifiedBy: z.array(z.enum(['blood-pressure', 'fasting-glucose'])).max(2),
  targets: z
    .array(
      z.strictObject({
        for: z.enum(['diabetes-or-kidney-disease', 'tolerates-lower-target', 'everyone']),
        bands: z.array(BandSchema).max(50),
      }),
    )
    .min(1)
    .max(10),
  rules: z.array(z.strictObject({ ...cited, when: ConditionSchema, outcome: Outcome, whileReferralOpen: Outcome.optional() })).max(200),
  phases: z
    .array(z.strictObject({ ...cited, every: WindowSchema, until: DurationSchema.nullable(), next: Code.nullable() }))
    .min(1)
    .max(50),
  quota: z
    .strictObject({ ...cited, faceToFacePerYear: count, daysPerVisit: count, leastDaysApart: count, annualExamCounts: z.boolean() })
    .nullable(),
  items: z
    .array(
      z.strictObject({
        ...cited,
        code: Code,
        title: Title,
        every: z.union([z.literal('visit'), DurationSchema]),
        phases: z.array(Code).min(1).max(50).optional(),
      }),
    )
    .max(200),
  screening: z.strictObject({ ...cited, ...pressure, dates: count, withinDays: count.nullable() }).nullable(),
}) satisfies z.ZodType<Protocol>;

export const CalendarYearSchema = z.strictObject({
  year: z.number().int().min(2000).max(2199),
  version: count,
  source: z.strictObject({ title: Words, reference: Words, publishedOn: LocalDateSchema }),
  holidays: z.array(z.strictObject({ name: Title, from: LocalDateSchema, to: LocalDateSchema })).max(50),
  makeUpWorkdays: z.array(LocalDateSchema).max(50),
}) satisfies z.ZodType<CalendarYear>;

const scoring = { ...cited, variable: z.enum(riskVariables) };
const bound = z.number().min(0).max(1_000).nullable();
const points = z.number().int().min(0).max(100);

export const RiskModelSchema = z.strictObject({
  version: count,
  effectiveFrom: LocalDateSchema,
  signOff: z.enum(['pending', 'signed']),
  sources: Sources,
  diseases: z.array(Code).min(1).max(50),
  scorings: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ ...scoring, ...kind('number'), bands: z.array(z.strictObject({ from: bound, below: bound, points })).min(1) }),
      z.strictObject({ ...scoring, ...kind('choice'), points: z.record(Code, points) }),
    ]),
  ),
  tiers: z.array(
    z.strictObject({
      ...cited,
      tier: z.enum(['low', 'middle', 'high']),
      scoreFrom: z.number().int().min(0),
      every: DurationSchema,
      actions: z.array(Code),
    }),
  ),
  leastKnown: count,
}) satisfies z.ZodType<RiskModel>;
