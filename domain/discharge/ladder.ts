/** The ladder of ways to reach a patient after the discharge: which rung is tried, what counts, and when nobody has been reached at all. */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { toShanghaiClock } from '../time/shanghai.ts';
import type { ContactChannel } from './codes.ts';
import { computeDueDate } from './due-date.ts';
import { dischargedOnOf } from './owed-duties.ts';
import { type DischargeRules, numberOf } from './rules.ts';
import type { ContactAttempt, DischargeState, Rung } from './state.ts';

const HOUR_MS = 3_600_000;

export const rungOfChannel: Readonly<Record<ContactChannel, Rung>> = {
  phone: 1,
  incoming: 1,
  'second-phone': 2,
  home: 3,
  community: 4,
  letter: 5,
};

/** A call in vain at night, or less than four hours after the last one that counted to that number, is only noted. */
export function isCounted(
  rules: DischargeRules,
  attempts: readonly ContactAttempt[],
  { at, channel, outcome, contact }: Omit<ContactAttempt, 'counted'>,
): boolean {
  const isCall = channel === 'phone' || channel === 'second-phone';
  if (!isCall || outcome !== 'no-answer') return outcome !== 'call-later';
  const hour = toShanghaiClock(at).getUTCHours();
  if (hour >= numberOf(rules, 'ladder-quiet-from-hour') || hour < numberOf(rules, 'ladder-quiet-until-hour')) return false;
  const apartMs = numberOf(rules, 'ladder-call-gap-hours') * HOUR_MS;
  return !attempts.some((one) => one.counted && one.channel === channel && one.contact === contact && Math.abs(at - one.at) < apartMs);
}

/** Whoever says that the patient has moved or died has answered: somebody finds out whether it is so, and the next way is not tried for it. */
const isNews = ({ outcome }: ContactAttempt): boolean => outcome === 'moved' || outcome === 'dead';

function isTried(rules: DischargeRules, rung: Rung, attempts: readonly ContactAttempt[], familyContacts: number): boolean {
  const own = attempts.filter((one) => one.rung === rung && !isNews(one) && (one.counted || one.outcome === 'call-later'));
  switch (rung) {
    case 1: {
      if (own.some(({ outcome }) => outcome === 'wrong-number')) return true;
      const later = own.filter(({ outcome }) => outcome === 'call-later').length;
      const unanswered = own.filter(({ outcome }) => outcome === 'no-answer').length;
      return unanswered + Math.max(0, later + 1 - numberOf(rules, 'ladder-call-later-times')) >= numberOf(rules, 'ladder-calls');
    }
    case 2:
      return new Set(own.map(({ contact }) => contact)).size >= familyContacts;
    case 3:
    case 4:
    case 5:
      return own.length > 0;
  }
}

/** Returns the state with the rung that is to be tried by now. A rung that was tried ahead is passed over. */
export function climb(state: DischargeState, at: number, familyContacts: number): DischargeState {
  const { ladder } = state;
  const attempts = state.attempts.filter(({ discharge }) => discharge === state.discharges);
  let { rung } = ladder;
  if (rung === null || ladder.lostOn !== null) return state;
  const today = localDateOf(at);
  while (isTried(state.rules, rung, attempts, familyContacts)) {
    if (rung === 5) return { ...state, ladder: { rung, dueOn: null, lostOn: addDays(today, numberOf(state.rules, 'ladder-lost-days')) } };
    rung = (rung + 1) as Rung;
  }
  return rung === ladder.rung ? state : { ...state, ladder: { rung, dueOn: dueOnOf(state, rung, at), lostOn: null } };
}

function dueOnOf(state: DischargeState, rung: Rung, at: number): LocalDate {
  const { calendar, rules, risk } = state;
  const today = localDateOf(at);
  const working = (id: Parameters<typeof numberOf>[1]) => addWorkingDays(calendar, today, numberOf(rules, id));
  switch (rung) {
    case 1:
    case 2: {
      const dueOn = addDays(today, numberOf(rules, 'ladder-second-phone-days'));
      return computeDueDate(calendar, { dueOn, opensOn: today, dischargedOn: dischargedOnOf(state) ?? today, today }).dueOn;
    }
    case 3:
      return working(risk.level === 'high' ? 'ladder-home-high-working-days' : 'ladder-home-working-days');
    case 4:
      return working('ladder-community-working-days');
    case 5:
      return working('ladder-letter-working-days');
  }
}
