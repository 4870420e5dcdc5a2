/**
 * The transactions of IHE 360X (PCC-55 to 61), each with the trigger of a referral that it means. ORC-1 says what is done (HL7 table 0119),
 * ORC-5 how the order then stands (table 0038). 360X systems write an acceptance or a refusal in two ways: both are read, one is written.
 */
import { isNotifyingStep, isRequestStep, type NotifyingStep } from '../../../domain/referral/exchanged-steps.ts';
import type { ReferralTrigger } from '../../../domain/referral/transitions.ts';
import { type Hl7Error, malformedError, type Place, wrongValueError } from '../kit/hl7-error.ts';
import { findSegment, type Message, placeOf, valueAt } from '../kit/message.ts';

/** The message profile in MSH-21. */
export const PROFILE = '360X';

/** The LOINC codes of the observations that go with a request or a report. */
export const observations = { consent: '59284-0', managementPlan: '18776-5', note: '11488-4' } as const;

export type Meaning = 'create' | ReferralTrigger;

/** The message types of 360X, which MSH-9 names. */
export const messageTypes = ['OMG', 'OSU', 'SIU'] as const;

export interface Transaction {
  meaning: Meaning;
  /** MSH-9 */
  type: (typeof messageTypes)[number];
  event: string;
  structure: string;
  orderControl: string;
  orderStatus: string;
  /** The transaction of IHE 360X; null for a message that HL7 has and 360X does not use. */
  pcc: string | null;
}

const orderTransaction = (
  meaning: Meaning,
  type: 'OMG' | 'OSU',
  orderControl: string,
  orderStatus: string,
  pcc: string | null,
): Transaction => ({
  meaning,
  type,
  event: type === 'OMG' ? 'O19' : 'O51',
  structure: type === 'OMG' ? 'OMG_O19' : 'OSU_O51',
  orderControl,
  orderStatus,
  pcc,
});

const schedulingTransaction = (meaning: Meaning, event: string, pcc: string | null): Transaction => ({
  meaning,
  type: 'SIU',
  event,
  // HL7 gives all scheduling notices the structure of the first one, S12.
  structure: 'SIU_S12',
  orderControl: '',
  orderStatus: '',
  pcc,
});

/** The transaction that carepath writes for each step that has a message; `create` stands for every step in which an institution is asked. All of them are read too. */
const transactionByMeaning = {
  create: orderTransaction('create', 'OMG', 'NW', '', 'PCC-55'),
  'send-acceptance': orderTransaction('send-acceptance', 'OSU', 'OK', 'IP', 'PCC-56'),
  'send-decline': orderTransaction('send-decline', 'OSU', 'UA', 'CA', 'PCC-56'),
  'send-outcome': orderTransaction('send-outcome', 'OMG', 'RE', 'CM', 'PCC-57'),
  'request-cancellation': orderTransaction('request-cancellation', 'OSU', 'CA', '', 'PCC-58'),
  'confirm-cancellation': orderTransaction('confirm-cancellation', 'OSU', 'CR', 'CA', 'PCC-58'),
  'send-interim-note': orderTransaction('send-interim-note', 'OMG', 'RE', 'A', 'PCC-59'),
  'schedule-visit': schedulingTransaction('schedule-visit', 'S12', 'PCC-60'),
  'report-no-show': schedulingTransaction('report-no-show', 'S26', 'PCC-61'),
  'reschedule-visit': schedulingTransaction('reschedule-visit', 'S13', null),
  'cancel-appointment': schedulingTransaction('cancel-appointment', 'S15', null),
  withdraw: orderTransaction('withdraw', 'OSU', 'DC', '', null),
} satisfies Record<'create' | NotifyingStep, Transaction>;

const writtenTransactions: readonly Transaction[] = Object.values(transactionByMeaning);

/** `step` is the event of a line in the timeline. Returns undefined for a step that IHE 360X has no message for, such as a rung or a review. */
export function findWrittenTransaction(step: string): Transaction | undefined {
  if (isRequestStep(step)) return transactionByMeaning.create;
  return isNotifyingStep(step) ? transactionByMeaning[step] : undefined;
}

/** Further ways in which other systems write them: ORC-1 only says that the status has changed, and ORC-5 to what. */
const furtherReadTransactions: readonly Transaction[] = [
  orderTransaction('send-acceptance', 'OSU', 'SC', 'IP', 'PCC-56'),
  orderTransaction('send-decline', 'OSU', 'SC', 'CA', 'PCC-56'),
  orderTransaction('send-outcome', 'OMG', 'SC', 'CM', 'PCC-57'),
  orderTransaction('send-interim-note', 'OMG', 'SC', 'A', 'PCC-59'),
  orderTransaction('send-interim-note', 'OMG', 'SC', 'IP', 'PCC-59'),
  orderTransaction('send-interim-note', 'OMG', 'RE', 'IP', 'PCC-59'),
];

/** Finds which transaction a message is. Throws Hl7Error: AR for an event that is not of 360X, AE for an order control that means nothing to a referral. */
export function readTransaction(message: Message): Transaction {
  const msh = findSegment(message, 'MSH');
  const type = valueAt(message, msh, { field: 9 });
  const event = valueAt(message, msh, { field: 9, component: 2 });
  const known = [...writtenTransactions, ...furtherReadTransactions];
  const sameEvent = known.filter((one) => one.type === type && one.event === event);
  if (sameEvent.length === 0)
    throw malformedError(
      '201',
      { segment: 'MSH', sequence: 1, field: 9, component: 2 },
      { zh: '不支持此消息类型或事件', en: 'this message type or event is not supported' },
    );
  if (type === 'SIU') return sameEvent[0] as Transaction;
  const orc = findSegment(message, 'ORC');
  if (!orc) throw malformedError('100', { segment: 'ORC', sequence: 1 }, { zh: '缺少 ORC 段', en: 'the ORC segment is missing' });
  const control = valueAt(message, orc, { field: 1 });
  const status = valueAt(message, orc, { field: 5 });
  const sameControl = sameEvent.filter((one) => one.orderControl === control);
  if (sameControl.length === 0) throw meaninglessCodeError(placeOf(orc, { field: 1 }), control);
  const found = sameControl.length === 1 ? sameControl[0] : sameControl.find((one) => one.orderStatus === status);
  if (!found) throw meaninglessCodeError(placeOf(orc, { field: 5 }), status);
  return found;
}

const meaninglessCodeError = (place: Place, value: string): Hl7Error =>
  value === ''
    ? wrongValueError('101', place, { zh: '缺少必填字段', en: 'a required field is missing' })
    : wrongValueError('103', place, { zh: '此代码在转诊中没有含义', en: 'this code means nothing to a referral' });
