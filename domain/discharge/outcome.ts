/** What has become of a discharge so far, as the indicators count it, of what an episode knows. */
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import { uncountedOutcomes } from './indicators.ts';
import { missingInformation } from './orders.ts';
import { dischargedOnOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import { type DischargeState, type Duty, findDuty } from './state.ts';

export interface EpisodeOutcome {
  /** Null when there is no discharge that stands. */
  dischargedOn: LocalDate | null;
  admittedOn: LocalDate | null;
  noticedOn: LocalDate;
  leftDead: boolean;
  transferred: boolean;
  contactDueOn: LocalDate | null;
  contactReachedOn: LocalDate | null;
  contactLost: boolean;
  ended: boolean;
  /** When the visit that was owed was made. Further visits change nothing about an episode, so they are not in its state. */
  visitedOn: LocalDate | null;
  /** Every day on which the patient or the family was reached, in order. */
  reachedOn: LocalDate[];
  reconciledOn: LocalDate | null;
  informationIsComplete: boolean;
  ordersDone: number;
  ordersDecided: number;
  ordersOpen: number;
  readmissionDays: number;
  reconciliationDays: number;
  engagementDays: number;
  notificationDays: number;
  informationDays: number;
}

export function outcomeOf(state: DischargeState): EpisodeOutcome {
  const { standing, endReason, rules, orders, attempts } = state;
  const [contact, closing] = [findDuty(state, 'contact'), findDuty(state, 'closing-contact')];
  const stands = standing?.status === 'discharged' && endReason !== 'cancelled';
  const decided = orders.flatMap(({ outcome }) => (outcome === null || uncountedOutcomes.includes(outcome) ? [] : [outcome]));
  const reached = attempts.filter(({ outcome }) => outcome === 'reached' || outcome === 'refused').map(({ at }) => localDateOf(at));
  return {
    dischargedOn: (stands && dischargedOnOf(state)) || null,
    admittedOn: dateOf(standing?.admittedAt),
    noticedOn: localDateOf(state.noticedAt),
    leftDead: standing?.disposition === 'died',
    transferred: endReason === 'transferred',
    contactDueOn: contact?.dueOn ?? null,
    contactReachedOn: doneOn(contact),
    contactLost: contact?.state === 'lost',
    ended: state.status === 'ended',
    visitedOn: doneOn(findDuty(state, 'visit')),
    reachedOn: [...new Set([...reached, doneOn(contact), doneOn(closing)].filter((on) => on !== null))].toSorted(),
    reconciledOn: doneOn(findDuty(state, 'reconciliation')),
    informationIsComplete: missingInformation(state).length === 0,
    ordersDone: decided.filter((outcome) => outcome === 'done').length,
    ordersDecided: decided.length,
    ordersOpen: orders.filter(({ status }) => status !== 'closed').length,
    readmissionDays: numberOf(rules, 'readmission-days'),
    reconciliationDays: numberOf(rules, 'reconciliation-days'),
    engagementDays: numberOf(rules, 'trc-engagement-days'),
    notificationDays: numberOf(rules, 'trc-notification-days'),
    informationDays: numberOf(rules, 'trc-information-days'),
  };
}

const dateOf = (at: number | null | undefined): LocalDate | null => (at === null || at === undefined ? null : localDateOf(at));
const doneOn = (duty: Duty | undefined): LocalDate | null => (duty?.state === 'done' ? dateOf(duty.doneAt) : null);
