/** Facts: something has happened. A fact is stored first and never refused; it has one addressee and reaches every pathway that listens. */

/** A subject is neither a patient nor a pathway and has facts of its own: a load, a steriliser, a round, a centre. */
export interface Subject {
  /** A word in lower case with hyphens, such as `load` or `round`. */
  type: string;
  id: string;
}

/** The addressee says whom a fact is delivered to: the open pathways of a patient, one pathway, or the open pathways that hold a subject. */
export type Addressee =
  | { type: 'patient'; patientId: string }
  /** `patientId` is the patient whom the fact concerns, where there is one. */
  | { type: 'pathway'; pathwayId: string; patientId?: string }
  | { type: 'subject'; subject: Subject };

/** The facts that other systems report of patients. They are a contract with these systems and do not depend on which pathways exist. */
export const patientFacts = ['patient-died', 'patient-moved', 'patient-admitted', 'patients-merged'] as const;
export type PatientFact = (typeof patientFacts)[number];

/** A system takes back what it has reported: no pathway hears of it until a person has decided. */
export type RetractingReport = 'fact-retracted';

/** A system says of a person what contradicts the register: nothing is corrected until a person has decided. */
export type PersonReport = 'person-reported';

/** The facts that take back what an earlier fact has ended: a pathway hears of them though it has ended, and may go on. */
export const retractingFacts = ['death-retracted', 'merger-retracted'] as const;

/** What every fact tells a pathway, beside the ids that belong to its type. */
export interface TimedFact {
  /** The instant at which the fact took effect, in milliseconds. */
  occurredAt: number;
  /** The fact was told so many milliseconds after it took effect; undefined in facts of older code. */
  toldLateByMs?: number;
}

/** Clocks of two systems differ by as much. */
const CLOCKS_DIFFER_BY_MS = 5 * 60_000;

/**
 * Says whether something began only after a fact had taken effect: an interface that sends its old queue again must not undo it. The instants are those of
 * the pathway's own clock, which a demonstration may have pushed forward. Not so for facts of older code, which changed whatever was open.
 */
export const hasBegunAfter = (beganAt: number, { at, input }: { at: number; input: TimedFact }): boolean =>
  input.toldLateByMs !== undefined && beganAt - CLOCKS_DIFFER_BY_MS > at - input.toldLateByMs;
