/** When a call may be made that is put off: pure; instants are in milliseconds by the clock of the pathway that the call is about. */
import { isQuiet, type QuietHours } from './quiet-hours.ts';

const LATEST_CALL_MS = 30 * 86_400_000;

export interface CallToPutOff {
  urgency: string;
  emergency: boolean;
  now: number;
  /** From then on the call has nothing to say any more; null when it always has. */
  usefulUntil: number | null;
}

/** Only what can wait is put off: an urgent call has a time of its own, which nobody moves. */
export function mayCallAt(at: number, { urgency, emergency, now, usefulUntil }: CallToPutOff, quietHours: QuietHours): boolean {
  if (emergency || urgency !== 'routine') return false;
  return at > now && at <= now + LATEST_CALL_MS && !isQuiet(at, quietHours) && (usefulUntil === null || at < usefulUntil);
}
