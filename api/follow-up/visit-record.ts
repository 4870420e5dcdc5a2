/**
 * What the follow-up record tables for hypertension and type 2 diabetes ask for (national specification, 3rd edition), as fields of the form.
 * All may be left out. Where the table has codes, a code or its name is taken and the name is kept. Their words: domain/follow-up/form-fields.ts.
 */
import { z } from '@hono/zod-openapi';
import { toMessage } from '../kit/field-words.ts';
import { DateOnly, Text } from '../kit/schemas.ts';

/** The table's code 1, 2, 3 …, or its name. */
const coded = <Name extends string>(names: readonly [Name, ...Name[]]) =>
  z
    .union([z.enum(names), z.literal(names.map((_, index) => index + 1))])
    .transform((given): Name => (typeof given === 'number' ? (names[given - 1] as Name) : given));

/** Outside of what a living person has it is a slip of the pen or of the unit. */
export const implausible = toMessage({ zh: '按此单位不合常理', en: 'implausible in this unit' });

const between = (least: number, most: number) => z.number().min(least, implausible).max(most, implausible).nullish();

const addContradiction = (context: z.RefinementCtx, place: string, what: string): void =>
  context.addIssue({ code: 'custom', path: [place], message: toMessage({ zh: `与 ${what} 矛盾`, en: `contradicts ${what}` }) });

const cigarettes = between(0, 200);
/** As liquor: 1 两 is 50 mL. */
const liang = between(0, 60);
const kg = between(20, 400);
const timesAWeek = between(0, 70);
const minutes = between(0, 1_440);
const gramsADay = between(0, 5_000);

const implausibleCount = toMessage({ zh: '不合常理', en: 'implausible' });

const salt = ['light', 'middle', 'heavy'] as const;
const impression = ['good', 'fair', 'poor'] as const;
const code = z.string().regex(/^[a-z0-9-]{1,60}$/, toMessage({ zh: '须为代码，如 blood-pressure', en: 'a code such as blood-pressure' }));

const leastKgPerM2 = 8;
const mostKgPerM2 = 150;
export const kgPerM2 = ({ kg: weight, heightCm }: { kg: number; heightCm: number }): number => weight / (heightCm / 100) ** 2;

/** The table's first code says that there is nothing. */
const complaints = <Name extends string>(names: readonly [Name, ...Name[]]) =>
  z
    .array(coded(names))
    .max(20)
    .refine(
      (given) => given.length < 2 || !(given as string[]).includes(names[0]),
      toMessage({ zh: `${names[0]} 与其他选项矛盾`, en: `${names[0]} contradicts the others` }),
    )
    .nullish();

export const recordFields = {
  // What is asked at every visit; the symptoms of a crisis are the form's `symptoms`.
  hypertensionComplaints: complaints([
    'none',
    'headache-dizziness',
    'nausea-vomiting',
    'blurred-vision-tinnitus',
    'dyspnoea',
    'palpitations-chest-tightness',
    'persistent-nosebleed',
    'numb-limbs',
    'leg-oedema',
  ]),
  diabetesComplaints: complaints([
    'none',
    'polydipsia',
    'polyphagia',
    'polyuria',
    'blurred-vision',
    'infection',
    'numb-hands-feet',
    'leg-oedema',
    'marked-weight-loss',
  ]),
  otherComplaints: Text(500).nullish(),

  // Signs
  weight: z
    .strictObject({ kg, targetKg: kg, heightCm: between(80, 260) })
    .superRefine(({ kg: weight, heightCm }, context) => {
      if (weight == null || heightCm == null) return;
      const bmi = kgPerM2({ kg: weight, heightCm });
      if (bmi < leastKgPerM2 || bmi > mostKgPerM2) addContradiction(context, 'heightCm', 'kg');
    })
    .nullish(),
  waistCm: between(30, 250),
  dorsalisPedisPulse: z
    .strictObject({ finding: coded(['palpable', 'weakened', 'absent']), side: z.enum(['both', 'left', 'right']).nullish() })
    .nullish(),
  otherSigns: Text(500).nullish(),

  // Ways of living: now, and the target agreed for the next visit
  smoking: z
    .strictObject({ status: z.enum(['never', 'stopped', 'current']).nullish(), perDay: cigarettes, targetPerDay: cigarettes })
    .superRefine(({ status, perDay }, context) => {
      if (perDay && (status === 'never' || status === 'stopped')) addContradiction(context, 'perDay', 'status');
    })
    .nullish(),
  alcohol: z
    .strictObject({ level: z.enum(['none', 'some', 'heavy']).nullish(), liangPerDay: liang, targetLiangPerDay: liang })
    .superRefine(({ level, liangPerDay }, context) => {
      if (liangPerDay && level === 'none') addContradiction(context, 'liangPerDay', 'level');
    })
    .nullish(),
  exercise: z
    .strictObject({
      timesPerWeek: timesAWeek,
      minutesEachTime: minutes,
      targetTimesPerWeek: timesAWeek,
      targetMinutesEachTime: minutes,
    })
    .superRefine(({ timesPerWeek, minutesEachTime }, context) => {
      if ((timesPerWeek ?? 0) * (minutesEachTime ?? 0) > 7 * 24 * 60) addContradiction(context, 'minutesEachTime', 'timesPerWeek');
    })
    .nullish(),
  salt: z.strictObject({ now: coded(salt).nullish(), target: coded(salt).nullish() }).nullish(),
  stapleFood: z.strictObject({ gramsPerDay: gramsADay, targetGramsPerDay: gramsADay }).nullish(),
  psychologicalAdjustment: coded(impression).nullish(),
  followingAdvice: coded(impression).nullish(),

  // Examinations since the last visit, wherever they were made
  examinations: z
    .strictObject({
      hba1cPercent: between(2, 25),
      hba1cOn: DateOnly.nullish(),
      ldlCholesterolMmolPerL: between(0.1, 30),
      urineMicroalbuminMgPerL: between(0, 20_000),
      fundus: Text(500).nullish(),
      other: Text(1_000).nullish(),
    })
    .nullish(),

  // Medicines
  medicationAdherence: coded(['regular', 'intermittent', 'none']).nullish(),
  hypoglycaemia: coded(['none', 'occasional', 'frequent']).nullish(),
  medications: z
    .array(
      z.strictObject({
        name: Text(100),
        dose: Text(100).nullish(),
        timesPerDay: z.number().positive(implausibleCount).max(24, implausibleCount).nullish(),
      }),
    )
    .max(30)
    .nullish(),
  insulin: z.strictObject({ kind: Text(100), usage: Text(200).nullish() }).nullish(),

  // Beyond the tables: what the risk score asks, and what was done
  familyHistory: z.enum(['no', 'yes']).nullish(),
  targetOrganDamage: z.enum(['none', 'one', 'several']).nullish(),
  itemsDone: z.array(code).max(50).nullish(),
  education: z
    .array(z.strictObject({ code, understood: z.boolean() }))
    .max(50)
    .nullish(),
};
