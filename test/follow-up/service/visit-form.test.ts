/** The visit form: what the record tables ask for, by code or name; what cannot be true is refused with its place, and nothing is written. */
import { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { riskFactsOf, VisitFormSchema, visitOf } from '../../../api/follow-up/visit-form.ts';
import { formFields } from '../../../domain/follow-up/form-fields.ts';
import { scoreRisk } from '../../../domain/follow-up/risk-tier.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { riskModel } from '../../support/builders/follow-up.ts';
import { contentsOf } from '../../support/oracles/contents.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

const everything = {
  bloodPressures: [{ systolic: 128, diastolic: 78 }],
  hypertensionComplaints: [2, 'leg-oedema'],
  diabetesComplaints: [1],
  otherComplaints: '夜间咳嗽',
  weight: { kg: 72.5, targetKg: 68, heightCm: 170 },
  waistCm: 91,
  dorsalisPedisPulse: { finding: 2, side: 'left' },
  otherSigns: '心前区杂音',
  smoking: { status: 'current', perDay: 10, targetPerDay: 0 },
  alcohol: { level: 'heavy', liangPerDay: 2.5, targetLiangPerDay: 1 },
  exercise: { timesPerWeek: 3, minutesEachTime: 40, targetTimesPerWeek: 5, targetMinutesEachTime: 30 },
  salt: { now: 3, target: 'light' },
  stapleFood: { gramsPerDay: 350, targetGramsPerDay: 250 },
  psychologicalAdjustment: 1,
  followingAdvice: 'fair',
  examinations: {
    hba1cPercent: 6.8,
    hba1cOn: '2026-03-01',
    ldlCholesterolMmolPerL: 3.6,
    urineMicroalbuminMgPerL: 12,
    fundus: '未见异常',
    other: '心电图正常',
  },
  medicationAdherence: 1,
  hypoglycaemia: 'none',
  medications: [{ name: '苯磺酸氨氯地平片', dose: '5 mg', timesPerDay: 1 }],
  insulin: { kind: '甘精胰岛素', usage: '睡前 12 U' },
  familyHistory: 'yes',
  targetOrganDamage: 'one',
  itemsDone: ['blood-pressure', 'weight'],
  education: [{ code: 'salt', understood: true }],
};
const filled = (form: object) => VisitFormSchema.parse({ visitedAt: '2026-03-02T01:00:00Z', mode: 1, ...form });

describe('the fields', () => {
  type Leaf = { field: string; schema: z.ZodType };

  /** Without what may be left out or is brought to a name. */
  function bare(schema: z.ZodType): z.ZodType {
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
      return bare(schema.def.innerType as z.ZodType);
    return schema;
  }

  function leavesOf(schema: z.ZodType, field = ''): Leaf[] {
    const inner = bare(schema);
    if (inner instanceof z.ZodObject)
      return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, member]) =>
        leavesOf(member, field ? `${field}.${name}` : name),
      );
    if (inner instanceof z.ZodArray) {
      const element = bare(inner.element as z.ZodType);
      return element instanceof z.ZodObject ? leavesOf(element, `${field}[]`) : [{ field, schema: element }];
    }
    return [{ field, schema: inner }];
  }
  const leaves = leavesOf(VisitFormSchema);

  test('each has its row of names, and each row its field', () => {
    expect(formFields.map(({ field }) => field).sort()).toEqual(leaves.map(({ field }) => field).sort());
  });

  test('the codes of a row are those that the form takes, by number and by name, and no others', () => {
    for (const { field, schema } of leaves) {
      const codes = formFields.find((row) => row.field === field)?.codes;
      const options = codes?.flatMap(({ code, name }) => (code === null ? [name] : [code, name])) ?? [];
      for (const option of options) expect([field, option, schema.safeParse(option).success]).toEqual([field, option, true]);
      const takesNames = schema instanceof z.ZodEnum || schema instanceof z.ZodUnion || schema instanceof z.ZodPipe;
      expect([field, codes !== null]).toEqual([field, takesNames]);
      if (!takesNames) continue;
      for (const wrong of ['', 'bogus', 0, (codes?.length ?? 0) + 1, 1.5])
        expect([field, wrong, schema.safeParse(wrong).success]).toEqual([field, wrong, false]);
      const named = codes?.filter(({ code }) => code !== null) ?? [];
      if (schema instanceof z.ZodPipe) expect(named.map(({ code }) => schema.parse(code))).toEqual(named.map(({ name }) => name));
    }
  });

  test('names are Chinese and English; no identifier of the standard is made up', () => {
    for (const { field, zh, en, identifier } of formFields)
      expect([field, zh, en, identifier]).toEqual([
        field,
        expect.stringMatching(/\p{Script=Han}/u),
        expect.stringMatching(/[A-Za-z]{3}/),
        null,
      ]);
  });
});

describe('what the rules see', () => {
  test('codes become names; of words and ways of living nothing is in it', () => {
    const form = filled(everything);
    expect(form).toMatchObject({
      hypertensionComplaints: ['headache-dizziness', 'leg-oedema'],
      diabetesComplaints: ['none'],
      dorsalisPedisPulse: { finding: 'weakened' },
      salt: { now: 'heavy', target: 'light' },
      psychologicalAdjustment: 'good',
      medicationAdherence: 'regular',
    });
    const { itemsDone, ...rest } = visitOf(form);
    expect(itemsDone?.length).toBeGreaterThan(0);
    expect(Object.keys(rest).sort()).toEqual(Object.keys(visitOf(filled({}))).sort());
    expect(JSON.stringify(rest)).not.toMatch(/\p{Script=Han}|smok|insulin|weight/u);
  });

  test('the risk score is told what the form says', () => {
    expect(riskFactsOf(filled(everything))).toEqual({
      bmi: 25.1,
      waistCm: 91,
      ldlCholesterol: 3.6,
      smoking: 'current',
      alcohol: 'heavy',
      exerciseMinutesPerWeek: 120,
      familyHistory: 'yes',
      targetOrganDamage: 'one',
    });
    // bmi 1, waist 1, LDL 2, smoking 2, alcohol 1, exercise 1, family 1, damage 5
    expect(scoreRisk(riskModel, riskFactsOf(filled(everything))).score).toBe(14);
  });

  test.each<[form: object, facts: object]>([
    [{}, {}],
    [{ weight: { kg: 70 } }, {}],
    [{ weight: null, smoking: null, waistCm: null, exercise: null }, {}],
    [{ smoking: { perDay: 0 } }, {}], // never, or stopped
    [{ smoking: { perDay: 5 } }, { smoking: 'current' }],
    [{ smoking: { status: 'stopped', perDay: 0 } }, { smoking: 'stopped' }],
    [{ alcohol: { liangPerDay: 0 } }, { alcohol: 'none' }],
    [{ alcohol: { liangPerDay: 1 } }, {}], // some or heavy is the clinician's word
    [{ exercise: { timesPerWeek: 0 } }, { exerciseMinutesPerWeek: 0 }],
    [{ exercise: { timesPerWeek: 3 } }, {}],
    [{ waistCm: 90 }, { waistCm: 90 }],
  ])('%j says %j and no more', (form, facts) => {
    expect(riskFactsOf(filled(form))).toEqual(facts);
  });
});

describe('on the running service', () => {
  let service: Service;
  let enrolment: { id: string; startedOn: string };
  beforeAll(async () => {
    service = await startService();
    const { id: patientId } = await service.db
      .selectFrom('patient')
      .select('id')
      .where('home_institution_id', '=', 'inst-c01')
      .where('birth_date', '<', '1980-01-01')
      .orderBy('id')
      .limit(1)
      .executeTakeFirstOrThrow();
    const body = { patientId, protocol: 'htn-2017', startedOn: localDateOf(Date.now()) };
    const answer = await service.post('gp', '/v1/enrolments', body);
    expect(answer.status).toBe(201);
    enrolment = answer.body;
  });
  afterAll(() => service?.stop());

  const record = (form: object): Promise<Answer> =>
    service.post('gp', `/v1/enrolments/${enrolment.id}/visits`, {
      visitedAt: new Date(Date.now() - 1_000).toISOString(),
      mode: 1,
      form: { bloodPressures: [{ systolic: 128, diastolic: 78 }], ...form },
    });

  test.each<[form: object, path: string]>([
    [{ weight: { kg: 7_250 } }, 'weight.kg'], // grams
    [{ weight: { kg: 145, targetKg: 5 } }, 'weight.targetKg'],
    [{ weight: { kg: 70, heightCm: 1.7 } }, 'weight.heightCm'], // metres
    [{ weight: { kg: 20, heightCm: 250 } }, 'weight.heightCm'], // each may be, both may not
    [{ weight: { kg: '72' } }, 'weight.kg'],
    [{ weight: 72 }, 'weight'],
    [{ weight: { kg: 72, bmi: 25 } }, 'weight.bmi'],
    [{ waistCm: 900 }, 'waistCm'],
    [{ waistCm: 2.7 }, 'waistCm'], // 尺
    [{ dorsalisPedisPulse: { finding: 4 } }, 'dorsalisPedisPulse.finding'],
    [{ dorsalisPedisPulse: { finding: 1, side: 'up' } }, 'dorsalisPedisPulse.side'],
    [{ dorsalisPedisPulse: {} }, 'dorsalisPedisPulse.finding'],
    [{ smoking: { perDay: -1 } }, 'smoking.perDay'],
    [{ smoking: { perDay: 400 } }, 'smoking.perDay'],
    [{ smoking: { status: 'sometimes' } }, 'smoking.status'],
    [{ smoking: { status: 'never', perDay: 3 } }, 'smoking.perDay'],
    [{ alcohol: { liangPerDay: 500 } }, 'alcohol.liangPerDay'], // mL
    [{ alcohol: { level: 'none', liangPerDay: 1 } }, 'alcohol.liangPerDay'],
    [{ exercise: { timesPerWeek: 70, minutesEachTime: 1_000 } }, 'exercise.minutesEachTime'],
    [{ salt: { now: 0 } }, 'salt.now'],
    [{ salt: { target: '4' } }, 'salt.target'],
    [{ stapleFood: { gramsPerDay: 1e6 } }, 'stapleFood.gramsPerDay'],
    [{ psychologicalAdjustment: 4 }, 'psychologicalAdjustment'],
    [{ followingAdvice: 'excellent' }, 'followingAdvice'],
    [{ examinations: { hba1cPercent: 51 } }, 'examinations.hba1cPercent'], // mmol/mol
    [{ examinations: { ldlCholesterolMmolPerL: 130 } }, 'examinations.ldlCholesterolMmolPerL'], // mg/dL
    [{ examinations: { hba1cOn: '2026-02-30' } }, 'examinations.hba1cOn'],
    [{ examinations: { fundus: ' ' } }, 'examinations.fundus'],
    [{ examinations: { fundus: '眼'.repeat(501) } }, 'examinations.fundus'],
    [{ medicationAdherence: true }, 'medicationAdherence'],
    [{ hypoglycaemia: 'often' }, 'hypoglycaemia'],
    [{ medications: [{ name: '阿司匹林' }, { dose: '5 mg' }] }, 'medications.1.name'],
    [{ medications: [{ name: '阿司匹林', timesPerDay: 0 }] }, 'medications.0.timesPerDay'],
    [{ insulin: { usage: '12 U' } }, 'insulin.kind'],
    [{ hypertensionComplaints: [10] }, 'hypertensionComplaints.0'],
    [{ hypertensionComplaints: [1, 2] }, 'hypertensionComplaints'],
    [{ diabetesComplaints: ['numb-limbs'] }, 'diabetesComplaints.0'],
    [{ familyHistory: 'maybe' }, 'familyHistory'],
    [{ targetOrganDamage: 2 }, 'targetOrganDamage'],
    [{ itemsDone: ['Blood pressure'] }, 'itemsDone.0'],
    [{ education: [{ code: 'salt' }] }, 'education.0.understood'],
    [{ favouriteColour: 'red' }, 'favouriteColour'],
  ])('%j is refused at %s, and nothing is written', async (form, path) => {
    const before = await contentsOf(service.db);
    const { status, body } = await record(form);
    expect([status, body.errors?.[0]?.path]).toEqual([422, `form.${path}`]);
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('an item that the protocol does not have is refused with its place', async () => {
    const visit = { visitedAt: '2026-03-02T01:00:00Z', mode: 1, bloodPressures: [{ systolic: 128, diastolic: 78 }] };
    const patient = { birthDate: '1956-03-01', sex: 'female' };
    const ask = (itemsDone: string[]) => service.post('gp', '/v1/protocols/htn-2017/evaluate', { patient, visit: { ...visit, itemsDone } });
    expect((await ask(['weight', 'lifestyle'])).status).toBe(200);
    const { status, body } = await ask(['weight', 'dorsalis-pedis-pulse']);
    expect([status, body.errors?.[0]?.path]).toEqual([422, 'visit.itemsDone.1']);
  });

  test('a full form is kept in the visit’s row by names; the workflow gets no word of it', async () => {
    const recorded = await record(everything);
    expect([recorded.status, recorded.body.errors]).toEqual([201, undefined]);
    const { body } = await service.get('gp', `/v1/enrolments/${enrolment.id}/visits`);
    expect(body.items[0].form).toMatchObject({
      ...everything,
      bloodPressures: [{ systolic: 128, diastolic: 78, unit: 'mmHg' }],
      hypertensionComplaints: ['headache-dizziness', 'leg-oedema'],
      diabetesComplaints: ['none'],
      dorsalisPedisPulse: { finding: 'weakened', side: 'left' },
      salt: { now: 'heavy', target: 'light' },
      psychologicalAdjustment: 'good',
      medicationAdherence: 'regular',
    });
    const { input } = await service.db.selectFrom('command').select('input').where('name', '=', 'record-visit').executeTakeFirstOrThrow();
    expect(JSON.stringify(input)).not.toMatch(/\p{Script=Han}|insulin/u);
  });

  test('the fields, their names and codes are served', async () => {
    const { status, body } = await service.get('nurse', '/v1/visit-form');
    expect([status, body.items.length, body.standards.dataSet]).toEqual([200, formFields.length, 'WS 372.2-2012']);
    expect(body.items.find(({ field }: { field: string }) => field === 'salt.now')).toEqual({
      field: 'salt.now',
      zh: '摄盐情况',
      en: 'Salt',
      element: { name: '摄盐量分级代码', group: 'WS/T 363.5 健康危险因素', identifier: null },
      codes: [
        { code: 1, name: 'light', zh: '轻' },
        { code: 2, name: 'middle', zh: '中' },
        { code: 3, name: 'heavy', zh: '重' },
      ],
    });
  });
});
