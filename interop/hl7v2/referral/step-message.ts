/** Writes each step of a referral as the message of IHE 360X with which the other party's system is told of it. */
import type { ReferralRecord } from '../../../db/referral/referrals.ts';
import type { ReferralStep, ReferralSurroundings } from '../../../db/referral/steps.ts';
import { APPLICATION, VERSION } from '../kit/acknowledgement.ts';
import { namesInMsh18 } from '../kit/character-sets.ts';
import { writePatientSegment } from '../kit/patient-segment.ts';
import { type FieldToWrite, joinSegments, writeHeader, writeSegment, writeTimestamp } from '../kit/write-message.ts';
import { findWrittenTransaction, observations, PROFILE, type Transaction } from './transactions.ts';

export interface StepMessage {
  /** The position of the step in the timeline. */
  seq: number;
  event: string;
  /** The transaction of IHE 360X, such as PCC-55; null where 360X has none. */
  pcc: string | null;
  happenedAt: string;
  /** The institution that the message is for. */
  to: string;
  message: string;
}

/** Returns undefined for a step that 360X has no message for, such as a rung or a review. */
export function writeStepMessage(
  record: ReferralRecord,
  step: ReferralStep,
  surroundings: ReferralSurroundings,
  sending = 1,
): StepMessage | undefined {
  // A creation has no message of its own: a draft is not sent, and any other creation comes with a step of sending.
  const transaction = findWrittenTransaction(step.event);
  if (!transaction) return undefined;
  const context = { record, step, surroundings, transaction, sending };
  const segments = transaction.type === 'SIU' ? writeSchedulingSegments(context) : writeOrderSegments(context);
  return {
    seq: step.seq,
    event: step.event,
    pcc: transaction.pcc,
    happenedAt: step.happenedAt.toISOString(),
    to: directionOf(context).to,
    message: joinSegments([writeMessageHeader(context), ...segments]),
  };
}

/** All that the message of one step is written from. */
interface StepContext {
  record: ReferralRecord;
  step: ReferralStep;
  surroundings: ReferralSurroundings;
  transaction: Transaction;
  /** 1; more after a person has had a refused message sent anew. */
  sending: number;
}

/** The same step always has the same control id, so that a receiver can tell a repetition. HL7 allows 20 characters. */
const toControlId = ({ record, step, sending }: StepContext): string =>
  `${record.id.replaceAll('-', '').slice(-14)}-${step.seq}${sending > 1 ? `.${sending}` : ''}`;

function directionOf({ record, step, transaction }: StepContext): { from: string; to: string } {
  const initiator = record.state.initiator.institutionId;
  const recipient = step.recipient.institutionId;
  const byInitiator = transaction.meaning === 'create' || 'system' in step.actor || step.actor.institutionId === initiator;
  return byInitiator ? { from: initiator, to: recipient } : { from: recipient, to: initiator };
}

function writeMessageHeader(context: StepContext): string {
  const { step, transaction } = context;
  const { from, to } = directionOf(context);
  return writeHeader({
    3: APPLICATION,
    4: from,
    6: to,
    7: writeTimestamp(step.recordedAt),
    9: [transaction.type, transaction.event, transaction.structure],
    10: toControlId(context),
    11: 'P',
    12: VERSION,
    18: namesInMsh18['utf-8'],
    21: PROFILE,
  });
}

// --- what several messages have in common -----------------------------------------------

/**
 * ORC-2 holds the number by which both systems find the referral again: the initiator's own one, else our referral id. ORC-3 holds our
 * referral id.
 */
function orderNumbersOf({ record, surroundings: { number } }: StepContext): { placer: FieldToWrite; filler: FieldToWrite } {
  return { placer: number ? [number.value, number.authority] : [record.id, APPLICATION], filler: [record.id, APPLICATION] };
}

const actorFieldOf = ({ step }: StepContext): FieldToWrite | undefined =>
  'system' in step.actor ? undefined : [step.actor.personId, step.actorName ?? '', '', '', '', '', '', '', APPLICATION];

/** Writes a text that has no code into a coded field (CWE), whose second component is the text. */
const toTextField = (text: string | null): FieldToWrite | undefined => (!text ? undefined : ['', text]);

// --- orders -----------------------------------------------------------------------------

function writeOrderSegments(context: StepContext): string[] {
  const { transaction, step } = context;
  const { placer, filler } = orderNumbersOf(context);
  const orc = writeSegment('ORC', {
    1: transaction.orderControl,
    2: placer,
    3: filler,
    5: transaction.orderStatus,
    9: writeTimestamp(step.happenedAt),
    12: actorFieldOf(context),
    16: transaction.type === 'OSU' ? toTextField(step.note) : undefined,
  });
  const pid = writePatientSegment(context.surroundings.patient);
  switch (transaction.meaning) {
    case 'create':
      return [pid, writeVisitSegment(context), orc, ...writeRequestSegments(context)].filter((each) => each !== '');
    case 'send-outcome':
    case 'send-interim-note':
      return [pid, orc, ...writeReportSegments(context)];
    default:
      return [pid, orc];
  }
}

const writeVisitSegment = ({ record }: StepContext): string => (record.state.emergency ? writeSegment('PV1', { 1: '1', 2: 'E' }) : '');

/** Priorities, HL7 table 0485. */
const PRIORITY = { urgent: 'S', 'same-day': 'A', routine: 'R' } as const;

/** Names the department that is asked, else "referral note" for whoever sorts the referrals of the institution. */
const serviceFieldOf = ({
  step: {
    recipient: { department },
  },
}: StepContext): FieldToWrite => (department ? [department.code, department.name, '99CAREPATH'] : ['57133-1', 'Referral note', 'LN']);

function writeRequestSegments(context: StepContext): string[] {
  const { record } = context;
  const { placer, filler } = orderNumbersOf(context);
  const tq1 = writeSegment('TQ1', { 1: '1', 9: [PRIORITY[record.state.urgency], '', 'HL70485'] });
  const obr = writeSegment('OBR', {
    1: '1',
    2: placer,
    3: filler,
    4: serviceFieldOf(context),
    16: actorFieldOf(context),
    31: toTextField(record.reason),
  });
  const summary = record.summary === null ? [] : [writeSegment('NTE', { 1: '1', 3: record.summary })];
  return [tq1, obr, ...summary, ...writeConsentSegment(record), ...writePlanSegment(record)];
}

function writeConsentSegment({ consent }: ReferralRecord): string[] {
  const recorded = consent as { given: boolean; recordedAt: string } | null;
  if (!recorded) return [];
  return [
    writeSegment('OBX', {
      1: '1',
      2: 'CE',
      3: [observations.consent, 'Consent Document', 'LN'],
      5: recorded.given ? ['Y', 'Yes', 'HL70136'] : ['N', 'No', 'HL70136'],
      11: 'F',
      14: writeTimestamp(Date.parse(recorded.recordedAt)),
    }),
  ];
}

function writePlanSegment({ managementPlan, consent }: ReferralRecord): string[] {
  if (managementPlan === null || managementPlan === undefined) return [];
  return [
    writeSegment('OBX', {
      1: consent ? '2' : '1',
      2: 'TX',
      3: [observations.managementPlan, 'Plan of care note', 'LN'],
      5: typeof managementPlan === 'string' ? managementPlan : toPlanLines(managementPlan as Record<string, unknown>),
      11: 'F',
    }),
  ];
}

const toPlanLines = (plan: Record<string, unknown>): string =>
  Object.entries(plan)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join('；') : String(value)}`)
    .join('\n');

function writeReportSegments(context: StepContext): string[] {
  const { step, transaction } = context;
  const { placer, filler } = orderNumbersOf(context);
  const final = transaction.meaning === 'send-outcome';
  return [
    writeSegment('OBR', { 1: '1', 2: placer, 3: filler, 4: serviceFieldOf(context), 25: final ? 'F' : 'P' }),
    writeSegment('OBX', { 1: '1', 2: 'TX', 3: [observations.note, 'Consult note', 'LN'], 5: step.note ?? '', 11: final ? 'F' : 'P' }),
  ];
}

// --- appointments -----------------------------------------------------------------------

/** Filler status codes, HL7 table 0278. */
const FILLER_STATUS: Record<string, string> = { S12: 'Booked', S13: 'Booked', S15: 'Cancelled', S26: 'Noshow' };
/** Event reasons in SCH-6, by the trigger event. */
const EVENT_REASON: Record<string, [string, string]> = {
  S12: ['NEW', 'New appointment'],
  S13: ['RESCHEDULED', 'Appointment rescheduled'],
  S15: ['CANCELLED', 'Appointment cancelled'],
  S26: ['NOSHOW', 'Patient did not come'],
};
/** Segment action codes, HL7 table 0206. */
const SEGMENT_ACTION: Record<string, string> = { S12: 'A', S13: 'U', S15: 'D', S26: 'U' };

function writeSchedulingSegments(context: StepContext): string[] {
  const { step, transaction, record } = context;
  const { event } = transaction;
  const { placer, filler } = orderNumbersOf(context);
  const sch = writeSegment('SCH', {
    2: [record.id, APPLICATION],
    6: EVENT_REASON[event],
    7: event === 'S15' ? toTextField(step.note) : undefined,
    16: actorFieldOf(context),
    20: actorFieldOf(context),
    25: [FILLER_STATUS[event] ?? '', '', 'HL70278'],
    26: placer,
    27: filler,
  });
  const { appointment } = step;
  const tq1 = appointment
    ? [writeSegment('TQ1', { 1: '1', 7: writeTimestamp(appointment.startsAt), 8: writeTimestamp(appointment.endsAt) })]
    : [];
  return [sch, ...tq1, writePatientSegment(context.surroundings.patient), writeSegment('RGS', { 1: '1', 2: SEGMENT_ACTION[event] ?? '' })];
}
