/** The indicators of discharges: of each the discharges that kept it, those by which it is decided, and those whose window is still open. */
import { addDays, ageOn, type LocalDate } from '../time/local-date.ts';
import type { OrderOutcome } from './order.ts';
import { type DischargeRules, numberOf } from './rules.ts';

export const dischargeIndicators = [
  'contactInTime',
  'visit7',
  'visit14',
  'visit30',
  'reconciliation',
  'ordersDone',
  'readmission30',
  'readmission30Unplanned',
  'lost',
  'trcNotification',
  'trcInformation',
  'trcEngagement',
  'trcReconciliation',
] as const;
export type DischargeIndicator = (typeof dischargeIndicators)[number];

/** What is known of a discharge that stands. Dates are null where the thing has not happened. */
export interface DischargeOutcome {
  dischargedOn: LocalDate;
  birthDate: LocalDate;
  admittedOn: LocalDate | null;
  /** When the centre was told of the admission. */
  noticedOn: LocalDate;
  /** The patient left the hospital dead. */
  leftDead: boolean;
  diedOn: LocalDate | null;
  /** It ended by an admission elsewhere, which is the same care going on. */
  transferred: boolean;
  readmission: { admittedOn: LocalDate; within30: boolean; planned: boolean } | null;
  contactDueOn: LocalDate | null;
  contactReachedOn: LocalDate | null;
  contactLost: boolean;
  /** The episode has ended, whatever was still owed. */
  ended: boolean;
  visitedOn: readonly LocalDate[];
  /** Every day on which the patient or the family was reached. */
  reachedOn: readonly LocalDate[];
  reconciledOn: LocalDate | null;
  informationCompleteOn: LocalDate | null;
  /** Of the orders that are closed. */
  orderOutcomes: readonly OrderOutcome[];
  ordersOpen: number;
}

export interface IndicatorCount {
  kept: number;
  decided: number;
  pending: number;
}

/** What one discharge adds to an indicator; undefined when it is not among those that are counted. */
type Share = { kept: boolean } | 'pending' | undefined;

export function countIndicators(
  rules: DischargeRules,
  discharges: readonly DischargeOutcome[],
  today: LocalDate,
): Record<DischargeIndicator, IndicatorCount> {
  const count = (shareOf: (one: DischargeOutcome) => Share): IndicatorCount => {
    const shares = discharges.map(shareOf).filter((share) => share !== undefined);
    const decided = shares.filter((share) => share !== 'pending');
    return { kept: decided.filter(({ kept }) => kept).length, decided: decided.length, pending: shares.length - decided.length };
  };
  /** Of those who left alive, once the days of the window are over. */
  const within = (days: number, kept: (one: DischargeOutcome) => boolean) =>
    count((one) => (isCounted(one) ? (today <= addDays(one.dischargedOn, days) ? 'pending' : { kept: kept(one) }) : undefined));
  const trc = (kept: (one: DischargeOutcome) => boolean) => count((one) => trcShare(rules, one, today, kept));
  const readmissionDays = numberOf(rules, 'readmission-days');
  const reconciliationDays = numberOf(rules, 'reconciliation-days');
  const engagementDays = numberOf(rules, 'trc-engagement-days');
  const isReconciled = ({ dischargedOn, reconciledOn }: DischargeOutcome) =>
    isBetween(reconciledOn, dischargedOn, addDays(dischargedOn, reconciliationDays));
  const isVisited = (days: number) => (one: DischargeOutcome) =>
    one.visitedOn.some((on) => isBetween(on, addDays(one.dischargedOn, 1), addDays(one.dischargedOn, days)));
  return {
    contactInTime: count((one) => contactShare(one, today)),
    visit7: within(7, isVisited(7)),
    visit14: within(14, isVisited(14)),
    visit30: within(30, isVisited(30)),
    reconciliation: within(reconciliationDays, isReconciled),
    ordersDone: countOrders(discharges),
    readmission30: within(readmissionDays, ({ readmission }) => readmission?.within30 === true),
    readmission30Unplanned: within(readmissionDays, ({ readmission }) => readmission?.within30 === true && !readmission.planned),
    lost: count((one) => {
      if (!isCounted(one)) return undefined;
      return one.contactLost || one.contactReachedOn !== null || one.ended ? { kept: one.contactLost } : 'pending';
    }),
    trcNotification: trc(
      ({ admittedOn, noticedOn }) => admittedOn !== null && noticedOn <= addDays(admittedOn, numberOf(rules, 'trc-notification-days')),
    ),
    trcInformation: trc(
      ({ dischargedOn, informationCompleteOn }) =>
        informationCompleteOn !== null && informationCompleteOn <= addDays(dischargedOn, numberOf(rules, 'trc-information-days')),
    ),
    trcEngagement: trc(
      (one) =>
        isVisited(engagementDays)(one) ||
        one.reachedOn.some((on) => isBetween(on, addDays(one.dischargedOn, 1), addDays(one.dischargedOn, engagementDays))),
    ),
    trcReconciliation: trc(isReconciled),
  };
}

const isBetween = (on: LocalDate | null, from: LocalDate, to: LocalDate): boolean => on !== null && from <= on && on <= to;

/** Who left the hospital alive and was not merely moved to another one. */
const isCounted = ({ leftDead, transferred, diedOn, dischargedOn }: DischargeOutcome): boolean =>
  !leftDead && !transferred && !(diedOn !== null && diedOn < dischargedOn);

/** Whoever died or was in hospital again before the contact was due could not be reached in time, and is nobody's failure. */
function contactShare(one: DischargeOutcome, today: LocalDate): Share {
  const { contactDueOn, contactReachedOn, diedOn, readmission } = one;
  if (!isCounted(one) || contactDueOn === null) return undefined;
  const kept = contactReachedOn !== null && contactReachedOn <= contactDueOn;
  const isPrevented = [diedOn, readmission?.admittedOn ?? null].some((on) => on !== null && on <= contactDueOn);
  if (isPrevented && !kept) return undefined;
  return today <= contactDueOn ? 'pending' : { kept };
}

/** Closed for reasons that say nothing about whether it was done. */
export const uncountedOutcomes: readonly OrderOutcome[] = ['not-needed', 'replaced', 'continued', 'readmitted', 'died', 'withdrawn'];

/** Here orders are counted, not discharges. */
function countOrders(discharges: readonly DischargeOutcome[]): IndicatorCount {
  const counted = discharges.filter(isCounted);
  const outcomes = counted.flatMap(({ orderOutcomes }) => orderOutcomes).filter((outcome) => !uncountedOutcomes.includes(outcome));
  return {
    kept: outcomes.filter((outcome) => outcome === 'done').length,
    decided: outcomes.length,
    pending: counted.reduce((sum, { ordersOpen }) => sum + ordersOpen, 0),
  };
}

/** Transitions of care (TRC): adults who are alive after 30 days; of stays that follow each other within these the last. */
function trcShare(rules: DischargeRules, one: DischargeOutcome, today: LocalDate, kept: (one: DischargeOutcome) => boolean): Share {
  const lastDay = addDays(one.dischargedOn, numberOf(rules, 'trc-engagement-days'));
  if (!isCounted(one) || ageOn(one.birthDate, one.dischargedOn) < 18) return undefined;
  if (one.readmission?.within30 || (one.diedOn !== null && one.diedOn <= lastDay)) return undefined;
  return today <= lastDay ? 'pending' : { kept: kept(one) };
}
