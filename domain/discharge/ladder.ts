/** The ladder of ways to reach a patient after the discharge: which rung is tried, what counts, and when nobody has been reached at all. */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { type LoggedAttempt, logAttempt, triedAt } from './attempts.ts';
import type { ContactChannel } from './codes.ts';
import { computeDueDate } from './due-date.ts';
import { dischargedOnOf } from './owed-duties.ts';
import { type DischargeRules, numberOf } from './rules.ts';
import type { ContactAttempt, DischargeState, Rung } from './state.ts';

export const rungOfChannel: Readonly<Record<ContactChannel, Rung>> = {
  phone: 1,
  incoming: 1,
  'second-phone': 2,
  home: 3,
  community: 4,
  letter: 5,
};

/** Whom there is to call: whether the patient has a telephone, and how many contacts. */
export interface PatientNumbers {
  hasNumber: boolean;
  familyContacts: number;
}

const withoutNull = ({ contact, discharge: _, ...attempt }: ContactAttempt): LoggedAttempt => ({
  ...attempt,
  ...(contact === null ? {} : { contact }),
});

/** A call in vain at night, or less than four hours after the last one that counted to that number, is only noted. */
export const isCounted = (
  rules: DischargeRules,
  attempts: readonly ContactAttempt[],
  { at, channel, outcome, contact }: Omit<ContactAttempt, 'counted'>,
): boolean => logAttempt(rules, attempts.map(withoutNull), { at, channel, outcome, ...(contact === null ? {} : { contact }) }).counted;

/** Whoever says that the patient has moved or died has answered: somebody finds out whether it is so, and the next way is not tried for it. */
const isNews = ({ outcome }: ContactAttempt): boolean => outcome === 'moved' || outcome === 'dead';

/** Returns the state with the rung that is to be tried by an instant. A rung that was tried ahead is passed over, and one that has nobody to try. */
export function climb(state: DischargeState, at: number, { hasNumber, familyContacts }: PatientNumbers): DischargeState {
  const { ladder, rules } = state;
  const attempts = state.attempts.filter((one) => one.discharge === state.discharges && !isNews(one)).map(withoutNull);
  const numbers = { hasNumber, familyContacts: Array.from({ length: familyContacts }, (_, place) => place) };
  let { rung } = ladder;
  if (rung === null || ladder.lostOn !== null) return state;
  // When the last way was tried; a rung with nobody to try is passed over at the present instant.
  let triedLast = Number.NEGATIVE_INFINITY;
  const openedAt = (): number => (Number.isFinite(triedLast) ? triedLast : at);
  for (;;) {
    const tried = triedAt(rules, numbers, rung, triedLast, attempts);
    if (tried === undefined) break;
    triedLast = Math.max(triedLast, tried);
    if (rung === 5)
      return { ...state, ladder: { rung, dueOn: null, lostOn: addDays(localDateOf(openedAt()), numberOf(rules, 'ladder-lost-days')) } };
    rung = (rung + 1) as Rung;
  }
  return rung === ladder.rung ? state : { ...state, ladder: { rung, ...dueOfRung(state, rung, openedAt(), at), lostOn: null } };
}

/** `openedAt`: when the rung before was tried last; `at`: the present instant. */
export function dueOfRung(state: DischargeState, rung: Rung, openedAt: number, at: number): { dueOn: LocalDate; isHospitals: boolean } {
  const { calendar, rules, risk } = state;
  const opensOn = localDateOf(openedAt);
  const due = (dueOn: LocalDate): { dueOn: LocalDate; isHospitals: boolean } => {
    const dischargedOn = dischargedOnOf(state) ?? opensOn;
    const computed = computeDueDate(calendar, { dueOn, opensOn, dischargedOn, today: localDateOf(at) });
    return { dueOn: computed.dueOn, isHospitals: computed.isHospitals };
  };
  const working = (id: Parameters<typeof numberOf>[1]): { dueOn: LocalDate; isHospitals: boolean } =>
    due(addWorkingDays(calendar, opensOn, numberOf(rules, id)));
  switch (rung) {
    case 1:
    case 2:
      return due(addDays(opensOn, numberOf(rules, 'ladder-second-phone-days')));
    case 3:
      return working(risk.level === 'high' ? 'ladder-home-high-working-days' : 'ladder-home-working-days');
    case 4:
      return working('ladder-community-working-days');
    case 5:
      return working('ladder-letter-working-days');
  }
}
