/** What the rules see of a person and of their visits. Codes, numbers and instants in milliseconds; never names or free text. */
import type { LocalDate } from '../time/local-date.ts';

export interface PatientFacts {
  birthDate: LocalDate;
  sex: 'male' | 'female' | 'other' | 'unknown';
  /** pregnant or lactating */
  pregnant: boolean;
  /** the form says that the lower target is tolerated */
  toleratesLowerTarget: boolean;
  /** other diagnoses that change a target */
  diabetes: boolean;
  kidneyDisease: boolean;
}

/** What a visit may find different of the person, beside what it measures. */
export type ChangedFacts = Partial<Pick<PatientFacts, 'pregnant' | 'toleratesLowerTarget' | 'diabetes' | 'kidneyDisease'>>;

/** Form codes 1, 2 and 3. Clinic and home are face to face. */
export type VisitMode = 'clinic' | 'home' | 'phone';

export interface BloodPressure {
  /** mmHg */
  systolic: number;
  /** mmHg */
  diastolic: number;
  /** taken by the person at home: shown, and never classified */
  atHome: boolean;
}

export interface Visit {
  visitedAt: number;
  mode: VisitMode;
  /** in the order taken */
  bloodPressures: readonly BloodPressure[];
  /** mmol/L, to 0.1 */
  fastingGlucose: number | null;
  /** mmol/L, to 0.1 */
  randomGlucose: number | null;
  /** per minute, at rest */
  heartRate: number | null;
  /** °C */
  temperature: number | null;
  symptoms: readonly string[];
  /** codes; two of the same code are the same reaction */
  adverseReactions: readonly string[];
  newComplication: boolean;
  /** the clinician says that the adverse reaction is hard to control */
  hardToControl: boolean;
  notMeasuredReason: string | null;
  /** the yearly health check of the elderly, done together with this visit */
  annualExam: boolean;
  /** codes of the protocol's items that were done beside what the form shows; undefined: none were named */
  itemsDone?: readonly string[];
}

/** A referral that follow-up sent, as far as the rules ask: is it open, and since when is its outcome reviewed. */
export interface SentReferral {
  sentAt: number;
  /** null while it is open */
  reviewedAt: number | null;
}
