/** The data of a person and of their visits that rules see: codes, numbers and instants in milliseconds, never names or free text. */
import type { Comparator } from '../readings/reading.ts';
import type { LocalDate } from '../time/local-date.ts';

export interface PatientFacts {
  birthDate: LocalDate;
  sex: 'male' | 'female' | 'other' | 'unknown';
  /** True also for somebody who is lactating. */
  pregnant: boolean;
  /** True when the form says that the person tolerates the lower target. */
  toleratesLowerTarget: boolean;
  /** This diagnosis and the next one change a target. */
  diabetes: boolean;
  kidneyDisease: boolean;
}

/** The facts about a person that a visit may change, beside the values that it measures. */
export type ChangedFacts = Partial<Pick<PatientFacts, 'pregnant' | 'toleratesLowerTarget' | 'diabetes' | 'kidneyDisease'>>;

/** The form's codes 1, 2 and 3. Visits in the clinic and at home are face to face. */
export type VisitMode = 'clinic' | 'home' | 'phone';

export interface BloodPressure {
  /** The systolic pressure in mmHg. */
  systolic: number;
  /** The diastolic pressure in mmHg. */
  diastolic: number;
  /** True for a value that the person took at home, which is shown and never classifies. */
  atHome: boolean;
}

export type GlucoseField = 'fastingGlucose' | 'randomGlucose';

export interface Visit {
  visitedAt: number;
  mode: VisitMode;
  /** The measurements in the order in which they were taken. */
  bloodPressures: readonly BloodPressure[];
  /** The fasting glucose in mmol/L, rounded to 0.1. */
  fastingGlucose: number | null;
  /** The random glucose in mmol/L, rounded to 0.1. */
  randomGlucose: number | null;
  /** The glucose values that the person took at home, which never classify; undefined when none was. */
  glucoseAtHome?: readonly GlucoseField[];
  /** How the true glucose lies to the one that is given, where the meter showed HI or LO; undefined when no meter did. */
  glucoseComparators?: Partial<Record<GlucoseField, Comparator>>;
  /** Beats per minute at rest. */
  heartRate: number | null;
  /** The body temperature in °C. */
  temperature: number | null;
  symptoms: readonly string[];
  /** Codes of reactions. The same code at two visits is the same reaction. */
  adverseReactions: readonly string[];
  newComplication: boolean;
  /** True when the clinician says that the adverse reaction is hard to control. */
  hardToControl: boolean;
  notMeasuredReason: string | null;
  /** True when the yearly health check of the elderly was done together with this visit. */
  annualExam: boolean;
  /** Codes of the protocol's items that were done beside those that the form shows; undefined when none were named. */
  itemsDone?: readonly string[];
}

/** A referral that a follow-up has started, as far as rules need it. */
export interface SentReferral {
  sentAt: number;
  /** The instant at which its outcome was reviewed; null while it is open. */
  reviewedAt: number | null;
}
