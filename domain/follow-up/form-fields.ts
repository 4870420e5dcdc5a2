/**
 * The visit form: each field once, with its words, its codes and what it takes. A field that is added here is asked for, checked, published in
 * the contract, listed at /v1/visit-form and told in the summary. The order is that of the record tables for hypertension and type 2 diabetes
 * (national specification, 3rd edition).
 *
 * The elements are those of the data set WS 372.2-2012, with the part of WS/T 363-2023 that each belongs to. We do not have the
 * texts of both standards: the names of elements follow what health-record software publishes and have to be checked.
 */
import type { Comparator } from '../readings/reading.ts';
import type { GlucoseUnit, PressureUnit } from '../readings/units.ts';
import { type FormField, group, listFormFields, type RecordField, type RuleField } from './form-field-kinds.ts';
import type { SymptomCode } from './symptoms.ts';
import type { VisitMode } from './visit.ts';

const impression = { good: '良好', fair: '一般', poor: '差' };
const salt = { light: '轻', middle: '中', heavy: '重' };
const comparators = { '<': '低于', '<=': '不高于', '>=': '不低于', '>': '高于' } satisfies Record<Comparator, string>;
const glucoseUnits = { 'mmol/L': '毫摩尔每升', 'mg/dL': '毫克每分升' } satisfies Record<GlucoseUnit, string>;

export const visitForm = {
  visitedAt: { kind: 'read-by-rules', zh: '随访日期', en: 'Date and time of the visit', element: [17, '随访日期'] },
  mode: {
    kind: 'read-by-rules',
    zh: '随访方式',
    en: 'Mode of the visit',
    element: [17, '随访方式代码'],
    codes: { clinic: '门诊', home: '家庭', phone: '电话' } satisfies Record<VisitMode, string>,
    numbered: true,
  },

  // Complaints: `symptoms` are those of a crisis, the other ones are asked at every visit.
  symptoms: {
    kind: 'read-by-rules',
    zh: '危急症状',
    en: 'Symptoms of a crisis',
    element: [6, '症状代码'],
    codes: {
      'altered-consciousness': '意识改变',
      'severe-headache': '剧烈头痛',
      'severe-dizziness': '剧烈头晕',
      'nausea-vomiting': '恶心呕吐',
      'blurred-vision': '视力模糊',
      'eye-pain': '眼痛',
      palpitations: '心悸',
      'chest-tightness': '胸闷',
      orthopnoea: '喘憋不能平卧',
      'abnormal-behaviour': '行为改变',
      'acetone-breath': '呼气有烂苹果样丙酮味',
      sweating: '出汗',
      anorexia: '食欲减退',
      polydipsia: '多饮',
      polyuria: '多尿',
      'abdominal-pain': '腹痛',
      'deep-breathing': '深大呼吸',
      flushing: '皮肤潮红',
      'sudden-vision-loss': '视力突然骤降',
    } satisfies Record<SymptomCode, string>,
  },
  hypertensionComplaints: {
    kind: 'coded-list',
    most: 20,
    zh: '症状（高血压）',
    en: 'Complaints, hypertension',
    element: [6, '症状代码'],
    codes: {
      none: '无症状',
      'headache-dizziness': '头痛头晕',
      'nausea-vomiting': '恶心呕吐',
      'blurred-vision-tinnitus': '眼花耳鸣',
      dyspnoea: '呼吸困难',
      'palpitations-chest-tightness': '心悸胸闷',
      'persistent-nosebleed': '鼻衄出血不止',
      'numb-limbs': '四肢发麻',
      'leg-oedema': '下肢水肿',
    },
  },
  diabetesComplaints: {
    kind: 'coded-list',
    most: 20,
    zh: '症状（糖尿病）',
    en: 'Complaints, diabetes',
    element: [6, '症状代码'],
    codes: {
      none: '无症状',
      polydipsia: '多饮',
      polyphagia: '多食',
      polyuria: '多尿',
      'blurred-vision': '视力模糊',
      infection: '感染',
      'numb-hands-feet': '手脚麻木',
      'leg-oedema': '下肢浮肿',
      'marked-weight-loss': '体重明显下降',
    },
  },
  otherComplaints: { kind: 'text', longest: 500, zh: '其他症状', en: 'Other complaints', element: [6, null] },

  // Signs
  bloodPressures: {
    kind: 'read-by-rules',
    several: true,
    members: {
      systolic: { zh: '收缩压', en: 'Systolic blood pressure', element: [7, '收缩压(mmHg)'] },
      diastolic: { zh: '舒张压', en: 'Diastolic blood pressure', element: [7, '舒张压(mmHg)'] },
      unit: {
        zh: '血压单位',
        en: 'Unit of the blood pressure',
        codes: { mmHg: '毫米汞柱', kPa: '千帕' } satisfies Record<PressureUnit, string>,
      },
      atHome: { zh: '家庭自测', en: 'Taken at home' },
    },
  },
  heartRate: { kind: 'read-by-rules', zh: '心率（次/分钟）', en: 'Heart rate (/min)', element: [7, '心率(次/min)'] },
  temperature: { kind: 'read-by-rules', zh: '体温（℃）', en: 'Temperature (°C)', element: [7, '体温(℃)'] },
  weight: group(
    {
      kg: { kind: 'number', least: 20, most: 400, zh: '体重（kg）', en: 'Weight (kg)', element: [7, '体重(kg)'] },
      targetKg: { kind: 'number', least: 20, most: 400, zh: '目标体重（kg）', en: 'Target weight (kg)', element: [12, '目标体重(kg)'] },
      heightCm: {
        kind: 'number',
        least: 80,
        most: 260,
        zh: '身高（cm），用于计算体质指数',
        en: 'Height (cm); gives the BMI',
        element: [7, '身高(cm)'],
      },
    },
    {
      at: 'heightCm',
      with: 'kg',
      isIn: ({ kg, heightCm }) => kg != null && heightCm != null && !isPossibleKgPerM2(kgPerM2({ kg, heightCm })),
    },
  ),
  waistCm: { kind: 'number', least: 30, most: 250, zh: '腰围（cm）', en: 'Waist (cm)', element: [7, '腰围(cm)'] },
  dorsalisPedisPulse: group({
    finding: {
      kind: 'coded',
      required: true,
      zh: '足背动脉搏动',
      en: 'Dorsalis pedis pulse',
      element: [7, '足背动脉搏动标志'],
      codes: { palpable: '触及正常', weakened: '减弱', absent: '消失' },
    },
    side: { kind: 'choice', zh: '足背动脉搏动异常侧', en: 'Side of it', codes: { both: '双侧', left: '左侧', right: '右侧' } },
  }),
  otherSigns: { kind: 'text', longest: 500, zh: '其他体征', en: 'Other signs', element: [7, '其他阳性体征'] },

  // Ways of living: now, and the target agreed for the next visit
  smoking: group(
    {
      status: {
        kind: 'choice',
        zh: '吸烟状况',
        en: 'Smoking',
        element: [5, '吸烟状况代码'],
        codes: { never: '从不吸烟', stopped: '已戒烟', current: '吸烟' },
      },
      perDay: { kind: 'number', least: 0, most: 200, zh: '日吸烟量（支）', en: 'Cigarettes a day', element: [5, '日吸烟量(支)'] },
      targetPerDay: {
        kind: 'number',
        least: 0,
        most: 200,
        zh: '目标日吸烟量（支）',
        en: 'Target, cigarettes a day',
        element: [12, '目标日吸烟量(支)'],
      },
    },
    { at: 'perDay', with: 'status', isIn: ({ status, perDay }) => !!perDay && (status === 'never' || status === 'stopped') },
  ),
  alcohol: group(
    {
      level: { kind: 'choice', zh: '饮酒情况', en: 'Alcohol', element: [5, null], codes: { none: '不饮', some: '少量', heavy: '过量' } },
      liangPerDay: {
        kind: 'number',
        least: 0,
        most: 60,
        zh: '日饮酒量（两，折合白酒）',
        // eslint-disable-next-line no-restricted-syntax -- the unit has no English name
        en: 'Liquor a day (两, 50 mL)',
        element: [5, '日饮酒量(两)'],
      },
      targetLiangPerDay: {
        kind: 'number',
        least: 0,
        most: 60,
        zh: '目标日饮酒量（两）',
        // eslint-disable-next-line no-restricted-syntax -- the unit has no English name
        en: 'Target, liquor a day (两)',
        element: [12, '目标日饮酒量(两)'],
      },
    },
    { at: 'liangPerDay', with: 'level', isIn: ({ level, liangPerDay }) => !!liangPerDay && level === 'none' },
  ),
  exercise: group(
    {
      timesPerWeek: {
        kind: 'number',
        least: 0,
        most: 70,
        zh: '运动（次/周）',
        en: 'Exercise, times a week',
        element: [5, '运动频率(次/周)'],
      },
      minutesEachTime: {
        kind: 'number',
        least: 0,
        most: 1_440,
        zh: '运动（分钟/次）',
        en: 'Exercise, minutes each time',
        element: [5, '运动时长(min/次)'],
      },
      targetTimesPerWeek: {
        kind: 'number',
        least: 0,
        most: 70,
        zh: '目标运动（次/周）',
        en: 'Target, times a week',
        element: [12, '目标运动频率(次/周)'],
      },
      targetMinutesEachTime: {
        kind: 'number',
        least: 0,
        most: 1_440,
        zh: '目标运动（分钟/次）',
        en: 'Target, minutes each time',
        element: [12, '目标运动时长(min/次)'],
      },
    },
    {
      at: 'minutesEachTime',
      with: 'timesPerWeek',
      isIn: ({ timesPerWeek, minutesEachTime }) => (timesPerWeek ?? 0) * (minutesEachTime ?? 0) > MINUTES_A_WEEK,
    },
  ),
  salt: group({
    now: { kind: 'coded', zh: '摄盐情况', en: 'Salt', element: [5, '摄盐量分级代码'], codes: salt },
    target: { kind: 'coded', zh: '目标摄盐情况', en: 'Target, salt', element: [12, '目标摄盐量分级代码'], codes: salt },
  }),
  stapleFood: group({
    gramsPerDay: { kind: 'number', least: 0, most: 5_000, zh: '主食（克/天）', en: 'Staple food (g a day)', element: [5, '日主食量(g)'] },
    targetGramsPerDay: {
      kind: 'number',
      least: 0,
      most: 5_000,
      zh: '目标主食（克/天）',
      en: 'Target, staple food (g a day)',
      element: [12, '目标日主食量(g)'],
    },
  }),
  psychologicalAdjustment: {
    kind: 'coded',
    zh: '心理调整',
    en: 'Psychological adjustment',
    element: [11, '心理调整评价结果代码'],
    codes: impression,
  },
  followingAdvice: { kind: 'coded', zh: '遵医行为', en: 'Following advice', element: [11, '随访遵医行为评价结果代码'], codes: impression },

  // Examinations since the last visit, wherever they were made
  fastingGlucose: {
    kind: 'read-by-rules',
    members: {
      value: { zh: '空腹血糖', en: 'Fasting glucose', element: [9, '空腹血糖值(mmol/L)'] },
      comparator: { zh: '空腹血糖超出仪器量程（HI、LO）', en: 'Beyond the range of the meter', codes: comparators },
      unit: { zh: '空腹血糖单位', en: 'Its unit', codes: glucoseUnits },
      atHome: { zh: '空腹血糖为家庭自测', en: 'Taken at home' },
    },
  },
  randomGlucose: {
    kind: 'read-by-rules',
    members: {
      value: { zh: '随机血糖', en: 'Random glucose', element: [9, null] },
      comparator: { zh: '随机血糖超出仪器量程（HI、LO）', en: 'Beyond the range of the meter', codes: comparators },
      unit: { zh: '随机血糖单位', en: 'Its unit', codes: glucoseUnits },
      atHome: { zh: '随机血糖为家庭自测', en: 'Taken at home' },
    },
  },
  examinations: group({
    hba1cPercent: { kind: 'number', least: 2, most: 25, zh: '糖化血红蛋白（%）', en: 'HbA1c (%)', element: [9, '糖化血红蛋白值(%)'] },
    hba1cOn: { kind: 'date', zh: '糖化血红蛋白检查日期', en: 'Date of the HbA1c', element: [8, '检查日期'] },
    ldlCholesterolMmolPerL: {
      kind: 'number',
      least: 0.1,
      most: 30,
      zh: '低密度脂蛋白胆固醇（mmol/L）',
      en: 'LDL cholesterol (mmol/L)',
      element: [9, '血清低密度脂蛋白胆固醇检测值(mmol/L)'],
    },
    urineMicroalbuminMgPerL: {
      kind: 'number',
      least: 0,
      most: 20_000,
      zh: '尿微量白蛋白（mg/L）',
      en: 'Urine microalbumin (mg/L)',
      element: [9, '尿微量白蛋白(mg/L)'],
    },
    fundus: { kind: 'text', longest: 500, zh: '眼底检查', en: 'Fundus', element: [8, '眼底检查结果'] },
    other: { kind: 'text', longest: 1_000, zh: '其他辅助检查', en: 'Other examinations', element: [8, '辅助检查结果'] },
  }),

  // Medicines
  medicationAdherence: {
    kind: 'coded',
    zh: '服药依从性',
    en: 'Medication adherence',
    element: [11, '服药依从性代码'],
    codes: { regular: '规律', intermittent: '间断', none: '不服药' },
  },
  adverseReactions: { kind: 'read-by-rules', zh: '药物不良反应', en: 'Adverse reactions', element: [11, '药物不良反应描述'] },
  hardToControl: { kind: 'read-by-rules', zh: '不良反应难以控制', en: 'Adverse reaction hard to control' },
  hypoglycaemia: {
    kind: 'coded',
    zh: '低血糖反应',
    en: 'Hypoglycaemia',
    element: [11, '低血糖反应代码'],
    codes: { none: '无', occasional: '偶尔', frequent: '频繁' },
  },
  newComplication: { kind: 'read-by-rules', zh: '新发或加重的并发症', en: 'New or worse complication' },
  medications: {
    kind: 'list',
    most: 30,
    members: {
      name: { kind: 'text', longest: 100, required: true, zh: '药物名称', en: 'Medicine', element: [16, '药物名称'] },
      dose: { kind: 'text', longest: 100, zh: '每次剂量', en: 'Dose', element: [16, '药物使用次剂量'] },
      timesPerDay: { kind: 'positive-number', most: 24, zh: '每日次数', en: 'Times a day', element: [16, '药物使用频率'] },
    },
  },
  insulin: group({
    kind: { kind: 'text', longest: 100, required: true, zh: '胰岛素种类', en: 'Insulin', element: [16, '胰岛素用药种类'] },
    usage: { kind: 'text', longest: 200, zh: '胰岛素用法和用量', en: 'Use of the insulin', element: [16, '胰岛素用药使用次剂量'] },
  }),

  // Beyond the tables: what the risk score asks, and what was done
  notMeasuredReason: { kind: 'read-by-rules', zh: '未测量原因', en: 'Why nothing was measured' },
  annualExam: { kind: 'read-by-rules', zh: '与年度健康检查合并', en: 'Together with the yearly health check' },
  familyHistory: { kind: 'choice', zh: '家族史', en: 'Family history', element: [4, '家族史标志'], codes: { no: '无', yes: '有' } },
  targetOrganDamage: {
    kind: 'choice',
    zh: '靶器官损害',
    en: 'Damage of target organs',
    codes: { none: '无', one: '一处', several: '多处' },
  },
  itemsDone: { kind: 'protocol-code-list', most: 50, zh: '已完成的方案项目', en: 'Items of the protocol that were done' },
  education: {
    kind: 'list',
    most: 50,
    members: {
      code: { kind: 'protocol-code', required: true, zh: '健康教育内容', en: 'Education' },
      understood: { kind: 'yes-no', required: true, zh: '已理解', en: 'Understood' },
    },
  },
} as const satisfies Readonly<Record<string, RecordField | RuleField>>;

export const formFields: readonly FormField[] = listFormFields(visitForm);

const MINUTES_A_WEEK = 7 * 24 * 60;

export const kgPerM2 = ({ kg, heightCm }: { kg: number; heightCm: number }): number => kg / (heightCm / 100) ** 2;
/** Outside of this no living person is, though the weight and the height may each be somebody's. */
const isPossibleKgPerM2 = (bmi: number): boolean => bmi >= 8 && bmi <= 150;
