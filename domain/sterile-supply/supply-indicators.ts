/**
 * The indicators of sterile supply (knowledge, C7): what each counts, in both languages. `value` is numerator ÷ denominator, null when nothing was to be
 * counted. The statements stand in db/sterile-supply/supply-indicators.ts, in the same order.
 */
import type { Words } from '../kit/language.ts';

export interface SupplyIndicatorDefinition {
  /** What a centre has a figure of; the others are the supply department's, and asked of a centre they count nothing. */
  of: 'centre' | 'department';
  words: Words;
}

export const supplyIndicators = {
  'sterilisation-pass': {
    of: 'department',
    words: { zh: '放行的灭菌包 ÷ 期内卸载的灭菌包', en: 'packs released ÷ packs unloaded in the period' },
  },
  'bi-fail': {
    of: 'department',
    words: { zh: '不合格 ÷ 期内判读的生物监测（无效除外）', en: 'fails ÷ biological indicators read, invalid ones apart' },
  },
  'bi-invalid': { of: 'department', words: { zh: '无效 ÷ 期内判读的生物监测', en: 'invalid ÷ biological indicators read' } },
  'ci-fail': {
    of: 'department',
    words: {
      zh: '不合格 ÷ 期内判读的化学监测（包外、包内、PCD）',
      en: 'fails ÷ chemical indicators read: outside of packs, inside of packs, of challenge devices',
    },
  },
  'bd-fail': { of: 'department', words: { zh: '不合格 ÷ 期内 B-D 试验', en: 'fails ÷ Bowie-Dick tests' } },
  'wet-pack': { of: 'department', words: { zh: '湿包 ÷ 期内卸载的灭菌包', en: 'wet packs ÷ packs unloaded' } },
  'count-accuracy': {
    of: 'centre',
    words: { zh: '申报与去污区清点一致的回收行 ÷ 期内清点的回收行', en: 'lines with declared = received ÷ collect lines counted' },
  },
  'missing-rate': {
    of: 'centre',
    words: { zh: '缺失件数 ÷ 期内回收的千件数', en: 'pieces missing ÷ thousands of pieces collected' },
  },
  'damage-rate': {
    of: 'centre',
    words: { zh: '损坏器械包（各计一件）÷ 期内回收的千件数', en: 'damaged sets, one piece each ÷ thousands of pieces collected' },
  },
  'incomplete-issue': {
    of: 'centre',
    words: { zh: '缺件签发的灭菌包 ÷ 期内交付的灭菌包', en: 'packs handed over of sets signed off incomplete ÷ packs handed over' },
  },
  'fill-rate': {
    of: 'centre',
    words: {
      zh: '交付数 ÷ 申请数（期内到站、结果已知的行）',
      en: 'delivered ÷ requested, of lines of visits in the period whose outcome is known',
    },
  },
  'perfect-stop': {
    of: 'centre',
    words: {
      zh: '准时、齐全、合规、双签的站点 ÷ 期内计划站点',
      en: 'stops on time, complete, by the protocol and signed by both ÷ stops planned',
    },
  },
  'on-time-stop': {
    of: 'centre',
    words: { zh: '在服务时段内到达的站点 ÷ 期内计划站点', en: "arrivals within the centre's window ÷ stops planned" },
  },
  turnaround: {
    of: 'department',
    words: { zh: '清点入去污区至放行的秒数之和 ÷ 期内放行的灭菌包', en: 'seconds from decontamination to release ÷ packs released' },
  },
  'shelf-loss': {
    of: 'centre',
    words: { zh: '未开启而过期的灭菌包 ÷ 期内交付的灭菌包', en: 'packs that expired unopened at the centre ÷ packs handed over' },
  },
  'remaining-life': {
    of: 'centre',
    words: { zh: '交付时剩余有效期占比之和 ÷ 期内交付的灭菌包', en: 'sum of the shares of validity left at hand-over ÷ packs handed over' },
  },
  'protocol-compliance': {
    of: 'centre',
    words: { zh: '步骤完整有序的站点 ÷ 期内到访站点', en: 'stops with all steps in order ÷ stops visited' },
  },
  'recall-accounted': {
    of: 'centre',
    words: { zh: '已交代的召回行 ÷ 期内召回的行（演练除外）', en: 'lines that ended ÷ lines of recalls opened, drills apart' },
  },
  traceability: {
    of: 'centre',
    words: {
      zh: '流转不断、无重复或断档差异的灭菌包 ÷ 期内交付的灭菌包',
      en: 'packs whose every change of place a round explains, without a gap or duplicate open ÷ packs handed over',
    },
  },
  'monitoring-compliance': {
    of: 'department',
    words: {
      zh: '按时完成的 B-D 与每周生物监测 ÷ 期内应做（每台灭菌器每个灭菌日各一）',
      en: 'Bowie-Dick tests before the first load and biological indicators within 7 dates that were there ÷ those due, one each a steriliser and day with loads',
    },
  },
  'release-lead': {
    of: 'department',
    words: {
      zh: '发车前规定时间放行的灭菌批次 ÷ 期内随车的灭菌批次',
      en: 'loads released before the lead time of the departure ÷ loads aboard',
    },
  },
} as const satisfies Record<string, SupplyIndicatorDefinition>;

export type SupplyIndicator = keyof typeof supplyIndicators;
export const supplyIndicatorNames = Object.keys(supplyIndicators) as SupplyIndicator[];
