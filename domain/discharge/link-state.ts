/** What a state knows of links, and of whom is to be called because of one. */
import type { LocalDate } from '../time/local-date.ts';

/** The patient, or the index of one of their contacts. */
export type LinkRecipient = 'patient' | number;

export interface PatientLink {
  id: string;
  to: LinkRecipient;
  sentAt: number;
  expiresAt: number;
}

/** Somebody asked by the link to be called. */
export interface CallBack {
  id: string;
  /** Whose link it was. */
  of: LinkRecipient;
  askedAt: number;
  dueOn: LocalDate;
  /** Null until somebody has called. */
  doneAt: number | null;
  /** The discharge that it belongs to. */
  discharge: number;
}
