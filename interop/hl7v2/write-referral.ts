/** Each step of a referral as the message of IHE 360X that tells the other party of it. */
import type { Patient } from '../../db/directory/directory.ts';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import type { ReferralStep, ReferralSurroundings } from '../../db/referral/steps.ts';
import { APPLICATION, PROFILE, VERSION } from './acknowledgement.ts';
import { nameInMsh18 } from './character-sets.ts';
import { observations, type Transaction, transactions } from './transactions.ts';
import { type ComponentToWrite, type FieldToWrite, header, message, segment, timestamp } from './write-message.ts';

export interface WrittenMessage {
  seq: number;
  event: string;
  pcc: string | null;
  happenedAt: string;
  /** the institution that it is for */
  to: string;
  message: string;
}

/** Whoever is asked gets the request, the second and the third as well. */
const asks = new Set(['send-referral-package', 'refer-onward', 'reroute']);

/** undefined for a step that 360X has no message for, such as a rung or a review. */
export function messageOfStep(record: ReferralRecord, step: ReferralStep, surroundings: ReferralSurroundings): WrittenMessage | undefined {
  const meaning = asks.has(step.event) ? 'create' : step.event;
  if (step.event === 'create') return undefined; // a draft, or the same instant as its sending
  const transaction = transactions.find((one) => one.meaning === meaning);
  if (!transaction) return undefined;
  const writer = { record, step, surroundings, transaction };
  const segments = transaction.type === 'SIU' ? schedulingSegments(writer) : orderSegments(writer);
  return {
    seq: step.seq,
    event: step.event,
    pcc: transaction.pcc,
    happenedAt: step.happenedAt.toISOString(),
    to: waysOf(writer).to,
    message: message([headerOf(writer), ...segments]),
  };
}

interface Writer {
  record: ReferralRecord;
  step: ReferralStep;
  surroundings: ReferralSurroundings;
  transaction: Transaction;
}

/** Always the same for the same step: whoever gets it twice can tell. */
const controlId = (referralId: string, seq: number): string => `${referralId.replaceAll('-', '').slice(-14)}-${seq}`;

function waysOf({ record, step, transaction }: Writer): { from: string; to: string } {
  const initiator = record.state.initiator.institutionId;
  const recipient = step.recipient.institutionId;
  const byInitiator = transaction.meaning === 'create' || 'system' in step.actor || step.actor.institutionId === initiator;
  return byInitiator ? { from: initiator, to: recipient } : { from: recipient, to: initiator };
}

function headerOf(writer: Writer): string {
  const { record, step, transaction } = writer;
  const { from, to } = waysOf(writer);
  return header({
    3: APPLICATION,
    4: from,
    6: to,
    7: timestamp(step.recordedAt),
    9: [transaction.type, transaction.event, transaction.structure],
    10: controlId(record.id, step.seq),
    11: 'P',
    12: VERSION,
    15: 'NE',
    16: 'NE',
    18: nameInMsh18['utf-8'],
    21: PROFILE,
  });
}

// --- who and what -----------------------------------------------------------------------

const SEX: Record<Patient['sex'], string> = { male: 'M', female: 'F', other: 'O', unknown: 'U' };

function patientSegment({ surroundings: { patient } }: Writer): string {
  const identifiers: ComponentToWrite[][] = [
    [patient.id, '', '', APPLICATION, 'PI'],
    ...patient.localIds.map(({ system, value }) => [value, '', '', ['', system, 'URI'], 'MR']),
  ];
  return segment('PID', {
    1: '1',
    3: { repeated: identifiers },
    // Chinese names are one text; where the family name ends is anybody's guess.
    5: [patient.name, '', '', '', '', '', 'L'],
    7: patient.birthDate.replaceAll('-', ''),
    8: SEX[patient.sex],
  });
}

/** ORC-2 is the loop key: the initiator's own number, else our referral id. ORC-3 is our referral id. */
function numbers({ record, surroundings: { number } }: Writer): { placer: FieldToWrite; filler: FieldToWrite } {
  return { placer: number ? [number.value, number.authority] : [record.id, APPLICATION], filler: [record.id, APPLICATION] };
}

const actorOf = ({ step }: Writer): FieldToWrite | undefined =>
  'system' in step.actor ? undefined : [step.actor.personId, step.actorName ?? '', '', '', '', '', '', '', APPLICATION];

/** The name in the field for a text without a code. */
const textOnly = (text: string | null): FieldToWrite | undefined => (!text ? undefined : ['', text]);

// --- orders -----------------------------------------------------------------------------

function orderSegments(writer: Writer): string[] {
  const { transaction, step } = writer;
  const { placer, filler } = numbers(writer);
  const orc = segment('ORC', {
    1: transaction.orderControl,
    2: placer,
    3: filler,
    5: transaction.orderStatus,
    9: timestamp(step.happenedAt),
    12: actorOf(writer),
    16: transaction.type === 'OSU' ? textOnly(step.note) : undefined,
  });
  const pid = patientSegment(writer);
  switch (transaction.meaning) {
    case 'create':
      return [pid, visitSegment(writer), orc, ...requestSegments(writer)].filter((each) => each !== '');
    case 'send-outcome':
    case 'send-interim-note':
      return [pid, orc, ...reportSegments(writer)];
    default:
      return [pid, orc];
  }
}

const visitSegment = ({ record }: Writer): string => (record.state.emergency ? segment('PV1', { 1: '1', 2: 'E' }) : '');

const PRIORITY = { urgent: 'S', 'same-day': 'A', routine: 'R' } as const;

/** The department asked, else "referral note" for whoever sorts referrals there. */
const service = ({
  step: {
    recipient: { department },
  },
}: Writer): FieldToWrite => (department ? [department.code, department.name, '99CAREPATH'] : ['57133-1', 'Referral note', 'LN']);

function requestSegments(writer: Writer): string[] {
  const { record } = writer;
  const { placer, filler } = numbers(writer);
  const tq1 = segment('TQ1', { 1: '1', 9: [PRIORITY[record.state.urgency], '', 'HL70485'] });
  const obr = segment('OBR', { 1: '1', 2: placer, 3: filler, 4: service(writer), 16: actorOf(writer), 31: textOnly(record.reason) });
  const summary = record.summary === null ? [] : [segment('NTE', { 1: '1', 3: record.summary })];
  return [tq1, obr, ...summary, ...consentSegment(record), ...planSegment(record)];
}

function consentSegment({ consent }: ReferralRecord): string[] {
  const given = consent as { given: boolean; recordedAt: string } | null;
  if (!given) return [];
  return [
    segment('OBX', {
      1: '1',
      2: 'CE',
      3: [observations.consent, 'Consent Document', 'LN'],
      5: given.given ? ['Y', 'Yes', 'HL70136'] : ['N', 'No', 'HL70136'],
      11: 'F',
      14: timestamp(Date.parse(given.recordedAt)),
    }),
  ];
}

function planSegment({ managementPlan, consent }: ReferralRecord): string[] {
  if (managementPlan === null || managementPlan === undefined) return [];
  return [
    segment('OBX', {
      1: consent ? '2' : '1',
      2: 'TX',
      3: [observations.managementPlan, 'Plan of care note', 'LN'],
      5: typeof managementPlan === 'string' ? managementPlan : linesOf(managementPlan as Record<string, unknown>),
      11: 'F',
    }),
  ];
}

const linesOf = (plan: Record<string, unknown>): string =>
  Object.entries(plan)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join('；') : String(value)}`)
    .join('\n');

function reportSegments(writer: Writer): string[] {
  const { step, transaction } = writer;
  const { placer, filler } = numbers(writer);
  const final = transaction.meaning === 'send-outcome';
  return [
    segment('OBR', { 1: '1', 2: placer, 3: filler, 4: service(writer), 25: final ? 'F' : 'P' }),
    segment('OBX', { 1: '1', 2: 'TX', 3: [observations.note, 'Consult note', 'LN'], 5: step.note ?? '', 11: final ? 'F' : 'P' }),
  ];
}

// --- appointments -----------------------------------------------------------------------

const FILLER_STATUS: Record<string, string> = { S12: 'Booked', S13: 'Booked', S15: 'Cancelled', S26: 'Noshow' };
const EVENT_REASON: Record<string, [string, string]> = {
  S12: ['NEW', 'New appointment'],
  S13: ['RESCHEDULED', 'Appointment rescheduled'],
  S15: ['CANCELLED', 'Appointment cancelled'],
  S26: ['NOSHOW', 'Patient did not come'],
};
/** HL7 table 0206. */
const SEGMENT_ACTION: Record<string, string> = { S12: 'A', S13: 'U', S15: 'D', S26: 'U' };

function schedulingSegments(writer: Writer): string[] {
  const { step, transaction, record } = writer;
  const { event } = transaction;
  const { placer, filler } = numbers(writer);
  const sch = segment('SCH', {
    2: [record.id, APPLICATION],
    6: EVENT_REASON[event],
    7: event === 'S15' ? textOnly(step.note) : undefined,
    16: actorOf(writer),
    20: actorOf(writer),
    25: [FILLER_STATUS[event] ?? '', '', 'HL70278'],
    26: placer,
    27: filler,
  });
  const { appointment } = step;
  const tq1 = appointment ? [segment('TQ1', { 1: '1', 7: timestamp(appointment.startsAt), 8: timestamp(appointment.endsAt) })] : [];
  return [sch, ...tq1, patientSegment(writer), segment('RGS', { 1: '1', 2: SEGMENT_ACTION[event] ?? '' })];
}
