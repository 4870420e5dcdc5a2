/** In which order and at which times the scans of a device count: pure arithmetic over its numbers and clocks. */

/** By how much the clock of a device is wrong, in milliseconds; 0 when it is right enough. */
export function clockOffsetMs({ sentAt, receivedAt }: { sentAt: number; receivedAt: number }, ignoredSeconds: number): number {
  const offset = receivedAt - sentAt;
  return Math.abs(offset) > ignoredSeconds * 1_000 ? offset : 0;
}

/** When a scan of the batch happened, by our clock. It never lies after the receipt. */
export const meantAt = (at: number, offsetMs: number, receivedAt: number): number => Math.min(at + offsetMs, receivedAt);

export interface TimedScan {
  seq: number;
  correctedAt: number;
}

/**
 * On a device the numbers are the order, so its times never fall. A scan that comes after one with a higher number was applied does not lie after that
 * one either: what was applied stays where it is.
 */
export function orderedAt(seq: number, meant: number, applied: readonly TimedScan[]): number {
  let floor = Number.NEGATIVE_INFINITY;
  let ceiling = Number.POSITIVE_INFINITY;
  for (const scan of applied) {
    if (scan.seq < seq) floor = Math.max(floor, scan.correctedAt);
    if (scan.seq > seq) ceiling = Math.min(ceiling, scan.correctedAt);
  }
  return Math.min(Math.max(meant, floor), ceiling);
}

/** A scan that is stored and not applied yet. */
export interface WaitingScan {
  seq: number;
  receivedAt: number;
}

/**
 * The scans that are to be applied now, in the order of their numbers: those without a gap before them, and those that have waited long enough for
 * one. `firstGap` is the lowest number that is missing, infinite when none is.
 */
export function readyScans<Scan extends WaitingScan>(
  waiting: readonly Scan[],
  firstGap: number,
  { now, gapWaitSeconds }: { now: number; gapWaitSeconds: number },
): Scan[] {
  const sorted = waiting.toSorted((a, b) => a.seq - b.seq);
  const lastOverdue = sorted.findLast(({ receivedAt }) => now - receivedAt >= gapWaitSeconds * 1_000)?.seq ?? 0;
  // Whoever has waited long enough is applied, and so is everything before: the order stays that of the numbers.
  return sorted.filter(({ seq }) => seq < firstGap || seq <= lastOverdue);
}
