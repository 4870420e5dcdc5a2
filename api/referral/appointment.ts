/** Checks the times of an appointment or a slot that a request names. */

import type { Words } from '../../domain/kit/errors.ts';
import { type AppointmentFlaw, findAppointmentFlaw } from '../../domain/referral/appointment.ts';
import { invalidRequestProblem } from '../kit/problem.ts';

const wordsOf: Record<AppointmentFlaw['flaw'], Words> = {
  'not-after-start': { zh: '须晚于 startsAt', en: 'must come after startsAt' },
  'too-long': { zh: '一次就诊不超过 24 小时', en: 'an appointment lasts at most 24 hours' },
  past: { zh: '已经过去', en: 'lies in the past' },
  'too-far-ahead': { zh: '须在 400 天以内', en: 'lies more than 400 days ahead' },
};

/** Throws Problem 422 at `startsAt` or `endsAt`, or at `member` where the request names both by one. Instants are in milliseconds. */
export function refuseImpossibleAppointment(times: { startsAt: number; endsAt: number }, now: number, member?: string): void {
  const found = findAppointmentFlaw(times, now);
  if (found) throw invalidRequestProblem(member ?? found.at, wordsOf[found.flaw]);
}
