/**
 * A protocol is a document with clinical rules. Every threshold of follow-up stands in one, with its source, clause and date, and a published version
 * never changes. evaluate.ts applies a protocol to a visit, and validate-protocol.ts says why a document is refused.
 */
import type { Cited, Source } from '../kit/citation.ts';
import type { Duration, LocalDate } from '../time/local-date.ts';
import type { SymptomCode } from './symptoms.ts';

/**
 * The window of the next visit: when it may be made, and until when it must have been made. `due` counts from the visit and moves to the
 * working day before.
 */
export interface Window {
  due: Duration;
  opens: { afterDays: number } | { beforeDueDays: number };
}

export type Measure = 'blood-pressure' | 'fasting-glucose';

/**
 * A person is controlled when every value is below its target, and not when one is at or above it. Null means that the protocol has no such
 * target.
 */
export interface Target {
  systolic: number | null;
  diastolic: number | null;
  fastingGlucose: number | null;
}

/** The management plan of a hospital as the follow-up keeps it: codes, dates and values. Its words stand in the referral. */
export interface HandedPlan {
  referralId: string;
  /** Visits before this instant are not judged by the plan. */
  acceptedAt: number;
  /** Values to stay below: mmHg, mmHg, mmol/L; null where the plan sets none. */
  targets: Target;
  visitEveryDays: number | null;
  /** Codes of items; an item that the plan writes in words has a code made of them. */
  items: readonly string[];
  /** The last day on which the plan holds; null for no end. */
  until: LocalDate | null;
}

/** The ages are full years. With `ageBelow` null the band has no upper end. */
export interface TargetBand extends Cited, Target {
  ageFrom: number;
  ageBelow: number | null;
}

/** The first group that a person is in gives their targets; the last one is for everyone. Each covers all ages, once. */
export interface TargetGroup {
  for: 'diabetes-or-kidney-disease' | 'tolerates-lower-target' | 'everyone';
  bands: readonly TargetBand[];
}

export type Action = 'continue' | 'adjust' | 'refer' | 'refer-urgent';

export type Condition =
  /** One of the two values is at or above its threshold. */
  | { kind: 'blood-pressure-at-least'; systolic: number; diastolic: number }
  /** The fasting or random glucose in mmol/L. */
  | { kind: 'glucose-at-least'; mmolPerL: number }
  | { kind: 'glucose-at-most'; mmolPerL: number }
  | { kind: 'heart-rate-above'; perMinute: number }
  | { kind: 'temperature-above'; celsius: number }
  | { kind: 'symptom'; anyOf: readonly SymptomCode[] }
  | { kind: 'pregnant' }
  | { kind: 'pregnant-blood-pressure-at-least'; systolic: number; diastolic: number }
  | { kind: 'pregnant-fasting-glucose-at-least'; mmolPerL: number }
  | { kind: 'new-complication' }
  /** The clinician says so, or the same reaction was reported `times` times. */
  | { kind: 'adverse-reaction-hard-to-control'; times: number }
  | { kind: 'adverse-reaction' }
  /** So many measured visits in a row are off target, with this one. With `to` null there is no upper end. */
  | { kind: 'uncontrolled-in-a-row'; from: number; to: number | null }
  | { kind: 'controlled' }
  | { kind: 'not-measured' }
  /**
   * For screening: so many different dates, with this one, have a value at or above the threshold. With `withinDays` null they may lie any
   * time apart.
   */
  | { kind: 'raised-on-dates'; systolic: number; diastolic: number; from: number; to: number | null; withinDays: number | null };

export interface Consequence {
  action: Action;
  /** The window of the next visit; null when the rhythm of the phase gives it. */
  next: Window | null;
  /** A referral to a specialist clinic is arranged within so many hours. */
  specialistClinicWithinHours?: number | undefined;
  notify?: 'head' | undefined;
}

/** Of all rules whose condition holds those with the most serious action win, and of these the earliest date. */
export interface Rule extends Cited {
  when: Condition;
  outcome: Consequence;
  /** Replaces `outcome` while a referral is open. */
  whileReferralOpen?: Consequence | undefined;
}

/** A stretch of the pathway with its own rhythm. Phases follow each other by `next`; the last one has no end. */
export interface Phase extends Cited {
  every: Window;
  /** The phase ends so long after the start of the protocol; null when it has no end. */
  until: Duration | null;
  /** The id of the phase after this one; null for the last one. */
  next: string | null;
}

/** A calendar year needs so many face-to-face visits. A part of a year needs one for each `daysPerVisit` days of enrolment. */
export interface Quota extends Cited {
  faceToFacePerYear: number;
  daysPerVisit: number;
  /** For the quota's sake visits are never pulled nearer together than this. */
  leastDaysApart: number;
  /** True when the yearly health check counts as one of the visits. */
  annualExamCounts: boolean;
}

/** An item that a visit does, in the phases that are named or in all of them. */
export interface Item extends Cited {
  code: string;
  title: { zh: string; en: string };
  every: 'visit' | Duration;
  phases?: readonly string[] | undefined;
}

export interface Population extends Cited {
  minimumAge: number | null;
}

/**
 * A person who meets one of these belongs into the protocol. A value meets its condition at or above the threshold, a blood pressure by
 * either value within its range.
 */
export type EntryCondition =
  | { kind: 'blood-pressure-from'; systolic: number; diastolic: number; systolicBelow: number; diastolicBelow: number }
  | { kind: 'bmi-from'; kgPerM2: number }
  | { kind: 'waist-from'; maleCm: number; femaleCm: number }
  | { kind: 'family-history' }
  | { kind: 'salty-diet' }
  | { kind: 'liquor-from'; mlPerDay: number }
  | { kind: 'age-from'; years: number };

export interface EntryCriterion extends Cited {
  when: EntryCondition;
}

/** Raised values on so many different dates make a provisional diagnosis. It is used before somebody is enrolled. */
export interface Screening extends Cited {
  systolic: number;
  diastolic: number;
  dates: number;
  withinDays: number | null;
}

export interface Protocol {
  id: string;
  version: number;
  title: { zh: string; en: string };
  /** Nobody is enrolled twice for one disease. */
  disease: 'hypertension' | 'diabetes' | 'complications' | 'elderly' | 'high-risk' | (string & {});
  effectiveFrom: LocalDate;
  /** The indicator that this protocol's targets give; null when they give none (indicators.ts). */
  indicator: 'payment' | 'clinical' | null;
  sources: Readonly<Record<string, Source>>;
  population: Population;
  /** The criteria by which somebody of the population belongs into the protocol. Without any, a diagnosis decides. */
  entry: readonly EntryCriterion[];
  /** The values by which a visit is classified. One of them is enough for a measured visit. */
  classifiedBy: readonly Measure[];
  targets: readonly TargetGroup[];
  rules: readonly Rule[];
  /** A person starts in the first phase. */
  phases: readonly Phase[];
  quota: Quota | null;
  items: readonly Item[];
  screening: Screening | null;
  /** The management plan that bends the protocol for one person. No document has one. */
  plan?: HandedPlan | undefined;
}
