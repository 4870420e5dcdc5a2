/** What the sighting of a set says of a count in which it was missing. */

/** What the discrepancy of a count keeps of its line. */
export interface CountEvidence {
  declared: number;
  received: number;
  missing: number;
  extra: number;
  /** The sets that were declared by their codes and have not been seen since. */
  missingSetInstanceIds: string[];
  /** Those of them that were seen later. */
  foundSetInstanceIds: string[];
}

/** `settled`: every set that was missing is known by its code and has been seen, and none was too many. */
export function evidenceAfterSighting(evidence: CountEvidence, seen: readonly string[]): { evidence: CountEvidence; settled: boolean } {
  const found = evidence.missingSetInstanceIds.filter((id) => seen.includes(id));
  const missingSetInstanceIds = evidence.missingSetInstanceIds.filter((id) => !seen.includes(id));
  const foundSetInstanceIds = [...evidence.foundSetInstanceIds, ...found];
  const settled =
    found.length > 0 && missingSetInstanceIds.length === 0 && evidence.extra === 0 && foundSetInstanceIds.length >= evidence.missing;
  return { evidence: { ...evidence, missingSetInstanceIds, foundSetInstanceIds }, settled };
}
