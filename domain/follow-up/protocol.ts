/**
 * A protocol: clinical rules as data. Every threshold of follow-up is in such a document, with the source, the clause and the date it is from;
 * what stands there is the same for ever once it is published. How a document is judged: evaluate.ts; when it is refused: validate-protocol.ts.
 */
import type { Cited, Source } from '../kit/citation.ts';
import type { Duration, LocalDate } from '../time/local-date.ts';
import type { SymptomCode } from './symptoms.ts';

/** When the next visit may be made and until when it must have been made. `due` counts from the visit and moves to the working day before. */
export interface Window {
  due: Duration;
  opens: { afterDays: number } | { beforeDueDays: number };
}

export type Measure = 'blood-pressure' | 'fasting-glucose';

/** Below these a person is controlled; at or above either of them, not. null: the protocol has no such target. */
export interface Target {
  systolic: number | null;
  diastolic: number | null;
  fastingGlucose: number | null;
}

/** Full years; `ageBelow` null: no upper end. */
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
  /** either value at or above */
  | { kind: 'blood-pressure-at-least'; systolic: number; diastolic: number }
  /** fasting or random, mmol/L */
  | { kind: 'glucose-at-least'; mmolPerL: number }
  | { kind: 'glucose-at-most'; mmolPerL: number }
  | { kind: 'heart-rate-above'; perMinute: number }
  | { kind: 'temperature-above'; celsius: number }
  | { kind: 'symptom'; anyOf: readonly SymptomCode[] }
  | { kind: 'pregnant' }
  | { kind: 'pregnant-blood-pressure-at-least'; systolic: number; diastolic: number }
  | { kind: 'pregnant-fasting-glucose-at-least'; mmolPerL: number }
  | { kind: 'new-complication' }
  /** the clinician says so, or the same reaction was reported `times` times */
  | { kind: 'adverse-reaction-hard-to-control'; times: number }
  | { kind: 'adverse-reaction' }
  /** so many measured visits in a row off target, this one included; `to` null: and more */
  | { kind: 'uncontrolled-in-a-row'; from: number; to: number | null }
  | { kind: 'controlled' }
  | { kind: 'not-measured' }
  /** screening: so many different dates with a value at or above, this one included; `withinDays` null: however far apart */
  | { kind: 'raised-on-dates'; systolic: number; diastolic: number; from: number; to: number | null; withinDays: number | null };

export interface Consequence {
  action: Action;
  /** null: when the cadence says */
  next: Window | null;
  /** a referral is arranged at a specialist clinic within so many hours */
  specialistClinicWithinHours?: number | undefined;
  notify?: 'head' | undefined;
}

/** Of all rules whose condition holds the most serious action wins; of those, the earliest date. */
export interface Rule extends Cited {
  when: Condition;
  outcome: Consequence;
  /** instead of `outcome`, while a referral is open */
  whileReferralOpen?: Consequence | undefined;
}

/** A stretch of the pathway with its own rhythm. Phases follow each other by `next`; the last one has no end. */
export interface Phase extends Cited {
  every: Window;
  /** from the start of the protocol; null: no end */
  until: Duration | null;
  /** the phase after it; null for the last one */
  next: string | null;
}

/** So many face-to-face visits in a calendar year; of a part of a year, one for each `daysPerVisit` enrolled. */
export interface Quota extends Cited {
  faceToFacePerYear: number;
  daysPerVisit: number;
  /** visits are not pulled nearer together than this */
  leastDaysApart: number;
  /** the yearly health check counts as one */
  annualExamCounts: boolean;
}

/** What is looked at or done; in `phases` only, or in all. */
export interface Item extends Cited {
  code: string;
  title: { zh: string; en: string };
  every: 'visit' | Duration;
  phases?: readonly string[] | undefined;
}

export interface Population extends Cited {
  minimumAge: number | null;
}

/** One is enough to belong into the protocol. Values at or above count; of the blood pressure either one within its range. */
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

/** Three highs on different dates: a provisional diagnosis. Of the protocols of a disease; asked before somebody is enrolled. */
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
  /** counters of consecutive visits are kept by disease */
  disease: 'hypertension' | 'diabetes' | 'complications' | 'elderly' | 'high-risk' | (string & {});
  effectiveFrom: LocalDate;
  /** which of the two numbers side by side this protocol's targets give; null: neither */
  indicator: 'payment' | 'clinical' | null;
  sources: Readonly<Record<string, Source>>;
  population: Population;
  /** who belongs into it beyond its population; empty: a diagnosis decides */
  entry: readonly EntryCriterion[];
  /** the values by which a visit is classified; any one of them makes it a measured visit */
  classifiedBy: readonly Measure[];
  targets: readonly TargetGroup[];
  rules: readonly Rule[];
  /** the first is where a person starts */
  phases: readonly Phase[];
  quota: Quota | null;
  items: readonly Item[];
  screening: Screening | null;
}
