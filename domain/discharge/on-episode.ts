/** The part of its input that the commands on an episode share. */

/** What every command of a person has. */
export interface OnEpisode {
  patientId?: string | undefined;
  /** When it was done, in milliseconds; the present instant where it is left out. */
  doneAt?: number | undefined;
}
