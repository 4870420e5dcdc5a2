/** The shapes of the documents of discharge, checked where one comes in: a shipped file or an upload. Strict: an unknown field is refused. */
import { z } from 'zod';
import { comorbidities, flagInputs, numberInputs, type RiskScores, riskLevels, scoreCodes } from '../../domain/discharge/risk-model.ts';
import { type DischargeRules, medicineClasses, operationSites, orderKinds, symptoms } from '../../domain/discharge/rules.ts';
import type { DischargeTemplates } from '../../domain/discharge/templates.ts';

const Code = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,59}$/);
const Words = z.string().trim().min(1).max(500);
const Title = z.strictObject({ zh: Words, en: Words });
const Sources = z.record(Code, z.strictObject({ title: Words, reference: Words, url: z.url().optional() }));
const signed = { source: Words, clause: Words, effectiveFrom: z.iso.date(), signOff: z.literal('pending').optional() };
const cited = { id: Code, ...signed };
const day = z.number().int().min(0).max(1_000);
const head = <Id extends string>(id: Id) => ({
  id: z.literal(id),
  version: z.number().int().min(1).max(1_000_000),
  title: Title,
  effectiveFrom: z.iso.date(),
  sources: Sources,
});

export const DischargeRulesSchema = z.strictObject({
  ...head('discharge-rules'),
  numbers: z.array(z.strictObject({ ...cited, value: day })).max(200),
  windows: z
    .array(z.strictObject({ ...cited, kind: z.enum(orderKinds), fromDay: day, to: z.union([day, z.literal('visit')]) }))
    .max(orderKinds.length),
  expiries: z
    .array(z.strictObject({ ...cited, kind: z.enum(orderKinds), from: z.enum(['due', 'discharge']), days: day }))
    .max(orderKinds.length),
  sutures: z
    .array(z.strictObject({ ...cited, sites: z.array(z.enum(operationSites)).min(1), fromDay: day, toDay: day }))
    .max(operationSites.length),
  medicineClasses: z
    .array(
      z.strictObject({
        ...cited,
        class: z.enum(medicineClasses),
        highAlert: z.boolean(),
        names: z.array(Words).min(1).max(500),
      }),
    )
    .max(100),
  symptoms: z
    .array(
      z.strictObject({
        ...cited,
        level: z.enum(['emergency', 'urgent']),
        codes: z.array(z.enum(symptoms)).min(1),
        withClasses: z.array(z.enum(medicineClasses)).min(1).optional(),
      }),
    )
    .max(100),
}) satisfies z.ZodType<DischargeRules>;

const kind = <Kind extends string>(name: Kind) => ({ kind: z.literal(name) });

export const DischargeTemplatesSchema = z.strictObject({
  ...head('discharge-templates'),
  templates: z
    .array(
      z.strictObject({
        ...cited,
        title: Title,
        visitByDay: day.min(1),
        earlyContact: z.boolean().optional(),
        items: z
          .array(
            z.strictObject({
              ...cited,
              kind: z.enum(orderKinds),
              title: Title,
              window: z.discriminatedUnion('kind', [
                z.strictObject({ ...kind('days'), fromDay: day, toDay: day }),
                z.strictObject(kind('default')),
                z.strictObject({ ...kind('sutures'), site: z.enum(operationSites).optional() }),
                z.strictObject({ ...kind('course'), operationDays: z.strictObject({ hip: day, knee: day }) }),
              ]),
              repeat: z.strictObject({ everyDays: day.min(1), until: Code }).optional(),
            }),
          )
          .max(100),
      }),
    )
    .min(1)
    .max(100),
}) satisfies z.ZodType<DischargeTemplates>;

const points = z.number().int().min(0).max(100);
const bands = z.array(z.strictObject({ from: z.number().min(0).max(1_000), points })).max(50);

export const RiskScoresSchema = z.strictObject({
  ...head('risk-scores'),
  deciding: z.strictObject({ ...cited, scores: z.array(z.enum(scoreCodes)) }),
  comorbidities: z
    .array(
      z.strictObject({
        ...signed,
        id: z.enum(comorbidities),
        weight: points,
        insteadOf: z.enum(comorbidities).optional(),
      }),
    )
    .max(comorbidities.length),
  scores: z
    .array(
      z.strictObject({
        ...signed,
        id: z.enum(scoreCodes),
        title: Title,
        parts: z
          .array(
            z.discriminatedUnion('kind', [
              z.strictObject({ ...cited, ...kind('number'), input: z.enum(numberInputs), bands }),
              z.strictObject({ ...cited, ...kind('any'), inputs: z.array(z.enum(flagInputs)).min(1), points }),
              z.strictObject({
                ...cited,
                ...kind('admission-type'),
                points: z.strictObject({ emergency: points, urgent: points, elective: points, other: points }),
              }),
              z.strictObject({ ...cited, ...kind('comorbidities'), bands }),
            ]),
          )
          .min(1)
          .max(50),
        levels: z.array(z.strictObject({ level: z.enum(riskLevels), from: points })),
      }),
    )
    .max(scoreCodes.length),
}) satisfies z.ZodType<RiskScores>;
