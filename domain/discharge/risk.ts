/** How likely somebody is to be admitted again: LACE and HOSPITAL, with what is not known named and never taken for nothing. */
import {
  type Comorbidity,
  type PointsFrom,
  type RiskLevel,
  type RiskScoreRule,
  type RiskScores,
  riskLevels,
  type ScoreCode,
  type ScorePart,
} from './risk-model.ts';
import type { AdmissionType, Disposition } from './standing.ts';

/** What the ward tells. What it does not is unknown. */
export interface RiskInputs {
  hemoglobinGPerL?: number | undefined;
  sodiumMmolPerL?: number | undefined;
  oncologyService?: boolean | undefined;
  cancer?: boolean | undefined;
  procedure?: boolean | undefined;
  admissions12Months?: number | undefined;
  emergencyVisits6Months?: number | undefined;
  comorbidities?: readonly Comorbidity[] | undefined;
}

export interface RiskFacts extends RiskInputs {
  /** Days from the admission to the discharge; null when nobody has told the admission. */
  stayDays: number | null;
  admissionType: AdmissionType | null;
}

export interface ScoreResult {
  score: ScoreCode;
  /** Null while a part is missing. */
  points: number | null;
  min: number;
  max: number;
  missing: string[];
  level: RiskLevel;
}

export interface Risk {
  level: RiskLevel;
  source: 'scores' | 'override' | 'disposition';
  /** All scores, also those that do not decide. */
  scores: ScoreResult[];
}

const higherOf = (a: RiskLevel, b: RiskLevel): RiskLevel => (riskLevels.indexOf(a) >= riskLevels.indexOf(b) ? a : b);

/** A level that somebody has set holds; without one it is high for whoever has left against advice, else the highest of the scores that decide. */
export function computeRisk(
  model: RiskScores,
  facts: RiskFacts,
  given: { override: RiskLevel | null; disposition: Disposition | null },
): Risk {
  const scores = model.scores.map((rule) => computeScore(model, rule, facts));
  if (given.override) return { level: given.override, source: 'override', scores };
  if (given.disposition === 'against-advice') return { level: 'high', source: 'disposition', scores };
  const deciding = scores.filter(({ score }) => model.deciding.scores.includes(score));
  return { level: deciding.map(({ level }) => level).reduce(higherOf, 'low'), source: 'scores', scores };
}

export function computeScore(model: RiskScores, rule: RiskScoreRule, facts: RiskFacts): ScoreResult {
  const parts = rule.parts.map((part) => ({ id: part.id, ...pointsOf(model, part, facts) }));
  const min = parts.reduce((sum, part) => sum + part.min, 0);
  const max = parts.reduce((sum, part) => sum + part.max, 0);
  const missing = parts.filter((part) => part.isMissing).map(({ id }) => id);
  const level = levelOf(rule, min);
  return {
    score: rule.id,
    points: missing.length === 0 ? min : null,
    min,
    max,
    missing,
    // Whoever may be at high risk is not left among those at low risk.
    level: levelOf(rule, max) === 'high' ? higherOf(level, 'medium') : level,
  };
}

const levelOf = ({ levels }: RiskScoreRule, points: number): RiskLevel => levels.findLast(({ from }) => points >= from)?.level ?? 'low';

interface PartPoints {
  min: number;
  max: number;
  isMissing: boolean;
}

const known = (points: number): PartPoints => ({ min: points, max: points, isMissing: false });

function missingAmong(points: readonly number[]): PartPoints {
  return { min: Math.min(...points), max: Math.max(...points), isMissing: true };
}

function pointsOf(model: RiskScores, part: ScorePart, facts: RiskFacts): PartPoints {
  switch (part.kind) {
    case 'number': {
      const value = facts[part.input];
      return value === undefined || value === null
        ? missingAmong(part.bands.map(({ points }) => points))
        : known(pointsAt(part.bands, value));
    }
    case 'any': {
      const values = part.inputs.map((input) => facts[input]);
      if (values.includes(true)) return known(part.points);
      return values.includes(undefined) ? missingAmong([0, part.points]) : known(0);
    }
    case 'admission-type':
      return facts.admissionType === null ? missingAmong(Object.values(part.points)) : known(part.points[facts.admissionType]);
    case 'comorbidities':
      return facts.comorbidities === undefined
        ? missingAmong(part.bands.map(({ points }) => points))
        : known(pointsAt(part.bands, sumComorbidities(model, facts.comorbidities)));
  }
}

const pointsAt = (bands: readonly PointsFrom[], value: number): number => bands.findLast(({ from }) => value >= from)?.points ?? 0;

/** Each once; of a lighter and a heavier form of one disease the heavier. */
function sumComorbidities({ comorbidities }: RiskScores, given: readonly Comorbidity[]): number {
  const present = comorbidities.filter(({ id }) => given.includes(id));
  const covered = present.flatMap(({ insteadOf }) => insteadOf ?? []);
  return present.filter(({ id }) => !covered.includes(id)).reduce((sum, { weight }) => sum + weight, 0);
}
