/**
 * The transition table says which trigger is legal in which state, by side.
 * Rows 01–30: HL7 BSeR implementation guide (STU2 ballot), "Harmonized State Transitions", harmonised with IHE 360X.
 * Rows E…: this alliance's extensions; they add triggers, no states.
 */

export type ReferralStatus =
  | 'draft'
  | 'received'
  | 'accepted'
  | 'in-progress/5.1.1'
  | 'in-progress/5.1.2'
  | 'in-progress/5.1.3'
  | 'in-progress/5.1.4'
  | 'in-progress/5.2'
  | 'completed'
  | 'rejected'
  | 'cancelled';

export type Side = 'initiator' | 'recipient';
/** The alliance office stands beside both sides. */
export type ActingSide = Side | 'office';

export const referralTriggers = [
  'send-referral-package',
  'send-acceptance',
  'send-decline',
  'request-cancellation',
  'schedule-visit',
  'send-interim-note',
  'send-outcome',
  'reschedule-visit',
  'report-no-show',
  'cancel-appointment',
  'confirm-cancellation',
  'withdraw',
  'review-result',
  'answer-check',
  'record-consent',
  'refer-onward',
  'reroute',
  'request-information',
  'answer-information',
  'reopen',
] as const;
export type ReferralTrigger = (typeof referralTriggers)[number];

export interface Transition {
  row: string;
  side: ActingSide;
  trigger: ReferralTrigger;
  from: ReferralStatus;
  /** Null when the state stays as it is. */
  to: ReferralStatus | null;
}

const noted = 'in-progress/5.1.4';
const scheduled = 'in-progress/5.1.1';
const noShow = 'in-progress/5.1.2';
const appointmentCancelled = 'in-progress/5.1.3';
const cancellationRequested = 'in-progress/5.2';

const row = (number: string, side: ActingSide, trigger: ReferralTrigger, from: ReferralStatus, to: ReferralStatus | null): Transition => ({
  row: number,
  side,
  trigger,
  from,
  to,
});

const sides: readonly Side[] = ['initiator', 'recipient'];

/** In these states the recipient may still answer, treat or send on the patient. */
const openAtRecipient: readonly ReferralStatus[] = ['received', 'accepted', scheduled, noShow, appointmentCancelled, noted];

export const transitions: readonly Transition[] = [
  row('01', 'initiator', 'send-referral-package', 'draft', 'received'),
  row('02', 'recipient', 'send-acceptance', 'received', 'accepted'),
  row('03', 'recipient', 'send-decline', 'received', 'rejected'),
  row('04', 'initiator', 'request-cancellation', 'received', cancellationRequested),
  row('05', 'recipient', 'send-decline', 'accepted', 'rejected'),
  row('06', 'recipient', 'schedule-visit', 'accepted', scheduled),
  row('07', 'initiator', 'request-cancellation', 'accepted', cancellationRequested),
  row('08', 'recipient', 'send-interim-note', 'accepted', noted),
  row('09', 'recipient', 'send-outcome', 'accepted', 'completed'),
  row('10', 'recipient', 'send-decline', scheduled, 'rejected'),
  row('11', 'recipient', 'reschedule-visit', scheduled, scheduled),
  row('12', 'recipient', 'report-no-show', scheduled, noShow),
  row('13', 'recipient', 'cancel-appointment', scheduled, appointmentCancelled),
  row('14', 'initiator', 'request-cancellation', scheduled, cancellationRequested),
  row('15', 'recipient', 'send-interim-note', scheduled, noted),
  row('16', 'recipient', 'send-outcome', scheduled, 'completed'),
  row('17', 'recipient', 'send-decline', noShow, 'rejected'),
  row('18', 'recipient', 'reschedule-visit', noShow, scheduled),
  row('19', 'recipient', 'cancel-appointment', noShow, appointmentCancelled),
  row('20', 'initiator', 'request-cancellation', noShow, cancellationRequested),
  row('21', 'recipient', 'schedule-visit', appointmentCancelled, scheduled),
  row('22', 'initiator', 'request-cancellation', appointmentCancelled, cancellationRequested),
  row('23', 'recipient', 'confirm-cancellation', cancellationRequested, 'cancelled'),
  row('24', 'recipient', 'send-outcome', cancellationRequested, 'completed'),
  row('25', 'recipient', 'send-decline', noted, 'rejected'),
  row('26', 'recipient', 'schedule-visit', noted, scheduled),
  row('27', 'recipient', 'cancel-appointment', noted, appointmentCancelled),
  row('28', 'initiator', 'request-cancellation', noted, cancellationRequested),
  row('29', 'recipient', 'send-interim-note', noted, noted),
  row('30', 'recipient', 'send-outcome', noted, 'completed'),

  row('E-withdraw-draft', 'initiator', 'withdraw', 'draft', 'cancelled'),
  row('E-withdraw-received', 'initiator', 'withdraw', 'received', 'cancelled'),
  row('E-review-completed', 'initiator', 'review-result', 'completed', null),
  row('E-review-rejected', 'initiator', 'review-result', 'rejected', null),
  ...openAtRecipient.map((from) => row('E-refer-onward', 'recipient', 'refer-onward', from, 'received')),
  // A slot that the department reserves for community health centres; the commit knows whether it is one.
  row('E-book-reserved', 'initiator', 'schedule-visit', 'accepted', scheduled),
  row('E-reroute', 'office', 'reroute', 'received', 'received'),
  ...(['received', 'accepted', scheduled, noted] as const).map((from) =>
    row('E-request-information', 'recipient', 'request-information', from, null),
  ),
  ...([...openAtRecipient, cancellationRequested] as const).map((from) =>
    row('E-answer-information', 'initiator', 'answer-information', from, null),
  ),
  ...sides.flatMap((side) => [
    row('E-reopen-completed', side, 'reopen', 'completed', 'accepted'),
    row('E-reopen-rejected', side, 'reopen', 'rejected', 'received'),
    row('E-reopen-cancelled', side, 'reopen', 'cancelled', 'received'),
  ]),
];

/** Returns the BSeR business status of a state; null for a draft, which the recipient does not know of. */
export function businessStatusOf(status: ReferralStatus): string | null {
  switch (status) {
    case 'draft':
      return null;
    case 'received':
      return '2.0';
    case 'accepted':
      return '3.0';
    case 'rejected':
      return '4.0';
    case 'cancelled':
      return '6.0';
    case 'completed':
      return '7.0';
    default:
      return status.slice('in-progress/'.length);
  }
}

export const isEnded = (status: ReferralStatus): boolean => status === 'completed' || status === 'rejected' || status === 'cancelled';
