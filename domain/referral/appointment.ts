/** How long an appointment may last and how far ahead it may lie. */

const HOUR_MS = 3_600_000;

/** Beyond these an appointment is a slip of the pen: nobody is seen for more than a day, nor booked for later than the year after this one begins. */
export const LONGEST_APPOINTMENT_MS = 24 * HOUR_MS;
export const FARTHEST_APPOINTMENT_MS = 400 * 24 * HOUR_MS;

export type AppointmentFlaw = { at: 'startsAt' | 'endsAt'; flaw: 'not-after-start' | 'too-long' | 'past' | 'too-far-ahead' };

/** Returns what is wrong with an appointment or a slot at the instant `now`; undefined when nothing is. */
export function findAppointmentFlaw({ startsAt, endsAt }: { startsAt: number; endsAt: number }, now: number): AppointmentFlaw | undefined {
  if (endsAt <= startsAt) return { at: 'endsAt', flaw: 'not-after-start' };
  if (endsAt - startsAt > LONGEST_APPOINTMENT_MS) return { at: 'endsAt', flaw: 'too-long' };
  if (startsAt < now) return { at: 'startsAt', flaw: 'past' };
  if (startsAt - now > FARTHEST_APPOINTMENT_MS) return { at: 'startsAt', flaw: 'too-far-ahead' };
  return undefined;
}
