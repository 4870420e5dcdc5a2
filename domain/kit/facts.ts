/** Facts: something has happened. A fact is stored first and never refused; it has one addressee and reaches every pathway that listens. */

/** What is no patient and no pathway and has facts of its own: a load, a steriliser, a round, a centre. */
export interface Subject {
  /** lower case with hyphens: `load`, `round` */
  type: string;
  id: string;
}

/** Whom a fact is delivered to: the open pathways of a patient, one pathway, or the open pathways that hold a subject. */
export type Addressee =
  | { type: 'patient'; patientId: string }
  /** `patientId`: the patient whom it concerns, where there is one */
  | { type: 'pathway'; pathwayId: string; patientId?: string }
  | { type: 'subject'; subject: Subject };

/** What other systems report of patients: the contract with them, whatever pathways there are. */
export const patientFacts = ['patient-died', 'patient-moved', 'patient-admitted', 'patients-merged'] as const;
export type PatientFact = (typeof patientFacts)[number];
