/** The rule about slots that are reserved for community health centres. */

/** A reserved slot is for referrals from community health centres until its release. From the instant of the release on it is for everybody. */
export function mayBook({ releaseAt }: { releaseAt: number | null }, { fromCentre, at }: { fromCentre: boolean; at: number }): boolean {
  return releaseAt === null || fromCentre || at >= releaseAt;
}

/** A reserved slot is released so long before its start, unless the slot says otherwise. */
export const DEFAULT_RELEASE_MS = 24 * 3_600_000;
