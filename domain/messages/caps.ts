/**
 * When a message may go to a patient: not in quiet hours, not more than so many a day, and not at all once it has become pointless.
 * Pure; instants in milliseconds. Staff are called whenever a rung says so, and an emergency waits for nobody's sleep.
 */
import { DAY_MS, startOfDay } from '../time/shanghai.ts';
import { endOfQuiet, type QuietHours } from './quiet-hours.ts';

export interface MessageRules {
  quietHours: QuietHours;
  /** messages a patient gets on one day in Asia/Shanghai, at least 1 */
  patientMessagesPerDay: number;
}

export interface MessageToPlan {
  audience: 'person' | 'patient';
  emergency: boolean;
  /** false for a letter: nobody hears it come, so it waits for nothing and counts as nothing */
  disturbs: boolean;
  /** what it asks for must be done by then; null where it asks for nothing */
  dueAt: number | null;
}

export type Plan =
  | { plan: 'send' }
  /** `reason`: what made it wait first */
  | { plan: 'postpone'; until: number; reason: 'quiet-hours' | 'daily-cap' }
  /** When it could be sent it would be too late: nobody is woken in the night for it, and nobody reads in the morning what is over. */
  | { plan: 'withdraw'; reason: 'too-late' };

/** `sentAt`: when the patient's other messages went or will go, in any order. */
export function planMessage(
  { audience, emergency, disturbs, dueAt }: MessageToPlan,
  at: number,
  sentAt: readonly number[],
  rules: MessageRules,
): Plan {
  if (audience === 'person' || emergency) return { plan: 'send' };
  if (dueAt !== null && dueAt <= at) return { plan: 'withdraw', reason: 'too-late' };
  if (!disturbs) return { plan: 'send' };
  const awake = endOfQuiet(at, rules.quietHours);
  const until = findFirstFreeInstant(awake, sentAt, rules);
  if (until === at) return { plan: 'send' };
  if (dueAt !== null && dueAt <= until) return { plan: 'withdraw', reason: 'too-late' };
  return { plan: 'postpone', until, reason: awake > at ? 'quiet-hours' : 'daily-cap' };
}

/** The first instant from `at` on, out of quiet hours, on a day that has room. */
function findFirstFreeInstant(at: number, sentAt: readonly number[], { quietHours, patientMessagesPerDay }: MessageRules): number {
  let free = at;
  // Each full day holds at least one of the messages, so there are fewer full days than messages.
  for (let day = 0; day <= sentAt.length; day++) {
    const start = startOfDay(free);
    const sent = sentAt.filter((instant) => startOfDay(instant) === start).length;
    if (sent < patientMessagesPerDay) return free;
    free = endOfQuiet(start + DAY_MS, quietHours);
  }
  return free;
}
