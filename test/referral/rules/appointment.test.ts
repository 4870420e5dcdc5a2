/** The clock of an appointment starts when the appointment ends, and an appointment is one that somebody can keep. */
import { describe, expect, test } from 'vitest';
import { toPastAppointmentWords, toStateWords } from '../../../documents/referral-words.ts';
import { evolve } from '../../../domain/kit/pathway.ts';
import { findAppointmentFlaw } from '../../../domain/referral/appointment.ts';
import { obligationsOf } from '../../../domain/referral/clocks.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { PastAppointment, ReferralState } from '../../../domain/referral/state.ts';
import { instantOf } from '../../../domain/time/sla-clock.ts';
import { actors, referralIn } from '../../support/builders/decided-referrals.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function take(
  state: ReferralState,
  name: string,
  at: number,
  input: unknown = {},
  acting: keyof typeof actors = 'recipient',
): ReferralState {
  const verdict = referral.decide(state, { kind: 'command', name, id: `${name}-${at}`, at, actor: actors[acting], input });
  if (!verdict.ok) throw new Error(`${name} was refused: ${verdict.refusal.code}.`);
  return evolve(state, verdict.decision);
}

describe('the clock of an appointment', () => {
  const accepted = referralIn('accepted');
  const now = accepted.sentAt as number;
  const startsAt = now + 30 * DAY;
  const endsAt = startsAt + HOUR;
  const scheduled = take(accepted, 'schedule-visit', now, { appointment: { startsAt, endsAt, slotId: null } });

  test('starts at its end, so that nobody is called before', () => {
    expect(scheduled.clock).toMatchObject({ name: 'appointment', startedAt: endsAt, budgetMs: DAY });
    const rungs = obligationsOf(scheduled).filter(({ name }) => name === 'rung');
    expect(rungs.every(({ at }) => at > endsAt)).toBe(true);
    expect([50, 80, 100].map((percent) => (instantOf(scheduled.clock as never, percent) as number) - endsAt)).toEqual(
      [12, 19.2, 24].map((h) => h * HOUR),
    );
  });

  test('loses nothing by a question that was asked and answered before it starts, and pauses for one that is still open then', () => {
    const asked = take(scheduled, 'request-information', now + DAY);
    expect(obligationsOf(asked).some(({ id }) => id.startsWith(`${scheduled.clock?.id}:`))).toBe(false);
    const answered = take(asked, 'answer-information', now + 2 * DAY, {}, 'initiator');
    expect(instantOf(answered.clock as never, 100)).toBe(endsAt + DAY);
    const late = take(asked, 'answer-information', endsAt + 5 * HOUR, {}, 'initiator');
    expect(instantOf(late.clock as never, 100)).toBe(endsAt + 5 * HOUR + DAY);
  });

  test('starts at once when the appointment has ended before it was recorded', () => {
    const past = take(accepted, 'schedule-visit', now, { appointment: { startsAt: now - 2 * HOUR, endsAt: now - HOUR, slotId: null } });
    expect(past.clock).toMatchObject({ startedAt: now, budgetMs: DAY });
  });
});

describe('what has become of an appointment is kept', () => {
  const accepted = referralIn('accepted');
  const now = accepted.sentAt as number;
  const appointment = { startsAt: now + DAY, endsAt: now + DAY + HOUR, slotId: null };
  const scheduled = take(accepted, 'schedule-visit', now, { appointment });
  test.each([
    ['send-outcome', DAY + HOUR, 'kept', '已到诊'],
    ['send-interim-note', DAY, 'kept', '已到诊'],
    ['send-outcome', HOUR, 'cancelled', '预约已取消'],
    ['report-no-show', 2 * DAY, 'missed', '未到诊'],
    ['cancel-appointment', HOUR, 'cancelled', '预约已取消'],
  ])('%s %d ms later: %s', (trigger, later, end, words) => {
    const { pastAppointment } = take(scheduled, trigger, now + later);
    expect(pastAppointment).toMatchObject({ startsAt: appointment.startsAt, end });
    expect(toPastAppointmentWords(pastAppointment as PastAppointment)).toContain(words);
  });
});

test('nobody who has not answered is said to have rejected', () => {
  expect([toStateWords('rejected', 'no-answer'), toStateWords('rejected', '专科已满')]).toEqual(['超时无人答复，已结束', '已拒绝']);
});

test.each([
  [0, HOUR, undefined],
  [0, DAY, undefined],
  [400 * DAY, HOUR, undefined],
  [HOUR, 0, { at: 'endsAt', flaw: 'not-after-start' }],
  [HOUR, -1, { at: 'endsAt', flaw: 'not-after-start' }],
  [HOUR, DAY + 1, { at: 'endsAt', flaw: 'too-long' }],
  [-1, HOUR, { at: 'startsAt', flaw: 'past' }],
  [400 * DAY + 1, HOUR, { at: 'startsAt', flaw: 'too-far-ahead' }],
])('an appointment that begins in %d ms and lasts %d ms', (ahead, length, flaw) => {
  expect(findAppointmentFlaw({ startsAt: 1_000 + ahead, endsAt: 1_000 + ahead + length }, 1_000)).toEqual(flaw);
});
