/** Times of appointments: far enough ahead for every clock to run out before, and near enough to be booked. */

/** Fixed once, so that two times of one test lie as far apart at midnight as at noon. */
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;

/** An instant so many days from today. `time` is in UTC. */
export const inDays = (days: number, time = '00:00'): string => {
  const date = new Date(today + days * 86_400_000).toISOString().slice(0, 10);
  return `${date}T${time}:00Z`;
};

/** An hour, so many days from today. */
export const appointmentIn = (days: number): { startsAt: string; endsAt: string } => ({
  startsAt: inDays(days, '00:00'),
  endsAt: inDays(days, '01:00'),
});
