/** Says a reason in the words of its reader. Clauses of protocols bring their own, in both languages; the others are put together here. */
import { wordsOf } from './event-words.ts';
import type { Words } from './language.ts';
import type { Reason } from './pathway.ts';
import { findTexts } from './registry.ts';

/** A value that the reason was judged by, with its name and unit. */
export interface ReasonValue extends Words {
  code: string;
  value: string | number | boolean | null;
  /** Null for what has no unit. */
  unit: string | null;
}

/** Who wrote the rule, by how its name begins. */
const ruleWords: readonly (readonly [begin: string, words: Words])[] = [
  ['BSeR/360X', { zh: '转诊状态表（BSeR/360X）', en: 'the state table of referral (BSeR/360X)' }],
  ['alliance-referral-extension', { zh: '联盟转诊补充规则', en: 'the alliance’s own rules of referral' }],
  ['alliance-configuration', { zh: '联盟时限配置', en: 'the alliance’s time limits' }],
  ['follow-up-rules', { zh: '联盟随访规则', en: 'the alliance’s rules of follow-up' }],
  ['management-plan', { zh: '医院的管理方案', en: 'the hospital’s management plan' }],
  ['national-public-health-specification', { zh: '国家基本公共卫生服务规范', en: 'the national public health specification' }],
  ['risk-tier', { zh: '风险分层模型', en: 'the model of risk tiers' }],
  ['identity-check', { zh: '身份核对规则', en: 'the rules of identity' }],
  ['discharge-rules', { zh: '出院后管理规则', en: 'the rules after a discharge' }],
  ['WS 310', { zh: '消毒供应规范 WS 310', en: 'the norm WS 310 of sterile supply' }],
  ['sterile', { zh: '消毒供应规则', en: 'the rules of sterile supply' }],
  ['supply-round', { zh: '下收下送规则', en: 'the rules of supply rounds' }],
  ['recall', { zh: '召回规则', en: 'the rules of recall' }],
  ['carepath', { zh: '系统规则', en: 'the rules of carepath' }],
];

const clauseWords: Readonly<Record<string, Words>> = {
  noted: { zh: '记入档案，不改变进程', en: 'noted; it changes nothing' },
  visit: { zh: '随访', en: 'a visit' },
  visitEveryDays: { zh: '按方案缩短随访间隔', en: 'visits as often as the plan asks' },
  nextVisitOn: { zh: '按方案约定下次随访', en: 'the next visit on the day of the plan' },
  items: { zh: '按方案增加项目', en: 'items that the plan adds' },
  enrolment: { zh: '纳入随访', en: 'the enrolment' },
  create: { zh: '新建', en: 'created' },
  'edit-draft': { zh: '修改草稿', en: 'a draft was changed' },
  'refer-onward': { zh: '转往其他机构', en: 'referred onward' },
  'version move ordered': { zh: '已安排换用方案新版本', en: 'a move to another version was ordered' },
  'reroute list exhausted': { zh: '名单上的机构都已问过', en: 'every institution on the list has been asked' },
  'visit entered late: recorded, decides nothing': {
    zh: '补录的随访只作记录，不作判断',
    en: 'a visit entered late is recorded and decides nothing',
  },
  'closed, checked, reopening window past': {
    zh: '已关闭并核查，重新开启的期限已过',
    en: 'closed and checked, and the time to reopen it is over',
  },
  'active follow-up of a referral within 2 weeks': { zh: '转诊后 2 周内主动随访', en: 'a referral is followed up within 2 weeks' },
};

const hasHan = (text: string): boolean => /\p{Script=Han}/u.test(text);

/** Returns a sentence in each language. `kind` is the pathway whose reason it is. */
export function reasonWords(kind: string, { rule, clause, evidence }: Pick<Reason, 'rule' | 'clause' | 'evidence'>): Words {
  const [zh, ...en] = clause.split(' / ');
  if (zh !== undefined && en.length > 0 && hasHan(zh)) return { zh, en: en.join(' / ') };
  const by = ruleWords.find(([begin]) => rule.startsWith(begin))?.[1] ?? { zh: rule, en: rule };
  const what = whatOf(kind, clause, evidence);
  return { zh: `${by.zh}：${what.zh}`, en: `${by.en}: ${what.en}` };
}

function whatOf(kind: string, clause: string, { trigger }: Reason['evidence']): Words {
  const [, clock, , percent] = /^[\w-]+\/([\w-]+)( at (\d+) %)?$/.exec(clause) ?? [];
  const work = clock === undefined ? undefined : findTexts(kind)?.messages.workOfClock[clock];
  if (work && percent === undefined) return { zh: `${work.zh}的时限`, en: `the time to ${work.en}` };
  if (work) return { zh: `${work.zh}的时限已用 ${percent}%`, en: `${percent} % of the time to ${work.en} is used` };
  const row = /^row (\w+)$/.exec(clause)?.[1];
  if (typeof trigger === 'string') {
    const event = wordsOf(kind, trigger);
    return row === undefined ? event : { zh: `第 ${row} 行，${event.zh}`, en: `row ${row}, ${event.en}` };
  }
  return clauseWords[clause] ?? { zh: clause, en: clause };
}

/** The names of what reasons are judged by, and the units of those that have one. */
const valueWords: Readonly<Record<string, Words & { unit?: string }>> = {
  systolic: { zh: '收缩压', en: 'systolic pressure', unit: 'mmHg' },
  diastolic: { zh: '舒张压', en: 'diastolic pressure', unit: 'mmHg' },
  fastingGlucose: { zh: '空腹血糖', en: 'fasting glucose', unit: 'mmol/L' },
  randomGlucose: { zh: '随机血糖', en: 'random glucose', unit: 'mmol/L' },
  heartRate: { zh: '心率', en: 'heart rate', unit: '/min' },
  temperature: { zh: '体温', en: 'temperature', unit: 'Cel' },
  readings: { zh: '测量次数', en: 'measurements' },
  uncontrolledInARow: { zh: '连续未达标次数', en: 'visits off target in a row' },
  symptoms: { zh: '症状', en: 'symptoms' },
  age: { zh: '年龄', en: 'age', unit: 'a' },
  phase: { zh: '阶段', en: 'phase' },
  tier: { zh: '风险分层', en: 'risk tier' },
  score: { zh: '评分', en: 'score' },
  startedOn: { zh: '纳入日期', en: 'enrolled on' },
  opensOn: { zh: '最早日期', en: 'not before' },
  dueOn: { zh: '应随访日期', en: 'due on' },
  required: { zh: '应随访次数', en: 'visits owed' },
  done: { zh: '已随访次数', en: 'visits made' },
  year: { zh: '年度', en: 'year' },
  againWithinDays: { zh: '复诊期限', en: 'to be seen again within', unit: 'd' },
  visitEveryDays: { zh: '随访间隔', en: 'a visit every', unit: 'd' },
  nextVisitOn: { zh: '约定日期', en: 'agreed date' },
  budgetSeconds: { zh: '时限', en: 'time limit', unit: 's' },
  checkAfterSeconds: { zh: '核查期限', en: 'to be checked after', unit: 's' },
  startedAt: { zh: '开始计时', en: 'counted from' },
  sentAt: { zh: '发出时间', en: 'sent at' },
  occurredAt: { zh: '发生时间', en: 'happened at' },
  measuredAt: { zh: '测量时间', en: 'measured at' },
  value: { zh: '数值', en: 'value' },
  threshold: { zh: '界值', en: 'threshold' },
  urgency: { zh: '紧急程度', en: 'urgency' },
  emergency: { zh: '急诊', en: 'emergency' },
  direction: { zh: '方向', en: 'direction' },
  outcome: { zh: '结果', en: 'outcome' },
  asked: { zh: '已问机构数', en: 'institutions asked' },
  repeatedCalls: { zh: '已重复呼叫', en: 'calls repeated' },
  side: { zh: '操作方', en: 'side' },
  trigger: { zh: '操作', en: 'step' },
  from: { zh: '原状态', en: 'from' },
  to: { zh: '新状态', en: 'to' },
  referralOpen: { zh: '有未结束的转诊', en: 'a referral is open' },
};

/**
 * Returns what the reason was judged by, in the order of the codes: the database keeps no order of its own. A value without a name is called by its code.
 */
export const reasonValues = ({ evidence }: Pick<Reason, 'evidence'>): ReasonValue[] =>
  Object.keys(evidence)
    .toSorted()
    .map((code) => {
      const { zh, en, unit = null } = valueWords[code] ?? { zh: code, en: code };
      return { code, zh, en, value: evidence[code] ?? null, unit };
    });

/** Returns the reasons, each once. */
export function withoutRepetitions<R extends Pick<Reason, 'rule' | 'clause' | 'evidence'>>(reasons: readonly R[]): R[] {
  const keyOf = ({ rule, clause, evidence }: R) => JSON.stringify([rule, clause, evidence]);
  return [...new Map(reasons.toReversed().map((reason) => [keyOf(reason), reason])).values()].toReversed();
}
