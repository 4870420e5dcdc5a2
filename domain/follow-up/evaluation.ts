/** The input and the result of evaluating a visit by a protocol. */
import type { Calendar } from '../time/calendar.ts';
import type { Duration, LocalDate } from '../time/local-date.ts';
import type { Action, Measure, Protocol, Target } from './protocol.ts';
import type { PatientFacts, SentReferral, Visit } from './visit.ts';

/** The form's code: 1 controlled, 2 uncontrolled, 3 adverse reaction, 4 complication. */
export type ClassCode = 1 | 2 | 3 | 4;

/** What a visit leads to. With 'confirm-reading' a crisis value that does not classify has to be measured again at once. */
export type VisitAction = Action | 'confirm-reading';

export type ReferralUrgency = 'none' | 'routine' | 'urgent';

/** The more urgent a referral is, the higher is its rank. */
export const urgencyRank: Readonly<Record<ReferralUrgency, number>> = { none: 0, routine: 1, urgent: 2 };

/** A reason like those of the timeline, with the document that the clause is from. */
export interface Because {
  rule: string;
  clause: string;
  source: string;
  evidence: Record<string, string | number | boolean | null>;
}

export interface EvaluationInput {
  protocol: Protocol;
  calendar: Calendar;
  patient: PatientFacts;
  /** The visits before `visit`, in any order. */
  visits: readonly Visit[];
  visit: Visit;
  /** The day of the enrolment. Left out, it is the day of the first visit. */
  startedOn?: LocalDate | undefined;
  phaseSet?: PhaseSet | undefined;
  referrals?: readonly SentReferral[] | undefined;
  /** The rhythm of the person's risk tier, which may bring a visit nearer and never moves one away. */
  tier?: { name: string; because: Omit<Because, 'evidence'>; every: Duration } | undefined;
}

/** The phase that a clinician has set, and the day that it counts its end from, as if the protocol had begun then. */
export interface PhaseSet {
  id: string;
  countedFrom: LocalDate;
}

export interface NextVisit {
  opensOn: LocalDate;
  dueOn: LocalDate;
}

export interface Evaluation {
  /** The one code that the form takes; null when the visit cannot be classified. */
  class: ClassCode | null;
  /** All codes that hold, the most serious first. */
  classes: ClassCode[];
  target: Target;
  action: VisitAction;
  nextVisit: NextVisit;
  referral: ReferralUrgency;
  because: Because[];
  /** So many measured visits in a row were off target, with this one; 0 when the person is controlled. */
  uncontrolledInARow: number;
  /** Whether the measured values are on target; null when nothing was measured. */
  controlled: boolean | null;
  phase: string;
  notify: 'head' | null;
  specialistClinicWithinHours: number | null;
  /** The values that the form lacks. A visit that lacks any is refused, unless it says why it was not measured or shows a crisis. */
  missing: readonly Measure[];
  /** Whether the State Council has published the year of the due date. */
  calendarConfirmed: boolean;
}
