/** What a symptom means that a patient or a family member tells after a discharge, and within which time somebody judges it. */
import type { Reason } from '../kit/pathway.ts';
import { addWorkingDays, type Calendar } from '../time/calendar.ts';
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeDocument, citeNumber } from './cite.ts';
import { classesOf } from './medicines.ts';
import type { GivenOrder } from './order.ts';
import { type DischargeRules, numberOf, type Symptom, type TriageLevel } from './rules.ts';

export interface NeededTriage {
  level: TriageLevel;
  dueAt: number;
  /** An emergency is told to call 120, and its head is called too. */
  ownerRole: 'gp' | 'nurse';
  because: Reason[];
}

/** All medicines that the patient was given count, also those that are no longer asked for. Undefined when there is no symptom. */
export function judgeSymptoms(
  rules: DischargeRules,
  told: readonly Symptom[],
  orders: readonly Pick<GivenOrder, 'kind' | 'title' | 'medicine'>[],
  at: number,
): NeededTriage | undefined {
  const classes = orders.filter(({ kind }) => kind === 'medicine').flatMap((order) => classesOf(rules, order));
  const applying = rules.symptoms.filter(
    ({ codes, withClasses }) =>
      codes.some((code) => told.includes(code)) && (withClasses === undefined || withClasses.some((name) => classes.includes(name))),
  );
  const rule = applying.find(({ level }) => level === 'emergency') ?? applying[0];
  return rule && triageAt(rules, rule.level, at, [citeDocument(rules, rule, { symptoms: told.join(' ') })]);
}

export function triageAt(rules: DischargeRules, level: TriageLevel, at: number, because: Reason[]): NeededTriage {
  if (level === 'emergency') {
    const budgetMs = numberOf(rules, 'triage-emergency-minutes') * 60_000;
    return { level, dueAt: at + budgetMs, ownerRole: 'gp', because: [...because, citeNumber(rules, 'triage-emergency-minutes')] };
  }
  const budgetMs = numberOf(rules, 'triage-urgent-hours') * 3_600_000;
  return { level, dueAt: at + budgetMs, ownerRole: 'nurse', because: [...because, citeNumber(rules, 'triage-urgent-hours')] };
}

/** A value of a retest that is off its range is judged by the gp, by a working day. */
export const abnormalDueOn = (rules: DischargeRules, calendar: Calendar, at: number): LocalDate =>
  addWorkingDays(calendar, localDateOf(at), numberOf(rules, 'triage-abnormal-working-days'));

/** A visit that the triage asks for. */
export const triageVisitDueOn = (rules: DischargeRules, calendar: Calendar, at: number): LocalDate =>
  addWorkingDays(calendar, localDateOf(at), numberOf(rules, 'triage-visit-working-days'));
