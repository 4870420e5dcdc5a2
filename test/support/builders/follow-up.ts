/** The shipped protocols and short ways to write visits and patients. */
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import { evaluate } from '../../../domain/follow-up/evaluate.ts';
import type { Evaluation, EvaluationInput } from '../../../domain/follow-up/evaluation.ts';
import type { Protocol } from '../../../domain/follow-up/protocol.ts';
import type { RiskModel } from '../../../domain/follow-up/risk-tier.ts';
import type { PatientFacts, Visit } from '../../../domain/follow-up/visit.ts';
import type { Calendar } from '../../../domain/time/calendar.ts';
import { addDays, addMonths, type LocalDate, startOf } from '../../../domain/time/local-date.ts';

const shipped = loadShippedDocuments();
export const protocols: readonly Protocol[] = shipped.protocols;
export const calendar: Calendar = { years: shipped.calendars };
export const riskModel: RiskModel = shipped.riskModel;

export function protocol(id: string): Protocol {
  const found = protocols.find((one) => one.id === id);
  if (!found) throw new Error(`No protocol ${id} is shipped.`);
  return structuredClone(found);
}

/** A Monday, with no holiday within the four weeks after it. */
export const monday: LocalDate = '2026-03-02';

export const newPatient = (facts: Partial<PatientFacts> = {}): PatientFacts => ({
  birthDate: '1970-01-01',
  sex: 'female',
  pregnant: false,
  toleratesLowerTarget: false,
  diabetes: false,
  kidneyDisease: false,
  ...facts,
});

/** Returns a patient who turns so many years old on the usual Monday, or so many days later: with `daysYounger` 1 the birthday is tomorrow. */
export const patientOfAge = (years: number, daysYounger = 0, facts: Partial<PatientFacts> = {}): PatientFacts =>
  newPatient({ birthDate: addDays(addMonths(monday, -12 * years), daysYounger), ...facts });

export const buildPressure = (systolic: number, diastolic: number, atHome = false) => ({ systolic, diastolic, atHome });

/** Returns a visit at ten in the morning in the clinic. Nothing is measured but what `values` says. */
export const newVisit = (date: LocalDate, values: Partial<Visit> = {}): Visit => ({
  visitedAt: startOf(date) + 10 * 3_600_000,
  mode: 'clinic',
  bloodPressures: [],
  fastingGlucose: null,
  randomGlucose: null,
  heartRate: null,
  temperature: null,
  symptoms: [],
  adverseReactions: [],
  newComplication: false,
  hardToControl: false,
  notMeasuredReason: null,
  annualExam: false,
  ...values,
});

export const visitWithPressure = (date: LocalDate, systolic: number, diastolic: number, values: Partial<Visit> = {}): Visit =>
  newVisit(date, { bloodPressures: [buildPressure(systolic, diastolic)], ...values });
export const visitWithGlucose = (date: LocalDate, fastingGlucose: number, values: Partial<Visit> = {}): Visit =>
  newVisit(date, { fastingGlucose, ...values });

export const evaluateVisit = (
  id: string,
  visit: Visit,
  { visits = [], patient = newPatient(), ...rest }: Partial<Omit<EvaluationInput, 'protocol' | 'visit'>> = {},
): Evaluation => evaluate({ protocol: protocol(id), calendar, patient, visits, visit, ...rest });

/** The ids of the rules that an evaluation names. */
export const rulesOf = ({ because }: Evaluation): string[] => because.map(({ rule }) => rule.split('#')[1] ?? '');
