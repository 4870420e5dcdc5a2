/**
 * A risk tier follows from a score of twelve variables by a model, which is a versioned document that a clinician signs. A tier may bring a protocol's
 * visits nearer and never moves them away. An unknown variable scores nothing and is listed, so that nobody takes an empty form for a low risk.
 */

import type { Cited, Source } from '../kit/citation.ts';
import { buildFlaw, type Flaw } from '../kit/flaw.ts';
import type { Duration } from '../time/local-date.ts';
import { citeRule } from './cite-rule.ts';
import type { Because, EvaluationInput } from './evaluation.ts';

export const riskVariables = [
  'age',
  'sex',
  'bmi',
  'waistCm',
  'systolic',
  'fastingGlucose',
  'ldlCholesterol',
  'smoking',
  'alcohol',
  'exerciseMinutesPerWeek',
  'familyHistory',
  'targetOrganDamage',
] as const;
export type RiskVariable = (typeof riskVariables)[number];

export type TierName = 'low' | 'middle' | 'high';

/** The points for a value at or above `from` and below `below`. Null means that there is no end on that side. */
export interface PointsBand {
  from: number | null;
  below: number | null;
  points: number;
}

export type Scoring = Cited & { variable: RiskVariable } & (
    | { kind: 'number'; bands: readonly PointsBand[] }
    | { kind: 'choice'; points: Readonly<Record<string, number>> }
  );

export interface Tier extends Cited {
  tier: TierName;
  scoreFrom: number;
  every: Duration;
  actions: readonly string[];
}

export interface RiskModel {
  version: number;
  effectiveFrom: string;
  signOff: 'pending' | 'signed';
  sources: Readonly<Record<string, Source>>;
  /** A tier brings the visits for these diseases nearer. The yearly health check of the elderly is not among them, because it stays yearly. */
  diseases: readonly string[];
  scorings: readonly Scoring[];
  /** The tiers by rising score. The first begins at 0. */
  tiers: readonly Tier[];
  /** With fewer known variables than this the tier cannot become lower. */
  leastKnown: number;
}

export type RiskFacts = Partial<Record<RiskVariable, number | string>>;

export interface RiskScore {
  score: number;
  tier: TierName;
  every: Duration;
  actions: readonly string[];
  missing: RiskVariable[];
  because: Because[];
}

const pointsOf = (scoring: Scoring, value: number | string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  if (scoring.kind === 'choice')
    return typeof value === 'string' && Object.hasOwn(scoring.points, value) ? scoring.points[value] : undefined;
  if (typeof value !== 'number') return undefined;
  return scoring.bands.find(({ from, below }) => (from === null || value >= from) && (below === null || value < below))?.points;
};

/** Scores the risk. `before` is the tier held so far, which is kept when too little is known to lower it. */
export function scoreRisk(model: RiskModel, facts: RiskFacts, before?: TierName): RiskScore {
  const scored = model.scorings.map((scoring) => ({ scoring, points: pointsOf(scoring, facts[scoring.variable]) }));
  const missing = scored.flatMap(({ scoring, points }) => (points === undefined ? [scoring.variable] : []));
  const score = scored.reduce((sum, { points }) => sum + (points ?? 0), 0);
  const reached = model.tiers.findLast(({ scoreFrom }) => score >= scoreFrom);
  const held = model.tiers.find(({ tier }) => tier === before);
  const known = model.scorings.length - missing.length;
  const keeps = held && reached && known < model.leastKnown && held.scoreFrom > reached.scoreFrom;
  const tier = keeps ? held : reached;
  // A validated model covers every score, so this is a defect.
  if (!tier) throw new Error(`No tier for a score of ${score}.`);
  const why = (rule: Cited, evidence: Because['evidence']) => citeRule({ ...model, id: 'risk-tier' }, rule, evidence);
  return {
    score,
    tier: tier.tier,
    every: tier.every,
    actions: tier.actions,
    missing,
    because: [
      why(tier, { score, tier: tier.tier, known, ...(keeps ? { keptFor: 'too little is known' } : {}) }),
      ...scored.flatMap(({ scoring, points }) =>
        points ? [why(scoring, { [scoring.variable]: facts[scoring.variable] ?? null, points })] : [],
      ),
    ],
  };
}

/** Returns how often somebody of a tier is seen at least, with the reason, as `evaluate` takes it. */
export function tierRhythm(model: RiskModel, name: TierName): EvaluationInput['tier'] {
  const tier = model.tiers.find((one) => one.tier === name);
  return tier && { name, every: tier.every, because: citeRule({ ...model, id: 'risk-tier' }, tier, {}) };
}

/** Returns the flaws of a model whose shape is right. A model without flaws scores every person. */
export function findRiskModelFlaws(model: RiskModel): Flaw[] {
  const flaws: Flaw[] = [];
  const add = (kind: Flaw['kind'], path: string, zh: string, en: string) => flaws.push(buildFlaw(kind, path, zh, en));
  const cited = [
    ...model.scorings.map((one, i) => [`scorings.${i}`, one] as const),
    ...model.tiers.map((one, i) => [`tiers.${i}`, one] as const),
  ];
  for (const [path, { source, clause }] of cited) {
    if (!Object.hasOwn(model.sources, source)) add('no-source', `${path}.source`, 'sources 中没有此来源', 'no such entry in sources');
    if (clause.trim() === '') add('no-source', `${path}.clause`, '缺少条款', 'the clause is missing');
  }
  for (const variable of riskVariables)
    if (!model.scorings.some((one) => one.variable === variable)) add('gap', 'scorings', `没有 ${variable}`, `${variable} is not scored`);
  for (const [index, scoring] of model.scorings.entries()) {
    const at = `scorings.${index}`;
    if (model.scorings.findIndex(({ variable }) => variable === scoring.variable) < index)
      add('overlap', `${at}.variable`, '此变量已计分', 'this variable is scored already');
    if (scoring.kind === 'choice') continue;
    let end: number | null | undefined;
    for (const [place, { from, below }] of scoring.bands.entries()) {
      const path = `${at}.bands.${place}.from`;
      if (end === undefined ? from !== null : end === null || from === null || from < end)
        add(end === undefined ? 'gap' : 'overlap', path, '与前一段不相接', 'does not follow the band before');
      else if (end !== undefined && from !== null && from > (end ?? from))
        add('gap', path, '与前一段之间有空缺', 'a gap after the band before');
      end = below;
    }
    if (end !== null) add('gap', `${at}.bands`, '没有覆盖到最大值', 'does not reach the highest values');
  }
  for (const [index, { scoreFrom }] of model.tiers.entries()) {
    const before = model.tiers[index - 1]?.scoreFrom;
    if (before === undefined ? scoreFrom !== 0 : scoreFrom <= before)
      add(before === undefined ? 'gap' : 'overlap', `tiers.${index}.scoreFrom`, '分层须从 0 起递增', 'tiers begin at 0 and rise');
  }
  if (model.tiers.length === 0) add('gap', 'tiers', '没有分层', 'there is no tier');
  return flaws;
}
