/**
 * The names of each field of the visit form: in the specification's record tables, and in the data set WS 372.2-2012 with the part of WS/T 363-2023
 * that its element belongs to. We do not have the texts of both standards. The names of elements follow what health-record software publishes and have
 * to be checked, and `identifier` stays null until somebody has the text. `element` is null when we know of no such element in the data set.
 */

/** Parts of WS/T 363-2023 by number. */
export const elementGroups = {
  4: '健康史',
  5: '健康危险因素',
  6: '主诉与症状',
  7: '体格检查',
  8: '临床辅助检查',
  9: '实验室检查',
  11: '医学评估',
  12: '计划与干预',
  16: '药品与医疗器械',
  17: '卫生健康管理',
} as const;

export interface FormField {
  /** The path of the field in the form. The members of a list stand behind `[]`. */
  field: string;
  zh: string;
  en: string;
  element: string | null;
  group: keyof typeof elementGroups | null;
  /** The identifier of the element, which is not known yet. */
  identifier: null;
  /** The codes of the record table with the names that stand for them in the form. A name without a code there has `code` null. */
  codes: { code: number | null; name: string; zh: string }[] | null;
}

type Names = [zh: string, en: string];
type Element = [group: keyof typeof elementGroups, element: string | null];

const row = (field: string, [zh, en]: Names, element: Element | null = null, codes: FormField['codes'] = null): FormField => ({
  field,
  zh,
  en,
  element: element?.[1] ?? null,
  group: element?.[0] ?? null,
  identifier: null,
  codes,
});

/** The codes are numbered from 1, as in the record tables. */
const recordTableCodes = (...codes: [name: string, zh: string][]): FormField['codes'] =>
  codes.map(([name, zh], index) => ({ code: index + 1, name, zh }));
/** The names have no codes, because the record tables do not have the field. */
const ownCodes = (...codes: [name: string, zh: string][]): FormField['codes'] => codes.map(([name, zh]) => ({ code: null, name, zh }));

const impression = recordTableCodes(['good', '良好'], ['fair', '一般'], ['poor', '差']);
const salt = recordTableCodes(['light', '轻'], ['middle', '中'], ['heavy', '重']);

export const formFields: readonly FormField[] = [
  row('visitedAt', ['随访日期', 'Date and time of the visit'], [17, '随访日期']),
  row(
    'mode',
    ['随访方式', 'Mode of the visit'],
    [17, '随访方式代码'],
    recordTableCodes(['clinic', '门诊'], ['home', '家庭'], ['phone', '电话']),
  ),

  row(
    'symptoms',
    ['危急症状', 'Symptoms of a crisis'],
    [6, '症状代码'],
    ownCodes(
      ['altered-consciousness', '意识改变'],
      ['severe-headache', '剧烈头痛'],
      ['severe-dizziness', '剧烈头晕'],
      ['nausea-vomiting', '恶心呕吐'],
      ['blurred-vision', '视力模糊'],
      ['eye-pain', '眼痛'],
      ['palpitations', '心悸'],
      ['chest-tightness', '胸闷'],
      ['orthopnoea', '喘憋不能平卧'],
      ['abnormal-behaviour', '行为改变'],
      ['acetone-breath', '呼气有烂苹果样丙酮味'],
      ['sweating', '出汗'],
      ['anorexia', '食欲减退'],
      ['polydipsia', '多饮'],
      ['polyuria', '多尿'],
      ['abdominal-pain', '腹痛'],
      ['deep-breathing', '深大呼吸'],
      ['flushing', '皮肤潮红'],
      ['sudden-vision-loss', '视力突然骤降'],
    ),
  ),
  row(
    'hypertensionComplaints',
    ['症状（高血压）', 'Complaints, hypertension'],
    [6, '症状代码'],
    recordTableCodes(
      ['none', '无症状'],
      ['headache-dizziness', '头痛头晕'],
      ['nausea-vomiting', '恶心呕吐'],
      ['blurred-vision-tinnitus', '眼花耳鸣'],
      ['dyspnoea', '呼吸困难'],
      ['palpitations-chest-tightness', '心悸胸闷'],
      ['persistent-nosebleed', '鼻衄出血不止'],
      ['numb-limbs', '四肢发麻'],
      ['leg-oedema', '下肢水肿'],
    ),
  ),
  row(
    'diabetesComplaints',
    ['症状（糖尿病）', 'Complaints, diabetes'],
    [6, '症状代码'],
    recordTableCodes(
      ['none', '无症状'],
      ['polydipsia', '多饮'],
      ['polyphagia', '多食'],
      ['polyuria', '多尿'],
      ['blurred-vision', '视力模糊'],
      ['infection', '感染'],
      ['numb-hands-feet', '手脚麻木'],
      ['leg-oedema', '下肢浮肿'],
      ['marked-weight-loss', '体重明显下降'],
    ),
  ),
  row('otherComplaints', ['其他症状', 'Other complaints'], [6, null]),

  row('bloodPressures[].systolic', ['收缩压', 'Systolic blood pressure'], [7, '收缩压(mmHg)']),
  row('bloodPressures[].diastolic', ['舒张压', 'Diastolic blood pressure'], [7, '舒张压(mmHg)']),
  row('bloodPressures[].unit', ['血压单位', 'Unit of the blood pressure'], null, ownCodes(['mmHg', '毫米汞柱'], ['kPa', '千帕'])),
  row('bloodPressures[].atHome', ['家庭自测', 'Taken at home']),
  row('heartRate', ['心率（次/分钟）', 'Heart rate (/min)'], [7, '心率(次/min)']),
  row('temperature', ['体温（℃）', 'Temperature (°C)'], [7, '体温(℃)']),
  row('weight.kg', ['体重（kg）', 'Weight (kg)'], [7, '体重(kg)']),
  row('weight.targetKg', ['目标体重（kg）', 'Target weight (kg)'], [12, '目标体重(kg)']),
  row('weight.heightCm', ['身高（cm），用于计算体质指数', 'Height (cm); gives the BMI'], [7, '身高(cm)']),
  row('waistCm', ['腰围（cm）', 'Waist (cm)'], [7, '腰围(cm)']),
  row(
    'dorsalisPedisPulse.finding',
    ['足背动脉搏动', 'Dorsalis pedis pulse'],
    [7, '足背动脉搏动标志'],
    recordTableCodes(['palpable', '触及正常'], ['weakened', '减弱'], ['absent', '消失']),
  ),
  row(
    'dorsalisPedisPulse.side',
    ['足背动脉搏动异常侧', 'Side of it'],
    null,
    ownCodes(['both', '双侧'], ['left', '左侧'], ['right', '右侧']),
  ),
  row('otherSigns', ['其他体征', 'Other signs'], [7, '其他阳性体征']),

  row(
    'smoking.status',
    ['吸烟状况', 'Smoking'],
    [5, '吸烟状况代码'],
    ownCodes(['never', '从不吸烟'], ['stopped', '已戒烟'], ['current', '吸烟']),
  ),
  row('smoking.perDay', ['日吸烟量（支）', 'Cigarettes a day'], [5, '日吸烟量(支)']),
  row('smoking.targetPerDay', ['目标日吸烟量（支）', 'Target, cigarettes a day'], [12, '目标日吸烟量(支)']),
  row('alcohol.level', ['饮酒情况', 'Alcohol'], [5, null], ownCodes(['none', '不饮'], ['some', '少量'], ['heavy', '过量'])),
  row('alcohol.liangPerDay', ['日饮酒量（两，折合白酒）', 'Liquor a day (两, 50 mL)'], [5, '日饮酒量(两)']),
  row('alcohol.targetLiangPerDay', ['目标日饮酒量（两）', 'Target, liquor a day (两)'], [12, '目标日饮酒量(两)']),
  row('exercise.timesPerWeek', ['运动（次/周）', 'Exercise, times a week'], [5, '运动频率(次/周)']),
  row('exercise.minutesEachTime', ['运动（分钟/次）', 'Exercise, minutes each time'], [5, '运动时长(min/次)']),
  row('exercise.targetTimesPerWeek', ['目标运动（次/周）', 'Target, times a week'], [12, '目标运动频率(次/周)']),
  row('exercise.targetMinutesEachTime', ['目标运动（分钟/次）', 'Target, minutes each time'], [12, '目标运动时长(min/次)']),
  row('salt.now', ['摄盐情况', 'Salt'], [5, '摄盐量分级代码'], salt),
  row('salt.target', ['目标摄盐情况', 'Target, salt'], [12, '目标摄盐量分级代码'], salt),
  row('stapleFood.gramsPerDay', ['主食（克/天）', 'Staple food (g a day)'], [5, '日主食量(g)']),
  row('stapleFood.targetGramsPerDay', ['目标主食（克/天）', 'Target, staple food (g a day)'], [12, '目标日主食量(g)']),
  row('psychologicalAdjustment', ['心理调整', 'Psychological adjustment'], [11, '心理调整评价结果代码'], impression),
  row('followingAdvice', ['遵医行为', 'Following advice'], [11, '随访遵医行为评价结果代码'], impression),

  row('fastingGlucose.value', ['空腹血糖', 'Fasting glucose'], [9, '空腹血糖值(mmol/L)']),
  row('fastingGlucose.unit', ['空腹血糖单位', 'Its unit'], null, ownCodes(['mmol/L', '毫摩尔每升'], ['mg/dL', '毫克每分升'])),
  row('randomGlucose.value', ['随机血糖', 'Random glucose'], [9, null]),
  row('randomGlucose.unit', ['随机血糖单位', 'Its unit'], null, ownCodes(['mmol/L', '毫摩尔每升'], ['mg/dL', '毫克每分升'])),
  row('examinations.hba1cPercent', ['糖化血红蛋白（%）', 'HbA1c (%)'], [9, '糖化血红蛋白值(%)']),
  row('examinations.hba1cOn', ['糖化血红蛋白检查日期', 'Date of the HbA1c'], [8, '检查日期']),
  row(
    'examinations.ldlCholesterolMmolPerL',
    ['低密度脂蛋白胆固醇（mmol/L）', 'LDL cholesterol (mmol/L)'],
    [9, '血清低密度脂蛋白胆固醇检测值(mmol/L)'],
  ),
  row('examinations.urineMicroalbuminMgPerL', ['尿微量白蛋白（mg/L）', 'Urine microalbumin (mg/L)'], [9, '尿微量白蛋白(mg/L)']),
  row('examinations.fundus', ['眼底检查', 'Fundus'], [8, '眼底检查结果']),
  row('examinations.other', ['其他辅助检查', 'Other examinations'], [8, '辅助检查结果']),

  row(
    'medicationAdherence',
    ['服药依从性', 'Medication adherence'],
    [11, '服药依从性代码'],
    recordTableCodes(['regular', '规律'], ['intermittent', '间断'], ['none', '不服药']),
  ),
  row('adverseReactions', ['药物不良反应', 'Adverse reactions'], [11, '药物不良反应描述']),
  row('hardToControl', ['不良反应难以控制', 'Adverse reaction hard to control']),
  row(
    'hypoglycaemia',
    ['低血糖反应', 'Hypoglycaemia'],
    [11, '低血糖反应代码'],
    recordTableCodes(['none', '无'], ['occasional', '偶尔'], ['frequent', '频繁']),
  ),
  row('newComplication', ['新发或加重的并发症', 'New or worse complication']),
  row('medications[].name', ['药物名称', 'Medicine'], [16, '药物名称']),
  row('medications[].dose', ['每次剂量', 'Dose'], [16, '药物使用次剂量']),
  row('medications[].timesPerDay', ['每日次数', 'Times a day'], [16, '药物使用频率']),
  row('insulin.kind', ['胰岛素种类', 'Insulin'], [16, '胰岛素用药种类']),
  row('insulin.usage', ['胰岛素用法和用量', 'Use of the insulin'], [16, '胰岛素用药使用次剂量']),

  row('notMeasuredReason', ['未测量原因', 'Why nothing was measured']),
  row('annualExam', ['与年度健康检查合并', 'Together with the yearly health check']),
  row('familyHistory', ['家族史', 'Family history'], [4, '家族史标志'], ownCodes(['no', '无'], ['yes', '有'])),
  row('targetOrganDamage', ['靶器官损害', 'Damage of target organs'], null, ownCodes(['none', '无'], ['one', '一处'], ['several', '多处'])),
  row('itemsDone', ['已完成的方案项目', 'Items of the protocol that were done']),
  row('education[].code', ['健康教育内容', 'Education']),
  row('education[].understood', ['已理解', 'Understood']),
];
