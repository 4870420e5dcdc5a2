/** What is owed to everybody who was discharged: the plan, the first contact, the visit, the reconciliation of medicines and the closing contact. */
import type { Reason } from '../kit/pathway.ts';
import { addWorkingDays, type Calendar } from '../time/calendar.ts';
import { addDays, earlierOf, type LocalDate, localDateOf, startOf } from '../time/local-date.ts';
import { citeDocument, citeNumber } from './cite.ts';
import { computeDueDate, type DueDate } from './due-date.ts';
import { type OrderOwner, ownerOf } from './owners.ts';
import type { RiskLevel } from './risk-model.ts';
import { type DischargeRules, numberOf } from './rules.ts';
import type { DischargeTemplate, DischargeTemplates } from './templates.ts';

export const datedDuties = ['contact', 'visit', 'reconciliation', 'closing-contact'] as const;
export type DatedDuty = (typeof datedDuties)[number];

export interface DutyWindow extends DueDate {
  opensOn: LocalDate;
  owner: OrderOwner;
  /** At 09:00 of this day it can no longer be kept; null for what has another end. */
  missedOn: LocalDate | null;
  because: Reason[];
}

export interface DischargeGround {
  rules: DischargeRules;
  templates: DischargeTemplates;
  calendar: Calendar;
  dischargedOn: LocalDate;
  /** The day on which the dates are computed. */
  today: LocalDate;
}

export interface DutyGround extends DischargeGround {
  risk: RiskLevel;
  template?: DischargeTemplate | undefined;
}

/** The plan is written within so many hours of the discharge; no day moves it. */
export const planBudgetMs = (rules: DischargeRules): number => numberOf(rules, 'plan-hours') * 3_600_000;

export function computeDuties(ground: DutyGround): Record<DatedDuty, DutyWindow> {
  const contact = computeContact(ground);
  const visit = computeVisit(ground);
  return { contact, visit, reconciliation: computeReconciliation(ground, visit), 'closing-contact': computeClosingContact(ground) };
}

function computeContact({ rules, calendar, dischargedOn, today, risk, template }: DutyGround): DutyWindow {
  const isEarly = risk === 'high' || template?.earlyContact === true;
  const byDays = isEarly ? 'contact-early-days' : 'contact-days';
  const workday = addWorkingDays(calendar, dischargedOn, numberOf(rules, 'contact-working-days'));
  const day = addDays(dischargedOn, numberOf(rules, byDays));
  const due = computeDueDate(calendar, { dueOn: earlierOf(workday, day), opensOn: dischargedOn, dischargedOn, today });
  return {
    opensOn: dischargedOn,
    ...due,
    owner: ownerOf({ role: 'nurse' }, due.isHospitals),
    missedOn: null,
    because: [citeNumber(rules, workday <= day ? 'contact-working-days' : byDays, { risk })],
  };
}

function computeVisit({ rules, templates, calendar, dischargedOn, today, risk, template }: DutyGround): DutyWindow {
  const byRisk = `visit-${risk}-days` as const;
  const days = numberOf(rules, byRisk);
  const isShortened = template !== undefined && template.visitByDay < days;
  const opensOn = addDays(dischargedOn, 1);
  const dueOn = addDays(dischargedOn, isShortened ? template.visitByDay : days);
  const due = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today });
  return {
    opensOn,
    ...due,
    owner: ownerOf({ role: 'gp', visit: true }, due.isHospitals),
    missedOn: addDays(dischargedOn, numberOf(rules, 'visit-low-days') + 1),
    because: [isShortened ? citeDocument(templates, template) : citeNumber(rules, byRisk, { risk })],
  };
}

/** Until the visit is due, by the pharmacist of the hospital, who works on every day. */
function computeReconciliation({ rules, dischargedOn }: DutyGround, { dueOn, unconfirmed }: DutyWindow): DutyWindow {
  return {
    opensOn: dischargedOn,
    dueOn,
    isHospitals: true,
    unconfirmed,
    owner: { side: 'hospital', role: 'pharmacist' },
    missedOn: addDays(dischargedOn, numberOf(rules, 'reconciliation-days') + 1),
    because: [citeNumber(rules, 'reconciliation-days')],
  };
}

function computeClosingContact({ rules, calendar, dischargedOn, today }: DutyGround): DutyWindow {
  const opensOn = addDays(dischargedOn, numberOf(rules, 'closing-contact-from-day'));
  const dueOn = addDays(dischargedOn, numberOf(rules, 'closing-contact-to-day'));
  const due = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today });
  return {
    opensOn,
    ...due,
    owner: ownerOf({ role: 'nurse' }, due.isHospitals),
    missedOn: null,
    because: [citeNumber(rules, 'closing-contact-to-day')],
  };
}

/** At what hour of a day what has a date acts. */
const ACTS_AT_MS = 9 * 3_600_000;

/** The instant at which a date acts: what opens on it opens, what was due the day before is overdue. */
export const actingInstantOf = (date: LocalDate): number => startOf(date) + ACTS_AT_MS;

/** The last day whose dates have acted at an instant: before 09:00 it is the day before. */
export const actedOn = (at: number): LocalDate => localDateOf(at - ACTS_AT_MS);
