/** Who may book a slot when. */

/** A reserved slot is for referrals from community health centres until its release, then for everybody. From that very instant on. */
export function mayBook({ releaseAt }: { releaseAt: number | null }, { fromCentre, at }: { fromCentre: boolean; at: number }): boolean {
  return releaseAt === null || fromCentre || at >= releaseAt;
}

/** A reserved slot is released this long before its start unless said otherwise. */
export const DEFAULT_RELEASE_MS = 24 * 3_600_000;
