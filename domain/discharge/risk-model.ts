/** The scores of the risk of being admitted again, as a document. risk.ts computes them. */
import type { Cited, Source } from '../kit/citation.ts';
import type { Words } from '../kit/language.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { AdmissionType } from './standing.ts';

export const riskLevels = ['low', 'medium', 'high'] as const;
export type RiskLevel = (typeof riskLevels)[number];

export const comorbidities = [
  'mi',
  'stroke',
  'pvd',
  'diabetes',
  'heart-failure',
  'diabetes-organ-damage',
  'chronic-lung',
  'mild-liver-renal',
  'tumour',
  'dementia',
  'connective-tissue',
  'severe-liver-renal',
  'hiv',
  'metastatic',
] as const;
export type Comorbidity = (typeof comorbidities)[number];

export const scoreCodes = ['lace', 'hospital-2013', 'hospital-2016', 'hospital-simplified-2017'] as const;
export type ScoreCode = (typeof scoreCodes)[number];

export const numberInputs = ['stayDays', 'hemoglobinGPerL', 'sodiumMmolPerL', 'admissions12Months', 'emergencyVisits6Months'] as const;
export type NumberInput = (typeof numberInputs)[number];
export const flagInputs = ['oncologyService', 'cancer', 'procedure'] as const;
export type FlagInput = (typeof flagInputs)[number];

/** A value has the points of the last band that begins at or below it. The first band begins at 0. */
export interface PointsFrom {
  from: number;
  points: number;
}

export type ScorePart = Cited &
  (
    | { kind: 'number'; input: NumberInput; bands: readonly PointsFrom[] }
    /** One that is true is enough. */
    | { kind: 'any'; inputs: readonly FlagInput[]; points: number }
    | { kind: 'admission-type'; points: Readonly<Record<AdmissionType, number>> }
    /** The sum of the weights. */
    | { kind: 'comorbidities'; bands: readonly PointsFrom[] }
  );

export interface RiskScoreRule extends Cited {
  id: ScoreCode;
  title: Words;
  parts: readonly ScorePart[];
  levels: readonly { level: RiskLevel; from: number }[];
}

export interface ComorbidityRule extends Cited {
  id: Comorbidity;
  weight: number;
  /** The lighter form, which does not count beside this one. */
  insteadOf?: Comorbidity | undefined;
}

export interface RiskScores {
  id: 'risk-scores';
  version: number;
  title: Words;
  effectiveFrom: LocalDate;
  sources: Readonly<Record<string, Source>>;
  /** The scores of which the highest level is that of the patient. */
  deciding: Cited & { scores: readonly ScoreCode[] };
  comorbidities: readonly ComorbidityRule[];
  scores: readonly RiskScoreRule[];
}
