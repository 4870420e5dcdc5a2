/**
 * A message goes to a patient outside of quiet hours, as one of at most so many a day, and not at all once it has become pointless.
 * Messages to staff and messages of an emergency go at once. Pure; instants are in milliseconds.
 */
import { DAY_MS, startOfDay } from '../time/shanghai.ts';
import { endOfQuiet, type QuietHours } from './quiet-hours.ts';

export interface MessageRules {
  quietHours: QuietHours;
  /** So many messages a patient gets at most on one day in Asia/Shanghai. At least 1. */
  patientMessagesPerDay: number;
}

export interface MessageToPlan {
  audience: 'person' | 'patient';
  emergency: boolean;
  /** False for a letter, which disturbs nobody: it need not wait for the end of quiet hours and does not count towards the day's messages. */
  disturbs: boolean;
  /** The patient must have done by then what the message asks for; null when it asks for nothing. */
  dueAt: number | null;
}

export type Plan =
  | { plan: 'send' }
  /** `reason` is the first of the two that makes the message wait. */
  | { plan: 'postpone'; until: number; reason: 'quiet-hours' | 'daily-cap' }
  /**
   * The message could only go once its time is over. It is withdrawn, because it must not wake anybody and would tell nothing useful in the
   * morning.
   */
  | { plan: 'withdraw'; reason: 'too-late' };

/** `sentAt` has the instants at which the patient's other messages went or will go, in any order. */
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

/** What a resident gets on the days around, in instants: all messages, and of these the one of each day that carries everything that could wait. */
export interface ResidentDays {
  sentAt: readonly number[];
  togetherAt: readonly number[];
}

/** Says when everything that can wait goes: once a day, on a day that has room for a message, outside of quiet hours. */
export function planTogether(at: number, { sentAt, togetherAt }: ResidentDays, rules: MessageRules): Exclude<Plan, { plan: 'withdraw' }> {
  const once = { ...rules, patientMessagesPerDay: 1 };
  let until = endOfQuiet(at, rules.quietHours);
  const isQuietNow = until > at;
  // Either of the two only ever moves to a later day, and behind the last message of both there is room.
  for (let moved = true; moved; ) {
    const free = findFirstFreeInstant(findFirstFreeInstant(until, togetherAt, once), sentAt, rules);
    moved = free !== until;
    until = free;
  }
  return until === at ? { plan: 'send' } : { plan: 'postpone', until, reason: isQuietNow ? 'quiet-hours' : 'daily-cap' };
}

/** Returns the first instant from `at` on that lies outside of quiet hours and on a day that has room for a message. */
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
