/**
 * The transactions of IHE 360X (PCC-55 to 61) and which trigger of a referral each one means. HL7 table 0119 says in ORC-1 what is done,
 * table 0038 in ORC-5 how the order then stands. Both ways that 360X systems write an acceptance or a refusal are read; one is written.
 */
import type { ReferralTrigger } from '../../domain/referral/transitions.ts';
import { type Condition, type Hl7Error, malformed, type Place, wrongValue } from './hl7-error.ts';
import { firstOf, type Message, placeOf, valueAt } from './message.ts';

/** LOINC codes of the observations that go with a request. */
export const observations = { consent: '59284-0', managementPlan: '18776-5', note: '11488-4' } as const;

export type Meaning = 'create' | ReferralTrigger;

export interface Transaction {
  meaning: Meaning;
  /** MSH-9 */
  type: 'OMG' | 'OSU' | 'SIU';
  event: string;
  structure: string;
  orderControl: string;
  orderStatus: string;
  /** of IHE 360X; null for what HL7 has and 360X does not use */
  pcc: string | null;
}

const order = (meaning: Meaning, type: 'OMG' | 'OSU', orderControl: string, orderStatus: string, pcc: string | null): Transaction => ({
  meaning,
  type,
  event: type === 'OMG' ? 'O19' : 'O51',
  structure: type === 'OMG' ? 'OMG_O19' : 'OSU_O51',
  orderControl,
  orderStatus,
  pcc,
});

const schedule = (meaning: Meaning, event: string, pcc: string | null): Transaction => ({
  meaning,
  type: 'SIU',
  event,
  // All scheduling notices have the structure of the first.
  structure: 'SIU_S12',
  orderControl: '',
  orderStatus: '',
  pcc,
});

/** As they are written. */
export const transactions: readonly Transaction[] = [
  order('create', 'OMG', 'NW', '', 'PCC-55'),
  order('send-acceptance', 'OSU', 'OK', 'IP', 'PCC-56'),
  order('send-decline', 'OSU', 'UA', 'CA', 'PCC-56'),
  order('send-outcome', 'OMG', 'RE', 'CM', 'PCC-57'),
  order('request-cancellation', 'OSU', 'CA', '', 'PCC-58'),
  order('confirm-cancellation', 'OSU', 'CR', 'CA', 'PCC-58'),
  order('send-interim-note', 'OMG', 'RE', 'A', 'PCC-59'),
  schedule('schedule-visit', 'S12', 'PCC-60'),
  schedule('report-no-show', 'S26', 'PCC-61'),
  schedule('reschedule-visit', 'S13', null),
  schedule('cancel-appointment', 'S15', null),
  order('withdraw', 'OSU', 'DC', '', null),
];

/** Further ways in which they are read: ORC-1 only says "status changed", ORC-5 to what. */
const readAlso: readonly Transaction[] = [
  order('send-acceptance', 'OSU', 'SC', 'IP', 'PCC-56'),
  order('send-decline', 'OSU', 'SC', 'CA', 'PCC-56'),
  order('send-outcome', 'OMG', 'SC', 'CM', 'PCC-57'),
  order('send-interim-note', 'OMG', 'SC', 'A', 'PCC-59'),
  order('send-interim-note', 'OMG', 'SC', 'IP', 'PCC-59'),
  order('send-interim-note', 'OMG', 'RE', 'IP', 'PCC-59'),
];

const MSH_9 = { segment: 'MSH', sequence: 1, field: 9 };

/** Throws Hl7Error: AR for a type or an event that is not of 360X, AE for an order control that means nothing to a referral. */
export function transactionOf(message: Message): Transaction {
  const msh = firstOf(message, 'MSH');
  const type = valueAt(message, msh, { field: 9 });
  const event = valueAt(message, msh, { field: 9, component: 2 });
  const known = [...transactions, ...readAlso];
  const unsupported = (condition: Condition, component: number): Hl7Error =>
    malformed(condition, { ...MSH_9, component }, { zh: '不支持此消息类型或事件', en: 'this message type or event is not supported' });
  if (!known.some((one) => one.type === type)) throw unsupported('200', 1);
  const sameEvent = known.filter((one) => one.type === type && one.event === event);
  if (sameEvent.length === 0) throw unsupported('201', 2);
  if (type === 'SIU') return sameEvent[0] as Transaction;
  const orc = firstOf(message, 'ORC');
  if (!orc) throw malformed('100', { segment: 'ORC', sequence: 1 }, { zh: '缺少 ORC 段', en: 'the ORC segment is missing' });
  const control = valueAt(message, orc, { field: 1 });
  const status = valueAt(message, orc, { field: 5 });
  const sameControl = sameEvent.filter((one) => one.orderControl === control);
  if (sameControl.length === 0) throw meaningless(placeOf(orc, { field: 1 }), control);
  const found = sameControl.length === 1 ? sameControl[0] : sameControl.find((one) => one.orderStatus === status);
  if (!found) throw meaningless(placeOf(orc, { field: 5 }), status);
  return found;
}

const meaningless = (place: Place, value: string): Hl7Error =>
  value === ''
    ? wrongValue('101', place, { zh: '缺少必填字段', en: 'a required field is missing' })
    : wrongValue('103', place, { zh: '此代码在转诊中没有含义', en: 'this code means nothing to a referral' });
