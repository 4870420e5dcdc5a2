/**
 * The rules of post-discharge orders as a document: every number of days, hours and times with its source and clause. A published version never changes,
 * and an episode keeps the versions that it began with.
 */
import type { Cited, Source } from '../kit/citation.ts';
import type { Words } from '../kit/language.ts';
import type { LocalDate } from '../time/local-date.ts';

export const orderKinds = [
  'medicine',
  'revisit',
  'retest',
  'pending-result',
  'wound',
  'rehabilitation',
  'education',
  'device',
  'vaccination',
  'other',
] as const;
export type OrderKind = (typeof orderKinds)[number];

/** Where a patient was operated on. */
export const operationSites = [
  'head-neck',
  'lower-abdomen',
  'perineum',
  'chest',
  'upper-abdomen',
  'back',
  'buttock',
  'limb',
  'joint',
  'retention',
] as const;
export type OperationSite = (typeof operationSites)[number];

/** What a number of the rules counts is the end of its name: calendar days, working days, hours, minutes, times. A `…-day` is a day after the discharge. */
export const ruleNumbers = [
  'plan-hours',
  'briefing-hours',
  'result-told-hours',
  'contact-working-days',
  'contact-early-days',
  'contact-days',
  'visit-high-days',
  'visit-medium-days',
  'visit-low-days',
  'reconciliation-days',
  'closing-contact-from-day',
  'closing-contact-to-day',
  'head-after-working-days',
  'office-after-working-days',
  'limit-days',
  'limit-after-last-due-days',
  'settle-days',
  'hand-over-day',
  'hand-over-task-working-days',
  'transferred-wait-hours',
  'find-transferred-hours',
  'call-back-working-days',
  'confirm-hours',
  'ladder-calls',
  'ladder-call-gap-hours',
  'ladder-quiet-from-hour',
  'ladder-quiet-until-hour',
  'ladder-call-later-days',
  'ladder-call-later-times',
  'ladder-second-phone-days',
  'ladder-home-high-working-days',
  'ladder-home-working-days',
  'ladder-community-working-days',
  'ladder-letter-working-days',
  'ladder-lost-days',
  'review-hours',
  'partial-days',
  'partial-times',
  'conversation-working-days',
  'conversation-high-alert-hours',
  'resume-days',
  'rebook-working-days',
  'rebook-times',
  'wound-home-visit-working-days',
  'pending-result-office-days',
  'pending-result-repeat-days',
  'refill-opens-working-days',
  'course-days',
  'taken-from-day',
  'as-needed-to-day',
  'long-supply-days',
  'long-supply-long-term-days',
  'long-supply-review-days',
  'triage-emergency-minutes',
  'triage-urgent-hours',
  'triage-abnormal-working-days',
  'triage-visit-working-days',
  'trc-notification-days',
  'trc-information-days',
  'trc-engagement-days',
  'readmission-days',
  'carried-order-hours',
] as const;
export type RuleNumber = (typeof ruleNumbers)[number];

/** From a day after the discharge to another, or to the day until which the visit is due. */
export interface KindWindow extends Cited {
  kind: OrderKind;
  fromDay: number;
  to: number | 'visit';
}

/** So many days after the discharge, or after it was due, an order that nobody has reported on is closed. */
export interface KindExpiry extends Cited {
  kind: OrderKind;
  from: 'due' | 'discharge';
  days: number;
}

/** Days after the operation. */
export interface SutureWindow extends Cited {
  sites: readonly OperationSite[];
  fromDay: number;
  toDay: number;
}

export const medicineClasses = ['insulin', 'sulfonylurea', 'anticoagulant', 'antiplatelet', 'steroid', 'antiepileptic'] as const;
export type MedicineClass = (typeof medicineClasses)[number];

/** A medicine is of the class when its name holds one of these, in whatever case. */
export interface MedicineClassRule extends Cited {
  class: MedicineClass;
  /** Whoever stops it is spoken to within hours. */
  highAlert: boolean;
  names: readonly string[];
}

export const symptoms = [
  'chest-pain',
  'breathless-at-rest',
  'syncope',
  'altered-consciousness',
  'face-arm-speech',
  'heavy-bleeding',
  'low-glucose',
  'weight-gain',
  'oedema',
  'fever',
  'wound-infection',
  'leg-swelling',
  'severe-pain',
  'vomiting',
  'palpitations',
  'breathless-on-exertion',
  'other',
] as const;
export type Symptom = (typeof symptoms)[number];

export type TriageLevel = 'emergency' | 'urgent';

export interface SymptomRule extends Cited {
  level: TriageLevel;
  codes: readonly Symptom[];
  /** Only for whom a medicine of one of these classes is among the orders. */
  withClasses?: readonly MedicineClass[] | undefined;
}

export interface DischargeRules {
  id: 'discharge-rules';
  version: number;
  title: Words;
  effectiveFrom: LocalDate;
  sources: Readonly<Record<string, Source>>;
  numbers: readonly (Cited & { value: number })[];
  windows: readonly KindWindow[];
  expiries: readonly KindExpiry[];
  sutures: readonly SutureWindow[];
  medicineClasses: readonly MedicineClassRule[];
  symptoms: readonly SymptomRule[];
}

/** Throws for a document without the number, which no validated one is. */
export function numberOf({ numbers, version }: DischargeRules, id: RuleNumber): number {
  const found = numbers.find((number) => number.id === id);
  if (!found) throw new Error(`discharge-rules/${version} has no number ${id}.`);
  return found.value;
}
