/** What may be done about a resident's life and records, as the record stands and for whoever asks. */
export const residentTriggers = [
  'correct',
  'report-death',
  'confirm-death',
  'refute-death',
  'retract-death',
  'confirm-retraction',
  'propose-merger',
] as const;
export type ResidentTrigger = (typeof residentTriggers)[number];

export interface ResidentStanding {
  died: boolean;
  merged: boolean;
  /** Somebody has reported a death that nobody has decided on. */
  deathReported: boolean;
  /** Who has proposed to take a confirmed death back; null when nobody has. */
  retractionProposedBy: string | null;
}

/** Those who decide: a GP or the head of the home centre. */
export const decidesOnResidents = (roles: readonly string[]): boolean => roles.includes('gp') || roles.includes('head');

/** The caller is a clinician of the resident's home centre. */
export function allowedFor(
  { died, merged, deathReported, retractionProposedBy }: ResidentStanding,
  { personId, roles }: { personId: string; roles: readonly string[] },
): ResidentTrigger[] {
  const decides = decidesOnResidents(roles);
  const allowed: ResidentTrigger[] = ['correct'];
  if (!died && !deathReported) allowed.push('report-death');
  if (!died && deathReported && decides) allowed.push('confirm-death', 'refute-death');
  if (died && retractionProposedBy === null) allowed.push('retract-death');
  if (died && retractionProposedBy !== null && retractionProposedBy !== personId && decides) allowed.push('confirm-retraction');
  if (!merged) allowed.push('propose-merger');
  return allowed;
}
