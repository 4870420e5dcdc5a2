/** What is wrong with a message, where in it, and what the standard calls that. */
import type { Words } from '../../../domain/kit/errors.ts';

/** HL7 table 0357, message error conditions. */
export const conditions = {
  '0': 'Message accepted',
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '207': 'Application internal error',
} as const;
export type Condition = keyof typeof conditions;

/** A place in a message. All numbers are counted from 1, as in the specification. */
export interface Place {
  segment: string;
  /** The position among the segments of the same name. */
  sequence: number;
  field?: number;
  repetition?: number;
  component?: number;
}

export interface Complaint {
  condition: Condition;
  /** Null when the message as a whole is meant. */
  place: Place | null;
  /** The code in our own catalogue of errors. */
  code: string;
  words: Words;
}

/** AE: the message was understood and not done. AR: it was not understood, or cannot be done now. */
export type NegativeAcknowledgement = 'AE' | 'AR';

export class Hl7Error extends Error {
  readonly acknowledgement: NegativeAcknowledgement;
  readonly complaints: readonly Complaint[];

  constructor(acknowledgement: NegativeAcknowledgement, ...complaints: Complaint[]) {
    super(complaints.map(({ condition, words }) => `${condition} ${words.en}`).join('; '));
    this.name = 'Hl7Error';
    this.acknowledgement = acknowledgement;
    this.complaints = complaints;
  }
}

/** An error for a message that cannot be understood (AR). */
export const malformedError = (condition: Condition, place: Place | null, words: Words): Hl7Error =>
  new Hl7Error('AR', { condition, place, code: 'malformed-message', words });

/** An error for a message that is understood and has a value that is not as it must be (AE). */
export const wrongValueError = (condition: Condition, place: Place | null, words: Words): Hl7Error =>
  new Hl7Error('AE', { condition, place, code: 'invalid-request', words });
