/** What a protocol says of a visit. */
import type { Calendar } from '../time/calendar.ts';
import type { Duration, LocalDate } from '../time/local-date.ts';
import type { Action, Measure, Protocol, Target } from './protocol.ts';
import type { PatientFacts, SentReferral, Visit } from './visit.ts';

/** The form's code: 1 controlled, 2 uncontrolled, 3 adverse reaction, 4 complication. */
export type ClassCode = 1 | 2 | 3 | 4;

export type ReferralUrgency = 'none' | 'routine' | 'urgent';

/** Like the timeline's Reason, with the document that the clause is from. */
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
  /** those before `visit`, in any order */
  visits: readonly Visit[];
  visit: Visit;
  /** the day of the enrolment; left out: the first visit's */
  startedOn?: LocalDate | undefined;
  phaseSet?: PhaseSet | undefined;
  referrals?: readonly SentReferral[] | undefined;
  /** the rhythm of the person's risk tier: it only shortens */
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
  /** the one code for the form; null: unclassified */
  class: ClassCode | null;
  /** all that hold, the most serious first */
  classes: ClassCode[];
  target: Target;
  action: Action;
  nextVisit: NextVisit;
  referral: ReferralUrgency;
  because: Because[];
  /** measured visits in a row off target, this one included; 0 when controlled */
  uncontrolledInARow: number;
  /** the values it was classified by, for the counters: null when unmeasured */
  controlled: boolean | null;
  phase: string;
  notify: 'head' | null;
  specialistClinicWithinHours: number | null;
  /** what the form lacks: with anything here the visit is refused, unless it says why it was not measured. A crisis is never refused for want of another value. */
  missing: readonly Measure[];
  /** whether the State Council has published the year of the due date */
  calendarConfirmed: boolean;
}
